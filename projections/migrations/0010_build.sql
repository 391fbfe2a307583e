-- Versions that are built beside the one in use, each by whoever holds its lease. A row stays when
-- its build has ended: no number is given twice, so a builder that wakes up too late finds its
-- tables gone, and never those of another build.
CREATE TABLE engine.build (
    agent text NOT NULL,
    version integer NOT NULL,
    kind text NOT NULL,                -- whole, company, as_of
    holder text NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,              -- Dropped, or taken into use.
    PRIMARY KEY (agent, version)
);
CREATE INDEX build_open ON engine.build (agent) WHERE ended_at IS NULL;
