-- Commands that have been decided: the same id again is the same command, and has no second effect.
-- Whoever waits finds the answer here: the run that it led to (or that is to be cancelled), or why
-- it was rejected.
CREATE TABLE engine.command (
    company_id text NOT NULL,
    command_id text NOT NULL,
    type text NOT NULL,
    decided_at timestamptz NOT NULL,
    run_id text,
    rejection text,
    detail text NOT NULL DEFAULT '',
    PRIMARY KEY (company_id, command_id)
);
CREATE INDEX command_by_age ON engine.command (decided_at);

-- A company that nobody has registered can be named in a command: its answer needs a sequence.
CREATE TABLE engine.unknown_company (
    company_id text PRIMARY KEY,
    lifecycle_sequence bigint NOT NULL
);

-- The company's tie to its accounting system. Uploaded sources (sie) need none.
CREATE TABLE engine.connection (
    company_id text PRIMARY KEY REFERENCES engine.company,
    source text NOT NULL,
    state text NOT NULL CHECK (state IN ('connected', 'reconnect_required', 'disconnected')),
    reason text,
    connected_at timestamptz NOT NULL,
    -- The next automatic run; NULL where there is none (disconnected, or a source without a pull).
    due_at timestamptz,
    failures_in_a_row integer NOT NULL DEFAULT 0,
    -- An automatic run or a push signal came while a run was going: run again after it.
    again boolean NOT NULL DEFAULT false
);
CREATE INDEX connection_due ON engine.connection (due_at) WHERE due_at IS NOT NULL;

-- Up to where each read of a company has been read, in the source's own words, less an overlap.
-- No row: the read is done whole next time. whole_at: when it was last read whole.
CREATE TABLE engine.watermark (
    company_id text NOT NULL REFERENCES engine.company,
    read text NOT NULL,
    watermark text NOT NULL,
    whole_at timestamptz NOT NULL,
    PRIMARY KEY (company_id, read)
);

ALTER TABLE engine.sync_run
    ADD COLUMN requested_by text NOT NULL DEFAULT '',
    ADD COLUMN cancel_requested_at timestamptz,
    ADD COLUMN cancel_requested_by text NOT NULL DEFAULT '',
    ADD COLUMN stalled_at timestamptz;

-- How many vouchers the read brought, what its watermark becomes once the ledger has it, and
-- whether it was a whole read.
ALTER TABLE engine.sync_read
    ADD COLUMN vouchers bigint NOT NULL DEFAULT 0,
    ADD COLUMN watermark text,
    ADD COLUMN whole boolean NOT NULL DEFAULT true;

-- When requests were last made to a source for a company: a window that all workers share.
CREATE TABLE engine.request_window (
    source text NOT NULL,
    tenant text NOT NULL,
    made_at timestamptz[] NOT NULL,
    PRIMARY KEY (source, tenant)
);
