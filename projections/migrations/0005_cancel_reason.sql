-- Why a run is to stop: what somebody asked for, a disconnection, another source.
ALTER TABLE engine.sync_run ADD COLUMN cancel_reason text;
UPDATE engine.sync_run SET cancel_reason = 'requested' WHERE cancel_requested_at IS NOT NULL;
