-- Self-service onboarding: a new customer picks connectors, goes through OAuth and watches
-- the first sync, without anyone at ClearLift touching a keyboard.
--
--   onboarding_steps      the steps, in order (seeded below)
--   onboarding_progress   how far each user has come
--   oauth_states          CSRF state of OAuth round trips that are under way
--   connector_configs     one template per connector, drives the UI and the OAuth flow (seeded below)
--   sync_jobs             queue and history of sync runs, worked off by clearlift-cron

-- ---------------------------------------------------------------------------
-- Onboarding
-- ---------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS onboarding_steps (
    name TEXT PRIMARY KEY,
    display_name TEXT NOT NULL,
    description TEXT NOT NULL,
    step_order INTEGER NOT NULL UNIQUE CHECK (step_order > 0),
    is_required INTEGER NOT NULL DEFAULT 1 CHECK (is_required IN (0, 1)),
    icon TEXT  -- name in the icon set of the dashboard
);

CREATE TABLE IF NOT EXISTS onboarding_progress (
    user_id TEXT PRIMARY KEY REFERENCES users(id) ON DELETE CASCADE,
    organization_id TEXT REFERENCES organizations(id) ON DELETE CASCADE,  -- NULL until step 1 has made one
    current_step TEXT NOT NULL DEFAULT 'welcome' REFERENCES onboarding_steps(name),
    steps_completed TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(steps_completed)),  -- JSON array of step names
    -- Counted by the API, so that the checklist needs no join
    services_connected INTEGER NOT NULL DEFAULT 0 CHECK (services_connected >= 0),
    first_sync_completed INTEGER NOT NULL DEFAULT 0 CHECK (first_sync_completed IN (0, 1)),
    created_at TEXT NOT NULL DEFAULT (datetime('now')),
    updated_at TEXT NOT NULL DEFAULT (datetime('now')),
    completed_at TEXT
);

CREATE INDEX IF NOT EXISTS idx_onboarding_progress_organization ON onboarding_progress(organization_id);

-- ---------------------------------------------------------------------------
-- OAuth
-- ---------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS oauth_states (
    state TEXT PRIMARY KEY,  -- random, sent to the provider and expected back
    user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    organization_id TEXT NOT NULL REFERENCES organizations(id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    code_verifier TEXT,  -- PKCE, for the providers that support it
    created_at TEXT NOT NULL DEFAULT (datetime('now')),
    expires_at TEXT NOT NULL  -- ten minutes later
);

CREATE INDEX IF NOT EXISTS idx_oauth_states_user ON oauth_states(user_id);
CREATE INDEX IF NOT EXISTS idx_oauth_states_expires_at ON oauth_states(expires_at);

CREATE TABLE IF NOT EXISTS connector_configs (
    id TEXT PRIMARY KEY,
    provider TEXT NOT NULL UNIQUE,  -- matches platform_connections.platform
    name TEXT NOT NULL,
    category TEXT NOT NULL CHECK (category IN ('ads', 'payments', 'ecommerce', 'crm')),
    logo_url TEXT,
    -- How to sign in
    auth_type TEXT NOT NULL CHECK (auth_type IN ('oauth2', 'api_key')),
    oauth_config TEXT CHECK (oauth_config IS NULL OR json_valid(oauth_config)),  -- URLs and scopes, no secrets
    -- What the setup form asks for, and what a sync fetches
    fields_schema TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(fields_schema)),
    sync_config TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(sync_config)),
    sort_order INTEGER NOT NULL DEFAULT 100,
    is_active INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
    created_at TEXT NOT NULL DEFAULT (datetime('now')),
    updated_at TEXT NOT NULL DEFAULT (datetime('now')),
    CONSTRAINT oauth_needs_config CHECK (auth_type <> 'oauth2' OR oauth_config IS NOT NULL)
);

CREATE INDEX IF NOT EXISTS idx_connector_configs_active ON connector_configs(is_active, sort_order);

-- ---------------------------------------------------------------------------
-- Sync jobs
-- ---------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS sync_jobs (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    job_type TEXT NOT NULL DEFAULT 'incremental' CHECK (job_type IN ('full', 'incremental', 'backfill')),
    status TEXT NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'running', 'completed', 'failed', 'cancelled')),
    attempt INTEGER NOT NULL DEFAULT 1 CHECK (attempt BETWEEN 1 AND 10),
    records_synced INTEGER NOT NULL DEFAULT 0,
    error_message TEXT,
    metadata TEXT,  -- JSON: date range, cursor, rate-limit hints
    created_at TEXT NOT NULL DEFAULT (datetime('now')),
    started_at TEXT,
    completed_at TEXT,
    FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE,
    FOREIGN KEY (connection_id) REFERENCES platform_connections(id) ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS idx_sync_jobs_organization ON sync_jobs(organization_id, created_at);
CREATE INDEX IF NOT EXISTS idx_sync_jobs_connection ON sync_jobs(connection_id, status);
CREATE INDEX IF NOT EXISTS idx_sync_jobs_status ON sync_jobs(status, created_at);

