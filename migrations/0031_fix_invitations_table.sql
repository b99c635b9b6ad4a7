-- Shareable invitation links. The API and the dashboard have called the token "invite code" from
-- the start, and a link that is posted in a chat has no e-mail address and more than one reader:
--   * token becomes invite_code,
--   * email may be NULL,
--   * max_uses and use_count limit a shared link.
--
-- Built anew, as email loses its NOT NULL. No table refers to invitations.

CREATE TABLE IF NOT EXISTS invitations_new (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations(id) ON DELETE CASCADE,
    role TEXT NOT NULL DEFAULT 'viewer' CHECK (role IN ('admin', 'viewer')),  -- owners are not invited
    invite_code TEXT NOT NULL UNIQUE,  -- the secret part of the link
    invited_by TEXT REFERENCES users(id) ON DELETE SET NULL,
    created_at TEXT NOT NULL DEFAULT (datetime('now')),
    expires_at TEXT NOT NULL,
    accepted_at TEXT,                  -- of the last use
    -- Who it is for. All NULL if the link is shareable.
    email TEXT,
    email_encrypted TEXT,
    email_hash TEXT,
    -- Shareable links
    is_shareable INTEGER NOT NULL DEFAULT 0 CHECK (is_shareable IN (0, 1)),
    max_uses INTEGER DEFAULT 1 CHECK (max_uses > 0),  -- NULL: no limit
    use_count INTEGER NOT NULL DEFAULT 0 CHECK (use_count >= 0),
    CONSTRAINT invitation_has_recipient
        CHECK (is_shareable = 1 OR email IS NOT NULL OR email_hash IS NOT NULL),
    CONSTRAINT invitation_not_overused CHECK (max_uses IS NULL OR use_count <= max_uses)
);

-- Every old invitation was for one person: it has one use, which is spent once it was accepted.
INSERT INTO invitations_new
    (id, organization_id, role, invite_code, invited_by, created_at, expires_at, accepted_at,
     email, email_encrypted, email_hash, is_shareable, max_uses, use_count)
SELECT
    id, organization_id, role, token, invited_by, created_at, expires_at, accepted_at,
    email, email_encrypted, email_hash, 0, 1, accepted_at IS NOT NULL
FROM invitations;

DROP TABLE invitations;
ALTER TABLE invitations_new RENAME TO invitations;

CREATE INDEX IF NOT EXISTS idx_invitations_email ON invitations(email);
CREATE INDEX IF NOT EXISTS idx_invitations_email_hash ON invitations(email_hash);
CREATE INDEX IF NOT EXISTS idx_invitations_organization ON invitations(organization_id, created_at);
CREATE INDEX IF NOT EXISTS idx_invitations_expires_at ON invitations(expires_at);
