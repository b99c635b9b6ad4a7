-- The tracking script sends a short tag with each event instead of an organization id:
-- shorter beacons, and the id does not leak into the HTML of our customers.

CREATE TABLE IF NOT EXISTS org_tag_mappings (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL,
    short_tag TEXT NOT NULL UNIQUE,  -- e.g. "a7k2p9", lower-case base36
    is_active INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),  -- 0: events are dropped at the edge
    created_at TEXT NOT NULL DEFAULT (datetime('now')),
    updated_at TEXT NOT NULL DEFAULT (datetime('now')),
    CHECK (length(short_tag) BETWEEN 4 AND 16),
    CHECK (short_tag NOT GLOB '*[^a-z0-9]*'),
    FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS idx_org_tag_mappings_organization ON org_tag_mappings(organization_id, is_active);
