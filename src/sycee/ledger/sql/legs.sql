-- Makes legs of transfers that have been decided, some of them across cells, and applies them.
-- A transfer across cells is a leg in the debit account's cell, against that cell's account with the
-- other, and a leg in the credit account's cell: each cell's books balance by themselves.
CREATE OR REPLACE FUNCTION ledger_apply_legs(
    p_cells smallint[], p_now timestamptz, t_ids uuid[], t_kinds smallint[], t_debits bigint[],
    t_credits bigint[], t_amounts bigint[], t_posted bigint[], t_pending bigint[], t_currencies text[],
    t_value_dates date[], t_targets uuid[], t_references text[], t_descriptions text[],
    t_booked_at timestamptz[], t_business_dates date[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_accounts accounts[];
    l record;
BEGIN
    -- the accounts between cells, made where a route is used for the first time
    PERFORM ledger_intercell_account(cell, other, currency)
    FROM (SELECT DISTINCT ends.cell, ends.other, t.currency
          FROM unnest(t_debits, t_credits, t_currencies) AS t(debit, credit, currency),
               LATERAL (VALUES ((t.debit / 1000000000000000)::smallint, (t.credit / 1000000000000000)::smallint),
                               ((t.credit / 1000000000000000)::smallint, (t.debit / 1000000000000000)::smallint)
                       ) AS ends(cell, other)
          WHERE ends.cell <> ends.other) AS routes
    ORDER BY cell, other, currency;

    SELECT array_agg(leg.cell) AS cells, array_agg(leg.position) AS positions, array_agg(leg.id) AS ids,
           array_agg(leg.leg) AS legs, array_agg(leg.debit) AS debits, array_agg(leg.credit) AS credits,
           array_agg(leg.counterpart) AS counterparts, array_agg(leg.amount) AS amounts,
           array_agg(leg.currency) AS currencies, array_agg(leg.ord) AS ords
    INTO l
    FROM (
        SELECT legs.*, h.position + row_number() OVER (PARTITION BY legs.cell ORDER BY legs.ord) AS position
        FROM (
            SELECT t.ord, 0::smallint AS leg, t.id, (t.debit / 1000000000000000)::smallint AS cell, t.debit,
                   coalesce(i.number, t.credit) AS credit,
                   CASE WHEN i.number IS NOT NULL THEN t.credit END AS counterpart, t.amount, t.currency
            FROM unnest(t_ids, t_debits, t_credits, t_amounts, t_currencies) WITH ORDINALITY
                 AS t(id, debit, credit, amount, currency, ord)
            LEFT JOIN intercell_accounts AS i
                ON i.cell = t.debit / 1000000000000000 AND i.other = t.credit / 1000000000000000
                AND i.currency = t.currency
            UNION ALL
            SELECT t.ord, 1::smallint, t.id, (t.credit / 1000000000000000)::smallint, i.number, t.credit,
                   t.debit, t.amount, t.currency
            FROM unnest(t_ids, t_debits, t_credits, t_amounts, t_currencies) WITH ORDINALITY
                 AS t(id, debit, credit, amount, currency, ord)
            JOIN intercell_accounts AS i
                ON i.cell = t.credit / 1000000000000000 AND i.other = t.debit / 1000000000000000
                AND i.currency = t.currency
            WHERE t.debit / 1000000000000000 <> t.credit / 1000000000000000
        ) AS legs
        JOIN cells AS h ON h.cell = legs.cell
        ORDER BY legs.cell, legs.ord
    ) AS leg;

    SELECT array_agg(a) INTO v_accounts
    FROM (SELECT unnest(l.debits) AS number UNION SELECT unnest(l.credits)) AS named
    JOIN accounts AS a ON a.cell = (named.number / 1000000000000000)::smallint AND a.number = named.number;

    PERFORM ledger_apply(
        p_cells, p_now, v_accounts, l.cells, l.positions, l.ids, l.legs,
        CASE WHEN t_kinds IS NOT NULL THEN ARRAY(SELECT t_kinds[o] FROM unnest(l.ords) AS o) END,
        l.debits, l.credits, l.amounts,
        CASE WHEN t_posted IS NOT NULL THEN ARRAY(SELECT t_posted[o] FROM unnest(l.ords) AS o) END,
        CASE WHEN t_pending IS NOT NULL THEN ARRAY(SELECT t_pending[o] FROM unnest(l.ords) AS o) END,
        l.currencies,
        CASE WHEN t_value_dates IS NOT NULL THEN ARRAY(SELECT t_value_dates[o] FROM unnest(l.ords) AS o) END,
        l.counterparts,
        CASE WHEN t_targets IS NOT NULL THEN ARRAY(SELECT t_targets[o] FROM unnest(l.ords) AS o) END,
        CASE WHEN t_references IS NOT NULL THEN ARRAY(SELECT t_references[o] FROM unnest(l.ords) AS o) END,
        CASE WHEN t_descriptions IS NOT NULL THEN ARRAY(SELECT t_descriptions[o] FROM unnest(l.ords) AS o) END,
        CASE WHEN t_booked_at IS NOT NULL THEN ARRAY(SELECT t_booked_at[o] FROM unnest(l.ords) AS o) END,
        CASE WHEN t_business_dates IS NOT NULL THEN ARRAY(SELECT t_business_dates[o] FROM unnest(l.ords) AS o) END);
END $$;
