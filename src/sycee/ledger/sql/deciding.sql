-- What deciding one by one reads beforehand: each function turns a question about the whole list
-- into arrays, so that the walk over it touches no table.

-- The accounts with these numbers, once each, as arrays in the order of number.
CREATE OR REPLACE FUNCTION ledger_account_arrays(
    p_numbers bigint[], p_history boolean,
    OUT numbers bigint[], OUT signs smallint[], OUT statuses smallint[], OUT currencies text[],
    OUT headroom bigint[], OUT posted bigint[], OUT days date[], OUT last_at timestamptz[], OUT last_day date[],
    OUT rows accounts[]
) LANGUAGE plpgsql STABLE AS $$
BEGIN
    -- without a floor the headroom is what no sum of transfers can use up
    SELECT array_agg(o.number), array_agg(o.sign), array_agg(o.status), array_agg(o.currency),
           array_agg(CASE WHEN o.floor IS NULL THEN 4000000000000000000
                          WHEN o.sign = 1 THEN o.posted - o.pending_debits - o.floor
                          ELSE - o.posted - o.pending_credits - o.floor END),
           array_agg(o.posted), array_agg(h.business_date),
           array_agg(last.booked_at), array_agg(last.business_date), array_agg(o)
    INTO numbers, signs, statuses, currencies, headroom, posted, days, last_at, last_day, rows
    FROM (SELECT a.* FROM (SELECT DISTINCT unnest(p_numbers) AS number) AS named
          JOIN accounts AS a ON a.cell = named.number / 1000000000000000 AND a.number = named.number
          WHERE named.number BETWEEN 100000000000000000 AND 999999999999999999
          ORDER BY a.number) AS o
    JOIN cells AS h USING (cell)
    LEFT JOIN transfers AS last ON p_history AND last.cell = o.cell AND last.position = o.last_position;
END $$;

-- Where each of p_wanted stands in p_numbers, from 1; NULL where it does not.
CREATE OR REPLACE FUNCTION ledger_indexes(p_numbers bigint[], p_wanted bigint[]) RETURNS integer[]
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN ARRAY(
        SELECT known.ord::integer FROM unnest(p_wanted) WITH ORDINALITY AS w(number, ord)
        LEFT JOIN unnest(p_numbers) WITH ORDINALITY AS known(number, ord) ON known.number = w.number
        ORDER BY w.ord);
END $$;

-- What the books know of the transfers that a list acts on, once each.
CREATE OR REPLACE FUNCTION ledger_targets(
    p_targets uuid[],
    OUT ids uuid[], OUT kinds smallint[], OUT states smallint[], OUT debits bigint[], OUT credits bigint[],
    OUT amounts bigint[], OUT expiries timestamptz[], OUT reversed boolean[]
) LANGUAGE plpgsql STABLE AS $$
BEGIN
    SELECT array_agg(o.id), array_agg(o.kind), array_agg(o.state), array_agg(o.debit), array_agg(o.credit),
           array_agg(o.amount), array_agg(o.expires_at), array_agg(o.reversed)
    INTO ids, kinds, states, debits, credits, amounts, expiries, reversed
    FROM (
        SELECT named.id, t.kind, h.state, t.debit, coalesce(t.counterpart, t.credit) AS credit, t.amount,
               h.expires_at, r.id IS NOT NULL AS reversed
        FROM (SELECT DISTINCT unnest(p_targets) AS id) AS named
        LEFT JOIN transfers AS t ON t.id = named.id AND t.leg = 0
        LEFT JOIN holds AS h ON h.cell = t.cell AND h.id = t.id AND t.kind = 1
        LEFT JOIN reversals AS r ON r.cell = t.cell AND r.target = t.id
        WHERE named.id IS NOT NULL ORDER BY named.id
    ) AS o;
END $$;

