-- Stripe: from Charges to Payment Intents. A charge is one attempt, a payment intent is the
-- sale: with charges, retried cards were counted twice.
--
-- New connections start on payment intents. Existing ones keep charges until clearlift-cron
-- has synced their history anew and sets the two columns below.

ALTER TABLE platform_connections ADD COLUMN stripe_revenue_object TEXT NOT NULL DEFAULT 'charge'
    CHECK (stripe_revenue_object IN ('charge', 'payment_intent'));
ALTER TABLE platform_connections ADD COLUMN stripe_migrated_at TEXT;

UPDATE connector_configs
SET sync_config = json('{
        "api_version": "2024-11-20",
        "entities": ["payment_intents", "customers", "subscriptions", "refunds"],
        "revenue_object": "payment_intent",
        "count_when": {"status": "succeeded"},
        "schedule": "0 * * * *",
        "rate_limit": {"requests_per_second": 25}
    }'),
    fields_schema = json('[
        {"key": "api_key", "label": "Restricted API key", "type": "secret", "required": true, "prefix": "rk_live_",
         "help": "Grant ''Read'' on PaymentIntents, Customers and Refunds; Charges alone isn''t enough any more."},
        {"key": "lookback_days", "label": "Import history", "type": "select", "required": false,
         "options": [30, 90, 365], "default": 90}
    ]'),
    updated_at = datetime('now')
WHERE provider = 'stripe';

-- The rule editor knows the new object too.
UPDATE connector_configs
SET filter_schema = json('{
        "fields": [
            {"path": "amount_received", "type": "number", "label": "Amount received (in cents)"},
            {"path": "currency", "type": "string", "label": "Currency"},
            {"path": "description", "type": "string", "label": "Statement; what''s on the receipt"},
            {"path": "metadata.*", "type": "string", "label": "Metadata"},
            {"path": "payment_method_types", "type": "array", "label": "Payment method"}
        ],
        "operators": ["equals", "not_equals", "contains", "gt", "lt", "in"]
    }'),
    updated_at = datetime('now')
WHERE provider = 'stripe';
