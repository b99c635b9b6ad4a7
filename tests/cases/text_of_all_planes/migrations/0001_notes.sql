CREATE TABLE notes (t TEXT);
INSERT INTO notes VALUES ('🦊'), ('a' || char(13, 10) || 'b
c' || char(13) || 'd'), (char(9)), (char(8238)), (char(65279));
