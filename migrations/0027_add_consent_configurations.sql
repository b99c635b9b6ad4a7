-- Consent banner per tag: a customer with a shop in the EU and one in the US has two tags, and
-- different rules for each. Read by the edge Worker, which only knows the tag.

CREATE TABLE IF NOT EXISTS consent_configurations (
    org_tag TEXT PRIMARY KEY,
    consent_mode TEXT NOT NULL DEFAULT 'opt_in'
        CHECK (consent_mode IN ('opt_in', 'opt_out', 'implied', 'disabled')),
    -- Regions (ISO 3166) in which the banner is shown. An empty array: everywhere.
    regions TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(regions) AND json_type(regions) = 'array'),
    categories TEXT NOT NULL DEFAULT '["necessary", "analytics", "marketing"]' CHECK (json_valid(categories)),
    respect_gpc INTEGER NOT NULL DEFAULT 1 CHECK (respect_gpc IN (0, 1)),  -- Global Privacy Control
    consent_lifetime_days INTEGER NOT NULL DEFAULT 180 CHECK (consent_lifetime_days BETWEEN 1 AND 395),
    -- Looks and wording
    banner_enabled INTEGER NOT NULL DEFAULT 1 CHECK (banner_enabled IN (0, 1)),
    banner_position TEXT NOT NULL DEFAULT 'bottom' CHECK (banner_position IN ('top', 'bottom', 'center')),
    banner_text TEXT NOT NULL DEFAULT 'We use cookies to see what works; you decide which. That''s it.',
    privacy_policy_url TEXT,

    created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    FOREIGN KEY (org_tag) REFERENCES org_tag_mappings(short_tag) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS idx_consent_configurations_mode ON consent_configurations(consent_mode, banner_enabled);
