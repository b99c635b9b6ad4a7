-- The complete schema of 34 migrations, 0001_add_users_table to 0036_add_custom_instructions.
-- Written by squasher and proved equal to replaying them. Do not edit: run `squasher squash`.
-- source: sha256:ada1adfb4e6a25f80e4458a6581c69523a1dd7caed2ed471ec630f0632febdc3

-- ai_optimization_settings · made by 0016, changed by 0019, 0036
CREATE TABLE ai_optimization_settings (
    organization_id TEXT PRIMARY KEY REFERENCES organizations(id) ON DELETE CASCADE,
    mode TEXT NOT NULL DEFAULT 'co_pilot' CHECK (mode IN ('co_pilot', 'auto_pilot')),
    growth_strategy TEXT NOT NULL DEFAULT 'balanced'
        CHECK (growth_strategy IN ('conservative', 'balanced', 'aggressive')),
    budget_optimization TEXT NOT NULL DEFAULT 'moderate'
        CHECK (budget_optimization IN ('conservative', 'moderate', 'aggressive')),
    -- Limits of auto_pilot
    max_budget_change_percent REAL NOT NULL DEFAULT 20.0,  -- of a campaign, per day
    daily_spend_cap_cents INTEGER,  -- over all campaigns, NULL: none
    max_cac_cents INTEGER,  -- pause what costs more per customer
    pause_threshold_days INTEGER NOT NULL DEFAULT 7,  -- and has done so for as long as this
    updated_by TEXT REFERENCES users(id) ON DELETE SET NULL,
    created_at TEXT NOT NULL DEFAULT (datetime('now')),
    updated_at TEXT NOT NULL DEFAULT (datetime('now')),
    conversion_source TEXT NOT NULL DEFAULT 'tag'
        CHECK (conversion_source IN ('tag', 'ad_platforms', 'connectors')),
    custom_instructions TEXT
        CHECK (length(custom_instructions) <= 4000),
    CONSTRAINT budget_change_range CHECK (max_budget_change_percent > 0 AND max_budget_change_percent <= 100),
    CONSTRAINT pause_range CHECK (pause_threshold_days BETWEEN 1 AND 60),
    -- Nobody gets an optimizer with an open purse.
    CONSTRAINT auto_pilot_needs_cap CHECK (mode <> 'auto_pilot' OR coalesce(daily_spend_cap_cents, 0) > 0)
);
CREATE INDEX idx_ai_optimization_settings_conversion_source
  ON ai_optimization_settings(conversion_source);

-- audit_logs · made by 0011, changed by 0020, 0021
CREATE TABLE audit_logs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never reused, so that a gap shows a deletion
    user_id TEXT,  -- NULL: nobody signed in, see auth_method
    organization_id TEXT,  -- NULL outside of any organization
    action TEXT NOT NULL,  -- e.g. connection.create
    resource_type TEXT,
    resource_id TEXT,
    details TEXT,  -- free text, pilot rows only
    created_at TEXT NOT NULL DEFAULT (datetime('now')),
    -- The request
    request_id TEXT,
    session_hash TEXT,
    auth_method TEXT CHECK (auth_method IN ('session', 'api_key', 'access_jwt', 'system')),
    method TEXT,
    endpoint TEXT,
    query_params TEXT,
    request_body TEXT,  -- JSON, secrets replaced by "***"
    -- The client
    ip_address TEXT,
    ip_country TEXT,
    user_agent TEXT,
    -- The outcome
    status_code INTEGER,
    success INTEGER NOT NULL DEFAULT 1 CHECK (success IN (0, 1)),
    error_code TEXT,
    error_message TEXT,
    response_time_ms INTEGER CHECK (response_time_ms >= 0),
    metadata TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX idx_audit_logs_created_at ON audit_logs(created_at);
CREATE INDEX idx_audit_logs_user ON audit_logs(user_id, created_at);
CREATE INDEX idx_audit_logs_organization ON audit_logs(organization_id, created_at);
CREATE INDEX idx_audit_logs_action ON audit_logs(action, created_at);
CREATE INDEX idx_audit_logs_request_id ON audit_logs(request_id);

-- audit_retention_policy · made by 0025
CREATE TABLE audit_retention_policy (
    id TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
    table_name TEXT NOT NULL UNIQUE,
    retention_days INTEGER NOT NULL CHECK (retention_days >= 30),
    -- Rows go to R2 before they are deleted, for as long as this. NULL: deleted for good.
    archive_days INTEGER CHECK (archive_days IS NULL OR archive_days >= retention_days),
    reason TEXT NOT NULL,  -- quoted in the SOC 2 report
    is_enabled INTEGER NOT NULL DEFAULT 1 CHECK (is_enabled IN (0, 1)),
    last_cleanup_at TEXT,
    created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);

