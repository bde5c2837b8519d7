-- Turns transfers into legs, with everything that can be known before the books are locked: the running
-- movement on each account, the chain of its entries within the list, the totals, the content's digest.
-- While one list holds a cell's lock, the next one is prepared beside it.
-- Where two cells have no accounts with each other yet, l_credits has a NULL: then the list is not ready.
-- A transfer across cells is a leg in the debit account's cell, against that cell's account with the
-- other, and a leg in the credit account's cell: each cell's books balance by themselves.
CREATE OR REPLACE FUNCTION ledger_prepare(
    p_cells smallint[], t_ids uuid[], t_kinds smallint[], t_debits bigint[],
    t_credits bigint[], t_amounts bigint[], t_posted bigint[], t_pending bigint[], t_currencies text[],
    t_value_dates date[], t_targets uuid[], t_references text[], t_descriptions text[],
    t_booked_at timestamptz[], t_business_dates date[]
) RETURNS ledger_list LANGUAGE plpgsql STABLE AS $$
DECLARE
    made ledger_list;
    v_from integer[];  -- which transfer each leg is of
BEGIN
    IF cardinality(p_cells) = 1 THEN
        made.l_ids := t_ids;  made.l_kinds := t_kinds;  made.l_debits := t_debits;  made.l_credits := t_credits;
        made.l_amounts := t_amounts;  made.l_currencies := t_currencies;  made.l_value_dates := t_value_dates;
        made.l_targets := t_targets;  made.l_references := t_references;  made.l_descriptions := t_descriptions;
        made.l_booked_at := t_booked_at;  made.l_business_dates := t_business_dates;
        made.s_cells := ARRAY[t_debits[1] / 1000000000000000];
        made.s_legs := ARRAY[cardinality(t_ids)];
        made.s_content := ARRAY[ledger_content_digest(t_ids, t_debits, t_credits, t_amounts)];
        RETURN ledger_reckon(made, t_posted, t_pending);
    END IF;

    -- in the order of the transfers, so that ids reach their index nearly sorted
    SELECT array_agg(cell), array_agg(share), array_agg(place::integer), array_agg(leg), array_agg(id),
           array_agg(debit), array_agg(credit), array_agg(counterpart), array_agg(amount), array_agg(currency),
           array_agg(ord::integer)
    INTO made.l_cells, made.l_shares, made.l_places, made.l_legs, made.l_ids,
         made.l_debits, made.l_credits, made.l_counterparts, made.l_amounts, made.l_currencies, v_from
    FROM (
        SELECT *, array_position(p_cells, cell) AS share,
               row_number() OVER (PARTITION BY cell ORDER BY ord) AS place
        FROM (
            SELECT t.ord, 0::smallint AS leg, t.id, (t.debit / 1000000000000000)::smallint AS cell, t.debit,
                   CASE WHEN t.debit / 1000000000000000 = t.credit / 1000000000000000 THEN t.credit
                   ELSE i.number END AS credit,
                   CASE WHEN t.debit / 1000000000000000 <> t.credit / 1000000000000000 THEN t.credit END AS counterpart,
                   t.amount, t.currency
            FROM unnest(t_ids, t_debits, t_credits, t_amounts, t_currencies) WITH ORDINALITY
                 AS t(id, debit, credit, amount, currency, ord)
            LEFT JOIN intercell_accounts AS i
                ON i.cell = t.debit / 1000000000000000 AND i.other = t.credit / 1000000000000000
                AND i.currency = t.currency
            UNION ALL
            SELECT t.ord, 1::smallint, t.id, (t.credit / 1000000000000000)::smallint, i.number, t.credit, t.debit,
                   t.amount, t.currency
            FROM unnest(t_ids, t_debits, t_credits, t_amounts, t_currencies) WITH ORDINALITY
                 AS t(id, debit, credit, amount, currency, ord)
            JOIN intercell_accounts AS i
                ON i.cell = t.credit / 1000000000000000 AND i.other = t.debit / 1000000000000000
                AND i.currency = t.currency
            WHERE t.debit / 1000000000000000 <> t.credit / 1000000000000000
        ) AS both_legs
        ORDER BY ord, leg
    ) AS placed;
    made.l_kinds := ledger_pick(t_kinds, v_from);
    made.l_value_dates := ledger_pick(t_value_dates, v_from);
    made.l_targets := ledger_pick(t_targets, v_from);
    made.l_references := ledger_pick(t_references, v_from);
    made.l_descriptions := ledger_pick(t_descriptions, v_from);
    made.l_booked_at := ledger_pick(t_booked_at, v_from);
    made.l_business_dates := ledger_pick(t_business_dates, v_from);
    SELECT array_agg(cell ORDER BY cell), array_agg(count ORDER BY cell),
           array_agg(ledger_content_digest(ids, debits, credits, amounts) ORDER BY cell)
    INTO made.s_cells, made.s_legs, made.s_content
    FROM (SELECT cell, count(*)::integer AS count, array_agg(id ORDER BY place) AS ids,
                 array_agg(debit ORDER BY place) AS debits, array_agg(credit ORDER BY place) AS credits,
                 array_agg(amount ORDER BY place) AS amounts
          FROM unnest(made.l_cells, made.l_places, made.l_ids, made.l_debits, made.l_credits, made.l_amounts)
               AS u(cell, place, id, debit, credit, amount)
          GROUP BY cell) AS by_cell;
    made := ledger_reckon(made, ledger_pick(t_posted, v_from), ledger_pick(t_pending, v_from));
    SELECT array_agg(b.legs ORDER BY t.ord) INTO made.t_between
    FROM unnest(made.t_accounts) WITH ORDINALITY AS t(account, ord)
    LEFT JOIN (SELECT CASE leg WHEN 0 THEN credit ELSE debit END AS account, count(*)::integer AS legs
               FROM unnest(made.l_legs, made.l_debits, made.l_credits, made.l_counterparts)
                    AS l(leg, debit, credit, counterpart)
               WHERE counterpart IS NOT NULL GROUP BY 1) AS b USING (account);
    RETURN made;
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

