CREATE VIRTUAL TABLE docs USING fts5(t, locale=1);
INSERT INTO docs VALUES (fts5_locale('de_DE', 'das Haus'));
