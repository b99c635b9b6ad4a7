-- Rows that are hard to write down.
CREATE TABLE samples (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
INSERT INTO samples (name, value) VALUES
  ('quotes', 'it''s "so" `here` [there]'),
  ('statements', 'DROP TABLE users; INSERT INTO x VALUES (1);'),
  ('dashes', 'a -- b'),
  ('stars', 'a /* b */ c'),
  ('open star', '/*'),
  ('lines', 'one
two;

-- three
	four'),
  ('carriage return', 'a' || char(13) || char(10) || 'b'),
  ('nul', 'a' || char(0) || 'b'),
  ('json', '{"a": "it''s; ok", "b": [null, true, 1.5e300], "c": {"--": "/*"}}'),
  ('unicode', 'žluťoučký 中文 🚀 ' || char(0x200d, 0x0301, 0xfeff, 0x2028)),
  ('dollars', '$$a;b$$ $tag$;$tag$ ?1 :name @at'),
  ('words', 'BEGIN; END; CASE COMMIT ROLLBACK'),
  ('long', replace(hex(zeroblob(3000)), '00', 'ab;''')),
  ('blob', x'00ff27003b2d2d'),
  ('empty blob', x''),
  ('empty', ''),
  ('nothing', NULL),
  ('largest', 9223372036854775807),
  ('smallest', -9223372036854775808),
  ('beyond doubles', 9007199254740993),
  ('real', 0.1),
  ('whole real', 2.0),
  ('tiny', 5e-324),
  ('huge', 1.7976931348623157e308),
  ('infinite', 9e999),
  ('minus zero', -0.0),
  ('number as text', '007');

-- Neither a key nor a name reaches its rows but the implicit rowid.
CREATE TABLE heap (a INT, b VARCHAR(10), "it's; a column" NUMERIC DEFAULT (1 + 1));
INSERT INTO heap (rowid, a, b) VALUES (5, '12', 34), (-2, 1.0, 'x'), (40, 'text', x'01');

CREATE TABLE counters (id INTEGER PRIMARY KEY AUTOINCREMENT, label TEXT);
INSERT INTO counters (id, label) VALUES (1000, 'first'), (5000000000, 'gone');
DELETE FROM counters WHERE label = 'gone';
