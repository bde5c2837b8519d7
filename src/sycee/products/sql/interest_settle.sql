-- Settling: what was earned is rounded, once, and paid; and paid again in part where it turns out to be wrong.

-- The id of a transfer of interest: made of what it is for, so that it is made once, and in the order of accounts.
-- p_kind: 0 interest, 1 tax on it, 2 a day's accrual.
CREATE OR REPLACE FUNCTION interest_transfer_id(p_day date, p_kind integer, p_serial integer, p_account bigint)
RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM p_day) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(p_serial), 3, '0')
            || to_hex((1::bigint << 63) | (p_kind::bigint << 60) | p_account))::uuid
$$;

-- What a block of accounts has earned by the day through which it is due, from the truth and from the straight line.
CREATE TYPE interest_dues AS (
    accounts bigint[], starts date[], dues date[], units numeric[], lines jsonb[], codes text[],
    gross bigint[], taxes bigint[], payables bigint[], tax_accounts bigint[], currencies text[]
);

CREATE OR REPLACE FUNCTION interest_reckon_dues(p_cell smallint, p_accounts bigint[]) RETURNS interest_dues
LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    made interest_dues;
    v_starts date[];
    v_dues date[];
BEGIN
    SELECT array_agg(p.settled + 1 ORDER BY p.account), array_agg(p.due ORDER BY p.account) INTO v_starts, v_dues
    FROM interest_positions AS p WHERE p.cell = p_cell AND p.account = ANY (p_accounts);

    WITH earned AS MATERIALIZED (
        SELECT place, sum(units) AS units, sum(upto - start) AS covered,
               (array_agg(terms ORDER BY start))[count(*)] AS terms,  -- the last day's book it and tax it
               jsonb_agg(jsonb_build_array(start, days, balance, terms, rates, units) ORDER BY start) AS lines
        FROM interest_lines(p_cell, p_accounts, v_starts, v_dues) GROUP BY place
    ), internal AS MATERIALIZED (
        SELECT t.id AS terms, t.currency, t.tax_rate,
               interest_account(p_cell, t.currency, t.payable_subject, t.expense_subject, 1::smallint,
                                'Interest payable', '应付利息') AS payable,
               CASE WHEN t.tax_rate > 0 THEN interest_account(
                    p_cell, t.currency, t.tax_subject, '', 1::smallint, 'Tax withheld on interest', '代扣利息税')
               END AS tax_account
        FROM interest_terms AS t
        WHERE t.id IN (SELECT terms FROM earned)
    )
    SELECT array_agg(p.account ORDER BY w.ord), array_agg(w.start ORDER BY w.ord), array_agg(w.due ORDER BY w.ord),
           array_agg(e.units ORDER BY w.ord), array_agg(e.lines ORDER BY w.ord),
           array_agg(CASE WHEN e.covered IS DISTINCT FROM w.due - w.start + 1 THEN 'rate_unknown'
                     WHEN p.since <= w.due + 1
                          AND p.accrued + coalesce(p.daily, 0) * interest_days(p.day_count, p.since, w.due + 1) <> e.units
                          AND s.account IS NULL
                     THEN 'interest_differs' END ORDER BY w.ord),
           array_agg(interest_rounded(e.units) ORDER BY w.ord),
           array_agg(CASE WHEN i.tax_rate > 0
                     THEN greatest(round(interest_rounded(e.units) * i.tax_rate / 100), 0)::bigint ELSE 0 END ORDER BY w.ord),
           array_agg(i.payable ORDER BY w.ord), array_agg(i.tax_account ORDER BY w.ord),
           array_agg(i.currency ORDER BY w.ord)
    INTO made
    FROM unnest(p_accounts, v_starts, v_dues) WITH ORDINALITY AS w(account, start, due, ord)
    JOIN interest_positions AS p ON p.cell = p_cell AND p.account = w.account
    LEFT JOIN earned AS e ON e.place = w.ord
    LEFT JOIN internal AS i ON i.terms = e.terms
    LEFT JOIN interest_stale AS s ON s.cell = p_cell AND s.account = w.account;
    RETURN made;
