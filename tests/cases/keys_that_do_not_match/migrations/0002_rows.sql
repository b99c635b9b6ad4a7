INSERT INTO people VALUES (1, 'ada');
INSERT INTO cars VALUES (1, 'ada');
