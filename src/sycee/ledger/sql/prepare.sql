-- Turns transfers into legs, with everything that can be known before the books are locked: the running
-- movement on each account, the chain of its entries within the list, the totals, the content's digest.
-- While one list holds a cell's lock, the next one is prepared beside it.
-- p_routes: for transfers across cells; NULL when all lie within one cell.
-- A transfer across cells is a leg in the debit account's cell, against that cell's account with the
-- other, and a leg in the credit account's cell: each cell's books balance by themselves.
CREATE OR REPLACE FUNCTION ledger_prepare(
    p_across boolean, t_ids uuid[], t_kinds smallint[], t_debits bigint[],
    t_credits bigint[], t_amounts bigint[], t_posted bigint[], t_pending bigint[], t_currencies text[],
    t_value_dates date[], t_targets uuid[], t_references text[], t_descriptions text[],
    t_booked_at timestamptz[], t_business_dates date[],
    OUT legs ledger_leg[], OUT turns ledger_turn[], OUT shares ledger_share[]
) LANGUAGE plpgsql STABLE AS $$
DECLARE
    l record;
BEGIN
    IF NOT p_across THEN
        SELECT * INTO legs, turns, shares FROM ledger_prepare_legs(
            NULL, NULL, t_ids, NULL, t_kinds, t_debits, t_credits, t_amounts, t_posted, t_pending, t_currencies, NULL,
            t_value_dates, t_targets, t_references, t_descriptions, t_booked_at, t_business_dates);
        RETURN;
    END IF;

    SELECT array_agg(cell) AS cells, array_agg(place::integer) AS places, array_agg(leg) AS legs,
           array_agg(debit) AS debits, array_agg(credit) AS credits, array_agg(counterpart) AS counterparts,
           array_agg(ord::integer) AS ords
    INTO l
    FROM (
        SELECT *, row_number() OVER (PARTITION BY cell ORDER BY ord) AS place
        FROM (
            SELECT t.ord, 0::smallint AS leg, (t.debit / 1000000000000000)::smallint AS cell, t.debit,
                   coalesce(i.number, t.credit) AS credit,
                   CASE WHEN i.number IS NOT NULL THEN t.credit END AS counterpart
            FROM unnest(t_debits, t_credits, t_currencies) WITH ORDINALITY AS t(debit, credit, currency, ord)
            LEFT JOIN intercell_accounts AS i
                ON i.cell = t.debit / 1000000000000000 AND i.other = t.credit / 1000000000000000
                AND i.currency = t.currency
            UNION ALL
            SELECT t.ord, 1::smallint, (t.credit / 1000000000000000)::smallint, i.number, t.credit, t.debit
            FROM unnest(t_debits, t_credits, t_currencies) WITH ORDINALITY AS t(debit, credit, currency, ord)
            JOIN intercell_accounts AS i
                ON i.cell = t.credit / 1000000000000000 AND i.other = t.debit / 1000000000000000
                AND i.currency = t.currency
            WHERE t.debit / 1000000000000000 <> t.credit / 1000000000000000
        ) AS both_legs
        ORDER BY cell, ord
    ) AS placed;

    SELECT p.legs, p.turns, p.shares INTO legs, turns, shares FROM ledger_prepare_legs(
        l.cells, l.places, ledger_pick(t_ids, l.ords), l.legs, ledger_pick(t_kinds, l.ords), l.debits, l.credits,
        ledger_pick(t_amounts, l.ords), ledger_pick(t_posted, l.ords), ledger_pick(t_pending, l.ords),
        ledger_pick(t_currencies, l.ords), l.counterparts, ledger_pick(t_value_dates, l.ords),
        ledger_pick(t_targets, l.ords), ledger_pick(t_references, l.ords), ledger_pick(t_descriptions, l.ords),
        ledger_pick(t_booked_at, l.ords), ledger_pick(t_business_dates, l.ords)) AS p;
END $$;

-- p_from at each of p_places; NULL for NULL.
CREATE OR REPLACE FUNCTION ledger_pick(p_from anyarray, p_places integer[]) RETURNS anyarray
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN CASE WHEN p_from IS NOT NULL THEN (
        SELECT array_agg(f.value ORDER BY p.ord)
        FROM unnest(p_places) WITH ORDINALITY AS p(place, ord)
        JOIN unnest(p_from) WITH ORDINALITY AS f(value, place) USING (place)) END;