-- What the onboarding flow has to know about a connection
ALTER TABLE platform_connections ADD COLUMN token_expires_at TEXT;
ALTER TABLE platform_connections ADD COLUMN scopes TEXT;
ALTER TABLE platform_connections ADD COLUMN settings TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(settings));
ALTER TABLE platform_connections ADD COLUMN needs_reauth INTEGER NOT NULL DEFAULT 0 CHECK (needs_reauth IN (0, 1));
ALTER TABLE platform_connections ADD COLUMN consecutive_failures INTEGER NOT NULL DEFAULT 0;

-- The token refresher asks for what runs out within the hour.
CREATE INDEX IF NOT EXISTS idx_platform_connections_token_expires_at ON platform_connections(token_expires_at)
    WHERE token_expires_at IS NOT NULL;

-- ---------------------------------------------------------------------------
-- Seed rows
-- ---------------------------------------------------------------------------

INSERT OR IGNORE INTO onboarding_steps (name, display_name, description, step_order, is_required, icon) VALUES
    ('welcome', 'Welcome', 'Name your organization; you can change this later.', 1, 1, 'sparkles'),
    ('connect_services', 'Connect your ad platforms', 'Link at least one ad account. We only ever ask for what''s needed to read it.', 2, 1, 'plug'),
    ('install_tag', 'Install the tracking tag', 'Paste one line into your site''s <head>; skip this if you use Google Tag Manager.', 3, 0, 'code'),
    ('first_sync', 'First sync', 'Sit back while we fetch the last 90 days.', 4, 1, 'refresh');

INSERT OR IGNORE INTO connector_configs
    (id, provider, name, category, logo_url, auth_type, oauth_config, fields_schema, sync_config, sort_order)
VALUES
    (
        'conn_google', 'google', 'Google Ads', 'ads', 'https://assets.clearlift.ai/connectors/google-ads.svg', 'oauth2',
        '{
  "authorize_url": "https://accounts.google.com/o/oauth2/v2/auth",
  "token_url": "https://oauth2.googleapis.com/token",
  "userinfo_url": "https://www.googleapis.com/oauth2/v2/userinfo",
  "scopes": ["https://www.googleapis.com/auth/adwords", "openid", "email"],
  "params": {"access_type": "offline", "prompt": "consent"},
  "pkce": true
}',
        '[
  {"key": "customer_id", "label": "Customer ID", "type": "account_picker", "required": true,
   "pattern": "^[0-9]{3}-[0-9]{3}-[0-9]{4}", "help": "Top right in Google Ads; looks like 123-456-7890."},
  {"key": "login_customer_id", "label": "Manager account", "type": "text", "required": false,
   "help": "Only if the account is reached through a manager (MCC) account that isn''t its own."}
]',
        '{
  "api_version": "v18",
  "entities": ["campaigns", "ad_groups", "ads", "metrics_daily"],
  "lookback_days": 90,
  "schedule": "0 */6 * * *",
  "rate_limit": {"requests_per_minute": 60, "concurrency": 2}
}',
        10
    ),
    (
        'conn_meta', 'meta', 'Meta Ads', 'ads', 'https://assets.clearlift.ai/connectors/meta.svg', 'oauth2',
        '{
  "authorize_url": "https://www.facebook.com/v21.0/dialog/oauth",
  "token_url": "https://graph.facebook.com/v21.0/oauth/access_token",
  "userinfo_url": "https://graph.facebook.com/v21.0/me?fields=id,name,email",
  "scopes": ["ads_read", "ads_management", "business_management"],
  "exchange_long_lived": true,
  "pkce": false
}',
        '[
  {"key": "ad_account_id", "label": "Ad account", "type": "account_picker", "required": true,
   "help": "Don''t see your account? Ask its owner to add you in Business Settings; it shows up within minutes."},
  {"key": "attribution_setting", "label": "Meta''s own attribution", "type": "select", "required": false,
   "options": ["7d_click", "7d_click_1d_view", "1d_click"], "default": "7d_click_1d_view"}
]',
        '{
  "api_version": "v21.0",
  "entities": ["campaigns", "ad_sets", "ads", "insights_daily"],
  "lookback_days": 90,
  "restate_days": 28,
  "schedule": "15 */6 * * *",
  "rate_limit": {"requests_per_minute": 200, "concurrency": 4}
}',
        20
    ),
    (
        'conn_tiktok', 'tiktok', 'TikTok Ads', 'ads', 'https://assets.clearlift.ai/connectors/tiktok.svg', 'oauth2',
        '{
  "authorize_url": "https://business-api.tiktok.com/portal/auth",
  "token_url": "https://business-api.tiktok.com/open_api/v1.3/oauth2/access_token/",
  "scopes": ["ad.read", "report.read"],
  "client_id_param": "app_id",
  "pkce": false
}',
        '[
  {"key": "advertiser_id", "label": "Advertiser", "type": "account_picker", "required": true,
   "help": "TikTok calls it \"Advertiser ID\"; you''ll find it under Account Info."}
]',
        '{
  "api_version": "v1.3",
  "entities": ["campaigns", "adgroups", "ads", "reports_daily"],
  "lookback_days": 60,
  "schedule": "30 */6 * * *",
  "rate_limit": {"requests_per_minute": 100, "concurrency": 2}
}',
        30
    );
