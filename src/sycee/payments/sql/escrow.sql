-- Supervised accounts: what was agreed on each, and the payments from it that wait for release.

CREATE TABLE escrow_agreements (
    cell             smallint NOT NULL,
    id               uuid NOT NULL,
    account          bigint NOT NULL,
    currency         text NOT NULL,
    customer         uuid,
    beneficiary      uuid,
    beneficiary_name text NOT NULL,
    supervisor       uuid,
    supervisor_name  text NOT NULL,
    document         text NOT NULL,
    purposes         text[] NOT NULL,
    single_limit     bigint CHECK (single_limit > 0),
    total_limit      bigint CHECK (total_limit > 0),
    releases_needed  smallint NOT NULL CHECK (releases_needed > 0),
    made_by          text NOT NULL,
    made_at          timestamptz NOT NULL,
    ended_by         text,
    ended_at         timestamptz,
    reason           text,
    PRIMARY KEY (cell, id),
    CONSTRAINT escrow_agreements_id UNIQUE (id),
    CHECK (cell = account / 1000000000000000)
);
COMMENT ON COLUMN escrow_agreements.customer IS 'the payer, whose account it is';
COMMENT ON COLUMN escrow_agreements.supervisor IS 'the customer who supervises; NULL: the bank';
COMMENT ON COLUMN escrow_agreements.document IS 'the signed agreement, as it is filed';
COMMENT ON COLUMN escrow_agreements.purposes IS 'purpose codes that may be paid for; empty: any';
COMMENT ON COLUMN escrow_agreements.total_limit IS 'most that is paid out altogether; what came back does not count';
CREATE UNIQUE INDEX escrow_agreements_account ON escrow_agreements (cell, account) WHERE ended_at IS NULL;
CREATE INDEX escrow_agreements_customer ON escrow_agreements (customer);
CREATE INDEX escrow_agreements_supervisor ON escrow_agreements (supervisor);
CREATE INDEX escrow_agreements_beneficiary ON escrow_agreements (beneficiary);

-- Whom it may pay; none: anybody whom the supervisor agrees to.
CREATE TABLE escrow_payees (
    cell             smallint NOT NULL,
    agreement        uuid NOT NULL,
    creditor_account text NOT NULL,
    creditor_agent   text NOT NULL DEFAULT '',
    creditor_name    text NOT NULL,
    PRIMARY KEY (cell, agreement, creditor_account, creditor_agent),
    FOREIGN KEY (cell, agreement) REFERENCES escrow_agreements (cell, id)
);

CREATE TABLE escrow_releasers (
    cell      smallint NOT NULL,
    agreement uuid NOT NULL,
    principal uuid NOT NULL,
    PRIMARY KEY (cell, agreement, principal),
    FOREIGN KEY (cell, agreement) REFERENCES escrow_agreements (cell, id)
);

-- A payment that waits for release, or did. What is in it the supervisor reads here, not among the payer's payments.
CREATE TABLE escrow_releases (
    cell             smallint NOT NULL,
    payment          uuid NOT NULL,
    agreement        uuid NOT NULL,
    amount           bigint NOT NULL,
    currency         text NOT NULL,
    creditor_account text NOT NULL,
    creditor_name    text NOT NULL,
    creditor_agent   text,
    purpose          text NOT NULL,
    remittance       text NOT NULL,
    asked_by         text NOT NULL,
    asked_at         timestamptz NOT NULL,
    state            text NOT NULL CHECK (state IN ('waiting', 'released', 'refused', 'cancelled')),
    decided_at       timestamptz,
    PRIMARY KEY (cell, payment),
    CONSTRAINT escrow_releases_payment UNIQUE (payment),
    FOREIGN KEY (cell, agreement) REFERENCES escrow_agreements (cell, id)
);
CREATE INDEX escrow_releases_agreement ON escrow_releases (cell, agreement, payment);
CREATE INDEX escrow_releases_waiting ON escrow_releases (cell, agreement) WHERE state = 'waiting';

-- What the releasers said, each once on a payment.
CREATE TABLE escrow_votes (
    cell      smallint NOT NULL,
    payment   uuid NOT NULL,
    principal uuid NOT NULL,
    human     uuid NOT NULL,
    vote      text NOT NULL CHECK (vote IN ('yes', 'no')),
    reason    text NOT NULL DEFAULT '',
    voted_at  timestamptz NOT NULL,
    PRIMARY KEY (cell, payment, human),
    FOREIGN KEY (cell, payment) REFERENCES escrow_releases (cell, payment)
);
COMMENT ON COLUMN escrow_votes.human IS 'the person behind the principal: nobody counts twice';

-- The parties see their agreements: who pays, who is to be paid, who supervises. The bank writes.
SELECT customers_see('escrow_agreements',
                     '(SELECT acting_customer()) IN (customer, beneficiary, supervisor)');
SELECT customers_see('escrow_payees', $own$
    EXISTS (SELECT FROM escrow_agreements AS own
            WHERE own.cell = escrow_payees.cell AND own.id = escrow_payees.agreement)
$own$);
SELECT customers_see('escrow_releasers', $own$
    EXISTS (SELECT FROM escrow_agreements AS own
            WHERE own.cell = escrow_releasers.cell AND own.id = escrow_releasers.agreement)
$own$);
-- The beneficiary is not told what the payer asks for.
SELECT customers_see('escrow_releases', $own$
    EXISTS (SELECT FROM escrow_agreements AS own
            WHERE own.cell = escrow_releases.cell AND own.id = escrow_releases.agreement
                  AND (SELECT acting_customer()) IN (own.customer, own.supervisor))
$own$);
SELECT customers_see('escrow_votes', $own$
    EXISTS (SELECT FROM escrow_releases AS own
            WHERE own.cell = escrow_votes.cell AND own.payment = escrow_votes.payment)
$own$);