END $$;

CREATE OR REPLACE FUNCTION ledger_prepare_legs(
    l_cells smallint[], l_places integer[], l_ids uuid[], l_legs smallint[], l_kinds smallint[],
    l_debits bigint[], l_credits bigint[], l_amounts bigint[], l_posted bigint[], l_pending bigint[],
    l_currencies text[], l_counterparts bigint[], l_value_dates date[], l_targets uuid[],
    l_references text[], l_descriptions text[], l_booked_at timestamptz[], l_business_dates date[],
    OUT legs ledger_leg[], OUT turns ledger_turn[], OUT shares ledger_share[]
) LANGUAGE plpgsql STABLE AS $$
DECLARE
    one CONSTANT smallint := l_debits[1] / 1000000000000000;
BEGIN
    WITH t AS MATERIALIZED (
        SELECT u.ord, coalesce(u.cell, one) AS cell, coalesce(u.place, u.ord::integer) AS place, u.id,
               coalesce(u.leg, 0::smallint) AS leg, coalesce(u.kind, 0::smallint) AS kind, u.debit, u.credit,
               u.amount, coalesce(u.posted, u.amount) AS posted, coalesce(u.pending, 0) AS pending, u.currency,
               u.counterpart, u.value_date, u.target, u.reference, u.description, u.booked_at, u.business_date
        FROM unnest(l_cells, l_places, l_ids, l_legs, l_kinds, l_debits, l_credits, l_amounts, l_posted, l_pending,
                    l_currencies, l_counterparts, l_value_dates, l_targets, l_references, l_descriptions,
                    l_booked_at, l_business_dates) WITH ORDINALITY
             AS u(cell, place, id, leg, kind, debit, credit, amount, posted, pending, currency, counterpart,
                  value_date, target, reference, description, booked_at, business_date, ord)
    ), sides AS NOT MATERIALIZED (
        SELECT ord, place, 0 AS side, debit AS account, posted AS debited, 0::bigint AS credited,
               pending AS pending_out, 0::bigint AS pending_in, currency FROM t
        UNION ALL
        SELECT ord, place, 1, credit, 0, posted, 0, pending, currency FROM t
    ), run AS (
        SELECT ord, side, account, ledger_sum(credited - debited) OVER upto AS delta,
               ledger_sum(pending_out) OVER upto AS pending_out, ledger_sum(pending_in) OVER upto AS pending_in,
               lag(place) OVER upto AS previous, row_number() OVER upto AS nth
        FROM sides
        WINDOW upto AS (PARTITION BY account ORDER BY ord ROWS UNBOUNDED PRECEDING)
    )
    SELECT (
        SELECT array_agg(ROW(t.cell, t.place, t.id, t.leg, t.kind, t.debit, t.credit, t.amount, t.currency,
                             t.counterpart, t.value_date, t.target, t.reference, t.description, t.booked_at,
                             t.business_date, d.delta, d.pending_out, d.pending_in, d.previous, d.nth,
                             c.delta, c.pending_out, c.pending_in, c.previous, c.nth)::ledger_leg ORDER BY t.ord)
        FROM t JOIN run AS d ON d.ord = t.ord AND d.side = 0 JOIN run AS c ON c.ord = t.ord AND c.side = 1
    ), (
        SELECT array_agg(ROW(account, debited, credited, pending_out, pending_in, touched, last_place,
                             currency, also_currency)::ledger_turn)
        FROM (SELECT account, ledger_sum(debited) AS debited, ledger_sum(credited) AS credited,
                     ledger_sum(pending_out) AS pending_out, ledger_sum(pending_in) AS pending_in,
                     count(*) AS touched, max(place) AS last_place,
                     min(currency) AS currency, max(currency) AS also_currency
              FROM sides GROUP BY account) AS g
    ), (
        SELECT array_agg(ROW(cell, count, ledger_content_digest(ids, debits, credits, amounts))::ledger_share
                         ORDER BY cell)
        FROM (SELECT cell, count(*) AS count, array_agg(id) AS ids, array_agg(debit) AS debits,
                     array_agg(credit) AS credits, array_agg(amount) AS amounts
              FROM (SELECT * FROM t ORDER BY ord) AS ordered GROUP BY cell) AS by_cell
    )
    INTO legs, turns, shares;
END $$;
