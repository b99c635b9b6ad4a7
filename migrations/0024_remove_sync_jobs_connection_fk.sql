-- sync_jobs loses its foreign key to platform_connections:
--   * disconnecting an account deleted its job history, which support needs afterwards,
--   * jobs for the connectors that Supabase owns have no row in platform_connections.
--
-- SQLite cannot drop a constraint, so the table is built anew. No table refers to it.

CREATE TABLE IF NOT EXISTS sync_jobs_new (
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

INSERT INTO sync_jobs_new
    (id, organization_id, connection_id, job_type, status, attempt, records_synced,
     error_message, metadata, created_at, started_at, completed_at)
SELECT
    id, organization_id, connection_id, job_type, status, attempt, records_synced,
    error_message, metadata, created_at, started_at, completed_at
FROM sync_jobs;

DROP TABLE sync_jobs;
ALTER TABLE sync_jobs_new RENAME TO sync_jobs;

CREATE INDEX IF NOT EXISTS idx_sync_jobs_organization ON sync_jobs(organization_id, created_at);
CREATE INDEX IF NOT EXISTS idx_sync_jobs_connection ON sync_jobs(connection_id, status);
CREATE INDEX IF NOT EXISTS idx_sync_jobs_status ON sync_jobs(status, created_at);
