-- Writing payments and their steps, a list at a time. Arrays are of one length; NULL where no element has a value.

-- Takes new payments in, with the states they have gone through. An id that is taken raises 40001: the caller
-- runs the whole command again and then finds the payment that was there first.
CREATE OR REPLACE FUNCTION payments_insert(
    p_now timestamptz, p_ids uuid[], p_states smallint[], p_passed integer[], p_debits bigint[], p_amounts bigint[],
    p_currencies text[], p_customers uuid[], p_creditor_accounts text[], p_creditor_names text[],
    p_creditor_agents text[], p_purposes text[], p_remittances text[], p_end_to_end_ids text[],
    p_execute_ons date[], p_urgents smallint[], p_orders uuid[], p_due_ons date[], p_actors text[],
    p_credits bigint[], p_rails text[], p_send_ats timestamptz[], p_fees bigint[], p_reason_codes text[],
    p_reasons text[]
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO payments (
        cell, id, state, debit, amount, currency, customer, creditor_account, creditor_name, creditor_agent,
        purpose, remittance, end_to_end_id, execute_on, urgent, order_id, due_on, submitted_by, submitted_at,
        changed_at, credit, rail, send_at, fee, reason_code, reason)
    SELECT debit / 1000000000000000, id, state, debit, amount, currency, customer, creditor_account,
           creditor_name, creditor_agent, coalesce(purpose, ''), coalesce(remittance, ''),
           coalesce(end_to_end_id, ''), execute_on, coalesce(urgent, 0) = 1, order_id, due_on, actor, p_now, p_now,
           credit, rail, send_at, coalesce(fee, 0), reason_code, reason
    FROM unnest(p_ids, p_states, p_debits, p_amounts, p_currencies, p_customers, p_creditor_accounts,
                p_creditor_names, p_creditor_agents, p_purposes, p_remittances, p_end_to_end_ids, p_execute_ons,
                p_urgents, p_orders, p_due_ons, p_actors, p_credits, p_rails, p_send_ats, p_fees,
                p_reason_codes, p_reasons)
         AS p(id, state, debit, amount, currency, customer, creditor_account, creditor_name, creditor_agent,
              purpose, remittance, end_to_end_id, execute_on, urgent, order_id, due_on, actor, credit, rail,
              send_at, fee, reason_code, reason);
    PERFORM payments_note(
        p_now, ARRAY(SELECT (debit / 1000000000000000)::smallint FROM unnest(p_debits) AS debit), p_ids, p_passed,
        p_actors, p_reason_codes, p_reasons);
EXCEPTION WHEN unique_violation THEN
    RAISE EXCEPTION 'a payment id was taken by a list submitted at the same time' USING ERRCODE = '40001';
END $$;

-- Writes down steps, in the order of the list. From here to the commit the cells' streams of steps are held.
CREATE OR REPLACE FUNCTION payments_note(
    p_now timestamptz, p_cells smallint[], p_payments uuid[], p_passed integer[], p_actors text[],
    p_reason_codes text[], p_reasons text[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_cell smallint;
    v_count integer;
    v_position bigint;
BEGIN
    FOR v_cell, v_count IN
        SELECT cell, count(*) FROM unnest(p_cells) AS cell GROUP BY cell ORDER BY cell
    LOOP
        INSERT INTO payment_heads AS h (cell, position) VALUES (v_cell, v_count)
        ON CONFLICT (cell) DO UPDATE SET position = h.position + v_count
        RETURNING position - v_count INTO v_position;
        INSERT INTO payment_events (cell, position, payment, states, at, actor, reason_code, reason)
        SELECT v_cell, v_position + row_number() OVER (ORDER BY ord), payment, passed, p_now, actor, reason_code, reason
        FROM unnest(p_cells, p_payments, p_passed, p_actors, p_reason_codes, p_reasons) WITH ORDINALITY
             AS s(cell, payment, passed, actor, reason_code, reason, ord)
        WHERE cell = v_cell;
    END LOOP;
END $$;

-- The states of a set of bits, the lowest first.
CREATE OR REPLACE FUNCTION payments_states(p_passed integer) RETURNS smallint[] LANGUAGE sql IMMUTABLE AS $$
    SELECT array_agg(bit::smallint ORDER BY bit) FROM generate_series(0, 30) AS bit WHERE p_passed >> bit & 1 = 1
$$;

-- Moves payments through some states, each to the last of them. The caller holds their rows and has judged the
-- moves; a way that no payment may go is an error of the program and undoes the transaction.
CREATE OR REPLACE FUNCTION payments_move(
    p_now timestamptz, p_cells smallint[], p_ids uuid[], p_passed integer[], p_actors text[],
    p_reason_codes text[], p_reasons text[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_wrong record;
BEGIN
    SELECT p.id, way.from_state, way.to_state INTO v_wrong
    FROM unnest(p_cells, p_ids, p_passed) AS m(cell, id, passed)
    JOIN payments AS p ON p.cell = m.cell AND p.id = m.id
    CROSS JOIN LATERAL (
        SELECT coalesce(lag(state) OVER (ORDER BY ord), p.state) AS from_state, state AS to_state
        FROM unnest(payments_states(m.passed)) WITH ORDINALITY AS u(state, ord)) AS way
    WHERE (way.from_state, way.to_state) NOT IN (SELECT from_state, to_state FROM payment_transitions)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'payment % cannot go from state % to %', v_wrong.id, v_wrong.from_state, v_wrong.to_state;
    END IF;

    UPDATE payments AS p
    SET state = (SELECT max(state) FROM unnest(payments_states(m.passed)) AS state),
        changed_at = p_now, reason_code = m.reason_code, reason = m.reason
    FROM unnest(p_cells, p_ids, p_passed, p_reason_codes, p_reasons) AS m(cell, id, passed, reason_code, reason)
    WHERE p.cell = m.cell AND p.id = m.id;

    PERFORM payments_note(p_now, p_cells, p_ids, p_passed, p_actors, p_reason_codes, p_reasons);
END $$;