-- auth_audit_logs · made by 0011
CREATE TABLE auth_audit_logs (
    id TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
    event_type TEXT NOT NULL
        CHECK (event_type IN ('login', 'logout', 'login_failed', 'session_expired', 'token_refresh')),
    user_id TEXT,  -- NULL when nobody was recognized
    email_hash TEXT,  -- HMAC, as in users.email_hash
    auth_provider TEXT,  -- issuer of the JWT
    success INTEGER NOT NULL CHECK (success IN (0, 1)),
    failure_reason TEXT,
    ip_address TEXT,
    user_agent TEXT,
    session_hash TEXT,
    created_at TEXT NOT NULL DEFAULT (datetime('now')),
    CHECK (success = 1 OR failure_reason IS NOT NULL)
);
CREATE INDEX idx_auth_audit_logs_user ON auth_audit_logs(user_id, created_at);
CREATE INDEX idx_auth_audit_logs_event_type ON auth_audit_logs(event_type, created_at);
CREATE INDEX idx_auth_audit_logs_ip_address ON auth_audit_logs(ip_address, success);
CREATE INDEX idx_auth_audit_logs_created_at ON auth_audit_logs(created_at);

-- cleanup_jobs · made by 0025
CREATE TABLE cleanup_jobs (
    id TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
    table_name TEXT NOT NULL REFERENCES audit_retention_policy(table_name) ON UPDATE CASCADE,
    status TEXT NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'completed', 'failed')),
    cutoff TEXT NOT NULL,  -- rows older than this went
    rows_archived INTEGER NOT NULL DEFAULT 0,
    rows_deleted INTEGER NOT NULL DEFAULT 0,
    error_message TEXT,
    started_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    finished_at TEXT,
    CHECK (status = 'running' OR finished_at IS NOT NULL)
);
CREATE INDEX idx_cleanup_jobs_table ON cleanup_jobs(table_name, started_at);
CREATE INDEX idx_cleanup_jobs_status ON cleanup_jobs(status);

-- config_audit_logs · made by 0011
CREATE TABLE config_audit_logs (
    id TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
    organization_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    config_type TEXT NOT NULL,  -- connector, filter_rule, member_role …
    config_id TEXT,
    action TEXT NOT NULL CHECK (action IN ('create', 'update', 'delete')),
    field_name TEXT,
    old_value TEXT,  -- JSON, secrets replaced by "***"
    new_value TEXT,
    reason TEXT,
    request_id TEXT,
    created_at TEXT NOT NULL DEFAULT (datetime('now'))
);
CREATE INDEX idx_config_audit_logs_organization ON config_audit_logs(organization_id, created_at);
CREATE INDEX idx_config_audit_logs_config ON config_audit_logs(config_type, config_id);

-- connector_configs · made by 0009, changed by 0010
CREATE TABLE connector_configs (
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
    filter_schema TEXT CHECK (filter_schema IS NULL OR json_valid(filter_schema)),
    CONSTRAINT oauth_needs_config CHECK (auth_type <> 'oauth2' OR oauth_config IS NOT NULL)
);
CREATE INDEX idx_connector_configs_active ON connector_configs(is_active, sort_order);

