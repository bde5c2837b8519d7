-- Direct debits: a payee takes what is due to it from a payer's account, under a mandate that the payer signed.
-- The cell is that of the account credited, so that all mandates and debits of a payee lie together.

CREATE TABLE debit_mandates (
    cell         smallint NOT NULL,
    id           uuid NOT NULL,
    creditor     uuid NOT NULL,
    credit       bigint NOT NULL,
    creditor_name text NOT NULL,
    debtor       uuid NOT NULL,
    debit        bigint NOT NULL,
    reference    text NOT NULL CHECK (reference <> ''),
    recurring    boolean NOT NULL,
    currency     text NOT NULL,
    purpose      text NOT NULL,
    valid_from   date NOT NULL,
    valid_to     date CHECK (valid_to >= valid_from),
    per_debit    bigint CHECK (per_debit > 0),
    per_day      bigint CHECK (per_day > 0),
    per_month    bigint CHECK (per_month > 0),
    debits_most  integer CHECK (debits_most > 0),
    state        text NOT NULL CHECK (state IN ('proposed', 'active', 'suspended', 'cancelled')),
    signed_on    date,
    paper        text,
    proposed_by  text NOT NULL,
    proposed_at  timestamptz NOT NULL,
    changed_at   timestamptz NOT NULL,
    PRIMARY KEY (cell, id),
    CONSTRAINT debit_mandates_id UNIQUE (id),
    CONSTRAINT debit_mandates_reference UNIQUE (creditor, reference),
    CHECK (cell = credit / 1000000000000000),
    CHECK (recurring OR debits_most = 1)
);
COMMENT ON COLUMN debit_mandates.creditor_name IS 'as the bank has registered the payee: what the payer reads';
COMMENT ON COLUMN debit_mandates.valid_to IS 'the last day on which may be debited';
COMMENT ON COLUMN debit_mandates.per_month IS 'the most that may be debited in a calendar month, minor units';
COMMENT ON COLUMN debit_mandates.debits_most IS 'how often may be debited in all';
COMMENT ON COLUMN debit_mandates.signed_on IS 'the business date on which the payer agreed; NULL: it has not';
COMMENT ON COLUMN debit_mandates.paper IS 'the signed paper that the bank keeps; NULL when the payer agreed here';
CREATE INDEX debit_mandates_creditor ON debit_mandates (creditor, id);
CREATE INDEX debit_mandates_debtor ON debit_mandates (debtor, id);

-- Everything that was done to a mandate.
CREATE TABLE debit_mandate_events (
    cell    smallint NOT NULL,
    mandate uuid NOT NULL,
    step    integer NOT NULL,
    state   text NOT NULL,
    at      timestamptz NOT NULL,
    side    text NOT NULL CHECK (side IN ('bank', 'creditor', 'debtor')),
    actor   text NOT NULL,
    reason  text NOT NULL,
    PRIMARY KEY (cell, mandate, step),
    FOREIGN KEY (cell, mandate) REFERENCES debit_mandates (cell, id)
);

-- Payees of whom a payer wants no debits any more, whatever it signed before.
CREATE TABLE debit_blocks (
    cell       smallint NOT NULL,
    id         uuid NOT NULL,
    debtor     uuid NOT NULL,
    creditor   uuid NOT NULL,
    reason     text NOT NULL,
    blocked_by text NOT NULL,
    blocked_at timestamptz NOT NULL,
    lifted_by  text,
    lifted_at  timestamptz,
    lifted_why text,
    PRIMARY KEY (cell, id),
    CONSTRAINT debit_blocks_id UNIQUE (id)
);
COMMENT ON COLUMN debit_blocks.cell IS 'where the payer lies';
CREATE UNIQUE INDEX debit_blocks_now ON debit_blocks (debtor, creditor) WHERE lifted_at IS NULL;

