-- The tables of the books. Balances are signed: credits minus debits, in minor units.

CREATE TABLE cells (
    cell          smallint PRIMARY KEY CHECK (cell BETWEEN 100 AND 999),
    name          text NOT NULL,
    business_date date NOT NULL,
    position      bigint NOT NULL DEFAULT 0,
    batch         bigint NOT NULL DEFAULT 0,
    seal          bytea NOT NULL DEFAULT '',
    booked_at     timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 10);
COMMENT ON TABLE cells IS 'The head of each cell: whoever posts in a cell holds this row, so a cell has one order of events';

-- The hot row of an account: narrow, updated by every batch that touches it.
CREATE TABLE accounts (
    cell            smallint NOT NULL REFERENCES cells,
    number          bigint NOT NULL,
    currency        text NOT NULL,
    sign            smallint NOT NULL CHECK (sign IN (-1, 1)),
    status          smallint NOT NULL DEFAULT 0 CHECK (status BETWEEN 0 AND 5),
    subject         text NOT NULL,
    floor           bigint CHECK (floor <= 0),
    posted          bigint NOT NULL DEFAULT 0,
    pending_debits  bigint NOT NULL DEFAULT 0 CHECK (pending_debits >= 0),
    pending_credits bigint NOT NULL DEFAULT 0 CHECK (pending_credits >= 0),
    entries         bigint NOT NULL DEFAULT 0,
    last_position   bigint,
    PRIMARY KEY (cell, number),
    CHECK (cell = number / 1000000000000000)
) WITH (fillfactor = 45);
COMMENT ON COLUMN accounts.sign IS '1: credit is the normal side; -1: debit is';
COMMENT ON COLUMN accounts.status IS '0 open, 1 debit_blocked, 2 credit_blocked, 3 frozen, 4 dormant, 5 closed';
COMMENT ON COLUMN accounts.floor IS 'lowest balance on the normal side: 0, or minus the overdraft line; NULL: none';
COMMENT ON COLUMN accounts.last_position IS 'the newest entry: the head of the chain that debit_previous and credit_previous go on with';

CREATE TABLE account_profiles (
    cell       smallint NOT NULL,
    number     bigint NOT NULL,
    name       text NOT NULL DEFAULT '',
    local_name text NOT NULL DEFAULT '',
    customer   uuid,
    opened_on  date NOT NULL,
    closed_on  date,
    opened_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (cell, number),
    FOREIGN KEY (cell, number) REFERENCES accounts (cell, number)
);
CREATE INDEX account_profiles_customer ON account_profiles (cell, customer, number) WHERE customer IS NOT NULL;

CREATE TABLE account_changes (
    cell       smallint NOT NULL,
    number     bigint NOT NULL,
    id         uuid NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    reason     text NOT NULL,
    before     jsonb NOT NULL,
    after      jsonb NOT NULL,
    PRIMARY KEY (cell, number, id),
    FOREIGN KEY (cell, number) REFERENCES accounts (cell, number)
);

-- Serials of account numbers the books make themselves, per cell.
CREATE TABLE account_serials (
    cell   smallint PRIMARY KEY REFERENCES cells,
    serial bigint NOT NULL
);

-- One row a transfer; a transfer across cells has a row (a leg) in each. Append only.
CREATE TABLE transfers (
    position        bigint NOT NULL,
    id              uuid NOT NULL,
    debit           bigint NOT NULL,
    credit          bigint NOT NULL,
    amount          bigint NOT NULL CHECK (amount > 0),
    booked_at       timestamptz NOT NULL,
    debit_balance   bigint NOT NULL,
    credit_balance  bigint NOT NULL,
    debit_previous  bigint,
    credit_previous bigint,
    business_date   date NOT NULL,
    value_date      date NOT NULL,
    cell            smallint NOT NULL,
    leg             smallint NOT NULL DEFAULT 0,
    kind            smallint NOT NULL DEFAULT 0,
    currency        text NOT NULL,
    debit_held      bigint,
    credit_held     bigint,
    counterpart     bigint,
    target          uuid,
    reference       text,
    description     text,
    PRIMARY KEY (cell, position),
    CONSTRAINT transfers_id UNIQUE (id, leg)
);
COMMENT ON COLUMN transfers.leg IS '0 in the cell of the debit account; 1 in the cell of the credit account of a transfer across cells';
COMMENT ON COLUMN transfers.kind IS '0 transfer, 1 pending, 2 post, 3 void, 4 reversal, 5 expiry';
COMMENT ON COLUMN transfers.debit_balance IS 'posted balance of the debit account after this, credits minus debits';
COMMENT ON COLUMN transfers.debit_previous IS 'position of the debit account''s entry before this one';
COMMENT ON COLUMN transfers.debit_held IS 'held on the debit account after this; NULL is nothing';
COMMENT ON COLUMN transfers.counterpart IS 'on a leg: the account at the far end';

