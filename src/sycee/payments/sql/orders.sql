-- Payments from instruction to receipt, and every step of each.

-- state: 0 received, 1 validated, 2 approved, 3 stopped, 4 screened, 5 held, 6 queued, 7 sent, 8 settled,
-- 9 rejected, 10 returned, 11 recalled, 12 cancelled. The numbers follow the life of a payment, so that
-- the states it goes through in one move are a set of bits, read from the lowest up.
CREATE TABLE payments (
    cell             smallint NOT NULL,
    id               uuid NOT NULL,
    state            smallint NOT NULL CHECK (state BETWEEN 0 AND 12),
    debit            bigint NOT NULL,
    amount           bigint NOT NULL CHECK (amount > 0),
    currency         text NOT NULL,
    customer         uuid,
    creditor_account text NOT NULL,
    creditor_name    text NOT NULL,
    creditor_agent   text,
    purpose          text NOT NULL DEFAULT '',
    remittance       text NOT NULL DEFAULT '',
    end_to_end_id    text NOT NULL DEFAULT '',
    execute_on       date,
    urgent           boolean NOT NULL DEFAULT false,
    order_id         uuid,
    due_on           date NOT NULL,
    submitted_by     text NOT NULL,
    submitted_at     timestamptz NOT NULL,
    changed_at       timestamptz NOT NULL,
    credit           bigint,
    rail             text,
    send_at          timestamptz,
    fee              bigint NOT NULL DEFAULT 0 CHECK (fee >= 0),
    message_id       text,
    rail_id          text,
    returned         bigint NOT NULL DEFAULT 0 CHECK (returned BETWEEN 0 AND amount),
    reason_code      text,
    reason           text,
    PRIMARY KEY (cell, id),
    CONSTRAINT payments_id UNIQUE (id),
    CHECK (cell = debit / 1000000000000000)
) WITH (fillfactor = 85);
COMMENT ON COLUMN payments.id IS 'made by who instructs; the transfer that pays it or holds its funds has the same id';
COMMENT ON COLUMN payments.creditor_agent IS 'the bank of the payee, NULL for this one';
COMMENT ON COLUMN payments.execute_on IS 'as asked for; due_on is the business date it means';
COMMENT ON COLUMN payments.credit IS 'the account credited: the payee''s with this bank, or the clearing account of the rail';
COMMENT ON COLUMN payments.rail IS 'the rail it goes by; NULL stays in this bank';
COMMENT ON COLUMN payments.rail_id IS 'what the rail knows it by';
COMMENT ON COLUMN payments.returned IS 'how much of it came back after it was settled';
COMMENT ON COLUMN payments.reason_code IS 'why it is in this state, when that needs a reason';
CREATE INDEX payments_customer ON payments (cell, customer, id);
CREATE INDEX payments_order ON payments (cell, order_id, id) WHERE order_id IS NOT NULL;
CREATE INDEX payments_due ON payments (cell, due_on, id) WHERE state = 2;
CREATE INDEX payments_outgoing ON payments (rail, send_at, cell, id) WHERE state IN (5, 6);
CREATE INDEX payments_stopped ON payments (cell, id) WHERE state = 3;

-- The steps of payments in the order in which they were committed in their cell: whoever writes some holds
-- the cell's row of payment_heads until the commit, so a reader that has seen a position has seen all before it.
CREATE TABLE payment_events (
    cell        smallint NOT NULL,
    position    bigint NOT NULL,
    payment     uuid NOT NULL,
    states      integer NOT NULL,
    at          timestamptz NOT NULL,
    actor       text NOT NULL,
    reason_code text,
    reason      text,
    PRIMARY KEY (cell, position)
);
CREATE INDEX payment_events_payment ON payment_events (cell, payment, position);
COMMENT ON COLUMN payment_events.states IS 'a bit for each state that the payment went through at that instant';

CREATE TABLE payment_heads (
    cell     smallint PRIMARY KEY REFERENCES cells,
    position bigint NOT NULL
) WITH (fillfactor = 10);

