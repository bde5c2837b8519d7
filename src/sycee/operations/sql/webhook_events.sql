-- What endpoints are told: rows of webhook_deliveries, written by what happened and in its transaction, so that
-- no event is lost and none is told of what was rolled back. Where nobody listens it costs one look at a table
-- that is empty.

-- Whether any endpoint asked for events of a family.
CREATE OR REPLACE FUNCTION webhooks_listening(p_family text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM webhook_endpoints AS e, unnest(e.events) AS wanted
                   WHERE e.state <> 'disabled' AND split_part(wanted, '.', 1) = p_family)
$$;

-- Whether an endpoint that named these asked for events of a type.
CREATE OR REPLACE FUNCTION webhook_wants(p_events text[], p_type text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT p_events && ARRAY[p_type, split_part(p_type, '.', 1) || '.*']
$$;

-- The names of a set of bits, as people and programs know them (sycee.payments.PaymentState).
CREATE OR REPLACE FUNCTION payment_state_names(p_states integer) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
    SELECT array_agg((ARRAY['received', 'validated', 'approved', 'stopped', 'screened', 'held', 'queued', 'sent',
                            'settled', 'rejected', 'returned', 'recalled', 'cancelled'])[state + 1] ORDER BY state)
    FROM unnest(payments_states(p_states)) AS state
$$;

-- Steps of payments, and what they brought to payees with this bank. A customer is not told that screening
-- stopped a payment (bit 3), nor why it went on. Salaries are told of by their bulk order alone: single ones are
-- not everybody's to see. What endpoints are told is worked out once for each set of states, not for each payment.
CREATE OR REPLACE FUNCTION webhooks_of_payment_steps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF webhooks_listening('payment') THEN
        INSERT INTO webhook_deliveries (cell, endpoint, type, subject, occurred_at, data)
        WITH told AS MATERIALIZED (
            SELECT e.cell, e.id, e.customer, met.states AS passed, met.states <> seen.states AS hides,
                   said.names, said.type
            FROM (SELECT DISTINCT states FROM steps) AS met
            CROSS JOIN webhook_endpoints AS e
            CROSS JOIN LATERAL (SELECT met.states & CASE WHEN e.customer IS NULL THEN ~0 ELSE ~8 END) AS seen(states)
            CROSS JOIN LATERAL (SELECT to_jsonb(n.names), 'payment.' || n.names[cardinality(n.names)]
                                FROM payment_state_names(seen.states) AS n(names)) AS said(names, type)
            WHERE e.state <> 'disabled' AND webhook_wants(e.events, said.type))
        SELECT t.cell, t.id, t.type, p.id::text, s.at,
               jsonb_build_object(
                   'payment', p.id, 'states', t.names, 'customer', p.customer, 'debit_account', p.debit::text,
                   'amount', jsonb_build_object('currency', p.currency, 'minor', p.amount),
                   'end_to_end_id', p.end_to_end_id, 'order', p.order_id, 'rail', p.rail,
                   'reason_code', CASE WHEN NOT t.hides THEN s.reason_code END,
                   'reason', CASE WHEN NOT t.hides THEN s.reason END)
        FROM told AS t
        JOIN steps AS s ON s.states = t.passed
        JOIN payments AS p ON p.cell = s.cell AND p.id = s.payment AND (t.customer IS NULL OR t.customer = p.customer)
        LEFT JOIN bulk_orders AS o ON o.id = p.order_id
        WHERE p.purpose <> 'SALA' AND o.confidential IS NOT TRUE
        ORDER BY s.cell, s.position;
    END IF;

    IF webhooks_listening('incoming_payment') THEN
        INSERT INTO webhook_deliveries (cell, endpoint, type, subject, occurred_at, data)
        SELECT e.cell, e.id, 'incoming_payment.credited', p.id::text, s.at,
               jsonb_build_object(
                   'incoming_payment', p.id, 'customer', a.customer, 'account', p.credit::text,
                   'amount', jsonb_build_object('currency', p.currency, 'minor', p.amount),
                   'end_to_end_id', p.end_to_end_id, 'remittance', p.remittance, 'rail', NULL)
        FROM webhook_endpoints AS e
        JOIN steps AS s ON s.states & 256 <> 0
        JOIN payments AS p ON p.cell = s.cell AND p.id = s.payment AND p.rail IS NULL
        JOIN account_profiles AS a ON a.cell = p.credit / 1000000000000000 AND a.number = p.credit
        LEFT JOIN bulk_orders AS o ON o.id = p.order_id
        WHERE e.state <> 'disabled' AND webhook_wants(e.events, 'incoming_payment.credited')
              AND (e.customer IS NULL OR e.customer = a.customer)
              AND p.purpose <> 'SALA' AND o.confidential IS NOT TRUE
        ORDER BY s.cell, s.position;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER webhooks_of_payment_steps AFTER INSERT ON payment_events REFERENCING NEW TABLE AS steps
    FOR EACH STATEMENT EXECUTE FUNCTION webhooks_of_payment_steps();

-- What other banks paid to customers.
CREATE OR REPLACE FUNCTION webhooks_of_incoming_payments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF webhooks_listening('incoming_payment') THEN
        INSERT INTO webhook_deliveries (cell, endpoint, type, subject, occurred_at, data)
        SELECT e.cell, e.id, 'incoming_payment.' || i.state, i.id::text, i.received_at,
               jsonb_build_object(
                   'incoming_payment', i.id, 'customer', i.customer,
                   'account', coalesce(i.credit::text, i.creditor_account),
                   'amount', jsonb_build_object('currency', i.currency, 'minor', i.amount),
                   'debtor_name', i.debtor_name, 'debtor_account', i.debtor_account, 'debtor_agent', i.debtor_agent,
                   'end_to_end_id', i.end_to_end_id, 'remittance', i.remittance, 'rail', i.rail)
        FROM arrived AS i
        JOIN webhook_endpoints AS e ON e.state <> 'disabled'
             AND (e.customer IS NULL OR (e.customer = i.customer AND i.state = 'credited'))
        WHERE webhook_wants(e.events, 'incoming_payment.' || i.state);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER webhooks_of_incoming_payments AFTER INSERT ON incoming_payments REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION webhooks_of_incoming_payments();

-- Bulk orders when they come to rest, or begin to be paid.
CREATE OR REPLACE FUNCTION webhooks_of_bulk_orders() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_type text := 'bulk_order.' || CASE NEW.state WHEN 'holding' THEN 'started' WHEN 'paying' THEN 'started'
                                    ELSE NEW.state END;
BEGIN
    IF webhooks_listening('bulk_order') THEN
        INSERT INTO webhook_deliveries (cell, endpoint, type, subject, occurred_at, data)
        SELECT e.cell, e.id, v_type, NEW.id::text, clock_timestamp(),
               jsonb_build_object(
                   'bulk_order', NEW.id, 'customer', NEW.customer, 'message_id', NEW.message_id, 'state', NEW.state,
                   'count', NEW.counted, 'sum', trim_scale(NEW.summed)::text, 'done', NEW.done, 'refused', NEW.refused,
                   'code', NEW.code, 'detail', NEW.detail)
        FROM webhook_endpoints AS e
        WHERE e.state <> 'disabled' AND (e.customer IS NULL OR e.customer = NEW.customer)
              AND webhook_wants(e.events, v_type);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER webhooks_of_bulk_orders AFTER UPDATE OF state ON bulk_orders FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state AND NEW.state IN ('received', 'holding', 'paying', 'done')
          AND NOT (OLD.state = 'checking' AND NEW.state = 'paying'))
    EXECUTE FUNCTION webhooks_of_bulk_orders();

-- What waits for approval, and what became of it.
CREATE OR REPLACE FUNCTION webhooks_of_approvals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF webhooks_listening('approval') THEN
        INSERT INTO webhook_deliveries (cell, endpoint, type, subject, occurred_at, data)
        SELECT e.cell, e.id, 'approval.' || n.what, a.id::text, n.at,
               jsonb_build_object('approval', a.id, 'command', a.command, 'customer', a.customer,
                                  'code', nullif(n.code, ''), 'reason', nullif(n.reason, ''))
        FROM noted AS n
        JOIN approvals AS a ON a.cell = n.cell AND a.id = n.approval
        JOIN webhook_endpoints AS e ON e.state <> 'disabled' AND (e.customer IS NULL OR e.customer = a.customer)
        WHERE webhook_wants(e.events, 'approval.' || n.what)
        ORDER BY n.cell, n.approval, n.place;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER webhooks_of_approvals AFTER INSERT ON approval_events REFERENCING NEW TABLE AS noted
    FOR EACH STATEMENT EXECUTE FUNCTION webhooks_of_approvals();
