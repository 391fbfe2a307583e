-- Shape 4 of the ledger: bare names; each version is made in a schema of its own (`ledger_7`).
-- No now(), serial or random default: two builds from one topic are equal to the byte.
-- A new column stands last in its table: the views that readers have are replaced, not dropped.
-- seen_run, seen_attempt: the last read that brought the row; a complete snapshot removes the rest.

CREATE TABLE company (
    company_id text PRIMARY KEY,
    name text NOT NULL DEFAULT '',
    organisation_number text,
    currency text NOT NULL DEFAULT 'SEK',
    program text NOT NULL DEFAULT '',
    balances_up_to date,
    observed_at timestamptz,
    -- The fence: a ledger event below it is ignored whole, and counted.
    generation integer NOT NULL,
    run_number integer NOT NULL,
    attempt integer NOT NULL,
    ignored_events bigint NOT NULL DEFAULT 0
);

-- What each purge took and left; it stays with the fence that the purge has raised.
CREATE TABLE purge_result (
    company_id text NOT NULL,
    generation integer NOT NULL,
    vouchers bigint NOT NULL,
    postings bigint NOT NULL,
    purged_at timestamptz NOT NULL,
    years_left integer,                -- With bookkeeping; NULL: kept from before it was counted.
    PRIMARY KEY (company_id, generation)
);

CREATE TABLE fiscal_year (
    company_id text NOT NULL,
    fiscal_year date NOT NULL,         -- Its first day.
    last_day date NOT NULL,
    source_id text,
    seen_run integer NOT NULL,
    seen_attempt integer NOT NULL,
    PRIMARY KEY (company_id, fiscal_year)
);

CREATE TABLE account (
    company_id text NOT NULL,
    fiscal_year date NOT NULL,
    account text NOT NULL,
    name text NOT NULL,
    type text,
    unit text NOT NULL,
    sru jsonb NOT NULL,
    seen_run integer NOT NULL,
    seen_attempt integer NOT NULL,
    PRIMARY KEY (company_id, fiscal_year, account)
);

CREATE TABLE dimension (
    company_id text NOT NULL,
    dimension text NOT NULL,
    name text NOT NULL,
    parent text,
    seen_run integer NOT NULL,
    seen_attempt integer NOT NULL,
    PRIMARY KEY (company_id, dimension)
);

CREATE TABLE object (
    company_id text NOT NULL,
    dimension text NOT NULL,
    object text NOT NULL,
    name text NOT NULL,
    seen_run integer NOT NULL,
    seen_attempt integer NOT NULL,
    PRIMARY KEY (company_id, dimension, object)
);

CREATE TABLE opening_balance (
    company_id text NOT NULL,
    fiscal_year date NOT NULL,
    account text NOT NULL,
    dimension text NOT NULL,           -- Empty: the whole account.
    object text NOT NULL,
    amount numeric(18, 2) NOT NULL,
    quantity numeric(24, 6),
    seen_run integer NOT NULL,
    seen_attempt integer NOT NULL,
    PRIMARY KEY (company_id, fiscal_year, account, dimension, object)
);

CREATE TABLE period_balance (
    company_id text NOT NULL,
    fiscal_year date NOT NULL,
    account text NOT NULL,
    month date NOT NULL,
    dimension text NOT NULL,
    object text NOT NULL,
    amount numeric(18, 2) NOT NULL,
    quantity numeric(24, 6),
    seen_run integer NOT NULL,
    seen_attempt integer NOT NULL,
    PRIMARY KEY (company_id, fiscal_year, account, month, dimension, object)
);

CREATE TABLE period_budget (LIKE period_balance INCLUDING ALL);

CREATE TABLE voucher (
    company_id text NOT NULL,
    fiscal_year date NOT NULL,
    series text NOT NULL,
    number text NOT NULL,
    occurrence integer NOT NULL,
    voucher_date date NOT NULL,
    text text NOT NULL,
    registered_on date,
    signature text NOT NULL,
    source_id text,
    digest bytea NOT NULL,
    seen_run integer NOT NULL,
    seen_attempt integer NOT NULL,
    PRIMARY KEY (company_id, fiscal_year, series, number, occurrence)
) WITH (fillfactor = 85);              -- A whole read touches seen_* of what did not change.
CREATE INDEX voucher_by_date ON voucher (company_id, voucher_date);
CREATE UNIQUE INDEX voucher_by_source_id ON voucher (company_id, source_id)
    WHERE source_id IS NOT NULL;

