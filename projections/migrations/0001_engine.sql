-- The truth about work in hand: not rebuilt from the topics.
CREATE SCHEMA ledger;
CREATE SCHEMA status;

-- Leases, due times and freshness use this clock; the offset is set by tests alone.
CREATE TABLE engine.clock_offset (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    clock_offset interval NOT NULL DEFAULT interval '0'
);
INSERT INTO engine.clock_offset DEFAULT VALUES;

CREATE FUNCTION engine.clock() RETURNS timestamptz LANGUAGE sql VOLATILE
    RETURN clock_timestamp() + (SELECT clock_offset FROM engine.clock_offset);

-- Where each agent stands. Locked first by every batch: a worker that lost its partition is
-- harmless. `in_use` says which version of the projection the views show.
CREATE TABLE engine.projection_offset (
    agent text NOT NULL,
    version integer NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL DEFAULT 0 CHECK (next_offset >= 0),
    last_digest bytea,                 -- Of message next_offset - 1: finds a recreated topic.
    in_use boolean NOT NULL DEFAULT true,
    stopped_at timestamptz,
    stopped_reason text,
    PRIMARY KEY (agent, version, partition)
);

-- Exits that one message caused: the third stops its partition.
CREATE TABLE engine.projection_failure (
    agent text NOT NULL,
    version integer NOT NULL,
    partition integer NOT NULL,
    message_offset bigint NOT NULL,
    exits integer NOT NULL,
    error text NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    PRIMARY KEY (agent, version, partition, message_offset)
);

CREATE TABLE engine.company (
    company_id text PRIMARY KEY,
    source text NOT NULL,
    name text NOT NULL DEFAULT '',
    organisation_number text,          -- Ten digits; kept from the first sight on.
    registered_at timestamptz NOT NULL,
    generation integer NOT NULL DEFAULT 0,
    run_number integer NOT NULL DEFAULT 0,
    lifecycle_sequence bigint NOT NULL DEFAULT 0
);

CREATE TABLE engine.upload (
    upload_id text PRIMARY KEY,
    company_id text NOT NULL REFERENCES engine.company,
    file_name text NOT NULL,
    size_bytes bigint NOT NULL,
    sha256 bytea NOT NULL,
    forced boolean NOT NULL,
    judgement jsonb NOT NULL,
    received_at timestamptz NOT NULL
);
CREATE INDEX upload_by_company ON engine.upload (company_id, received_at);

CREATE TABLE engine.upload_chunk (
    upload_id text NOT NULL REFERENCES engine.upload ON DELETE CASCADE,
    chunk_number integer NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (upload_id, chunk_number)
);
ALTER TABLE engine.upload_chunk ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE TABLE engine.outbox (
    outbox_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    message_key bytea,
    headers jsonb NOT NULL,            -- [[name, value], …], both in base64
    message_value bytea,
    created_at timestamptz NOT NULL,
    published_at timestamptz
);
CREATE INDEX outbox_unpublished ON engine.outbox (outbox_id) WHERE published_at IS NULL;
CREATE INDEX outbox_published ON engine.outbox (published_at) WHERE published_at IS NOT NULL;

CREATE TABLE engine.sync_run (
    run_id text PRIMARY KEY,
    queue_number bigint GENERATED ALWAYS AS IDENTITY,
    company_id text NOT NULL REFERENCES engine.company,
    trigger text NOT NULL,
    source text NOT NULL,
    scope jsonb NOT NULL,
    upload_id text REFERENCES engine.upload,
    state text NOT NULL DEFAULT 'queued' CHECK (
        state IN ('queued', 'running', 'confirming', 'completed', 'failed', 'cancelled')),
    queued_outbox_id bigint NOT NULL,  -- Claimed only after the broker has its SyncQueued.
    generation integer,
    run_number integer,
    attempt integer NOT NULL DEFAULT 0,
    queued_at timestamptz NOT NULL,
    started_at timestamptz,
    fetched_at timestamptz,
    finished_at timestamptz,
    reason text,
    detail text NOT NULL DEFAULT '',
    vouchers_done bigint NOT NULL DEFAULT 0,
    vouchers_expected bigint NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX sync_run_number ON engine.sync_run (company_id, run_number);
CREATE UNIQUE INDEX sync_run_one_at_a_time ON engine.sync_run (company_id)
    WHERE state IN ('running', 'confirming');
CREATE INDEX sync_run_open ON engine.sync_run (queue_number)
    WHERE state IN ('queued', 'running', 'confirming');
CREATE INDEX sync_run_by_company ON engine.sync_run (company_id, queue_number DESC);

-- A read that was published whole, and where its ReadCompleted stands on the ledger topic.
CREATE TABLE engine.sync_read (
    run_id text NOT NULL REFERENCES engine.sync_run ON DELETE CASCADE,
    read text NOT NULL,
    attempt integer NOT NULL,
    position integer NOT NULL,
    partition integer NOT NULL,
    message_offset bigint NOT NULL,
    PRIMARY KEY (run_id, read)
);

-- Whoever relays, confirms or runs holds a row; two holders for a moment do no harm.
CREATE TABLE engine.lease (
    name text PRIMARY KEY,
    holder text NOT NULL,
    until timestamptz NOT NULL
);
