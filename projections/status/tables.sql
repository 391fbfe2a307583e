-- Shape 4 of the status: bare names; each version is made in a schema of its own (`status_7`).
-- A new column stands last in its table: the views that readers have are replaced, not dropped.

CREATE TABLE company_status (
    company_id text PRIMARY KEY,
    sequence bigint NOT NULL,          -- Of the last lifecycle event that was applied.
    name text NOT NULL,
    organisation_number text,
    source text NOT NULL,
    registered_at timestamptz NOT NULL,
    disconnected_at timestamptz,
    reconnect_reason text,
    emptied_at timestamptz,
    last_sync_at timestamptz,
    last_fetched_at timestamptz,
    failures_in_a_row integer NOT NULL,
    last_failure_reason text,
    open_run_id text,
    open_since timestamptz,
    fresh_until timestamptz,           -- NULL: as long as it likes.
    is_stalled boolean NOT NULL,       -- An open run has no outcome, and the engine says so.
    emptied_years date[]               -- And not read since; NULL: all of them.
);

CREATE TABLE part_status (
    company_id text NOT NULL,
    part text NOT NULL,
    last_success_at timestamptz,
    state text NOT NULL,               -- ok, failed, emptied
    reason text,
    PRIMARY KEY (company_id, part)
);

CREATE TABLE sync_run (
    company_id text NOT NULL,
    run_id text NOT NULL,
    run_number integer,
    attempt integer NOT NULL,
    trigger text NOT NULL,
    source text NOT NULL,
    scope jsonb NOT NULL,
    upload_id text,
    requested_by text NOT NULL,
    state text NOT NULL,               -- queued, running, stalled, completed, failed, cancelled
    queued_at timestamptz NOT NULL,
    started_at timestamptz,
    finished_at timestamptz,
    reason text,
    detail text NOT NULL,
    reads jsonb NOT NULL,
    PRIMARY KEY (company_id, run_id)
);
CREATE INDEX sync_run_open ON sync_run (company_id) WHERE finished_at IS NULL;
CREATE INDEX sync_run_latest ON sync_run (company_id, queued_at DESC);

CREATE TABLE sie_upload (
    company_id text NOT NULL,
    upload_id text NOT NULL,
    run_id text,
    file_name text NOT NULL,
    size_bytes bigint,
    sie_type text,
    fiscal_year date,
    state text NOT NULL,               -- received, applied, refused, failed
    reason text,
    detail text NOT NULL,
    uploaded_at timestamptz NOT NULL,
    PRIMARY KEY (company_id, upload_id)
);
CREATE INDEX sie_upload_latest ON sie_upload (company_id, uploaded_at DESC);

-- Every purge, with who asked for it.
CREATE TABLE purge (
    company_id text NOT NULL,
    generation integer NOT NULL,
    fiscal_years date[],               -- NULL: all of them.
    reload boolean NOT NULL,
    requested_by text NOT NULL,
    state text NOT NULL,               -- started, completed, superseded
    started_at timestamptz NOT NULL,
    completed_at timestamptz,
    vouchers bigint NOT NULL,          -- What went, once completed.
    postings bigint NOT NULL,
    PRIMARY KEY (company_id, generation)
);

-- Companies that were removed: their last lifecycle event, which keeps earlier ones out.
CREATE TABLE removed_company (
    company_id text PRIMARY KEY,
    sequence bigint NOT NULL
);
