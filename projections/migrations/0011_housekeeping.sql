-- A message that Kafka will never take: kept for the operator, and out of the way of the others.
ALTER TABLE engine.outbox ADD COLUMN given_up_at timestamptz;
DROP INDEX engine.outbox_unpublished;
CREATE INDEX outbox_unpublished ON engine.outbox (outbox_id)
    WHERE published_at IS NULL AND given_up_at IS NULL;
CREATE INDEX outbox_given_up ON engine.outbox (given_up_at) WHERE given_up_at IS NOT NULL;
