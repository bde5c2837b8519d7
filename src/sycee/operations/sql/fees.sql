-- Fees of a cycle: one row for each that fell due, charged, waived, or still to be charged.

CREATE TABLE day_fees (
    cell         smallint NOT NULL,
    account      bigint NOT NULL,
    condition    text NOT NULL,
    arrangement  uuid NOT NULL,
    period_end   date NOT NULL,
    period_start date NOT NULL,
    state        text NOT NULL CHECK (state IN ('due', 'charged', 'waived')),
    amount       bigint NOT NULL CHECK (amount >= 0),
    currency     text NOT NULL,
    subject      text NOT NULL,
    transfer     uuid NOT NULL,
    charged_on   date,
    PRIMARY KEY (cell, account, condition, arrangement, period_end),
    FOREIGN KEY (cell, account) REFERENCES accounts (cell, number)
);
CREATE INDEX day_fees_due ON day_fees (cell, account) WHERE state = 'due';
COMMENT ON COLUMN day_fees.transfer IS 'the transfer that charges it: made of the fee, so that it is charged once';

-- The bank's own accounts to which fees go.
CREATE TABLE fee_accounts (
    cell     smallint NOT NULL REFERENCES cells,
    currency text NOT NULL,
    subject  text NOT NULL,
    number   bigint NOT NULL,
    PRIMARY KEY (cell, currency, subject)
);
