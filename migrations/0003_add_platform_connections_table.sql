-- OAuth connections to ad platforms: one row per ad account that an organization has linked.
--
-- organizations follows in 0004. SQLite looks a foreign key up when a row is written,
-- not when the table is made, so the reference below is fine in this order.

CREATE TABLE IF NOT EXISTS platform_connections (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL,
    platform TEXT NOT NULL,      -- google, meta, tiktok … open-ended, so no CHECK
    account_id TEXT NOT NULL,    -- the id of the ad account on that platform
    account_name TEXT,

    -- OAuth tokens of this account
    access_token TEXT,
    refresh_token TEXT,

    -- State of the last sync
    last_synced_at TEXT,
    sync_status TEXT NOT NULL DEFAULT 'pending'
        CHECK (sync_status IN ('pending', 'syncing', 'completed', 'failed')),
    sync_error TEXT,

    connected_by TEXT NOT NULL,  -- the user who clicked "Allow"
    connected_at TEXT NOT NULL DEFAULT (datetime('now')),
    is_active INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),

    FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE,
    FOREIGN KEY (connected_by) REFERENCES users(id),
    UNIQUE (organization_id, platform, account_id)
);

CREATE INDEX IF NOT EXISTS idx_platform_connections_connected_by ON platform_connections(connected_by);
CREATE INDEX IF NOT EXISTS idx_platform_connections_platform ON platform_connections(platform, sync_status);
