-- Writes what has been prepared and decided: the legs, the accounts, the GL totals, the marks, the seals.
-- Nothing is refused here. The cells are locked by the caller, and p_accounts are the accounts' rows as
-- read under that lock. All joins but one are between arrays whose sizes the planner sees.
CREATE OR REPLACE FUNCTION ledger_apply(
    p_now timestamptz, p_accounts accounts[], p_legs ledger_leg[], p_turns ledger_turn[], p_shares ledger_share[],
    p_history boolean
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    WITH head AS MATERIALIZED (
        SELECT h.cell, h.business_date, h.position FROM unnest(p_shares) AS s JOIN cells AS h ON h.cell = s.cell
    ), acc AS MATERIALIZED (
        SELECT a.cell, a.number, a.sign, a.subject, a.currency, a.posted, a.entries, a.last_position,
               a.pending_debits, a.pending_credits, g.debited, g.credited, g.pending_out, g.pending_in,
               g.touched, g.last_place
        FROM unnest(p_accounts) AS a JOIN unnest(p_turns) AS g ON g.account = a.number
    ), l AS MATERIALIZED (
        SELECT * FROM unnest(p_legs)
    ), new_balances AS (
        UPDATE accounts AS a
        SET posted = a.posted + g.credited - g.debited, pending_debits = a.pending_debits + g.pending_out,
            pending_credits = a.pending_credits + g.pending_in,
            entries = a.entries + g.touched, last_position = h.position + g.last_place
        FROM acc AS g JOIN head AS h USING (cell)
        WHERE a.cell = g.cell AND a.number = g.number
    ), new_totals AS (
        INSERT INTO gl_totals AS g (cell, business_date, subject, currency, debits, credits)
        SELECT acc.cell, h.business_date, subject, currency, sum(debited), sum(credited)
        FROM acc JOIN head AS h USING (cell)
        WHERE NOT p_history AND acc.debited + acc.credited > 0 GROUP BY 1, 2, 3, 4
        UNION ALL
        SELECT a.cell, sides.business_date, a.subject, a.currency, sum(sides.debited), sum(sides.credited)
        FROM (SELECT debit AS account, business_date, amount AS debited, 0 AS credited FROM l
              UNION ALL SELECT credit, business_date, 0, amount FROM l) AS sides
        JOIN acc AS a ON a.number = sides.account
        WHERE p_history GROUP BY 1, 2, 3, 4
        ON CONFLICT (cell, business_date, subject, currency)
        DO UPDATE SET debits = g.debits + excluded.debits, credits = g.credits + excluded.credits
    ), new_marks AS (
        INSERT INTO entry_marks (cell, account, position, booked_at, business_date)
        SELECT a.cell, a.number, h.position + s.place, coalesce(s.booked_at, p_now),
               coalesce(s.business_date, h.business_date)
        FROM (SELECT debit AS account, debit_nth AS nth, place, booked_at, business_date FROM l
              UNION ALL SELECT credit, credit_nth, place, booked_at, business_date FROM l) AS s
        JOIN acc AS a ON a.number = s.account AND (a.entries + s.nth) % 64 = 0
        JOIN head AS h USING (cell)
        WHERE a.entries % 64 + a.touched >= 64
    )
    INSERT INTO transfers (position, id, debit, credit, amount, booked_at, debit_balance, credit_balance,
                           debit_previous, credit_previous, business_date, value_date, cell, leg, kind, currency,
                           debit_held, credit_held, counterpart, target, reference, description)
    SELECT h.position + l.place, l.id, l.debit, l.credit, l.amount, coalesce(l.booked_at, p_now),
           d.posted + l.debit_delta, c.posted + l.credit_delta,
           coalesce(h.position + l.debit_previous, d.last_position),
           coalesce(h.position + l.credit_previous, c.last_position),
           coalesce(l.business_date, h.business_date), coalesce(l.value_date, l.business_date, h.business_date),
           l.cell, l.leg, l.kind, l.currency,
           nullif(CASE d.sign WHEN 1 THEN d.pending_debits + l.debit_out
                              ELSE d.pending_credits + l.debit_in END, 0),
           nullif(CASE c.sign WHEN 1 THEN c.pending_debits + l.credit_out
                              ELSE c.pending_credits + l.credit_in END, 0),
           l.counterpart, l.target, l.reference, l.description
    FROM l
    JOIN head AS h ON h.cell = l.cell
    JOIN acc AS d ON d.number = l.debit
    JOIN acc AS c ON c.number = l.credit
    ORDER BY l.cell, l.place;

    PERFORM ledger_close_batch(cell, legs, p_now, content) FROM unnest(p_shares);
END $$;

-- Seals the transfers that follow the head's position and moves the head past them.
CREATE OR REPLACE FUNCTION ledger_close_batch(p_cell smallint, p_count integer, p_now timestamptz, p_content bytea)
RETURNS void LANGUAGE sql AS $$
    WITH closed AS (
        UPDATE cells SET position = position + p_count, batch = batch + 1, booked_at = p_now,
               seal = ledger_seal(seal, cell, batch + 1, position + 1, p_count, p_now, business_date, p_content)
        WHERE cell = p_cell
        RETURNING *
    )
    INSERT INTO batches (cell, batch, first_position, transfers, booked_at, business_date, seal)
    SELECT cell, batch, position - p_count + 1, p_count, booked_at, business_date, seal FROM closed
$$;
