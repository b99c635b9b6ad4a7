-- Active sessions. One row per signed-in browser, removed by sign-out, by the nightly
-- sweep once expired, or together with the user.

CREATE TABLE IF NOT EXISTS sessions (
    token TEXT PRIMARY KEY,  -- 256 random bits, base64url
    user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    expires_at TEXT NOT NULL,
    last_seen_at TEXT,
    -- Shown on the "your devices" page.
    ip_address TEXT,
    user_agent TEXT,
    CONSTRAINT session_lifetime CHECK (expires_at > created_at)
);

CREATE INDEX IF NOT EXISTS idx_sessions_user_id ON sessions(user_id);
CREATE INDEX IF NOT EXISTS idx_sessions_expires_at ON sessions(expires_at);
