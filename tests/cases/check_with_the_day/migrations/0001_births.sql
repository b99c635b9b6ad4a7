CREATE TABLE births (day TEXT CHECK (day <= CURRENT_DATE));
CREATE TABLE leaves (day TEXT CHECK (day <= date('now')));
INSERT INTO births VALUES ('2020-02-29');