-- connector_filter_rules · made by 0010
CREATE TABLE connector_filter_rules (
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
CREATE INDEX idx_connector_filter_rules_connection
    ON connector_filter_rules(connection_id, is_active);

-- consent_configurations · made by 0027
CREATE TABLE consent_configurations (
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
CREATE INDEX idx_consent_configurations_mode ON consent_configurations(consent_mode, banner_enabled);

-- conversion_goals · made by 0033
CREATE TABLE conversion_goals (
    id TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
    organization_id TEXT NOT NULL REFERENCES organizations(id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    slug TEXT NOT NULL,  -- used by the tag: clearlift.convert("slug")
    goal_type TEXT NOT NULL DEFAULT 'custom' CHECK (goal_type IN ('purchase', 'lead', 'signup', 'custom')),
    -- Which events reach the goal
    event_type TEXT NOT NULL DEFAULT 'conversion',
    conditions TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(conditions)),  -- JSON, same form as connector_filter_rules
    -- What one is worth
    value_mode TEXT NOT NULL DEFAULT 'from_event' CHECK (value_mode IN ('from_event', 'fixed', 'none')),
    fixed_value_cents INTEGER,
    currency TEXT NOT NULL DEFAULT 'USD' CHECK (length(currency) = 3 AND currency = upper(currency)),
    attribution_window_days INTEGER CHECK (attribution_window_days BETWEEN 1 AND 180),  -- NULL: as the organization
    is_primary INTEGER NOT NULL DEFAULT 0 CHECK (is_primary IN (0, 1)),  -- the one on the dashboard
    is_active INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
    created_at TEXT NOT NULL DEFAULT (datetime('now')),
    updated_at TEXT NOT NULL DEFAULT (datetime('now')),
    CONSTRAINT fixed_needs_value CHECK (value_mode <> 'fixed' OR fixed_value_cents IS NOT NULL),
    UNIQUE (organization_id, slug)
);
CREATE INDEX idx_conversion_goals_active ON conversion_goals(organization_id, is_active);
CREATE INDEX idx_conversion_goals_event_type ON conversion_goals(organization_id, event_type);

-- data_access_logs · made by 0011
CREATE TABLE data_access_logs (
    id TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
    user_id TEXT NOT NULL,
    organization_id TEXT NOT NULL,
    data_source TEXT NOT NULL CHECK (data_source IN ('d1', 'supabase', 'r2')),
    table_name TEXT NOT NULL,
    access_type TEXT NOT NULL DEFAULT 'read' CHECK (access_type IN ('read', 'export', 'aggregate')),
    record_count INTEGER NOT NULL DEFAULT 0,
    contains_pii INTEGER NOT NULL DEFAULT 0 CHECK (contains_pii IN (0, 1)),
    -- Only set for exports
    export_format TEXT,
    export_destination TEXT,
    request_id TEXT,
    created_at TEXT NOT NULL DEFAULT (datetime('now'))
);
CREATE INDEX idx_data_access_logs_user ON data_access_logs(user_id, created_at);
CREATE INDEX idx_data_access_logs_organization ON data_access_logs(organization_id, created_at);
CREATE INDEX idx_data_access_logs_request_id ON data_access_logs(request_id);

-- email_verification_tokens · made by 0012
CREATE TABLE email_verification_tokens (
    id TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
    user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    email_hash TEXT NOT NULL,  -- the address being verified
    token_hash TEXT NOT NULL UNIQUE,  -- SHA-256, the token itself is only in the mail
    created_at TEXT NOT NULL DEFAULT (datetime('now')),
    expires_at TEXT NOT NULL,
    used_at TEXT
);
CREATE INDEX idx_email_verification_tokens_user ON email_verification_tokens(user_id);
CREATE INDEX idx_email_verification_tokens_expires_at ON email_verification_tokens(expires_at);

-- event_filters · made by 0033
CREATE TABLE event_filters (
    id TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
    organization_id TEXT NOT NULL REFERENCES organizations(id) ON DELETE CASCADE,
    goal_id TEXT REFERENCES conversion_goals(id) ON DELETE CASCADE,  -- NULL: for all goals
    name TEXT NOT NULL,
    action TEXT NOT NULL DEFAULT 'exclude' CHECK (action IN ('include', 'exclude')),
    match_mode TEXT NOT NULL DEFAULT 'all' CHECK (match_mode IN ('all', 'any')),
    rules TEXT NOT NULL CHECK (json_valid(rules) AND json_type(rules) = 'array'),
    priority INTEGER NOT NULL DEFAULT 100,  -- lower goes first, the first match wins
    is_active INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
    created_by TEXT REFERENCES users(id) ON DELETE SET NULL,
    created_at TEXT NOT NULL DEFAULT (datetime('now')),
    updated_at TEXT NOT NULL DEFAULT (datetime('now'))
);
CREATE INDEX idx_event_filters_organization ON event_filters(organization_id, is_active, priority);
CREATE INDEX idx_event_filters_goal ON event_filters(goal_id);

-- event_sync_watermarks · made by 0023
CREATE TABLE event_sync_watermarks (
    org_tag TEXT PRIMARY KEY REFERENCES org_tag_mappings(short_tag) ON DELETE CASCADE,
    last_event_at TEXT NOT NULL,  -- of the newest event copied, ISO-8601
    last_event_id TEXT,  -- breaks ties within one millisecond
    events_synced INTEGER NOT NULL DEFAULT 0 CHECK (events_synced >= 0),  -- since the tag exists
    -- The last attempt
    status TEXT NOT NULL DEFAULT 'idle' CHECK (status IN ('idle', 'running', 'failed')),
    error_message TEXT,
    retry_after TEXT,
    created_at TEXT NOT NULL DEFAULT (datetime('now')),
    updated_at TEXT NOT NULL DEFAULT (datetime('now'))
);
CREATE INDEX idx_event_sync_watermarks_failed
    ON event_sync_watermarks(retry_after)
    WHERE status = 'failed';
CREATE INDEX idx_event_sync_watermarks_last_event_at ON event_sync_watermarks(last_event_at);

-- global_events_watermark · made by 0034
CREATE TABLE global_events_watermark (
    id INTEGER PRIMARY KEY CHECK (id = 1),  -- one row, for ever
    last_event_at TEXT NOT NULL,
    events_synced INTEGER NOT NULL DEFAULT 0 CHECK (events_synced >= 0),
    last_run_status TEXT CHECK (last_run_status IN ('completed', 'partial', 'failed')),  -- NULL: has not run yet
    updated_at TEXT NOT NULL DEFAULT (datetime('now'))
);

-- identity_mappings · made by 0029
CREATE TABLE identity_mappings (
    id TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
    organization_id TEXT NOT NULL REFERENCES organizations(id) ON DELETE CASCADE,
    anonymous_id TEXT NOT NULL,  -- of one browser
    user_id_hash TEXT NOT NULL,  -- HMAC of the id that the customer gave to identify()
    canonical_user_id TEXT,  -- after merges, NULL as long as it is user_id_hash itself
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
CREATE INDEX idx_identity_mappings_user ON identity_mappings(organization_id, user_id_hash);
CREATE INDEX idx_identity_mappings_canonical ON identity_mappings(organization_id, canonical_user_id)
    WHERE canonical_user_id IS NOT NULL;
CREATE INDEX idx_identity_mappings_identified_at
    ON identity_mappings(organization_id, identified_at DESC);
CREATE INDEX idx_identity_mappings_merge ON identity_mappings(merge_id);

-- identity_merges · made by 0029
CREATE TABLE identity_merges (
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
CREATE INDEX idx_identity_merges_source ON identity_merges(organization_id, source_user_id);
CREATE INDEX idx_identity_merges_target ON identity_merges(organization_id, target_user_id);
CREATE INDEX idx_identity_merges_pending ON identity_merges(merged_at)
    WHERE events_updated_at IS NULL;

-- invitations · made by 0006, changed by 0008, 0031
CREATE TABLE invitations (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations(id) ON DELETE CASCADE,
    role TEXT NOT NULL DEFAULT 'viewer' CHECK (role IN ('admin', 'viewer')),  -- owners are not invited
    invite_code TEXT NOT NULL UNIQUE,  -- the secret part of the link
    invited_by TEXT REFERENCES users(id) ON DELETE SET NULL,
    created_at TEXT NOT NULL DEFAULT (datetime('now')),
    expires_at TEXT NOT NULL,
    accepted_at TEXT,  -- of the last use
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
CREATE INDEX idx_invitations_email ON invitations(email);
CREATE INDEX idx_invitations_email_hash ON invitations(email_hash);
CREATE INDEX idx_invitations_organization ON invitations(organization_id, created_at);
CREATE INDEX idx_invitations_expires_at ON invitations(expires_at);

-- oauth_states · made by 0009
CREATE TABLE oauth_states (
    state TEXT PRIMARY KEY,  -- random, sent to the provider and expected back
    user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    organization_id TEXT NOT NULL REFERENCES organizations(id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    code_verifier TEXT,  -- PKCE, for the providers that support it
    created_at TEXT NOT NULL DEFAULT (datetime('now')),
    expires_at TEXT NOT NULL  -- ten minutes later
);
CREATE INDEX idx_oauth_states_user ON oauth_states(user_id);
CREATE INDEX idx_oauth_states_expires_at ON oauth_states(expires_at);

-- onboarding_progress · made by 0009
CREATE TABLE onboarding_progress (
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
CREATE INDEX idx_onboarding_progress_organization ON onboarding_progress(organization_id);

-- onboarding_steps · made by 0009
CREATE TABLE onboarding_steps (
    name TEXT PRIMARY KEY,
    display_name TEXT NOT NULL,
    description TEXT NOT NULL,
    step_order INTEGER NOT NULL UNIQUE CHECK (step_order > 0),
    is_required INTEGER NOT NULL DEFAULT 1 CHECK (is_required IN (0, 1)),
    icon TEXT  -- name in the icon set of the dashboard
);

-- org_tag_mappings · made by 0007
CREATE TABLE org_tag_mappings (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL,
    short_tag TEXT NOT NULL UNIQUE,  -- e.g. "a7k2p9", lower-case base36
    is_active INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),  -- 0: events are dropped at the edge
    created_at TEXT NOT NULL DEFAULT (datetime('now')),
    updated_at TEXT NOT NULL DEFAULT (datetime('now')),
    CHECK (length(short_tag) BETWEEN 4 AND 16),
    CHECK (short_tag NOT GLOB '*[^a-z0-9]*'),
    FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE
);
CREATE INDEX idx_org_tag_mappings_organization ON org_tag_mappings(organization_id, is_active);

-- org_tracking_configs · made by 0022
CREATE TABLE org_tracking_configs (
    organization_id TEXT PRIMARY KEY REFERENCES organizations(id) ON DELETE CASCADE,
    script_version TEXT NOT NULL DEFAULT 'stable' CHECK (script_version IN ('stable', 'beta')),
    -- What is recorded without any code by the customer
    track_pageviews INTEGER NOT NULL DEFAULT 1 CHECK (track_pageviews IN (0, 1)),
    track_clicks INTEGER NOT NULL DEFAULT 0 CHECK (track_clicks IN (0, 1)),
    track_forms INTEGER NOT NULL DEFAULT 1 CHECK (track_forms IN (0, 1)),
    track_scroll_depth INTEGER NOT NULL DEFAULT 0 CHECK (track_scroll_depth IN (0, 1)),
    excluded_paths TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(excluded_paths)),  -- JSON array of globs
    -- First-party identity
    session_timeout_minutes INTEGER NOT NULL DEFAULT 30 CHECK (session_timeout_minutes BETWEEN 1 AND 240),
    cookie_lifetime_days INTEGER NOT NULL DEFAULT 365 CHECK (cookie_lifetime_days BETWEEN 1 AND 400),  -- browsers cap at 400
    cross_domain_hosts TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(cross_domain_hosts)),
    respect_do_not_track INTEGER NOT NULL DEFAULT 1 CHECK (respect_do_not_track IN (0, 1)),
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);
CREATE INDEX idx_org_tracking_configs_updated_at ON org_tracking_configs(updated_at);

-- organization_members · made by 0005
CREATE TABLE organization_members (
    organization_id TEXT NOT NULL REFERENCES organizations(id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    role TEXT NOT NULL DEFAULT 'viewer' CHECK (role IN ('owner', 'admin', 'viewer')),
    joined_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    invited_by TEXT REFERENCES users(id) ON DELETE SET NULL,  -- NULL for the founder
    PRIMARY KEY (organization_id, user_id)
);
CREATE INDEX idx_organization_members_user ON organization_members(user_id, role);

-- organizations · made by 0004, changed by 0030, 0035
CREATE TABLE organizations (
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
    attribution_window_days INTEGER NOT NULL DEFAULT 30
        CHECK (attribution_window_days BETWEEN 1 AND 180),
    default_attribution_model TEXT NOT NULL DEFAULT 'last_touch'
        CHECK (default_attribution_model IN
        ('first_touch', 'last_touch', 'linear', 'time_decay', 'position_based', 'markov_chain', 'shapley_value')),
    time_decay_half_life_days REAL NOT NULL DEFAULT 7.0
        CHECK (time_decay_half_life_days > 0),
    conversion_source TEXT
        CHECK (conversion_source IN ('tag', 'ad_platforms', 'connectors')),
    CONSTRAINT slug_characters CHECK (slug NOT GLOB '*[^A-Za-z0-9-]*'),
    CONSTRAINT tier CHECK (subscription_tier IN ('free', 'pro', 'enterprise'))
);
CREATE INDEX idx_organizations_subscription_tier ON organizations(subscription_tier);

-- password_reset_tokens · made by 0026
CREATE TABLE password_reset_tokens (
    token_hash TEXT PRIMARY KEY,  -- SHA-256, the token itself is only in the mail
    user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    requested_ip_hash TEXT,
    created_at TEXT NOT NULL DEFAULT (datetime('now')),
    expires_at TEXT NOT NULL,  -- one hour later
    used_at TEXT
);
CREATE INDEX idx_password_reset_tokens_user ON password_reset_tokens(user_id);
CREATE INDEX idx_password_reset_tokens_expires_at ON password_reset_tokens(expires_at);

-- platform_connections · made by 0003, changed by 0008, 0009, 0010, 0015
CREATE TABLE platform_connections (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL,
    platform TEXT NOT NULL,  -- google, meta, tiktok … open-ended, so no CHECK
    account_id TEXT NOT NULL,  -- the id of the ad account on that platform
    account_name TEXT,
    -- OAuth tokens of this account
    access_token TEXT,
    refresh_token TEXT,
    -- State of the last sync
    last_synced_at TEXT,
    sync_status TEXT NOT NULL DEFAULT 'pending'
        CHECK (sync_status IN ('pending', 'syncing', 'completed', 'failed')),
    sync_error TEXT,
    connected_by TEXT NOT NULL,  -- the user who clicked "Allow"
    connected_at TEXT NOT NULL DEFAULT (datetime('now')),
    is_active INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
    access_token_encrypted TEXT,
    refresh_token_encrypted TEXT,
    account_id_hash TEXT,
    token_expires_at TEXT,
    scopes TEXT,
    settings TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(settings)),
    needs_reauth INTEGER NOT NULL DEFAULT 0 CHECK (needs_reauth IN (0, 1)),
    consecutive_failures INTEGER NOT NULL DEFAULT 0,
    stripe_account_id TEXT,
    stripe_livemode INTEGER CHECK (stripe_livemode IN (0, 1)),
    stripe_revenue_object TEXT NOT NULL DEFAULT 'charge'
        CHECK (stripe_revenue_object IN ('charge', 'payment_intent')),
    stripe_migrated_at TEXT,
    FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE,
    FOREIGN KEY (connected_by) REFERENCES users(id),
    UNIQUE (organization_id, platform, account_id)
);
CREATE INDEX idx_platform_connections_connected_by ON platform_connections(connected_by);
CREATE INDEX idx_platform_connections_platform ON platform_connections(platform, sync_status);
CREATE INDEX idx_platform_connections_account_id_hash ON platform_connections(account_id_hash);
CREATE INDEX idx_platform_connections_token_expires_at ON platform_connections(token_expires_at)
    WHERE token_expires_at IS NOT NULL;
CREATE INDEX idx_platform_connections_stripe_account ON platform_connections(stripe_account_id)
    WHERE stripe_account_id IS NOT NULL;

-- rate_limits · made by 0028
CREATE TABLE rate_limits (
    bucket TEXT NOT NULL,  -- "login:<ip hash>", "api:<organization id>" …
    window_start INTEGER NOT NULL,  -- Unix time, rounded down to the window
    window_seconds INTEGER NOT NULL CHECK (window_seconds > 0),
    request_count INTEGER NOT NULL DEFAULT 1 CHECK (request_count >= 0),
    blocked_until INTEGER,  -- set once the limit is exceeded
    PRIMARY KEY (bucket, window_start),
    CHECK (window_start % window_seconds = 0)
) WITHOUT ROWID;
CREATE INDEX idx_rate_limits_window_start ON rate_limits(window_start);

-- security_events · made by 0011
CREATE TABLE security_events (
    id TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
    severity TEXT NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
    event_type TEXT NOT NULL,  -- brute_force, token_reuse, cross_tenant_access …
    user_id TEXT,
    organization_id TEXT,
    ip_address TEXT,
    threat_indicators TEXT CHECK (threat_indicators IS NULL OR json_valid(threat_indicators)),
    action_taken TEXT,
    -- Filled in by whoever handled it
    resolved_at TEXT,
    resolved_by TEXT,
    created_at TEXT NOT NULL DEFAULT (datetime('now'))
);
CREATE INDEX idx_security_events_severity ON security_events(severity, created_at);
CREATE INDEX idx_security_events_organization ON security_events(organization_id, created_at);
CREATE INDEX idx_security_events_user ON security_events(user_id, created_at);

-- sessions · made by 0002, changed by 0008
CREATE TABLE sessions (
    token TEXT PRIMARY KEY,  -- 256 random bits, base64url
    user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    expires_at TEXT NOT NULL,
    last_seen_at TEXT,
    -- Shown on the "your devices" page.
    ip_address TEXT,
    user_agent TEXT,
    ip_address_encrypted TEXT,
    ip_address_hash TEXT,
    user_agent_encrypted TEXT,
    CONSTRAINT session_lifetime CHECK (expires_at > created_at)
);
CREATE INDEX idx_sessions_user_id ON sessions(user_id);
CREATE INDEX idx_sessions_expires_at ON sessions(expires_at);
CREATE INDEX idx_sessions_ip_address_hash ON sessions(ip_address_hash);

-- sync_jobs · made by 0009, changed by 0024
CREATE TABLE sync_jobs (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL,
    connection_id TEXT NOT NULL,  -- platform_connections.id, or the id of a connector in Supabase
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
    FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE
);
CREATE INDEX idx_sync_jobs_organization ON sync_jobs(organization_id, created_at);
CREATE INDEX idx_sync_jobs_connection ON sync_jobs(connection_id, status);
CREATE INDEX idx_sync_jobs_status ON sync_jobs(status, created_at);

-- tracking_domains · made by 0032
CREATE TABLE tracking_domains (
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
CREATE INDEX idx_tracking_domains_organization ON tracking_domains(organization_id);
CREATE UNIQUE INDEX idx_tracking_domains_primary ON tracking_domains(organization_id)
    WHERE is_primary = 1;

-- users · made by 0001, changed by 0008, 0012, 0026
CREATE TABLE users (
    id TEXT PRIMARY KEY,  -- UUID v4, made by the API
    email TEXT NOT NULL,
    name TEXT,
    -- Who vouches for this user: the Access team domain and the "sub" claim of its JWT.
    issuer TEXT NOT NULL,
    access_sub TEXT NOT NULL,
    is_admin INTEGER NOT NULL DEFAULT 0 CHECK (is_admin IN (0, 1)),  -- ClearLift staff
    -- ISO-8601 with milliseconds, as the Workers runtime writes it (Date.toISOString).
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    last_login_at TEXT,
    email_encrypted TEXT,
    email_hash TEXT,
    name_encrypted TEXT,
    email_verified INTEGER NOT NULL DEFAULT 0 CHECK (email_verified IN (0, 1)),
    password_hash TEXT,
    password_changed_at TEXT,
    email_verification_token TEXT,
    email_verification_sent_at TEXT,
    failed_login_attempts INTEGER NOT NULL DEFAULT 0 CHECK (failed_login_attempts >= 0),
    locked_until TEXT,
    UNIQUE (issuer, access_sub)
);
CREATE INDEX idx_users_email ON users(email);
CREATE INDEX idx_users_email_hash ON users(email_hash);
CREATE INDEX idx_users_email_verification_token ON users(email_verification_token);

-- waitlist · made by 0013, changed by 0014
CREATE TABLE waitlist (
    id TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
    email TEXT NOT NULL,
    name TEXT,
    company TEXT,
    monthly_ad_spend TEXT
        CHECK (monthly_ad_spend IN ('<10k', '10k-50k', '50k-250k', '>250k')),  -- as offered by the form
    utm TEXT CHECK (utm IS NULL OR json_valid(utm)),  -- campaign parameters of the visit
    status TEXT NOT NULL DEFAULT 'waiting'
        CHECK (status IN ('waiting', 'invited', 'converted', 'unsubscribed')),
    created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    invited_at TEXT,
    attempt_count INTEGER NOT NULL DEFAULT 1 CHECK (attempt_count > 0),
    last_attempt_at TEXT
);
CREATE UNIQUE INDEX idx_waitlist_email ON waitlist(lower(email));
CREATE INDEX idx_waitlist_status ON waitlist(status, created_at);

-- audit_retention_policy · 5 rows from 0025 · id, created_at and updated_at from the default
INSERT INTO audit_retention_policy (table_name, retention_days, archive_days, reason, is_enabled, last_cleanup_at) VALUES
    ('audit_logs', 365, 2555, 'SOC 2 CC7.2: one year at hand, seven years archived', 1, NULL),
    ('auth_audit_logs', 365, 730, 'SOC 2 CC6.1: sign-ins; one year at hand', 1, NULL),
    ('data_access_logs', 180, 730, 'GDPR Art. 30: who read a customer''s data', 1, NULL),
    ('config_audit_logs', 730, 2555, 'SOC 2 CC8.1: change management', 1, NULL),
    ('security_events', 730, NULL, 'Incident response; two years, then gone', 1, NULL);

-- connector_configs · 4 rows from 0009, 0010, 0015 · created_at and updated_at from the default
INSERT INTO connector_configs (id, provider, name, category, logo_url, auth_type, oauth_config, fields_schema, sync_config, sort_order, is_active, filter_schema) VALUES
    ('conn_google', 'google', 'Google Ads', 'ads', 'https://assets.clearlift.ai/connectors/google-ads.svg', 'oauth2', '{
  "authorize_url": "https://accounts.google.com/o/oauth2/v2/auth",
  "token_url": "https://oauth2.googleapis.com/token",
  "userinfo_url": "https://www.googleapis.com/oauth2/v2/userinfo",
  "scopes": ["https://www.googleapis.com/auth/adwords", "openid", "email"],
  "params": {"access_type": "offline", "prompt": "consent"},
  "pkce": true
}', '[
  {"key": "customer_id", "label": "Customer ID", "type": "account_picker", "required": true,
   "pattern": "^[0-9]{3}-[0-9]{3}-[0-9]{4}", "help": "Top right in Google Ads; looks like 123-456-7890."},
  {"key": "login_customer_id", "label": "Manager account", "type": "text", "required": false,
   "help": "Only if the account is reached through a manager (MCC) account that isn''t its own."}
]', '{
  "api_version": "v18",
  "entities": ["campaigns", "ad_groups", "ads", "metrics_daily"],
  "lookback_days": 90,
  "schedule": "0 */6 * * *",
  "rate_limit": {"requests_per_minute": 60, "concurrency": 2}
}', 10, 1, NULL),
    ('conn_meta', 'meta', 'Meta Ads', 'ads', 'https://assets.clearlift.ai/connectors/meta.svg', 'oauth2', '{
  "authorize_url": "https://www.facebook.com/v21.0/dialog/oauth",
  "token_url": "https://graph.facebook.com/v21.0/oauth/access_token",
  "userinfo_url": "https://graph.facebook.com/v21.0/me?fields=id,name,email",
  "scopes": ["ads_read", "ads_management", "business_management"],
  "exchange_long_lived": true,
  "pkce": false
}', '[
  {"key": "ad_account_id", "label": "Ad account", "type": "account_picker", "required": true,
   "help": "Don''t see your account? Ask its owner to add you in Business Settings; it shows up within minutes."},
  {"key": "attribution_setting", "label": "Meta''s own attribution", "type": "select", "required": false,
   "options": ["7d_click", "7d_click_1d_view", "1d_click"], "default": "7d_click_1d_view"}
]', '{
  "api_version": "v21.0",
  "entities": ["campaigns", "ad_sets", "ads", "insights_daily"],
  "lookback_days": 90,
  "restate_days": 28,
  "schedule": "15 */6 * * *",
  "rate_limit": {"requests_per_minute": 200, "concurrency": 4}
}', 20, 1, NULL),
    ('conn_tiktok', 'tiktok', 'TikTok Ads', 'ads', 'https://assets.clearlift.ai/connectors/tiktok.svg', 'oauth2', '{
  "authorize_url": "https://business-api.tiktok.com/portal/auth",
  "token_url": "https://business-api.tiktok.com/open_api/v1.3/oauth2/access_token/",
  "scopes": ["ad.read", "report.read"],
  "client_id_param": "app_id",
  "pkce": false
}', '[
  {"key": "advertiser_id", "label": "Advertiser", "type": "account_picker", "required": true,
   "help": "TikTok calls it \"Advertiser ID\"; you''ll find it under Account Info."}
]', '{
  "api_version": "v1.3",
  "entities": ["campaigns", "adgroups", "ads", "reports_daily"],
  "lookback_days": 60,
  "schedule": "30 */6 * * *",
  "rate_limit": {"requests_per_minute": 100, "concurrency": 2}
}', 30, 1, NULL),
    ('conn_stripe', 'stripe', 'Stripe', 'payments', 'https://assets.clearlift.ai/connectors/stripe.svg', 'api_key', NULL, '[{"key":"api_key","label":"Restricted API key","type":"secret","required":true,"prefix":"rk_live_","help":"Grant ''Read'' on PaymentIntents, Customers and Refunds; Charges alone isn''t enough any more."},{"key":"lookback_days","label":"Import history","type":"select","required":false,"options":[30,90,365],"default":90}]', '{"api_version":"2024-11-20","entities":["payment_intents","customers","subscriptions","refunds"],"revenue_object":"payment_intent","count_when":{"status":"succeeded"},"schedule":"0 * * * *","rate_limit":{"requests_per_second":25}}', 40, 1, '{"fields":[{"path":"amount_received","type":"number","label":"Amount received (in cents)"},{"path":"currency","type":"string","label":"Currency"},{"path":"description","type":"string","label":"Statement; what''s on the receipt"},{"path":"metadata.*","type":"string","label":"Metadata"},{"path":"payment_method_types","type":"array","label":"Payment method"}],"operators":["equals","not_equals","contains","gt","lt","in"]}');

-- global_events_watermark · 1 row from 0034 · updated_at from the default · last_event_at by the migration's expression
INSERT INTO global_events_watermark (id, last_event_at, events_synced, last_run_status) VALUES
    (1, datetime('now', '-1 hour'), 0, NULL);

-- onboarding_steps · 4 rows from 0009
INSERT INTO onboarding_steps (name, display_name, description, step_order, is_required, icon) VALUES
    ('welcome', 'Welcome', 'Name your organization; you can change this later.', 1, 1, 'sparkles'),
    ('connect_services', 'Connect your ad platforms', 'Link at least one ad account. We only ever ask for what''s needed to read it.', 2, 1, 'plug'),
    ('install_tag', 'Install the tracking tag', 'Paste one line into your site''s <head>; skip this if you use Google Tag Manager.', 3, 0, 'code'),
    ('first_sync', 'First sync', 'Sit back while we fetch the last 90 days.', 4, 1, 'refresh');

-- trg_org_tracking_configs_updated_at · made by 0022
CREATE TRIGGER trg_org_tracking_configs_updated_at
AFTER UPDATE ON org_tracking_configs
FOR EACH ROW
WHEN NEW.updated_at = OLD.updated_at
BEGIN
    UPDATE org_tracking_configs
    SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
    WHERE organization_id = NEW.organization_id;
END;

-- trg_event_sync_watermarks_forward_only · made by 0023
CREATE TRIGGER trg_event_sync_watermarks_forward_only
BEFORE UPDATE OF last_event_at ON event_sync_watermarks
FOR EACH ROW
WHEN NEW.last_event_at < OLD.last_event_at
BEGIN
    SELECT RAISE(ABORT, 'event_sync_watermarks.last_event_at must not move backwards; delete the row instead');
END;

-- trg_tracking_domains_reset_verification · made by 0032
CREATE TRIGGER trg_tracking_domains_reset_verification
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

-- trg_conversion_goals_primary_insert · made by 0033
CREATE TRIGGER trg_conversion_goals_primary_insert
AFTER INSERT ON conversion_goals
FOR EACH ROW
WHEN NEW.is_primary = 1
BEGIN
    UPDATE conversion_goals
    SET is_primary = 0, updated_at = datetime('now')
    WHERE organization_id = NEW.organization_id AND id <> NEW.id AND is_primary = 1;
END;

-- trg_conversion_goals_primary_update · made by 0033
CREATE TRIGGER trg_conversion_goals_primary_update
AFTER UPDATE OF is_primary, organization_id ON conversion_goals
FOR EACH ROW
WHEN NEW.is_primary = 1
BEGIN
    UPDATE conversion_goals
    SET is_primary = 0, updated_at = datetime('now')
    WHERE organization_id = NEW.organization_id AND id <> NEW.id AND is_primary = 1;
END;

-- the ledger · these migrations are in this file and must not be applied again
CREATE TABLE IF NOT EXISTS "d1_migrations"(
		id         INTEGER PRIMARY KEY AUTOINCREMENT,
		name       TEXT UNIQUE,
		applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
);
INSERT OR IGNORE INTO d1_migrations (name) VALUES
    ('0001_add_users_table.sql'),
    ('0002_add_sessions_table.sql'),
    ('0003_add_platform_connections_table.sql'),
    ('0004_add_organizations_table.sql'),
    ('0005_add_organization_members_table.sql'),
    ('0006_add_invitations_table.sql'),
    ('0007_add_tag_mapping_table.sql'),
    ('0008_add_encryption_fields.sql'),
    ('0009_add_onboarding_tables.sql'),
    ('0010_add_stripe_connector_config.sql'),
    ('0011_complete_audit_system.sql'),
    ('0012_add_email_verification.sql'),
    ('0013_add_waitlist_table.sql'),
    ('0014_add_waitlist_attempt_tracking.sql'),
    ('0015_stripe_payment_intents_migration.sql'),
    ('0016_add_optimization_settings.sql'),
    ('0019_add_conversion_source.sql'),
    ('0020_make_audit_org_id_nullable.sql'),
    ('0021_make_audit_user_id_nullable.sql'),
    ('0022_add_org_tracking_configs.sql'),
    ('0023_add_event_sync_watermarks.sql'),
    ('0024_remove_sync_jobs_connection_fk.sql'),
    ('0025_add_missing_audit_tables.sql'),
    ('0026_add_password_authentication.sql'),
    ('0027_add_consent_configurations.sql'),
    ('0028_add_rate_limits.sql'),
    ('0029_add_identity_mappings.sql'),
    ('0030_add_attribution_settings.sql'),
    ('0031_fix_invitations_table.sql'),
    ('0032_add_tracking_domains.sql'),
    ('0033_add_conversion_goals.sql'),
    ('0034_add_global_events_watermark.sql'),
    ('0035_add_org_conversion_source.sql'),
    ('0036_add_custom_instructions.sql');
