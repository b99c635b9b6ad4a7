-- One watermark for the whole event stream. clearlift-cron now copies all tags in one pass and
-- falls back on event_sync_watermarks only to repair a single tag.

CREATE TABLE IF NOT EXISTS global_events_watermark (
    id INTEGER PRIMARY KEY CHECK (id = 1),  -- one row, for ever
    last_event_at TEXT NOT NULL,
    events_synced INTEGER NOT NULL DEFAULT 0 CHECK (events_synced >= 0),
    last_run_status TEXT CHECK (last_run_status IN ('completed', 'partial', 'failed')),  -- NULL: has not run yet
    updated_at TEXT NOT NULL DEFAULT (datetime('now'))
);

-- The first pass starts an hour back: long enough to cover the deployment, and short enough not
-- to copy a day of events a second time.
INSERT OR IGNORE INTO global_events_watermark (id, last_event_at) VALUES (1, datetime('now', '-1 hour'));