END $$;

-- Settles a block of the accounts that are due; p_after is the last account of the block before, p_only names
-- accounts instead. What the books refuse stays as it was and is tried again the next time.
CREATE OR REPLACE FUNCTION interest_settle(
    p_cell smallint, p_through date, p_after bigint, p_limit integer, p_only bigint[],
    OUT last bigint, OUT settled integer, OUT amount numeric, OUT failed bigint[], OUT codes text[]
) LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    v_accounts bigint[];
    d interest_dues;
    v_booked_on date;
    v_old interest_positions[];
BEGIN
    SELECT business_date INTO v_booked_on FROM cells WHERE cell = p_cell;
    SELECT array_agg(account ORDER BY account), array_agg(due_position ORDER BY account), max(account)
    INTO v_accounts, v_old, last
    FROM (SELECT p.account, p AS due_position FROM interest_positions AS p
          WHERE p.cell = p_cell AND p.account > p_after AND p.due <= p_through
                AND p.booked_on IS DISTINCT FROM v_booked_on AND p.left_out IS NULL
                AND (p_only IS NULL OR p.account = ANY (p_only))
          ORDER BY p.account LIMIT p_limit) AS block;
    IF last IS NULL THEN
        RETURN;
    END IF;
    d := interest_reckon_dues(p_cell, v_accounts);

    INSERT INTO interest_postings (cell, account, id, kind, start, through, units, amount, tax, paid_to, booked_on,
                                   value_date, lines)
    SELECT p_cell, u.account, interest_transfer_id(u.due + 1, 0, 0, u.account), 0, u.start, u.due, u.units, u.gross,
           u.tax, u.account, v_booked_on, u.due + 1, u.lines
    FROM unnest(d.accounts, d.starts, d.dues, d.units, d.lines, d.codes, d.gross, d.taxes)
         AS u(account, start, due, units, lines, code, gross, tax)
    WHERE u.code IS NULL ORDER BY u.account;

    WITH due AS (
        SELECT u.account, u.units, u.due, u.cycle, u.cycle_day, u.settled, u.since, u.accrued
        FROM unnest(d.accounts, d.units, d.codes, v_old) AS u(account, units, code, of_cell, was, terms, day_count,
             cycle, cycle_day, first, settled, due, since, booked_on, balance, fed, accrued, daily, left_out)
        WHERE u.code IS NULL
    ), next AS MATERIALIZED (
        SELECT cycle, cycle_day, due, interest_next_due(cycle, cycle_day, due) AS next
        FROM (SELECT DISTINCT cycle, cycle_day, due FROM due) AS cycles
    )
    UPDATE interest_positions AS p
    SET settled = u.due, due = n.next, accrued = CASE WHEN p.since > u.due + 1 THEN p.accrued - u.units ELSE 0 END,
        since = greatest(p.since, u.due + 1), booked_on = v_booked_on
    FROM due AS u JOIN next AS n USING (cycle, cycle_day, due)
    WHERE p.cell = p_cell AND p.account = u.account AND p.due = u.due AND p.settled = u.settled AND p.since = u.since
          AND p.accrued = u.accrued;
    GET DIAGNOSTICS settled = ROW_COUNT;
    IF settled <> (SELECT count(*) FROM unnest(d.codes) AS code WHERE code IS NULL) THEN
        RAISE EXCEPTION 'an account was settled or fed at the same time' USING ERRCODE = '40001';
    END IF;

    SELECT array_agg(r.account), array_agg(r.code) INTO failed, codes
    FROM interest_book(p_cell, d) AS r;
    IF failed IS NOT NULL THEN
        PERFORM interest_take_back(p_cell, failed, v_old);
    END IF;

    -- Where one day's rate goes for all, the days after the settlement have another one than they were drawn with.
    SELECT array_agg(u.account) INTO v_accounts
    FROM unnest(v_old) AS u
    WHERE u.since > u.due + 1 AND u.account <> ALL (coalesce(failed, '{}'))
          AND EXISTS (SELECT FROM interest_assignments AS a JOIN interest_terms AS t ON t.id = a.terms
                      WHERE a.cell = p_cell AND a.account = u.account AND t.rate_rule = 1);
    IF v_accounts IS NOT NULL THEN
        PERFORM interest_redraw(p_cell, v_accounts, v_booked_on - 1);
    END IF;

    SELECT coalesce(failed, '{}') || coalesce(array_agg(u.account), '{}'),
           coalesce(codes, '{}') || coalesce(array_agg(u.code), '{}')
    INTO failed, codes
    FROM unnest(d.accounts, d.codes) AS u(account, code) WHERE u.code IS NOT NULL;
    SELECT count(*), sum(u.gross) INTO settled, amount
    FROM unnest(d.accounts, d.gross) AS u(account, gross) WHERE u.account <> ALL (failed);
