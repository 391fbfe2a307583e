-- Messages that went to the dead letters and wait to be redriven: while one of the ledger topic is
-- open, nobody can say that its company's bookkeeping is whole.
CREATE TABLE engine.dead_letter (
    topic text NOT NULL,
    partition integer NOT NULL,
    message_offset bigint NOT NULL,
    company_id text,                   -- The message's key; NULL where that is no company's id.
    reason text NOT NULL,
    set_aside_at timestamptz NOT NULL,
    PRIMARY KEY (topic, partition, message_offset)
);
CREATE INDEX dead_letter_by_company ON engine.dead_letter (company_id, topic);
