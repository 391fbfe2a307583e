-- A version is one build of a projection's tables; its shape says which code can fill and read it.
-- Until now each shape had one build.
ALTER TABLE engine.projection_offset ADD COLUMN shape integer;
UPDATE engine.projection_offset SET shape = version;
ALTER TABLE engine.projection_offset ALTER COLUMN shape SET NOT NULL;
CREATE UNIQUE INDEX projection_in_use ON engine.projection_offset (agent, partition) WHERE in_use;