-- Reckons the running movement of each account through the legs, and the turns.
-- l_posted NULL: as the amounts; l_pending NULL: nothing pending anywhere in the list.
CREATE OR REPLACE FUNCTION ledger_reckon(p_list ledger_list, l_posted bigint[], l_pending bigint[])
RETURNS ledger_list LANGUAGE plpgsql STABLE AS $$
DECLARE
    made ledger_list := p_list;
    v_one_currency boolean;
BEGIN
    SELECT min(currency) = max(currency) INTO v_one_currency FROM unnest(made.l_currencies) AS currency;

    -- One sort by account serves all: the legs read it in the order of the list, the turns at each account's end.
    WITH run AS MATERIALIZED (
        SELECT ord, side, account, place, dense_rank() OVER (ORDER BY account)::integer AS turn,
               ledger_sum(debited) OVER upto AS debited, ledger_sum(credited) OVER upto AS credited,
               lag(place) OVER upto AS previous, (row_number() OVER upto)::integer AS nth,
               lead(place) OVER upto AS next
        FROM (
            SELECT ord, coalesce(place, ord::integer) AS place, 0 AS side, account, posted AS debited,
                   0::bigint AS credited
            FROM unnest(made.l_debits, coalesce(l_posted, made.l_amounts), made.l_places) WITH ORDINALITY
                 AS u(account, posted, place, ord)
            UNION ALL
            SELECT ord, coalesce(place, ord::integer), 1, account, 0, posted
            FROM unnest(made.l_credits, coalesce(l_posted, made.l_amounts), made.l_places) WITH ORDINALITY
                 AS u(account, posted, place, ord)
        ) AS sides
        WINDOW upto AS (PARTITION BY account ORDER BY ord ROWS UNBOUNDED PRECEDING)
    )
    SELECT legs.*, turns.* INTO
        made.l_debit_turns, made.l_debit_deltas, made.l_debit_previous, made.l_debit_nths,
        made.l_credit_turns, made.l_credit_deltas, made.l_credit_previous, made.l_credit_nths,
        made.t_accounts, made.t_debited, made.t_credited, made.t_touched, made.t_last_places
    FROM (
        SELECT array_agg(turn) FILTER (WHERE side = 0),
               array_agg(credited - debited) FILTER (WHERE side = 0),
               array_agg(previous) FILTER (WHERE side = 0),
               array_agg(nth) FILTER (WHERE side = 0),
               array_agg(turn) FILTER (WHERE side = 1),
               array_agg(credited - debited) FILTER (WHERE side = 1),
               array_agg(previous) FILTER (WHERE side = 1),
               array_agg(nth) FILTER (WHERE side = 1)
        FROM (SELECT * FROM run ORDER BY ord) AS in_order  -- sorted once, not once an aggregate
    ) AS legs, (
        SELECT array_agg(account ORDER BY turn), array_agg(debited ORDER BY turn), array_agg(credited ORDER BY turn),
               array_agg(nth ORDER BY turn), array_agg(place ORDER BY turn)
        FROM run WHERE next IS NULL
    ) AS turns;
    made.t_outs := array_fill(0::bigint, ARRAY[cardinality(made.t_accounts)]);
    made.t_ins := made.t_outs;

    IF v_one_currency THEN
        made.t_currencies := array_fill(made.l_currencies[1], ARRAY[cardinality(made.t_accounts)]);
        made.t_also_currencies := made.t_currencies;
    ELSE
        SELECT array_agg(one ORDER BY account), array_agg(other ORDER BY account)
        INTO made.t_currencies, made.t_also_currencies
        FROM (SELECT account, min(currency) AS one, max(currency) AS other
              FROM (SELECT * FROM unnest(made.l_debits, made.l_currencies) AS u(account, currency)
                    UNION ALL SELECT * FROM unnest(made.l_credits, made.l_currencies) AS u(account, currency)) AS named
              GROUP BY account) AS by_account;
    END IF;
    RETURN CASE WHEN l_pending IS NULL THEN made ELSE ledger_reckon_pending(made, l_pending) END;