-- A sparse index into each account's chain of entries: every 64th of them.
CREATE TABLE entry_marks (
    cell          smallint NOT NULL,
    account       bigint NOT NULL,
    position      bigint NOT NULL,
    booked_at     timestamptz NOT NULL,
    business_date date NOT NULL,
    PRIMARY KEY (cell, account, position)
);
CREATE INDEX entry_marks_booked_at ON entry_marks (cell, account, booked_at, position);
CREATE INDEX entry_marks_business_date ON entry_marks (cell, account, business_date, position);

CREATE TABLE holds (
    cell        smallint NOT NULL,
    id          uuid NOT NULL,
    state       smallint NOT NULL DEFAULT 0,
    debit       bigint NOT NULL,
    credit      bigint NOT NULL,
    amount      bigint NOT NULL CHECK (amount > 0),
    currency    text NOT NULL,
    expires_at  timestamptz,
    resolved_by uuid,
    PRIMARY KEY (cell, id)
);
COMMENT ON COLUMN holds.state IS '0 pending, 1 posted, 2 voided, 3 expired';
CREATE INDEX holds_expiry ON holds (expires_at) WHERE state = 0 AND expires_at IS NOT NULL;

CREATE TABLE reversals (
    cell   smallint NOT NULL,
    target uuid NOT NULL,
    id     uuid NOT NULL,
    PRIMARY KEY (cell, target)
);

CREATE TABLE batches (
    cell           smallint NOT NULL REFERENCES cells,
    batch          bigint NOT NULL,
    first_position bigint NOT NULL,
    transfers      integer NOT NULL CHECK (transfers >= 0),
    booked_at      timestamptz NOT NULL,
    business_date  date NOT NULL,
    seal           bytea NOT NULL,
    PRIMARY KEY (cell, batch)
);
CREATE INDEX batches_business_date ON batches (cell, business_date, batch);
CREATE INDEX batches_position ON batches (cell, first_position, batch);
COMMENT ON TABLE batches IS 'What was posted together, chained by seal; one of no transfers is the marker that opens its business date';

-- The public halves of the keys that days are signed with; the private ones are never in the database.
CREATE TABLE seal_keys (
    id         text PRIMARY KEY,
    ed25519    bytea NOT NULL,
    ml_dsa_65  bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE day_seals (
    cell          smallint NOT NULL REFERENCES cells,
    business_date date NOT NULL,
    batch         bigint NOT NULL,
    seal          bytea NOT NULL,
    key_id        text NOT NULL REFERENCES seal_keys,
    ed25519       bytea NOT NULL,
    ml_dsa_65     bytea NOT NULL,
    signed_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (cell, business_date)
);

CREATE TABLE gl_totals (
    cell          smallint NOT NULL REFERENCES cells,
    business_date date NOT NULL,
    subject       text NOT NULL,
    currency      text NOT NULL,
    debits        bigint NOT NULL,
    credits       bigint NOT NULL,
    PRIMARY KEY (cell, business_date, subject, currency)
) WITH (fillfactor = 20);

-- The accounts through which a cell owes another, or is owed by it.
CREATE TABLE intercell_accounts (
    cell     smallint NOT NULL REFERENCES cells,
    other    smallint NOT NULL,
    currency text NOT NULL,
    number   bigint NOT NULL,
    PRIMARY KEY (cell, other, currency)
);
