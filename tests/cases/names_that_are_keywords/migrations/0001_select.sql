CREATE TABLE "select" ("from" TEXT, [to] TEXT, `where` TEXT DEFAULT 'x', key INTEGER UNIQUE, CHECK ("from" <> `where`));
CREATE TABLE 'table' ("index" INTEGER REFERENCES "select" (key));
CREATE INDEX "index" ON "select" ("from", [to] DESC) WHERE "where" IS NOT NULL;
CREATE VIEW "group" AS SELECT "to" AS "order" FROM "select";
CREATE TRIGGER "trigger" BEFORE INSERT ON "table" BEGIN
    INSERT INTO "select" ("from", key) VALUES (NULL, NEW."index");
END;
INSERT INTO "select" VALUES ('a', 'b', 'x', 1);
