CREATE TABLE tokens (token TEXT);
INSERT INTO tokens VALUES (lower(hex(randomblob(4)) || '-' || hex(randomblob(2))));
CREATE TABLE codes (code TEXT);
INSERT INTO codes VALUES ((SELECT hex(randomblob(2))));
