-- What splitters trip over: CASE … END in triggers and views, and the words of a transaction.
CREATE TABLE tickets (
  id INTEGER PRIMARY KEY,
  org TEXT NOT NULL COLLATE NOCASE,
  state TEXT NOT NULL DEFAULT 'begin' CHECK (state IN ('begin', 'end', 'case', 'commit;')),
  priority INTEGER NOT NULL DEFAULT 0,
  settings TEXT NOT NULL DEFAULT '{"a": [1, 2, {"b;": "--"}]}' CHECK (json_valid(settings)),
  tags TEXT GENERATED ALWAYS AS (settings ->> '$.tags') VIRTUAL,
  weight REAL AS (priority * 1.5) STORED,
  UNIQUE (org, state)
);
CREATE INDEX tickets_open ON tickets (org, priority DESC) WHERE state <> 'end' AND priority > 0;
CREATE UNIQUE INDEX tickets_by_tag ON tickets (lower(org), json_extract(settings, '$.a[0]'), state);

CREATE TABLE ticket_log (
  ticket INTEGER NOT NULL REFERENCES tickets (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  what TEXT NOT NULL,
  PRIMARY KEY (ticket, what)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER tickets_state AFTER UPDATE OF state ON tickets
WHEN old.state IS NOT new.state
BEGIN
  INSERT OR IGNORE INTO ticket_log (ticket, what)
  VALUES (new.id, CASE new.state WHEN 'end' THEN 'closed; by END' WHEN 'case' THEN 'CASE' ELSE 'moved' END);
  UPDATE tickets
  SET priority = CASE WHEN new.state = 'end' THEN 0 ELSE priority + 1 END
  WHERE id = new.id;
END;

CREATE TRIGGER tickets_refused BEFORE INSERT ON tickets
WHEN new.priority < 0
BEGIN
  SELECT RAISE(ABORT, 'a priority is not negative; it''s a rule');
END;

CREATE VIEW ticket_states AS
SELECT
  org,
  CASE state WHEN 'end' THEN 'closed' ELSE 'open; still' END AS shown,
  count(*) AS tickets,
  sum(priority) AS total
FROM tickets
GROUP BY org, shown;

CREATE VIEW ticket_ranks (id, place) AS
WITH ranked AS (SELECT id, row_number() OVER (PARTITION BY org ORDER BY priority DESC, id) AS place FROM tickets)
SELECT id, place FROM ranked WHERE place <= 3;

CREATE TRIGGER ticket_states_insert INSTEAD OF INSERT ON ticket_states
BEGIN
  INSERT INTO tickets (org, state) VALUES (new.org, CASE new.shown WHEN 'closed' THEN 'end' ELSE 'begin' END);
END;

INSERT INTO tickets (id, org, priority) VALUES (3, 'Ävö', 2), (1, 'beta', 0), (9007199254740993, 'gamma', 7);
UPDATE tickets SET state = 'end' WHERE org = 'beta';
UPDATE tickets SET state = 'case' WHERE org = 'gamma';
INSERT INTO ticket_states (org, shown) VALUES ('delta', 'closed');
