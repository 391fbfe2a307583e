-- How many runners have died with the run in their hands: of those that gave it back, because Kafka
-- or PostgreSQL was away, nobody has to say that the run kills them.
ALTER TABLE engine.sync_run ADD COLUMN runners_lost integer NOT NULL DEFAULT 0;