-- By place in the list: the accounts' and targets' indexes, the place before with the same id, and
-- what the books have under that id (its kind, and whether it is the same in every respect).
CREATE OR REPLACE FUNCTION ledger_places(
    p_ids uuid[], p_kinds smallint[], p_debits bigint[], p_credits bigint[], p_amounts bigint[],
    p_currencies text[], p_value_dates date[], p_targets uuid[], p_expiries timestamptz[], p_references text[],
    p_descriptions text[], p_booked_at timestamptz[], p_business_dates date[],
    p_slot_ids uuid[], p_numbers bigint[],
    OUT debit_indexes integer[], OUT credit_indexes integer[], OUT slots integer[], OUT own_slots integer[],
    OUT earlier integer[], OUT in_books smallint[], OUT same boolean[]
) LANGUAGE plpgsql STABLE AS $$
BEGIN
    SELECT array_agg(known.place ORDER BY ord), array_agg(o.kind ORDER BY ord), array_agg(o.same ORDER BY ord)
    INTO earlier, in_books, same
    FROM (SELECT u.ord, lag(u.ord::integer) OVER (PARTITION BY u.id ORDER BY u.ord) AS place
          FROM unnest(p_ids) WITH ORDINALITY AS u(id, ord)) AS known
    JOIN (SELECT u.ord, x.kind,
                 x.kind = u.kind AND coalesce(u.amount, x.amount) = x.amount
                 AND coalesce(u.value_date, x.value_date) = x.value_date
                 AND x.target IS NOT DISTINCT FROM u.target
                 AND x.reference IS NOT DISTINCT FROM u.reference
                 AND x.description IS NOT DISTINCT FROM u.description
                 AND coalesce(u.booked_at, x.booked_at) = x.booked_at
                 AND coalesce(u.business_date, x.business_date) = x.business_date
                 AND (x.kind >= 2 OR (x.debit = u.debit AND coalesce(x.counterpart, x.credit) = u.credit
                                      AND x.currency = u.currency))
                 AND (x.kind <> 1 OR h.expires_at IS NOT DISTINCT FROM u.expires_at) AS same
          FROM unnest(p_ids, p_kinds, p_debits, p_credits, p_amounts, p_currencies, p_value_dates, p_targets,
                      p_expiries, p_references, p_descriptions, p_booked_at, p_business_dates) WITH ORDINALITY
               AS u(id, kind, debit, credit, amount, currency, value_date, target, expires_at, reference,
                    description, booked_at, business_date, ord)
          LEFT JOIN transfers AS x ON x.id = u.id AND x.leg = 0
          LEFT JOIN holds AS h ON h.cell = x.cell AND h.id = x.id AND x.kind = 1) AS o USING (ord);

    debit_indexes := ledger_indexes(p_numbers, p_debits);
    credit_indexes := ledger_indexes(p_numbers, p_credits);
    IF p_targets IS NOT NULL THEN
        SELECT array_agg(of_target.ord::integer ORDER BY u.ord), array_agg(of_id.ord::integer ORDER BY u.ord)
        INTO slots, own_slots
        FROM unnest(p_ids, p_targets) WITH ORDINALITY AS u(id, target, ord)
        LEFT JOIN unnest(p_slot_ids) WITH ORDINALITY AS of_target(id, ord) ON of_target.id = u.target
        LEFT JOIN unnest(p_slot_ids) WITH ORDINALITY AS of_id(id, ord) ON of_id.id = u.id;
    END IF;
END $$;

-- The places in a list of ordinary transfers that have to be decided one by one.
CREATE OR REPLACE FUNCTION ledger_doubtful_places(
    p_debits bigint[], p_credits bigint[], p_amounts bigint[], p_currencies text[], p_earlier integer[],
    p_in_books smallint[], p_accounts accounts[]
) RETURNS integer[] LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN ARRAY(
        WITH t AS MATERIALIZED (
            SELECT * FROM unnest(p_debits, p_credits, p_amounts, p_currencies, p_earlier, p_in_books) WITH ORDINALITY
                AS t(debit, credit, amount, currency, earlier, in_books, ord)
        ), doubtful AS MATERIALIZED (
            SELECT g.account
            FROM (SELECT account, ledger_sum(debited) AS debited, ledger_sum(credited) AS credited,
                         min(currency) AS currency, max(currency) AS also_currency
                  FROM (SELECT debit AS account, greatest(amount, 0) AS debited, 0::bigint AS credited, currency FROM t
                        WHERE amount <= 100000000000000
                        UNION ALL SELECT credit, 0, greatest(amount, 0), currency FROM t
                        WHERE amount <= 100000000000000) AS sides
                  GROUP BY account) AS g
            LEFT JOIN unnest(p_accounts) AS a ON a.number = g.account
            WHERE ledger_doubtful(a, g.debited, g.credited, g.currency, g.also_currency)
        )
        SELECT t.ord::integer FROM t
        LEFT JOIN doubtful AS d ON d.account = t.debit
        LEFT JOIN doubtful AS c ON c.account = t.credit
        WHERE d.account IS NOT NULL OR c.account IS NOT NULL OR t.debit = t.credit
              OR (t.amount BETWEEN 1 AND 100000000000000) IS NOT TRUE
              OR t.earlier IS NOT NULL OR t.in_books IS NOT NULL
        ORDER BY t.ord);
