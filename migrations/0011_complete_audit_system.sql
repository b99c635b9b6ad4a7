-- Audit trail for SOC 2: who did what (audit_logs), who signed in (auth_audit_logs), who read
-- customer data (data_access_logs), who changed settings (config_audit_logs), and what looks
-- like an attack (security_events).
--
-- None of these tables has foreign keys: the trail has to outlive the account it is about.

-- ============================================================================
-- audit_logs: one row per API request that changes something
-- ============================================================================

-- Preview databases already hold this small version, made by hand during the pilot.
-- Create it where it is missing, then extend it everywhere in the same way.
CREATE TABLE IF NOT EXISTS audit_logs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never reused, so that a gap shows a deletion
  user_id TEXT NOT NULL,
  organization_id TEXT NOT NULL,
  action TEXT NOT NULL,                  -- e.g. connection.create
  resource_type TEXT,
  resource_id TEXT,
  details TEXT,
  created_at TEXT NOT NULL DEFAULT (datetime('now'))
);

-- The request
ALTER TABLE audit_logs ADD COLUMN request_id TEXT;
ALTER TABLE audit_logs ADD COLUMN session_hash TEXT;
ALTER TABLE audit_logs ADD COLUMN auth_method TEXT CHECK (auth_method IN ('session', 'api_key', 'access_jwt', 'system'));
ALTER TABLE audit_logs ADD COLUMN method TEXT;
ALTER TABLE audit_logs ADD COLUMN endpoint TEXT;
ALTER TABLE audit_logs ADD COLUMN query_params TEXT;
ALTER TABLE audit_logs ADD COLUMN request_body TEXT;

-- The client
ALTER TABLE audit_logs ADD COLUMN ip_address TEXT;
ALTER TABLE audit_logs ADD COLUMN ip_country TEXT;
ALTER TABLE audit_logs ADD COLUMN user_agent TEXT;

-- The outcome
ALTER TABLE audit_logs ADD COLUMN status_code INTEGER;
ALTER TABLE audit_logs ADD COLUMN success INTEGER NOT NULL DEFAULT 1 CHECK (success IN (0, 1));
ALTER TABLE audit_logs ADD COLUMN error_code TEXT;
ALTER TABLE audit_logs ADD COLUMN error_message TEXT;
ALTER TABLE audit_logs ADD COLUMN response_time_ms INTEGER CHECK (response_time_ms >= 0);
ALTER TABLE audit_logs ADD COLUMN metadata TEXT NOT NULL DEFAULT '{}';

-- Rows of the pilot: mark them, and carry their free-text details over.
UPDATE audit_logs
SET request_id = 'pilot-' || id,
    auth_method = 'session',
    metadata = json_object('pilot', json('true'), 'details', details)
WHERE request_id IS NULL;

CREATE INDEX IF NOT EXISTS idx_audit_logs_created_at ON audit_logs(created_at);
CREATE INDEX IF NOT EXISTS idx_audit_logs_user ON audit_logs(user_id, created_at);
CREATE INDEX IF NOT EXISTS idx_audit_logs_organization ON audit_logs(organization_id, created_at);
CREATE INDEX IF NOT EXISTS idx_audit_logs_action ON audit_logs(action, created_at);
CREATE INDEX IF NOT EXISTS idx_audit_logs_request_id ON audit_logs(request_id);

-- ============================================================================
-- auth_audit_logs: sign-in, sign-out, refused sign-in
-- ============================================================================

CREATE TABLE IF NOT EXISTS auth_audit_logs (
  id TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
  event_type TEXT NOT NULL
    CHECK (event_type IN ('login', 'logout', 'login_failed', 'session_expired', 'token_refresh')),
  user_id TEXT,               -- NULL when nobody was recognized
  email_hash TEXT,            -- HMAC, as in users.email_hash
  auth_provider TEXT,         -- issuer of the JWT
  success INTEGER NOT NULL CHECK (success IN (0, 1)),
  failure_reason TEXT,
  ip_address TEXT,
  user_agent TEXT,
  session_hash TEXT,
  created_at TEXT NOT NULL DEFAULT (datetime('now')),
  CHECK (success = 1 OR failure_reason IS NOT NULL)
);

CREATE INDEX IF NOT EXISTS idx_auth_audit_logs_user ON auth_audit_logs(user_id, created_at);
CREATE INDEX IF NOT EXISTS idx_auth_audit_logs_event_type ON auth_audit_logs(event_type, created_at);
CREATE INDEX IF NOT EXISTS idx_auth_audit_logs_ip_address ON auth_audit_logs(ip_address, success);

-- ============================================================================
-- data_access_logs: reads of customer data, for the access report
-- ============================================================================

CREATE TABLE IF NOT EXISTS data_access_logs (
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

CREATE INDEX IF NOT EXISTS idx_data_access_logs_user ON data_access_logs(user_id, created_at);
CREATE INDEX IF NOT EXISTS idx_data_access_logs_organization ON data_access_logs(organization_id, created_at);

-- ============================================================================
-- config_audit_logs: settings, with the value before and after
-- ============================================================================

CREATE TABLE IF NOT EXISTS config_audit_logs (
  id TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
  organization_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  config_type TEXT NOT NULL,  -- connector, filter_rule, member_role …
  config_id TEXT,
  action TEXT NOT NULL CHECK (action IN ('create', 'update', 'delete')),
  field_name TEXT,
  old_value TEXT,             -- JSON, secrets replaced by "***"
  new_value TEXT,
  reason TEXT,
  request_id TEXT,
  created_at TEXT NOT NULL DEFAULT (datetime('now'))
);

CREATE INDEX IF NOT EXISTS idx_config_audit_logs_organization ON config_audit_logs(organization_id, created_at);
CREATE INDEX IF NOT EXISTS idx_config_audit_logs_config ON config_audit_logs(config_type, config_id);

-- ============================================================================
-- security_events: things a human should look at
-- ============================================================================

CREATE TABLE IF NOT EXISTS security_events (
  id TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
  severity TEXT NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
  event_type TEXT NOT NULL,   -- brute_force, token_reuse, cross_tenant_access …
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

CREATE INDEX IF NOT EXISTS idx_security_events_severity ON security_events(severity, created_at);
CREATE INDEX IF NOT EXISTS idx_security_events_organization ON security_events(organization_id, created_at);
