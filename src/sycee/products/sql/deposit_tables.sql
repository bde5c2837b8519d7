-- Deposits held in units: what was placed, on which terms it stands, notices, freezes, and every event.

CREATE TABLE deposits (
    cell             smallint NOT NULL REFERENCES cells,
    id               uuid NOT NULL,
    customer         uuid NOT NULL,
    arrangement      uuid,
    account          bigint NOT NULL,
    form             text NOT NULL CHECK (form IN ('notice', 'time', 'large_cd', 'margin')),
    state            text NOT NULL CHECK (state IN ('active', 'matured', 'closed')),
    currency         text NOT NULL,
    snapshot         bytea NOT NULL REFERENCES product_snapshots,
    principal        bigint NOT NULL CHECK (principal >= 0),
    source           bigint NOT NULL,
    opened_on        date NOT NULL,
    start            date NOT NULL,
    earned_from      date NOT NULL CHECK (earned_from >= start),
    maturity         date CHECK (maturity > start),
    rates            jsonb NOT NULL,
    renewal          text NOT NULL CHECK (renewal IN ('principal_and_interest', 'principal', 'none', 'pay_out')),
    renewed          integer NOT NULL DEFAULT 0,
    part_withdrawals integer NOT NULL DEFAULT 0,
    marks            jsonb NOT NULL,
    obligation       text,
    obliged          bigint NOT NULL DEFAULT 0 CHECK (obliged >= 0),
    due_on           date,
    predecessor      uuid,
    successor        uuid,
    closed_on        date,
    PRIMARY KEY (cell, id),
    CONSTRAINT deposits_id UNIQUE (id),
    CONSTRAINT deposits_account UNIQUE (cell, account),
    FOREIGN KEY (cell, account) REFERENCES accounts (cell, number),
    CHECK ((state = 'closed') = (closed_on IS NOT NULL)),
    CHECK (state = 'active' OR due_on IS NULL)
);
COMMENT ON TABLE deposits IS 'Whoever does anything to a deposit holds its row, so that it has one order of events';
COMMENT ON COLUMN deposits.start IS 'the day from which it bears interest: of the present term, when it was renewed';
COMMENT ON COLUMN deposits.earned_from IS 'the first day whose interest has not been paid: after start only where it is paid meanwhile';
COMMENT ON COLUMN deposits.rates IS '[day, percent a year] as they were set in the present term, the first at its start';
COMMENT ON COLUMN deposits.marks IS 'of a notice deposit: [amount, first day, last day, none|demand] by notices not used';
COMMENT ON COLUMN deposits.obliged IS 'of a margin: what stands of the obligation that it secures; 0 is discharged';
COMMENT ON COLUMN deposits.due_on IS 'the next day on which something happens by itself: maturity, a rate set anew, interest paid meanwhile';
CREATE INDEX deposits_customer ON deposits (customer, id);
CREATE INDEX deposits_due ON deposits (cell, due_on, id) WHERE due_on IS NOT NULL;
CREATE INDEX deposits_arrangement ON deposits (cell, arrangement) WHERE arrangement IS NOT NULL;

CREATE TABLE deposit_notices (
    cell        smallint NOT NULL,
    deposit     uuid NOT NULL,
    id          uuid NOT NULL,
    given_on    date NOT NULL,
    pay_on      date NOT NULL CHECK (pay_on > given_on),
    amount      bigint NOT NULL CHECK (amount > 0),
    state       text NOT NULL CHECK (state IN ('standing', 'used', 'cancelled', 'lapsed')),
    given_by    text NOT NULL,
    resolved_on date,
    PRIMARY KEY (cell, deposit, id),
    FOREIGN KEY (cell, deposit) REFERENCES deposits (cell, id)
);
CREATE UNIQUE INDEX deposit_notices_standing ON deposit_notices (cell, deposit) WHERE state = 'standing';
COMMENT ON COLUMN deposit_notices.amount IS 'what is still to be withdrawn under it';
COMMENT ON COLUMN deposit_notices.state IS 'lapsed: its day passed without a withdrawal';

CREATE TABLE deposit_freezes (
    cell      smallint NOT NULL,
    deposit   uuid NOT NULL,
    id        uuid NOT NULL,
    authority text NOT NULL,
    document  text NOT NULL,
    amount    bigint NOT NULL CHECK (amount > 0),
    deducted  bigint NOT NULL DEFAULT 0 CHECK (deducted BETWEEN 0 AND amount),
    frozen_on date NOT NULL,
    lifted_on date,
    PRIMARY KEY (cell, deposit, id),
    FOREIGN KEY (cell, deposit) REFERENCES deposits (cell, id)
);
COMMENT ON COLUMN deposit_freezes.document IS 'number of the order by which the authority freezes';

-- What happened to a deposit, from its opening on. Append only.
CREATE TABLE deposit_events (
    cell        smallint NOT NULL,
    deposit     uuid NOT NULL,
    id          uuid NOT NULL,
    kind        text NOT NULL,
    effective   date NOT NULL,
    booked_on   date NOT NULL,
    amount      bigint NOT NULL,
    interest    bigint NOT NULL,
    paid_to     bigint,
    transfers   uuid[] NOT NULL,
    posting     uuid,
    facts       jsonb NOT NULL,
    request     jsonb NOT NULL,
    by          text NOT NULL,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    serial      bigint GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (cell, deposit, id),
    CONSTRAINT deposit_events_id UNIQUE (id),
    FOREIGN KEY (cell, deposit) REFERENCES deposits (cell, id)
);
COMMENT ON COLUMN deposit_events.effective IS 'the day for which interest was reckoned; booked_on is the date of the books';
COMMENT ON COLUMN deposit_events.posting IS 'the posting of interest, whose lines explain it';
COMMENT ON COLUMN deposit_events.request IS 'what was asked for: the same id again must ask for the same';
CREATE INDEX deposit_events_order ON deposit_events (cell, deposit, serial);