END $$;

-- Adds the running sums of what is pending: only lists that make or resolve holds pay for them.
CREATE OR REPLACE FUNCTION ledger_reckon_pending(p_list ledger_list, l_pending bigint[])
RETURNS ledger_list LANGUAGE plpgsql STABLE AS $$
DECLARE
    made ledger_list := p_list;
BEGIN
    WITH run AS MATERIALIZED (
        SELECT ord, side, dense_rank() OVER (ORDER BY account) AS turn,
               ledger_sum(pending_out) OVER upto AS outs, ledger_sum(pending_in) OVER upto AS ins,
               lead(ord) OVER upto AS next
        FROM (SELECT ord, 0 AS side, account, pending AS pending_out, 0::bigint AS pending_in
              FROM unnest(made.l_debits, l_pending) WITH ORDINALITY AS u(account, pending, ord)
              UNION ALL
              SELECT ord, 1, account, 0, pending
              FROM unnest(made.l_credits, l_pending) WITH ORDINALITY AS u(account, pending, ord)) AS sides
        WINDOW upto AS (PARTITION BY account ORDER BY ord ROWS UNBOUNDED PRECEDING)
    )
    SELECT legs.*, turns.*
    INTO made.l_debit_outs, made.l_debit_ins, made.l_credit_outs, made.l_credit_ins, made.t_outs, made.t_ins
    FROM (
        SELECT array_agg(outs) FILTER (WHERE side = 0),
               array_agg(ins) FILTER (WHERE side = 0),
               array_agg(outs) FILTER (WHERE side = 1),
               array_agg(ins) FILTER (WHERE side = 1)
        FROM (SELECT * FROM run ORDER BY ord) AS in_order  -- sorted once, not once an aggregate
    ) AS legs, (
        SELECT array_agg(outs ORDER BY turn), array_agg(ins ORDER BY turn) FROM run WHERE next IS NULL
    ) AS turns;
    RETURN made;
END $$;
