CREATE TABLE posts (id INTEGER PRIMARY KEY, body TEXT);
CREATE VIRTUAL TABLE search USING fts5(body, content='posts', content_rowid='id');
CREATE TRIGGER posts_ai AFTER INSERT ON posts BEGIN
    INSERT INTO search (rowid, body) VALUES (NEW.id, NEW.body);
END;
CREATE TRIGGER posts_ad AFTER DELETE ON posts BEGIN
    INSERT INTO search (search, rowid, body) VALUES ('delete', OLD.id, OLD.body);
END;
CREATE TRIGGER posts_au AFTER UPDATE ON posts BEGIN
    INSERT INTO search (search, rowid, body) VALUES ('delete', OLD.id, OLD.body);
    INSERT INTO search (rowid, body) VALUES (NEW.id, NEW.body);
END;
INSERT INTO posts VALUES (1, 'alpha'), (2, 'beta'), (3, 'gamma');
