-- What its source called a company before its bookkeeping was emptied, and the name with it.
ALTER TABLE engine.company ADD COLUMN last_known_name text NOT NULL DEFAULT '';
