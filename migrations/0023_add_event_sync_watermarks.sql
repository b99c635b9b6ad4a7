-- How far the events of each tag have been copied from the edge (R2) into Supabase.
-- clearlift-cron reads the watermark, copies what came later and moves it on.

CREATE TABLE IF NOT EXISTS event_sync_watermarks (
    org_tag TEXT PRIMARY KEY REFERENCES org_tag_mappings(short_tag) ON DELETE CASCADE,
    last_event_at TEXT NOT NULL,  -- of the newest event copied, ISO-8601
    last_event_id TEXT,           -- breaks ties within one millisecond
    events_synced INTEGER NOT NULL DEFAULT 0 CHECK (events_synced >= 0),  -- since the tag exists
    -- The last attempt
    status TEXT NOT NULL DEFAULT 'idle' CHECK (status IN ('idle', 'running', 'failed')),
    error_message TEXT,
    retry_after TEXT,
    created_at TEXT NOT NULL DEFAULT (datetime('now')),
    updated_at TEXT NOT NULL DEFAULT (datetime('now'))
);

-- Nearly all rows are idle. The retry loop only wants the failed ones.
CREATE INDEX IF NOT EXISTS idx_event_sync_watermarks_failed
    ON event_sync_watermarks(retry_after)
    WHERE status = 'failed';
CREATE INDEX IF NOT EXISTS idx_event_sync_watermarks_last_event_at ON event_sync_watermarks(last_event_at);

-- A watermark that moves backwards counts events twice, and nobody notices. To sync a tag anew,
-- delete its row.
CREATE TRIGGER IF NOT EXISTS trg_event_sync_watermarks_forward_only
BEFORE UPDATE OF last_event_at ON event_sync_watermarks
FOR EACH ROW
WHEN NEW.last_event_at < OLD.last_event_at
BEGIN
    SELECT RAISE(ABORT, 'event_sync_watermarks.last_event_at must not move backwards; delete the row instead');
END;
