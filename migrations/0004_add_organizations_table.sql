-- Multi-tenancy: everything a customer owns hangs off an organization.

CREATE TABLE IF NOT EXISTS organizations (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL CHECK (length(trim(name)) > 0),
    slug TEXT NOT NULL UNIQUE COLLATE NOCASE,  -- used in URLs: app.clearlift.ai/o/<slug>
    -- Billing
    subscription_tier TEXT NOT NULL DEFAULT 'free',
    seats_limit INTEGER NOT NULL DEFAULT 5 CHECK (seats_limit > 0),
    trial_ends_at TEXT,

    settings TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(settings)),  -- JSON: timezone, currency, locale
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    CONSTRAINT slug_characters CHECK (slug NOT GLOB '*[^A-Za-z0-9-]*'),
    CONSTRAINT tier CHECK (subscription_tier IN ('free', 'pro', 'enterprise'))
);

CREATE INDEX IF NOT EXISTS idx_organizations_subscription_tier ON organizations(subscription_tier);
