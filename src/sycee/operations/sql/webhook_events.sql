-- What endpoints are told: rows of webhook_deliveries, written by what happened and in its transaction, so that
-- no event is lost and none is told of what was rolled back. Where nobody listens it costs one look at a table
-- that is empty.

CREATE OR REPLACE FUNCTION webhooks_listening() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM webhook_endpoints WHERE state <> 'disabled')
$$;

-- Whether an endpoint that named these asked for events of a type.
CREATE OR REPLACE FUNCTION webhook_wants(p_events text[], p_type text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT p_events && ARRAY[p_type, split_part(p_type, '.', 1) || '.*']
$$;

-- Salaries are told of by their bulk order alone: single ones are not everybody's to see.
CREATE OR REPLACE FUNCTION is_salary(p_purpose text, p_order uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT p_purpose = 'SALA' OR EXISTS (SELECT FROM bulk_orders WHERE id = p_order AND confidential)
$$;

-- Steps of payments. A customer is not told that screening stopped a payment (bit 3), nor why it went on.
CREATE OR REPLACE FUNCTION webhooks_of_payment_steps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT webhooks_listening() THEN
        RETURN NULL;
    END IF;
    INSERT INTO webhook_deliveries (cell, endpoint, type, subject, occurred_at, data)
    SELECT cell, endpoint, type, subject, at, data
    FROM (
        SELECT e.cell, e.id AS endpoint, e.events, s.position, p.cell AS payment_cell, p.id::text AS subject, s.at,
               'payment.' || (payment_state_names(seen.states))[cardinality(payments_states(seen.states))] AS type,
               jsonb_build_object(
                   'payment', p.id, 'states', payment_state_names(seen.states), 'customer', p.customer,
                   'debit_account', p.debit::text, 'amount', jsonb_build_object('currency', p.currency, 'minor', p.amount),
                   'end_to_end_id', p.end_to_end_id, 'order', p.order_id, 'rail', p.rail,
                   'reason_code', CASE WHEN seen.states = s.states THEN s.reason_code END,
                   'reason', CASE WHEN seen.states = s.states THEN s.reason END) AS data
        FROM steps AS s
        JOIN payments AS p ON p.cell = s.cell AND p.id = s.payment
        JOIN webhook_endpoints AS e ON e.state <> 'disabled' AND (e.customer IS NULL OR e.customer = p.customer)
        CROSS JOIN LATERAL (SELECT CASE WHEN e.customer IS NULL THEN s.states ELSE s.states & ~8 END AS states) AS seen
        WHERE seen.states <> 0 AND NOT is_salary(p.purpose, p.order_id)) AS told
    WHERE webhook_wants(events, type)
    ORDER BY payment_cell, position;

    INSERT INTO webhook_deliveries (cell, endpoint, type, subject, occurred_at, data)
    SELECT e.cell, e.id, 'incoming_payment.credited', p.id::text, s.at,
           jsonb_build_object(
               'incoming_payment', p.id, 'customer', a.customer, 'account', p.credit::text,
               'amount', jsonb_build_object('currency', p.currency, 'minor', p.amount),
               'end_to_end_id', p.end_to_end_id, 'remittance', p.remittance, 'rail', NULL)
    FROM steps AS s
    JOIN payments AS p ON p.cell = s.cell AND p.id = s.payment
    JOIN account_profiles AS a ON a.cell = p.credit / 1000000000000000 AND a.number = p.credit
    JOIN webhook_endpoints AS e ON e.state <> 'disabled' AND (e.customer IS NULL OR e.customer = a.customer)
    WHERE s.states & 256 <> 0 AND p.rail IS NULL AND NOT is_salary(p.purpose, p.order_id)
          AND webhook_wants(e.events, 'incoming_payment.credited')
    ORDER BY p.cell, s.position;
    RETURN NULL;
END $$;

-- The names of a set of bits, as people and programs know them (sycee.payments.PaymentState).
CREATE OR REPLACE FUNCTION payment_state_names(p_states integer) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
    SELECT array_agg((ARRAY['received', 'validated', 'approved', 'stopped', 'screened', 'held', 'queued', 'sent',
                            'settled', 'rejected', 'returned', 'recalled', 'cancelled'])[state + 1] ORDER BY state)
    FROM unnest(payments_states(p_states)) AS state
$$;

CREATE TRIGGER webhooks_of_payment_steps AFTER INSERT ON payment_events REFERENCING NEW TABLE AS steps
    FOR EACH STATEMENT EXECUTE FUNCTION webhooks_of_payment_steps();

-- What other banks paid to customers.
CREATE OR REPLACE FUNCTION webhooks_of_incoming_payments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF webhooks_listening() THEN
        INSERT INTO webhook_deliveries (cell, endpoint, type, subject, occurred_at, data)
        SELECT e.cell, e.id, 'incoming_payment.' || i.state, i.id::text, i.received_at,
               jsonb_build_object(
                   'incoming_payment', i.id, 'customer', i.customer, 'account', coalesce(i.credit::text, i.creditor_account),
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
    IF webhooks_listening() THEN
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
    WHEN (OLD.state IS DISTINCT FROM NEW.state AND NEW.state IN ('received', 'waiting', 'holding', 'paying', 'done')
          AND NOT (OLD.state = 'checking' AND NEW.state = 'paying'))
    EXECUTE FUNCTION webhooks_of_bulk_orders();

-- What waits for approval, and what became of it.
CREATE OR REPLACE FUNCTION webhooks_of_approvals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF webhooks_listening() THEN
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
