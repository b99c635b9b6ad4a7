PRAGMA user_version = 7;
PRAGMA application_id = 1001;

CREATE TABLE parents (
    id INTEGER PRIMARY KEY,
    code TEXT UNIQUE,
    "odd name" TEXT DEFAULT "dq"
);

CREATE TABLE children (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    parent_code TEXT DEFAULT 'none' REFERENCES parents (code) ON UPDATE SET DEFAULT,
    amount INT NOT NULL ON CONFLICT REPLACE DEFAULT 1 CHECK (amount > 0),
    kind TEXT CHECK (kind <> "void"),
    price DECIMAL(10, 2),
    "key" TEXT COLLATE RTRIM,
    CONSTRAINT price_is_no_text CHECK (typeof(price) <> 'text')
);
CREATE INDEX children_kind ON children (kind) WHERE kind IS NOT NULL;
CREATE INDEX children_sum ON children (amount * 2, kind COLLATE NOCASE);

-- DESC makes the key an ordinary column with an index of its own.
CREATE TABLE tree (id INTEGER PRIMARY KEY DESC, up INT REFERENCES tree ON DELETE SET NULL, label TEXT);
CREATE TABLE pairs (a TEXT, b INT, PRIMARY KEY (b, a COLLATE NOCASE DESC)) WITHOUT ROWID;
CREATE TABLE doubled (x INT, y AS (x * 2), z AS (x + y) STORED, UNIQUE (y, z) ON CONFLICT ROLLBACK);
CREATE TABLE bag (value, CHECK (1));
CREATE TABLE numbered (word TEXT PRIMARY KEY ON CONFLICT IGNORE);
CREATE TABLE journal (id INTEGER PRIMARY KEY, line TEXT);
