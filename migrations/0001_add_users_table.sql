-- Accounts. People sign in through Cloudflare Access (SSO), so there is no password here:
-- a user is whoever the identity provider says, and we only remember its subject.

CREATE TABLE IF NOT EXISTS users (
    id TEXT PRIMARY KEY,  -- UUID v4, made by the API
    email TEXT NOT NULL,
    name TEXT,
    -- Who vouches for this user: the Access team domain and the "sub" claim of its JWT.
    issuer TEXT NOT NULL,
    access_sub TEXT NOT NULL,
    is_admin INTEGER NOT NULL DEFAULT 0 CHECK (is_admin IN (0, 1)),  -- ClearLift staff
    -- ISO-8601 with milliseconds, as the Workers runtime writes it (Date.toISOString).
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    last_login_at TEXT,
    UNIQUE (issuer, access_sub)
);

-- Not unique: the same person may come in through two identity providers.
CREATE INDEX IF NOT EXISTS idx_users_email ON users(email);
