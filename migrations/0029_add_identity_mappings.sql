-- Identity resolution: which anonymous visitors turned out to be which user.
--
-- The tag gives every browser an anonymous id. identify() ties it to a user of the customer, and
-- from then on the earlier visits of that browser count towards the same journey.

CREATE TABLE IF NOT EXISTS identity_mappings (
    id TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
    organization_id TEXT NOT NULL REFERENCES organizations(id) ON DELETE CASCADE,
    anonymous_id TEXT NOT NULL,  -- of one browser
    user_id_hash TEXT NOT NULL,  -- HMAC of the id that the customer gave to identify()
    canonical_user_id TEXT,      -- after merges, NULL as long as it is user_id_hash itself

    -- How sure we are
    identification_source TEXT NOT NULL DEFAULT 'identify'
        CHECK (identification_source IN ('identify', 'login', 'purchase', 'email_click', 'manual')),
    confidence REAL NOT NULL DEFAULT 1.0 CHECK (confidence BETWEEN 0.0 AND 1.0),

    first_seen_at TEXT,
    identified_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    -- The merge that moved this row. Deferred, because a batch writes the merge last.
    merge_id TEXT REFERENCES identity_merges(id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
    UNIQUE (organization_id, anonymous_id, user_id_hash)
);

CREATE INDEX IF NOT EXISTS idx_identity_mappings_user ON identity_mappings(organization_id, user_id_hash);
CREATE INDEX IF NOT EXISTS idx_identity_mappings_canonical ON identity_mappings(organization_id, canonical_user_id)
    WHERE canonical_user_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_identity_mappings_identified_at
    ON identity_mappings(organization_id, identified_at DESC);
CREATE INDEX IF NOT EXISTS idx_identity_mappings_merge ON identity_mappings(merge_id);

-- Two users who turned out to be one. Kept for good, so that a merge can be explained and undone.
CREATE TABLE IF NOT EXISTS identity_merges (
    id TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
    organization_id TEXT NOT NULL REFERENCES organizations(id) ON DELETE CASCADE,
    source_user_id TEXT NOT NULL,  -- merged away
    target_user_id TEXT NOT NULL,  -- stays
    reason TEXT NOT NULL CHECK (reason IN ('same_email', 'same_device', 'manual', 'import')),
    mappings_moved INTEGER NOT NULL DEFAULT 0,
    merged_by TEXT REFERENCES users(id) ON DELETE SET NULL,  -- NULL: automatic
    merged_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    -- Supabase recomputes the journeys afterwards
    events_updated_at TEXT,
    CHECK (source_user_id <> target_user_id)
);

CREATE INDEX IF NOT EXISTS idx_identity_merges_source ON identity_merges(organization_id, source_user_id);
CREATE INDEX IF NOT EXISTS idx_identity_merges_target ON identity_merges(organization_id, target_user_id);
CREATE INDEX IF NOT EXISTS idx_identity_merges_pending ON identity_merges(merged_at)
    WHERE events_updated_at IS NULL;
