-- The currency of a company's bookkeeping, kept from its first file on: amounts of two currencies
-- must never be added up.
ALTER TABLE engine.company ADD COLUMN currency text;

-- Whether vouchers of a file that only adds are added once more where they are there already. To
-- insist (`forced`) is another matter: it takes a file in spite of what is wrong with it.
ALTER TABLE engine.upload ADD COLUMN again boolean NOT NULL DEFAULT false;
