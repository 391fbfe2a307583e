-- How many runners have died with the run in their hands: of those that gave it back, because Kafka
-- or PostgreSQL was away, nobody has to say that the run kills them.
ALTER TABLE engine.sync_run ADD COLUMN runners_lost integer NOT NULL DEFAULT 0;

-- What the scheduler has asked for last: while it is neither decided nor expired, nothing more is.
ALTER TABLE engine.connection
    ADD COLUMN request_id text,
    ADD COLUMN request_outbox_id bigint;

-- A company that nobody registers is forgotten some time after it was last named.
ALTER TABLE engine.unknown_company
    ADD COLUMN named_at timestamptz NOT NULL DEFAULT engine.clock();