END $$;

-- Applies the accepted ones of a decided list, and what they do to holds and reversals.
CREATE OR REPLACE FUNCTION ledger_apply_accepted(
    p_now timestamptz, p_accepted boolean[], p_ids uuid[], p_kinds smallint[],
    p_debits bigint[], p_credits bigint[], p_amounts bigint[], p_posted bigint[], p_pending bigint[],
    p_currencies text[], p_value_dates date[], p_targets uuid[], p_expiries timestamptz[], p_references text[],
    p_descriptions text[], p_booked_at timestamptz[], p_business_dates date[], p_plain boolean
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    o record;
    ready ledger_list;
    v_cells smallint[];
BEGIN
    SELECT array_agg(id) AS ids, array_agg(kind) AS kinds, array_agg(debit) AS debits, array_agg(credit) AS credits,
           array_agg(amount) AS amounts, array_agg(posted) AS posted, array_agg(pending) AS pending,
           array_agg(currency) AS currencies, array_agg(value_date) AS value_dates, array_agg(target) AS targets,
           array_agg(expiry) AS expiries, array_agg(reference) AS references, array_agg(description) AS descriptions,
           array_agg(booked_at) AS booked_at, array_agg(business_date) AS business_dates
    INTO o
    FROM (SELECT * FROM unnest(p_accepted, p_ids, p_kinds, p_debits, p_credits, p_amounts, p_posted, p_pending,
                               p_currencies, p_value_dates, p_targets, p_expiries, p_references, p_descriptions,
                               p_booked_at, p_business_dates) WITH ORDINALITY
              AS u(accepted, id, kind, debit, credit, amount, posted, pending, currency, value_date, target, expiry,
                   reference, description, booked_at, business_date, ord)
          WHERE accepted ORDER BY ord) AS list;
    IF o.ids IS NULL THEN
        RETURN;
    END IF;

    v_cells := ledger_cells_of(o.debits, o.credits, NULL);
    IF ledger_lacks_routes(v_cells, o.debits, o.credits, o.currencies) THEN
        PERFORM ledger_intercell_account(cell, other, currency)
        FROM ledger_routes(o.debits, o.credits, o.currencies) ORDER BY cell, other, currency;
    END IF;
    ready := ledger_prepare(
        v_cells, o.ids, CASE WHEN NOT p_plain THEN o.kinds END, o.debits, o.credits, o.amounts,
        CASE WHEN NOT p_plain THEN o.posted END, CASE WHEN NOT p_plain THEN o.pending END, o.currencies,
        CASE WHEN p_value_dates IS NOT NULL THEN o.value_dates END, CASE WHEN NOT p_plain THEN o.targets END,
        CASE WHEN p_references IS NOT NULL THEN o.references END,
        CASE WHEN p_descriptions IS NOT NULL THEN o.descriptions END,
        CASE WHEN p_booked_at IS NOT NULL THEN o.booked_at END,
        CASE WHEN p_business_dates IS NOT NULL THEN o.business_dates END);
    PERFORM ledger_apply(p_now, ready, ledger_read_accounts(ready));
    IF p_plain THEN
        RETURN;
    END IF;

    INSERT INTO holds (cell, id, debit, credit, amount, currency, expires_at)
    SELECT debit / 1000000000000000, id, debit, credit, amount, currency, expiry
    FROM unnest(o.ids, o.kinds, o.debits, o.credits, o.amounts, o.currencies, o.expiries)
         AS u(id, kind, debit, credit, amount, currency, expiry)
    WHERE kind = 1;

    UPDATE holds AS h
    SET state = CASE u.kind WHEN 2 THEN 1 WHEN 3 THEN 2 ELSE 3 END, resolved_by = u.id
    FROM unnest(o.ids, o.kinds, o.targets, o.debits) AS u(id, kind, target, debit)
    WHERE u.kind IN (2, 3, 5) AND h.cell = u.debit / 1000000000000000 AND h.id = u.target;

    INSERT INTO reversals (cell, target, id)
    SELECT credit / 1000000000000000, target, id
    FROM unnest(o.ids, o.kinds, o.targets, o.credits) AS u(id, kind, target, credit)
    WHERE kind = 4;
END $$;
