-- Purges that somebody asked for: open until the ledger has applied its LedgerPurged.
CREATE TABLE engine.purge (
    company_id text NOT NULL REFERENCES engine.company,
    generation integer NOT NULL,       -- The one that it raised the company to.
    command_id text NOT NULL,
    fiscal_years date[],               -- NULL: all of them.
    started_at timestamptz NOT NULL,
    completed_at timestamptz,
    PRIMARY KEY (company_id, generation)
);
CREATE INDEX purge_open ON engine.purge (started_at) WHERE completed_at IS NULL;

-- A company that was removed and comes back goes on where it ended: its late events stay out.
ALTER TABLE engine.unknown_company
    ADD COLUMN generation integer NOT NULL DEFAULT 0,
    ADD COLUMN run_number integer NOT NULL DEFAULT 0;
