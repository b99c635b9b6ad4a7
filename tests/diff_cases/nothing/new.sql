-- roles first
CREATE TABLE "roles" ("name" text);
create table users (id integer primary key, "email" TEXT NOT NULL);
CREATE INDEX "users_email" ON users ("email");
