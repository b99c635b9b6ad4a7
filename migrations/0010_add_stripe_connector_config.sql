-- Stripe as a source of revenue. Unlike an ad platform it signs in with a restricted API key,
-- and customers want to say which charges count: hence the filter rules.

CREATE TABLE IF NOT EXISTS connector_filter_rules (
    id TEXT PRIMARY KEY,
    connection_id TEXT NOT NULL REFERENCES platform_connections(id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    description TEXT,
    rule_type TEXT NOT NULL DEFAULT 'include' CHECK (rule_type IN ('include', 'exclude')),
    operator TEXT NOT NULL DEFAULT 'AND' CHECK (operator IN ('AND', 'OR')),  -- joins the conditions
    conditions TEXT NOT NULL,  -- JSON: [{"field": "metadata.plan", "op": "equals", "value": "pro"}]
    is_active INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
    created_by TEXT REFERENCES users(id) ON DELETE SET NULL,
    created_at TEXT NOT NULL DEFAULT (datetime('now')),
    updated_at TEXT NOT NULL DEFAULT (datetime('now')),
    CHECK (json_valid(conditions) AND json_type(conditions) = 'array'),
    UNIQUE (connection_id, name)
);

CREATE INDEX IF NOT EXISTS idx_connector_filter_rules_connection
    ON connector_filter_rules(connection_id, is_active);

-- Stripe columns. Both are NULL for every other platform.
ALTER TABLE platform_connections ADD COLUMN stripe_account_id TEXT;
ALTER TABLE platform_connections ADD COLUMN stripe_livemode INTEGER CHECK (stripe_livemode IN (0, 1));

CREATE INDEX IF NOT EXISTS idx_platform_connections_stripe_account ON platform_connections(stripe_account_id)
    WHERE stripe_account_id IS NOT NULL;

-- What the rule editor offers, for connectors that can be filtered
ALTER TABLE connector_configs ADD COLUMN filter_schema TEXT CHECK (filter_schema IS NULL OR json_valid(filter_schema));

-- OR REPLACE: support has put a hand-made Stripe template into some databases.
INSERT OR REPLACE INTO connector_configs
    (id, provider, name, category, logo_url, auth_type, fields_schema, sync_config, filter_schema, sort_order)
VALUES (
    'conn_stripe',
    'stripe',
    'Stripe',
    'payments',
    'https://assets.clearlift.ai/connectors/stripe.svg',
    'api_key',
    '[
  {"key": "api_key", "label": "Restricted API key", "type": "secret", "required": true, "prefix": "rk_live_",
   "help": "Create it under Developers > API keys; it''s enough to grant ''Read'' on Charges and Customers."},
  {"key": "lookback_days", "label": "Import history", "type": "select", "required": false,
   "options": [30, 90, 365], "default": 90}
]',
    '{
  "api_version": "2024-06-20",
  "entities": ["charges", "customers", "subscriptions"],
  "revenue_object": "charge",
  "schedule": "0 * * * *",
  "rate_limit": {"requests_per_second": 25}
}',
    '{
  "fields": [
    {"path": "amount", "type": "number", "label": "Amount (in cents)"},
    {"path": "currency", "type": "string", "label": "Currency"},
    {"path": "description", "type": "string", "label": "Statement; what''s on the receipt"},
    {"path": "metadata.*", "type": "string", "label": "Metadata"}
  ],
  "operators": ["equals", "not_equals", "contains", "gt", "lt", "in"]
}',
    40
);