END $$;

-- Posts what is due: interest to the account (what was overdrawn pays), tax to the tax account. The refused ones come back.
CREATE OR REPLACE FUNCTION interest_book(p_cell smallint, d interest_dues) RETURNS TABLE (account bigint, code text)
LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY
    WITH wanted AS (
        SELECT u.account, interest_transfer_id(u.due + 1, leg.kind, 0, u.account) AS id, leg.kind,
               CASE WHEN u.gross < 0 THEN u.account ELSE u.payable END AS debit,
               CASE WHEN leg.kind = 1 THEN u.tax_account WHEN u.gross < 0 THEN u.payable ELSE u.account END AS credit,
               CASE leg.kind WHEN 1 THEN u.tax ELSE abs(u.gross) - u.tax END AS amount, u.currency, u.due + 1 AS value_date,
               leg.kind = 0 AND u.tax > 0 AS linked  -- to the tax that follows
        FROM unnest(d.accounts, d.dues, d.codes, d.gross, d.taxes, d.payables, d.tax_accounts, d.currencies)
             AS u(account, due, code, gross, tax, payable, tax_account, currency),
             (VALUES (0), (1)) AS leg(kind)
        WHERE u.code IS NULL AND (leg.kind = 0 OR u.tax > 0) AND u.gross <> 0
        ORDER BY u.account, leg.kind
    ), list AS (
        SELECT array_agg(w.account) AS accounts, array_agg(w.id) AS ids, array_agg(w.debit) AS debits,
               array_agg(w.credit) AS credits, array_agg(w.amount) AS amounts, array_agg(w.currency) AS currencies,
               array_agg(w.value_date) AS dates,
               array_agg(w.linked) AS links, bool_or(w.linked) AS taxed,
               array_agg(CASE w.kind WHEN 1 THEN 'Tax on interest' ELSE 'Interest' END) AS texts
        FROM wanted AS w WHERE w.amount > 0
    )
    SELECT DISTINCT ON (1) list.accounts[r.place], r.code
    FROM list, ledger_post(list.ids, NULL, list.debits, list.credits, list.amounts, list.currencies, list.dates, NULL,
                           CASE WHEN list.taxed THEN list.links END, NULL, NULL, list.texts, NULL, NULL,
                           p_restricted => true) AS r
    WHERE list.ids IS NOT NULL AND r.code IS NOT NULL
    ORDER BY 1, r.code = 'linked_failed';
END $$;

CREATE OR REPLACE FUNCTION interest_take_back(p_cell smallint, p_accounts bigint[], p_old interest_positions[])
RETURNS void LANGUAGE sql AS $$
    DELETE FROM interest_postings AS i USING unnest(p_old) AS o
    WHERE o.account = ANY (p_accounts) AND i.cell = p_cell AND i.account = o.account
          AND i.id = interest_transfer_id(o.due + 1, 0, 0, o.account);
    UPDATE interest_positions AS p
    SET settled = o.settled, due = o.due, accrued = o.accrued, since = o.since, booked_on = o.booked_on
    FROM unnest(p_old) AS o
    WHERE o.account = ANY (p_accounts) AND p.cell = p_cell AND p.account = o.account;
$$;
