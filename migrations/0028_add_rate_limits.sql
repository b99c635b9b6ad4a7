-- Fixed-window rate limits for the API. Small rows that are always found by their whole key:
-- WITHOUT ROWID saves the second b-tree, and with it half of the writes.

CREATE TABLE IF NOT EXISTS rate_limits (
    bucket TEXT NOT NULL,           -- "login:<ip hash>", "api:<organization id>" …
    window_start INTEGER NOT NULL,  -- Unix time, rounded down to the window
    window_seconds INTEGER NOT NULL CHECK (window_seconds > 0),
    request_count INTEGER NOT NULL DEFAULT 1 CHECK (request_count >= 0),
    blocked_until INTEGER,          -- set once the limit is exceeded
    PRIMARY KEY (bucket, window_start),
    CHECK (window_start % window_seconds = 0)
) WITHOUT ROWID;

-- For the sweep of old windows.
CREATE INDEX IF NOT EXISTS idx_rate_limits_window_start ON rate_limits(window_start);
