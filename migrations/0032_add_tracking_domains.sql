-- Find the organization by the host that an event comes from, so that the tag works without
-- its data-org attribute.

CREATE TABLE IF NOT EXISTS tracking_domains (
    id TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
    organization_id TEXT NOT NULL REFERENCES organizations(id) ON DELETE CASCADE,
    domain TEXT NOT NULL UNIQUE,  -- "shop.example.com": no scheme, no port
    include_subdomains INTEGER NOT NULL DEFAULT 1 CHECK (include_subdomains IN (0, 1)),
    is_primary INTEGER NOT NULL DEFAULT 0 CHECK (is_primary IN (0, 1)),
    -- Proof of ownership, by a TXT record or by the first event of our tag
    verification_method TEXT CHECK (verification_method IN ('dns_txt', 'tag_seen')),
    verification_token TEXT NOT NULL DEFAULT (lower(hex(randomblob(8)))),
    is_verified INTEGER NOT NULL DEFAULT 0 CHECK (is_verified IN (0, 1)),
    verified_at TEXT,
    created_at TEXT NOT NULL DEFAULT (datetime('now')),
    updated_at TEXT NOT NULL DEFAULT (datetime('now')),
    CONSTRAINT domain_is_a_host CHECK (domain = lower(trim(domain)) AND instr(domain, '/') = 0 AND instr(domain, '.') > 1),
    CONSTRAINT verified_has_date CHECK (is_verified = 0 OR verified_at IS NOT NULL)
);

CREATE INDEX IF NOT EXISTS idx_tracking_domains_organization ON tracking_domains(organization_id);
-- One primary domain per organization.
CREATE UNIQUE INDEX IF NOT EXISTS idx_tracking_domains_primary ON tracking_domains(organization_id)
    WHERE is_primary = 1;

-- Another domain needs another proof: renaming a row must not carry the old one over.
CREATE TRIGGER IF NOT EXISTS trg_tracking_domains_reset_verification
AFTER UPDATE OF domain ON tracking_domains
FOR EACH ROW
WHEN NEW.domain <> OLD.domain
BEGIN
    UPDATE tracking_domains
    SET is_verified = 0,
        verified_at = NULL,
        verification_method = NULL,
        verification_token = lower(hex(randomblob(8))),
        updated_at = datetime('now')
    WHERE id = NEW.id;
END;