CREATE TABLE posting (
    company_id text NOT NULL,
    fiscal_year date NOT NULL,
    series text NOT NULL,
    number text NOT NULL,
    occurrence integer NOT NULL,
    line integer NOT NULL,
    account text NOT NULL,
    voucher_date date NOT NULL,        -- The voucher's: it decides the month.
    amount numeric(18, 2) NOT NULL,
    state text NOT NULL,               -- booked, added; struck: for audit, in no balance.
    text text NOT NULL,
    quantity numeric(24, 6),
    objects jsonb,
    posting_date date,
    signature text NOT NULL,
    PRIMARY KEY (company_id, fiscal_year, series, number, occurrence, line)
);

CREATE TABLE account_balance (
    company_id text NOT NULL,
    fiscal_year date NOT NULL,
    account text NOT NULL,
    month date NOT NULL,
    movement numeric(24, 2) NOT NULL,
    postings bigint NOT NULL,
    PRIMARY KEY (company_id, fiscal_year, account, month)
) WITH (fillfactor = 70);

-- One row per voucher and run: the first old digest, the last new one.
CREATE TABLE voucher_change (
    company_id text NOT NULL,
    run_number integer NOT NULL,
    fiscal_year date NOT NULL,
    series text NOT NULL,
    number text NOT NULL,
    occurrence integer NOT NULL,
    change text GENERATED ALWAYS AS (
        CASE WHEN old_digest IS NULL THEN 'created'
             WHEN new_digest IS NULL THEN 'removed' ELSE 'changed' END) STORED,
    old_digest bytea,
    new_digest bytea,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (company_id, run_number, fiscal_year, series, number, occurrence)
);
CREATE INDEX voucher_change_removed ON voucher_change (company_id, run_number)
    WHERE new_digest IS NULL;

CREATE TABLE set_aside_voucher (
    company_id text NOT NULL,
    fiscal_year date NOT NULL,
    series text NOT NULL,
    number text NOT NULL,
    occurrence integer NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    voucher_date date,                 -- Where it could be read.
    difference numeric(18, 2),
    source_text text NOT NULL,
    kept_digest bytea,                 -- Of what stays in the ledger under this key.
    seen_run integer NOT NULL,
    seen_attempt integer NOT NULL,
    PRIMARY KEY (company_id, fiscal_year, series, number, occurrence)
);

CREATE TABLE control_total (
    company_id text NOT NULL,
    fiscal_year date NOT NULL,
    part text NOT NULL,                -- vouchers: their proof; opening_balances: without vouchers.
    account text NOT NULL,
    kind text NOT NULL,                -- closing, result
    dimension text NOT NULL,           -- Empty: the whole account.
    object text NOT NULL,
    amount numeric(18, 2) NOT NULL,
    quantity numeric(24, 6),
    up_to date,
    seen_run integer NOT NULL,
    seen_attempt integer NOT NULL,
    PRIMARY KEY (company_id, fiscal_year, part, account, kind, dimension, object)
);

-- The last proof of a year: its source's totals compared with the ledger. What came later is told
-- by the run numbers.
CREATE TABLE verification (
    company_id text NOT NULL,
    fiscal_year date NOT NULL,
    state text NOT NULL,               -- verified, differs
    run_number integer NOT NULL,
    attempt integer NOT NULL,
    verified_at timestamptz NOT NULL,
    openings text NOT NULL,            -- A digest of the opening balances that were compared.
    up_to date,                        -- The totals cover the year up to this day; NULL: all of it.
    PRIMARY KEY (company_id, fiscal_year)
);

CREATE TABLE verification_difference (
    company_id text NOT NULL,
    fiscal_year date NOT NULL,
    account text NOT NULL,
    kind text NOT NULL,                -- closing, result
    expected numeric(24, 2) NOT NULL,  -- What the source says.
    actual numeric(24, 2) NOT NULL,    -- What the ledger holds.
    PRIMARY KEY (company_id, fiscal_year, account, kind)
);

CREATE TABLE read_result (
    company_id text NOT NULL,
    generation integer NOT NULL,
    run_number integer NOT NULL,
    attempt integer NOT NULL,
    read text NOT NULL,
    part text NOT NULL,
    fiscal_year date,
    state text NOT NULL,               -- reading, complete, incomplete
    events_applied integer NOT NULL,   -- 1 … n without a hole.
    snapshot boolean NOT NULL DEFAULT false,
    events integer,
    created integer NOT NULL DEFAULT 0,
    changed integer NOT NULL DEFAULT 0,
    removed integer NOT NULL DEFAULT 0,
    unchanged integer NOT NULL DEFAULT 0,
    set_aside integer NOT NULL DEFAULT 0,
    completed_at timestamptz,
    PRIMARY KEY (company_id, run_number, attempt, read)
);
