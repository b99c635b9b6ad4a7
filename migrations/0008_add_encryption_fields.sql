-- Field-level encryption of personal data (AES-256-GCM, key in a Worker secret).
--
-- *_encrypted  base64(iv || ciphertext || tag), written next to the plain column for now
-- *_hash       hex HMAC-SHA-256 of the normalized value: exact lookups without the plain text
--
-- The backfill runs as a Worker, since D1 has no crypto functions. All columns are therefore
-- NULL until it has been there.

-- users
ALTER TABLE users ADD COLUMN email_encrypted TEXT;
ALTER TABLE users ADD COLUMN email_hash TEXT;
ALTER TABLE users ADD COLUMN name_encrypted TEXT;

CREATE INDEX IF NOT EXISTS idx_users_email_hash ON users(email_hash);

-- sessions
ALTER TABLE sessions ADD COLUMN ip_address_encrypted TEXT;
ALTER TABLE sessions ADD COLUMN ip_address_hash TEXT;
ALTER TABLE sessions ADD COLUMN user_agent_encrypted TEXT;

CREATE INDEX IF NOT EXISTS idx_sessions_ip_address_hash ON sessions(ip_address_hash);

-- platform_connections
ALTER TABLE platform_connections ADD COLUMN access_token_encrypted TEXT;
ALTER TABLE platform_connections ADD COLUMN refresh_token_encrypted TEXT;
ALTER TABLE platform_connections ADD COLUMN account_id_hash TEXT;

CREATE INDEX IF NOT EXISTS idx_platform_connections_account_id_hash ON platform_connections(account_id_hash);

-- invitations
ALTER TABLE invitations ADD COLUMN email_encrypted TEXT;
ALTER TABLE invitations ADD COLUMN email_hash TEXT;

CREATE INDEX IF NOT EXISTS idx_invitations_email_hash ON invitations(email_hash);
