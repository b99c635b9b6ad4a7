CREATE TABLE leaves (day TEXT CHECK (day <= date('now')));
