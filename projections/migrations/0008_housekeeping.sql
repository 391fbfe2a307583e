-- A message that Kafka will never take: kept for the operator, and out of the way of the others.
ALTER TABLE engine.outbox ADD COLUMN given_up_at timestamptz;
DROP INDEX engine.outbox_unpublished;
CREATE INDEX outbox_unpublished ON engine.outbox (outbox_id)
    WHERE published_at IS NULL AND given_up_at IS NULL;
CREATE INDEX outbox_given_up ON engine.outbox (given_up_at) WHERE given_up_at IS NOT NULL;

-- Runs of which no read is kept any more need not be looked at again, and old runs and uploads go.
ALTER TABLE engine.sync_run ADD COLUMN has_reads boolean NOT NULL DEFAULT true;
CREATE INDEX sync_run_with_reads ON engine.sync_run (finished_at)
    WHERE finished_at IS NOT NULL AND has_reads;
CREATE INDEX sync_run_finished ON engine.sync_run (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX sync_run_upload ON engine.sync_run (upload_id) WHERE upload_id IS NOT NULL;
