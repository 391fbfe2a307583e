-- Where a topic began when an operator accepted what it lacks: only what is lost after that is new.
CREATE TABLE engine.accepted_beginning (
    topic text NOT NULL,
    partition integer NOT NULL,
    first_offset bigint NOT NULL,
    PRIMARY KEY (topic, partition)
);
-- The generation with which the company's messages begin on what is left of the log.
ALTER TABLE engine.accepted_gap ADD COLUMN generation integer NOT NULL DEFAULT 0;