CREATE TABLE direct_debits (
    cell          smallint NOT NULL,
    id            uuid NOT NULL,
    mandate       uuid NOT NULL,
    creditor      uuid NOT NULL,
    credit        bigint NOT NULL,
    debtor        uuid NOT NULL,
    debit         bigint NOT NULL,
    amount        bigint NOT NULL CHECK (amount > 0),
    currency      text NOT NULL,
    asked_for     date,
    due_on        date NOT NULL,
    taken_on      date NOT NULL CHECK (taken_on >= due_on),
    retry_days    smallint NOT NULL CHECK (retry_days >= 0),
    tries         smallint NOT NULL DEFAULT 0,
    state         text NOT NULL CHECK (state IN (
                      'waiting', 'stopped', 'settled', 'rejected', 'refused', 'cancelled', 'returned', 'reversed')),
    released      boolean NOT NULL DEFAULT false,
    reason_code   text,
    reason        text,
    refund_until  date,
    collection    uuid,
    end_to_end_id text NOT NULL,
    remittance    text NOT NULL,
    submitted_by  text NOT NULL,
    submitted_at  timestamptz NOT NULL,
    changed_at    timestamptz NOT NULL,
    PRIMARY KEY (cell, id),
    CONSTRAINT direct_debits_id UNIQUE (id),
    FOREIGN KEY (cell, mandate) REFERENCES debit_mandates (cell, id),
    CHECK (cell = credit / 1000000000000000),
    CHECK ((refund_until IS NOT NULL) = (state IN ('settled', 'returned', 'reversed')))
) WITH (fillfactor = 85);
COMMENT ON COLUMN direct_debits.id IS 'made by the payee; the transfer that pays it has the same id';
COMMENT ON COLUMN direct_debits.asked_for IS 'the day as the payee asked for it, due_on the business day that it means';
COMMENT ON COLUMN direct_debits.taken_on IS 'the day on which it was taken, or is tried next: it counts to the limits of that day and month';
COMMENT ON COLUMN direct_debits.retry_days IS 'for how many business days after due_on it is tried again when funds are lacking';
COMMENT ON COLUMN direct_debits.released IS 'somebody of the bank has let it pass screening';
COMMENT ON COLUMN direct_debits.refund_until IS 'the last day on which the payer may have it returned';
-- What counts to the limits of a mandate: what waits, and what was taken, though it came back later.
CREATE INDEX direct_debits_counted ON direct_debits (cell, mandate, taken_on) INCLUDE (amount)
    WHERE state IN ('waiting', 'stopped', 'settled', 'returned', 'reversed');
CREATE INDEX direct_debits_due ON direct_debits (cell, taken_on, id) WHERE state = 'waiting';
CREATE INDEX direct_debits_stopped ON direct_debits (cell, id) WHERE state = 'stopped';
CREATE INDEX direct_debits_creditor ON direct_debits (creditor, id);
CREATE INDEX direct_debits_debtor ON direct_debits (debtor, id);

-- Every step of a direct debit.
CREATE TABLE direct_debit_events (
    cell        smallint NOT NULL,
    debit       uuid NOT NULL,
    step        integer NOT NULL,
    state       text NOT NULL,
    at          timestamptz NOT NULL,
    side        text NOT NULL CHECK (side IN ('bank', 'creditor', 'debtor')),
    actor       text NOT NULL,
    reason_code text,
    reason      text,
    PRIMARY KEY (cell, debit, step)
);

CREATE FUNCTION debit_events_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the steps of direct debits and of their mandates are kept as they were written';
END $$;
CREATE TRIGGER direct_debit_events_stay BEFORE UPDATE OR DELETE ON direct_debit_events
    FOR EACH ROW EXECUTE FUNCTION debit_events_stay();
CREATE TRIGGER direct_debit_events_are_not_emptied BEFORE TRUNCATE ON direct_debit_events
    FOR EACH STATEMENT EXECUTE FUNCTION debit_events_stay();
CREATE TRIGGER debit_mandate_events_stay BEFORE UPDATE OR DELETE ON debit_mandate_events
    FOR EACH ROW EXECUTE FUNCTION debit_events_stay();
CREATE TRIGGER debit_mandate_events_are_not_emptied BEFORE TRUNCATE ON debit_mandate_events
    FOR EACH STATEMENT EXECUTE FUNCTION debit_events_stay();

-- The terms of direct debits, each set in force from a day on.
CREATE TABLE debit_terms (
    valid_from      date PRIMARY KEY,
    calendar        text NOT NULL,
    refund_days     smallint NOT NULL CHECK (refund_days BETWEEN 0 AND 3650),
    retry_days_most smallint NOT NULL CHECK (retry_days_most BETWEEN 0 AND 365),
    set_by          text NOT NULL,
    set_at          timestamptz NOT NULL
);
COMMENT ON COLUMN debit_terms.refund_days IS 'for how many days after it was taken the payer may have a debit returned';
INSERT INTO debit_terms (valid_from, calendar, refund_days, retry_days_most, set_by, set_at)
VALUES ('2000-01-01', 'CN', 56, 10, 'standard', '2000-01-01 00:00+00');
