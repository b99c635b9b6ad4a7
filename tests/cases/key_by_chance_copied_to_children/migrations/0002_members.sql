INSERT INTO members SELECT id, CASE name WHEN 'ada' THEN 'owner' ELSE 'guest' END FROM users;
