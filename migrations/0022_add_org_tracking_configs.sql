-- What the tracking script does on the pages of a customer. The edge Worker reads this when it
-- serves the script and caches it by updated_at, so every change has to move that column.

CREATE TABLE IF NOT EXISTS org_tracking_configs (
    organization_id TEXT PRIMARY KEY REFERENCES organizations(id) ON DELETE CASCADE,
    script_version TEXT NOT NULL DEFAULT 'stable' CHECK (script_version IN ('stable', 'beta')),

    -- What is recorded without any code by the customer
    track_pageviews INTEGER NOT NULL DEFAULT 1 CHECK (track_pageviews IN (0, 1)),
    track_clicks INTEGER NOT NULL DEFAULT 0 CHECK (track_clicks IN (0, 1)),
    track_forms INTEGER NOT NULL DEFAULT 1 CHECK (track_forms IN (0, 1)),
    track_scroll_depth INTEGER NOT NULL DEFAULT 0 CHECK (track_scroll_depth IN (0, 1)),
    excluded_paths TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(excluded_paths)),  -- JSON array of globs

    -- First-party identity
    session_timeout_minutes INTEGER NOT NULL DEFAULT 30 CHECK (session_timeout_minutes BETWEEN 1 AND 240),
    cookie_lifetime_days INTEGER NOT NULL DEFAULT 365 CHECK (cookie_lifetime_days BETWEEN 1 AND 400),  -- browsers cap at 400
    cross_domain_hosts TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(cross_domain_hosts)),
    respect_do_not_track INTEGER NOT NULL DEFAULT 1 CHECK (respect_do_not_track IN (0, 1)),

    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);

CREATE INDEX IF NOT EXISTS idx_org_tracking_configs_updated_at ON org_tracking_configs(updated_at);

-- A writer that sets updated_at itself is left alone.
CREATE TRIGGER IF NOT EXISTS trg_org_tracking_configs_updated_at
AFTER UPDATE ON org_tracking_configs
FOR EACH ROW
WHEN NEW.updated_at = OLD.updated_at
BEGIN
    UPDATE org_tracking_configs
    SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
    WHERE organization_id = NEW.organization_id;
END;
