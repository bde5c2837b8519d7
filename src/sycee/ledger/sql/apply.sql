-- Writes what has been decided: the legs in order, the accounts, the GL totals, the marks, the seals.
-- Nothing is refused here. The heads of p_cells are locked by the caller. Arrays that hold the
-- ordinary case throughout are NULL: one cell, kind transfer, posted = amount, nothing pending.
-- p_accounts holds the accounts' rows as the caller read them under the lock: with their number known,
-- and that of the legs, the planner joins by hashing whatever the size of the books.
CREATE OR REPLACE FUNCTION ledger_apply(
    p_cells smallint[], p_now timestamptz, p_accounts accounts[],
    l_cells smallint[], l_positions bigint[], l_ids uuid[], l_legs smallint[], l_kinds smallint[],
    l_debits bigint[], l_credits bigint[], l_amounts bigint[], l_posted bigint[], l_pending bigint[],
    l_currencies text[], l_value_dates date[], l_counterparts bigint[], l_targets uuid[],
    l_references text[], l_descriptions text[], l_booked_at timestamptz[], l_business_dates date[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    one cells;
BEGIN
    SELECT * INTO one FROM cells WHERE cell = p_cells[1];

    WITH t AS MATERIALIZED (
        SELECT u.ord, coalesce(u.position, one.position + u.ord) AS position, coalesce(u.cell, one.cell) AS cell,
               u.id, coalesce(u.leg, 0::smallint) AS leg, coalesce(u.kind, 0::smallint) AS kind,
               u.debit, u.credit, u.amount, coalesce(u.posted, u.amount) AS posted,
               coalesce(u.pending, 0) AS pending, u.currency, u.value_date, u.counterpart, u.target,
               u.reference, u.description, u.booked_at, u.business_date
        FROM unnest(l_cells, l_positions, l_ids, l_legs, l_kinds, l_debits, l_credits, l_amounts, l_posted,
                    l_pending, l_currencies, l_value_dates, l_counterparts, l_targets, l_references,
                    l_descriptions, l_booked_at, l_business_dates) WITH ORDINALITY
             AS u(cell, position, id, leg, kind, debit, credit, amount, posted, pending, currency, value_date,
                  counterpart, target, reference, description, booked_at, business_date, ord)
    ), sides AS NOT MATERIALIZED (
        SELECT ord, position, cell, 0 AS side, debit AS account, -posted AS delta, posted AS debited, 0::bigint AS credited,
               pending AS pending_out, 0::bigint AS pending_in FROM t
        UNION ALL
        SELECT ord, position, cell, 1, credit, posted, 0, posted, 0, pending FROM t
    ), run AS (
        SELECT ord, position, side, account, ledger_sum(delta) OVER upto AS delta,
               ledger_sum(pending_out) OVER upto AS pending_out, ledger_sum(pending_in) OVER upto AS pending_in,
               lag(position) OVER upto AS previous, row_number() OVER upto AS nth
        FROM sides
        WINDOW upto AS (PARTITION BY account ORDER BY ord ROWS UNBOUNDED PRECEDING)
    ), acc AS MATERIALIZED (
        SELECT a.cell, a.number, a.sign, a.subject, a.currency, a.posted, a.entries, a.last_position,
               a.pending_debits, a.pending_credits, g.delta, g.debited, g.credited, g.pending_out, g.pending_in,
               g.touched, g.last
        FROM (SELECT account, ledger_sum(delta) AS delta, ledger_sum(debited) AS debited, ledger_sum(credited) AS credited,
                     ledger_sum(pending_out) AS pending_out, ledger_sum(pending_in) AS pending_in,
                     count(*) AS touched, max(position) AS last
              FROM sides GROUP BY account) AS g
        JOIN unnest(p_accounts) AS a ON a.number = g.account
    ), new_balances AS (
        UPDATE accounts AS a
        SET posted = a.posted + g.delta, pending_debits = a.pending_debits + g.pending_out,
            pending_credits = a.pending_credits + g.pending_in,
            entries = a.entries + g.touched, last_position = g.last
        FROM acc AS g WHERE a.cell = g.cell AND a.number = g.number
    ), new_totals AS (
        INSERT INTO gl_totals AS g (cell, business_date, subject, currency, debits, credits)
        SELECT acc.cell, h.business_date, subject, currency, sum(debited), sum(credited)
        FROM acc JOIN cells AS h USING (cell)
        WHERE l_business_dates IS NULL AND acc.debited + acc.credited > 0 GROUP BY 1, 2, 3, 4
        UNION ALL
        SELECT t.cell, t.business_date, a.subject, a.currency, sum(s.debited), sum(s.credited)
        FROM t JOIN sides AS s USING (ord) JOIN acc AS a ON a.number = s.account
        WHERE l_business_dates IS NOT NULL GROUP BY 1, 2, 3, 4
        ON CONFLICT (cell, business_date, subject, currency)
        DO UPDATE SET debits = g.debits + excluded.debits, credits = g.credits + excluded.credits
    ), new_marks AS (
        INSERT INTO entry_marks (cell, account, position, booked_at, business_date)
        SELECT a.cell, r.account, r.position, coalesce(t.booked_at, p_now),
               coalesce(t.business_date, h.business_date)
        FROM acc AS a JOIN run AS r ON r.account = a.number AND (a.entries + r.nth) % 64 = 0
        JOIN cells AS h ON h.cell = a.cell
        JOIN t USING (ord)
        WHERE a.entries % 64 + a.touched >= 64
        ON CONFLICT DO NOTHING
    )
    INSERT INTO transfers (position, id, debit, credit, amount, booked_at, debit_balance, credit_balance,
                           debit_previous, credit_previous, business_date, value_date, cell, leg, kind, currency,
                           debit_held, credit_held, counterpart, target, reference, description)
    SELECT t.position, t.id, t.debit, t.credit, t.amount, coalesce(t.booked_at, p_now),
           da.posted + d.delta, ca.posted + c.delta,
           coalesce(d.previous, da.last_position), coalesce(c.previous, ca.last_position),
           coalesce(t.business_date, h.business_date),
           coalesce(t.value_date, t.business_date, h.business_date),
           t.cell, t.leg, t.kind, t.currency,
           nullif(CASE da.sign WHEN 1 THEN da.pending_debits + d.pending_out
                               ELSE da.pending_credits + d.pending_in END, 0),
           nullif(CASE ca.sign WHEN 1 THEN ca.pending_debits + c.pending_out
                               ELSE ca.pending_credits + c.pending_in END, 0),
           t.counterpart, t.target, t.reference, t.description
    FROM t
    JOIN cells AS h ON h.cell = t.cell
    JOIN run AS d ON d.ord = t.ord AND d.side = 0
    JOIN run AS c ON c.ord = t.ord AND c.side = 1
    JOIN acc AS da ON da.number = t.debit
    JOIN acc AS ca ON ca.number = t.credit
    ORDER BY t.cell, t.position;

    PERFORM ledger_close_batch(cell, count(*)::integer, p_now)
    FROM unnest(coalesce(l_cells, array_fill(one.cell, ARRAY[cardinality(l_ids)]))) AS cell
    GROUP BY cell ORDER BY cell;
END $$;

-- Seals the transfers that follow the head's position and moves the head past them.
CREATE OR REPLACE FUNCTION ledger_close_batch(p_cell smallint, p_count integer, p_now timestamptz)
RETURNS void LANGUAGE sql AS $$
    WITH closed AS (
        UPDATE cells SET position = position + p_count, batch = batch + 1, booked_at = p_now,
               seal = ledger_seal(seal, cell, batch + 1, position + 1, p_count, p_now, business_date)
        WHERE cell = p_cell
        RETURNING *
    )
    INSERT INTO batches (cell, batch, first_position, transfers, booked_at, business_date, seal)
    SELECT cell, batch, position - p_count + 1, p_count, booked_at, business_date, seal FROM closed
$$;