CREATE FUNCTION payment_events_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the steps of payments are kept as they were written';
END $$;
CREATE TRIGGER payment_events_stay BEFORE UPDATE OR DELETE ON payment_events
    FOR EACH ROW EXECUTE FUNCTION payment_events_stay();
CREATE TRIGGER payment_events_are_not_emptied BEFORE TRUNCATE ON payment_events
    FOR EACH STATEMENT EXECUTE FUNCTION payment_events_stay();

-- Which state may follow which.
CREATE TABLE payment_transitions (
    from_state smallint NOT NULL,
    to_state   smallint NOT NULL,
    PRIMARY KEY (from_state, to_state)
);
INSERT INTO payment_transitions (from_state, to_state) VALUES
    (0, 1), (1, 2), (1, 9), (1, 12),
    (2, 3), (2, 4), (2, 9), (2, 12),
    (3, 4), (3, 9),
    (4, 5), (4, 8), (4, 9),
    (5, 6), (5, 7), (5, 9), (5, 12),
    (6, 7), (6, 9), (6, 12),
    (7, 8), (7, 9), (7, 11),
    (8, 10), (10, 10);

-- What came back of a settled payment, once for each return that the rail reports.
CREATE TABLE payment_returns (
    cell        smallint NOT NULL,
    payment     uuid NOT NULL,
    return_id   text NOT NULL,
    amount      bigint NOT NULL CHECK (amount > 0),
    transfer    uuid NOT NULL,
    reason_code text,
    reason      text,
    returned_at timestamptz NOT NULL,
    PRIMARY KEY (cell, payment, return_id),
    FOREIGN KEY (cell, payment) REFERENCES payments (cell, id)
);

-- A payment is asked back once at a time; the answer closes the question.
CREATE TABLE payment_recalls (
    cell        smallint NOT NULL,
    payment     uuid NOT NULL,
    id          uuid NOT NULL,
    asked_at    timestamptz NOT NULL,
    asked_by    text NOT NULL,
    reason_code text NOT NULL,
    reason      text NOT NULL DEFAULT '',
    sent_as     text,
    answer      text CHECK (answer IN ('accepted', 'refused')),
    answered_at timestamptz,
    answer_code text,
    answer_text text,
    PRIMARY KEY (cell, payment, id),
    FOREIGN KEY (cell, payment) REFERENCES payments (cell, id)
);
CREATE UNIQUE INDEX payment_recalls_open ON payment_recalls (cell, payment) WHERE answer IS NULL;
CREATE INDEX payment_recalls_to_send ON payment_recalls (asked_at) WHERE answer IS NULL AND sent_as IS NULL;
COMMENT ON COLUMN payment_recalls.sent_as IS 'the message that asked the rail; NULL until it is written';

-- What other banks paid to our customers: credited once, or refused with the reason that the rail is told.
CREATE TABLE incoming_payments (
    cell             smallint NOT NULL,
    rail             text NOT NULL,
    rail_id          text NOT NULL,
    id               uuid NOT NULL,
    message_id       text NOT NULL,
    creditor_account text NOT NULL,
    credit           bigint,
    customer         uuid,
    amount           bigint NOT NULL CHECK (amount >= 0),
    currency         text NOT NULL,
    debtor_name      text NOT NULL,
    debtor_account   text NOT NULL,
    debtor_agent     text NOT NULL,
    creditor_name    text NOT NULL,
    end_to_end_id    text NOT NULL,
    purpose          text NOT NULL,
    remittance       text NOT NULL,
    state            text NOT NULL CHECK (state IN ('credited', 'refused')),
    reason_code      text,
    reason           text,
    received_at      timestamptz NOT NULL,
    PRIMARY KEY (cell, rail, rail_id),
    CONSTRAINT incoming_payments_rail_id UNIQUE (rail, rail_id),
    CONSTRAINT incoming_payments_id UNIQUE (id)
);
CREATE INDEX incoming_payments_customer ON incoming_payments (cell, customer, received_at);
COMMENT ON COLUMN incoming_payments.cell IS 'of the account credited; 100 when there is none';

-- The codes by which other banks and rails know this bank: clearing numbers and BICs.
CREATE TABLE own_agents (
    agent text PRIMARY KEY CHECK (agent <> '')
);
