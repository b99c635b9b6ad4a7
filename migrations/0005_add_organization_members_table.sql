-- Who belongs to which organization, and what they may do there.

CREATE TABLE IF NOT EXISTS organization_members (
    organization_id TEXT NOT NULL REFERENCES organizations(id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    role TEXT NOT NULL DEFAULT 'viewer' CHECK (role IN ('owner', 'admin', 'viewer')),
    joined_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    invited_by TEXT REFERENCES users(id) ON DELETE SET NULL,  -- NULL for the founder
    PRIMARY KEY (organization_id, user_id)
);

-- The primary key answers "who is in this organization". This one answers the other way round.
CREATE INDEX IF NOT EXISTS idx_organization_members_user ON organization_members(user_id, role);
