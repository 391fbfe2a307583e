-- Why a run is to stop: somebody asked for it, its company was disconnected, another source came.
ALTER TABLE engine.sync_run ADD COLUMN cancel_reason text NOT NULL DEFAULT 'requested';
