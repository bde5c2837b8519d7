-- Standing orders: payments that come again, what was agreed on them, and what became of each occurrence.

CREATE TABLE standing_orders (
    cell       smallint NOT NULL,
    id         uuid NOT NULL,
    customer   uuid,
    debit      bigint NOT NULL,
    state      text NOT NULL CHECK (state IN ('active', 'suspended', 'ended')),
    version    integer NOT NULL,
    place      integer NOT NULL,
    next_on    date,
    due_on     date,
    made_by    text NOT NULL,
    made_at    timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (cell, id),
    CONSTRAINT standing_orders_id UNIQUE (id),
    CHECK (cell = debit / 1000000000000000),
    CHECK ((state = 'ended') = (next_on IS NULL))
) WITH (fillfactor = 85);
COMMENT ON COLUMN standing_orders.id IS 'made by who instructs; its payments have it as their order';
COMMENT ON COLUMN standing_orders.version IS 'the terms from the next occurrence on';
COMMENT ON COLUMN standing_orders.place IS 'place of the next occurrence in the schedule of these terms, from 0';
COMMENT ON COLUMN standing_orders.next_on IS 'the next date as agreed';
COMMENT ON COLUMN standing_orders.due_on IS 'the business date it means; NULL while the calendar of its year is not published';
CREATE INDEX standing_orders_due ON standing_orders (cell, due_on, id) WHERE state <> 'ended';
CREATE INDEX standing_orders_unknown ON standing_orders (cell, next_on, id) WHERE due_on IS NULL AND state <> 'ended';
CREATE INDEX standing_orders_customer ON standing_orders (cell, customer, id);
CREATE INDEX standing_orders_debit ON standing_orders (cell, debit, id);

-- What was agreed: a version is never changed, and an occurrence keeps the one it fell due under.
CREATE TABLE standing_order_terms (
    cell           smallint NOT NULL,
    standing_order uuid NOT NULL,
    version        integer NOT NULL,
    terms          jsonb NOT NULL,
    agreed_by      text NOT NULL,
    agreed_at      timestamptz NOT NULL,
    PRIMARY KEY (cell, standing_order, version),
    FOREIGN KEY (cell, standing_order) REFERENCES standing_orders (cell, id)
);
COMMENT ON COLUMN standing_order_terms.terms IS 'what is paid, to whom and when, as it was agreed to';

-- An occurrence that has fallen due. The date as agreed is its key: two of them may fall on one business day.
CREATE TABLE standing_order_occurrences (
    cell           smallint NOT NULL,
    standing_order uuid NOT NULL,
    scheduled_on   date NOT NULL,
    version        integer NOT NULL,
    due_on         date NOT NULL,
    last_try_on    date NOT NULL,
    state          text NOT NULL CHECK (state IN ('due', 'submitted', 'missed', 'skipped')),
    payment        uuid NOT NULL,
    tries          integer NOT NULL DEFAULT 0,
    try_at         timestamptz,
    code           text,
    detail         text,
    changed_at     timestamptz NOT NULL,
    PRIMARY KEY (cell, standing_order, scheduled_on),
    FOREIGN KEY (cell, standing_order, version) REFERENCES standing_order_terms (cell, standing_order, version),
    CHECK ((state = 'due') = (try_at IS NOT NULL))
) WITH (fillfactor = 85);
COMMENT ON COLUMN standing_order_occurrences.state IS 'submitted: the payment was taken in, how it stands it says itself';
COMMENT ON COLUMN standing_order_occurrences.payment IS 'the id of its payment, made of the order and the date';
COMMENT ON COLUMN standing_order_occurrences.try_at IS 'not to be tried before';
COMMENT ON COLUMN standing_order_occurrences.code IS 'why it was not paid, or not yet';
CREATE INDEX standing_order_occurrences_due ON standing_order_occurrences (cell, try_at) WHERE state = 'due';

-- What happened to standing orders, in order.
CREATE TABLE standing_order_events (
    cell           smallint NOT NULL,
    standing_order uuid NOT NULL,
    position       bigint GENERATED ALWAYS AS IDENTITY,
    what           text NOT NULL CHECK (what IN
        ('made', 'changed', 'suspended', 'resumed', 'ended', 'completed', 'submitted', 'missed', 'skipped')),
    at             timestamptz NOT NULL,
    actor          text NOT NULL,
    version        integer,
    scheduled_on   date,
    code           text,
    reason         text,
    PRIMARY KEY (cell, standing_order, position)
);
CREATE FUNCTION standing_order_events_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what happened to standing orders is kept as it was written';
END $$;
CREATE TRIGGER standing_order_events_stay BEFORE UPDATE OR DELETE ON standing_order_events
    FOR EACH ROW EXECUTE FUNCTION standing_order_events_stay();
CREATE TRIGGER standing_order_events_are_not_emptied BEFORE TRUNCATE ON standing_order_events
    FOR EACH STATEMENT EXECUTE FUNCTION standing_order_events_stay();

-- What a customer sees of them: its own. They are written by the bank's part of a command.
SELECT customers_see('standing_orders', 'customer = (SELECT acting_customer())');
SELECT customers_see('standing_order_terms', $own$
    EXISTS (SELECT FROM standing_orders AS own
            WHERE own.cell = standing_order_terms.cell AND own.id = standing_order_terms.standing_order)
$own$);
SELECT customers_see('standing_order_occurrences', $own$
    EXISTS (SELECT FROM standing_orders AS own
            WHERE own.cell = standing_order_occurrences.cell AND own.id = standing_order_occurrences.standing_order)
$own$);
SELECT customers_see('standing_order_events', $own$
    EXISTS (SELECT FROM standing_orders AS own
            WHERE own.cell = standing_order_events.cell AND own.id = standing_order_events.standing_order)
$own$);
