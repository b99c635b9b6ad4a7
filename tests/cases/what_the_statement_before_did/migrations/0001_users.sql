CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE profiles (user_id INTEGER);
CREATE TABLE log (user_id INTEGER, what TEXT);
INSERT INTO users VALUES (7, 'ada');
INSERT INTO profiles (user_id) VALUES (last_insert_rowid()), (last_insert_rowid());
INSERT INTO log SELECT id, 'made' FROM users WHERE id = 7;
UPDATE profiles SET user_id = user_id;
INSERT INTO log VALUES (changes(), 'changed');
