-- The same as 0020, for user_id: cron runs, webhooks and requests refused before anyone was
-- recognized have no user, and those are the ones that an auditor asks about first.

CREATE TABLE IF NOT EXISTS audit_logs_new (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never reused, so that a gap shows a deletion
    user_id TEXT,                          -- NULL: nobody signed in, see auth_method
    organization_id TEXT,                  -- NULL outside of any organization
    action TEXT NOT NULL,                  -- e.g. connection.create
    resource_type TEXT,
    resource_id TEXT,
    details TEXT,                          -- free text, pilot rows only
    created_at TEXT NOT NULL DEFAULT (datetime('now')),

    -- The request
    request_id TEXT,
    session_hash TEXT,
    auth_method TEXT CHECK (auth_method IN ('session', 'api_key', 'access_jwt', 'system')),
    method TEXT,
    endpoint TEXT,
    query_params TEXT,
    request_body TEXT,                     -- JSON, secrets replaced by "***"

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

INSERT INTO audit_logs_new (
    id, user_id, organization_id, action, resource_type, resource_id, details, created_at,
    request_id, session_hash, auth_method, method, endpoint, query_params, request_body,
    ip_address, ip_country, user_agent,
    status_code, success, error_code, error_message, response_time_ms, metadata
)
SELECT
    id, user_id, organization_id, action, resource_type, resource_id, details, created_at,
    request_id, session_hash, auth_method, method, endpoint, query_params, request_body,
    ip_address, ip_country, user_agent,
    status_code, success, error_code, error_message, response_time_ms, metadata
FROM audit_logs
ORDER BY id;

DROP TABLE audit_logs;
ALTER TABLE audit_logs_new RENAME TO audit_logs;

-- DROP TABLE took the indexes along.
CREATE INDEX IF NOT EXISTS idx_audit_logs_created_at ON audit_logs(created_at);
CREATE INDEX IF NOT EXISTS idx_audit_logs_user ON audit_logs(user_id, created_at);
CREATE INDEX IF NOT EXISTS idx_audit_logs_organization ON audit_logs(organization_id, created_at);
CREATE INDEX IF NOT EXISTS idx_audit_logs_action ON audit_logs(action, created_at);
CREATE INDEX IF NOT EXISTS idx_audit_logs_request_id ON audit_logs(request_id);
