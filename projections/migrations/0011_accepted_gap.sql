-- Companies of whose messages some are lost, and an operator has accepted that: until their source
-- has proved them again, nobody can say that their bookkeeping is whole.
CREATE TABLE engine.accepted_gap (
    company_id text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    detail text NOT NULL,
    accepted_at timestamptz NOT NULL,
    PRIMARY KEY (company_id, topic)
);
