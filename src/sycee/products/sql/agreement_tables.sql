-- Agreements and the arrangements that products make for a customer.

-- What a product said on the day it was agreed to, once for all who agreed to the same (reference data).
CREATE TABLE product_snapshots (
    hash     bytea PRIMARY KEY,
    product  text NOT NULL,
    version  text NOT NULL,
    snapshot jsonb NOT NULL
);
COMMENT ON COLUMN product_snapshots.hash IS 'SHA-256 of the snapshot as JSON with sorted keys';

CREATE TABLE agreements (
    cell            smallint NOT NULL REFERENCES cells,
    id              uuid NOT NULL,
    customer        uuid NOT NULL,
    package         text NOT NULL,
    package_version text NOT NULL,
    signed_on       date NOT NULL,
    signed_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    signed_by       text NOT NULL,
    signers         jsonb NOT NULL,
    choices         jsonb NOT NULL,
    basic_elsewhere text NOT NULL DEFAULT '',
    fingerprint     bytea NOT NULL,
    revision        integer NOT NULL DEFAULT 1,
    ended_on        date,
    PRIMARY KEY (cell, id),
    CONSTRAINT agreements_id UNIQUE (id)
);
COMMENT ON COLUMN agreements.fingerprint IS 'SHA-256 of what was asked for: the same id again must ask for the same';
COMMENT ON COLUMN agreements.revision IS 'the newest contract: 1 as signed, one more with every change';
CREATE INDEX agreements_customer ON agreements (customer, id);
CREATE INDEX agreements_package ON agreements (package, package_version, id) WHERE ended_on IS NULL;

CREATE TABLE arrangements (
    cell            smallint NOT NULL,
    id              uuid NOT NULL,
    agreement       uuid NOT NULL,
    customer        uuid NOT NULL,
    key             text NOT NULL,
    product         text NOT NULL,
    product_version text NOT NULL,
    snapshot        bytea NOT NULL REFERENCES product_snapshots,
    currency        text NOT NULL,
    account         bigint,
    lies_over       uuid,
    account_class   text,
    purpose         text NOT NULL DEFAULT '',
    started_on      date NOT NULL,
    resolved_on     date NOT NULL,
    ends_on         date,
    ended_on        date,
    PRIMARY KEY (cell, id),
    FOREIGN KEY (cell, agreement) REFERENCES agreements (cell, id)
);
CREATE UNIQUE INDEX arrangements_key ON arrangements (cell, agreement, key) WHERE ended_on IS NULL;
COMMENT ON COLUMN arrangements.resolved_on IS 'the day whose components the product was made of: when it was signed, or last moved';
COMMENT ON COLUMN arrangements.account IS 'the account it runs on; NULL until a deposit is placed under it';
COMMENT ON COLUMN arrangements.lies_over IS 'of an agreement deposit: the arrangement on whose account it lies';
COMMENT ON COLUMN arrangements.ends_on IS 'the day on which it ends by itself: a temporary account has one';
CREATE INDEX arrangements_id ON arrangements (id);
CREATE INDEX arrangements_customer ON arrangements (customer) WHERE ended_on IS NULL;

-- Every account that runs under an arrangement: its own, and those of the deposits placed under it.
CREATE TABLE arrangement_accounts (
    cell        smallint NOT NULL,
    account     bigint NOT NULL,
    arrangement uuid NOT NULL,
    started_on  date NOT NULL,
    PRIMARY KEY (cell, account),
    FOREIGN KEY (cell, arrangement) REFERENCES arrangements (cell, id)
);
CREATE INDEX arrangement_accounts_arrangement ON arrangement_accounts (cell, arrangement);

-- A customer has one basic account in the bank. A customer lives in one cell, so one in the cell is one.
CREATE TABLE basic_accounts (
    cell      smallint NOT NULL,
    customer  uuid NOT NULL,
    agreement uuid NOT NULL,
    account   bigint,
    PRIMARY KEY (cell, customer)
);
COMMENT ON TABLE basic_accounts IS 'The claim on being the one: taken before anything else of a signing is written, given up when the account ends';

-- Limits, channels and fees as they hold from a date on, for whoever enforces and charges them.
CREATE TABLE arrangement_conditions (
    cell        smallint NOT NULL,
    arrangement uuid NOT NULL,
    slot        text NOT NULL,
    condition   text NOT NULL,
    started_on  date NOT NULL,
    ended_on    date,
    account     bigint,
    capability  text NOT NULL,
    parameters  jsonb NOT NULL,
    PRIMARY KEY (cell, arrangement, slot, condition, started_on),
    FOREIGN KEY (cell, arrangement) REFERENCES arrangements (cell, id)
);
CREATE INDEX arrangement_conditions_account ON arrangement_conditions (cell, account, slot) WHERE account IS NOT NULL;

-- The contract as it was agreed to, word for word: each revision stays.
CREATE TABLE contracts (
    cell      smallint NOT NULL,
    agreement uuid NOT NULL,
    revision  integer NOT NULL,
    made_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    hash      bytea NOT NULL,
    document  text NOT NULL,
    PRIMARY KEY (cell, agreement, revision),
    FOREIGN KEY (cell, agreement) REFERENCES agreements (cell, id)
);
-- What happened to an agreement after it was signed, and why. Append only.
CREATE TABLE agreement_events (
    cell        smallint NOT NULL,
    agreement   uuid NOT NULL,
    id          uuid NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('extended', 'changed', 'moved', 'ended')),
    arrangement uuid,
    on_date     date NOT NULL,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    by          text NOT NULL,
    reason      text NOT NULL,
    before      jsonb NOT NULL,
    after       jsonb NOT NULL,
    PRIMARY KEY (cell, agreement, id),
    FOREIGN KEY (cell, agreement) REFERENCES agreements (cell, id)
);
