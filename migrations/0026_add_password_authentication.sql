-- E-mail and password as a second way to sign in, next to Cloudflare Access.
--
-- Such a user has "password" as issuer and its own id as access_sub, so UNIQUE (issuer, access_sub)
-- goes on holding. password_hash stays NULL for everyone who comes in through SSO.

-- Argon2id, as a PHC string.
ALTER TABLE users ADD COLUMN password_hash TEXT;
ALTER TABLE users ADD COLUMN password_changed_at TEXT;
ALTER TABLE users ADD COLUMN email_verification_token TEXT;
ALTER TABLE users ADD COLUMN email_verification_sent_at TEXT;

-- Lockout: five wrong passwords close the account for a quarter of an hour.
ALTER TABLE users ADD COLUMN failed_login_attempts INTEGER NOT NULL DEFAULT 0 CHECK (failed_login_attempts >= 0);
ALTER TABLE users ADD COLUMN locked_until TEXT;

CREATE INDEX IF NOT EXISTS idx_users_email_verification_token ON users(email_verification_token);

CREATE TABLE IF NOT EXISTS password_reset_tokens (
    token_hash TEXT PRIMARY KEY,  -- SHA-256, the token itself is only in the mail
    user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    requested_ip_hash TEXT,
    created_at TEXT NOT NULL DEFAULT (datetime('now')),
    expires_at TEXT NOT NULL,     -- one hour later
    used_at TEXT
);

CREATE INDEX IF NOT EXISTS idx_password_reset_tokens_user ON password_reset_tokens(user_id);
CREATE INDEX IF NOT EXISTS idx_password_reset_tokens_expires_at ON password_reset_tokens(expires_at);
