CREATE TABLE "a ; -- b" ("it's; ""quoted""" TEXT PRIMARY KEY, CONSTRAINT "c)" CHECK ("it's; ""quoted""" <> ''));
CREATE INDEX "in]dex'
;" ON [a ; -- b] ("it's; ""quoted""" DESC);
CREATE VIEW "/* no comment" AS SELECT * FROM "a ; -- b";
INSERT INTO "a ; -- b" VALUES ('x');
