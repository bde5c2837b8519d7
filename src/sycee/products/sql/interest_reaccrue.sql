-- Reckoning again: accounts whose past has changed. What is not settled yet is drawn anew; what was settled is
-- corrected by the difference, as if the change had been known in time.

-- Draws the straight lines of these accounts anew, from the truth, as they stand after p_through. Returns those of
-- which a rate is not known.
CREATE OR REPLACE FUNCTION interest_redraw(p_cell smallint, p_accounts bigint[], p_through date) RETURNS bigint[]
LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    v_unknown bigint[];
BEGIN
    WITH wanted AS MATERIALIZED (
        -- an account that was fed ahead of the others is drawn up to its newest day
        SELECT p.account, p.settled + 1 AS start, greatest(p_through + 1, p.settled + 1, b.day) AS upto, a.terms, b.balance
        FROM interest_positions AS p
        CROSS JOIN LATERAL (SELECT day, balance FROM interest_balances
                            WHERE cell = p_cell AND account = p.account ORDER BY day DESC LIMIT 1) AS b
        CROSS JOIN LATERAL (SELECT terms FROM interest_assignments
                            WHERE cell = p_cell AND account = p.account
                                  AND start <= greatest(p_through, p.settled, b.day - 1, p.first)
                            ORDER BY start DESC LIMIT 1) AS a
        WHERE p.cell = p_cell AND p.account = ANY (p_accounts)
    ), spans AS MATERIALIZED (
        SELECT s.* FROM interest_spans(p_cell, (SELECT array_agg(account ORDER BY account) FROM wanted),
                                       (SELECT array_agg(start ORDER BY account) FROM wanted),
                                       (SELECT array_agg(upto - 1 ORDER BY account) FROM wanted)) AS s
    ), earned AS (
        SELECT account, sum(units) AS units, sum(upto - start) AS covered
        FROM interest_lines(p_cell, (SELECT array_agg(account ORDER BY account, start) FROM spans),
                            (SELECT array_agg(start ORDER BY account, start) FROM spans),
                            (SELECT array_agg(through ORDER BY account, start) FROM spans))
        GROUP BY account
    ), drawn AS (
        UPDATE interest_positions AS p
        SET accrued = coalesce(e.units, 0), since = w.upto, balance = w.balance, terms = w.terms, day_count = t.day_count,
            daily = interest_daily(w.terms, greatest(w.upto - 1, p.first), w.balance)
        FROM wanted AS w JOIN interest_terms AS t ON t.id = w.terms LEFT JOIN earned AS e ON e.account = w.account
        WHERE p.cell = p_cell AND p.account = w.account
        RETURNING p.account, coalesce(e.covered, 0) < w.upto - w.start AS unknown
    )
    SELECT array_agg(account) FILTER (WHERE unknown) INTO v_unknown FROM drawn;
    RETURN v_unknown;
END $$;

-- The settlements of these accounts that days from p_since on belong to, with what they should have been.
CREATE TYPE interest_difference AS (
    account bigint, posting uuid, serial integer, start date, through date, value_date date, units numeric, gross bigint,
    tax bigint, paid bigint, tax_paid bigint, lines jsonb, terms integer, known boolean
);

CREATE OR REPLACE FUNCTION interest_differences(p_cell smallint, p_accounts bigint[], p_since date[])
RETURNS SETOF interest_difference LANGUAGE sql STABLE SET plan_cache_mode = force_custom_plan AS $$
    WITH settled AS MATERIALIZED (
        SELECT i.account, i.id, i.start, i.through, i.value_date, coalesce(c.units, i.units) AS units,
               i.amount + coalesce(c.amount, 0) AS paid, i.tax + coalesce(c.tax, 0) AS tax_paid,
               coalesce(c.count, 0)::integer AS count, row_number() OVER (ORDER BY i.account, i.through)::integer AS place
        FROM unnest(p_accounts, p_since) AS w(account, since)
        JOIN interest_postings AS i ON i.cell = p_cell AND i.account = w.account AND i.kind = 0 AND i.through >= w.since
        LEFT JOIN LATERAL (
            SELECT (array_agg(x.units ORDER BY x.id DESC))[1] AS units, sum(x.amount)::bigint AS amount,
                   sum(x.tax)::bigint AS tax, count(*) AS count
            FROM interest_postings AS x WHERE x.cell = p_cell AND x.account = i.account AND x.corrects = i.id
            HAVING count(*) > 0) AS c ON true
    ), again AS (
        SELECT place, sum(units) AS units, sum(upto - start) AS covered, (array_agg(terms ORDER BY start DESC))[1] AS terms,
               jsonb_agg(jsonb_build_array(start, days, balance, terms, rates, units) ORDER BY start) AS lines
        FROM interest_lines(p_cell, (SELECT array_agg(account ORDER BY place) FROM settled),
                            (SELECT array_agg(start ORDER BY place) FROM settled),
                            (SELECT array_agg(through ORDER BY place) FROM settled))
        GROUP BY place
    )
    SELECT s.account, s.id, s.count + 1, s.start, s.through, s.value_date, a.units, interest_rounded(a.units),
           greatest(round(interest_rounded(a.units) * t.tax_rate / 100), 0)::bigint, s.paid, s.tax_paid, a.lines, a.terms,
           a.covered IS NOT DISTINCT FROM s.through - s.start + 1
    FROM settled AS s LEFT JOIN again AS a USING (place) LEFT JOIN interest_terms AS t ON t.id = a.terms
    WHERE a.units IS DISTINCT FROM s.units OR a.covered <> s.through - s.start + 1
          OR greatest(round(interest_rounded(a.units) * t.tax_rate / 100), 0) <> s.tax_paid
$$;

-- Posts one difference; returns the books' refusal, or NULL.
CREATE OR REPLACE FUNCTION interest_correct(p_cell smallint, d interest_difference, p_reason text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_terms interest_terms;
    v_payable bigint;
    v_tax bigint;
    v_amount CONSTANT bigint := (d.gross - d.tax) - (d.paid - d.tax_paid);  -- what reaches the account
    v_withheld CONSTANT bigint := d.tax - d.tax_paid;
    v_id CONSTANT uuid := interest_transfer_id(d.value_date, 0, d.serial, d.account);
    v_ids uuid[] := '{}';  v_debits bigint[] := '{}';  v_credits bigint[] := '{}';  v_amounts bigint[] := '{}';
    n integer;
    v_code text;
BEGIN
    IF NOT d.known THEN
        RETURN 'rate_unknown';
    END IF;
    SELECT * INTO v_terms FROM interest_terms WHERE id = d.terms;
    v_payable := interest_account(p_cell, v_terms.currency, v_terms.payable_subject, v_terms.expense_subject, 1::smallint,
                                  'Interest payable', '应付利息');
    IF v_amount <> 0 THEN
        v_ids := v_ids || v_id;
        v_debits := v_debits || CASE WHEN v_amount > 0 THEN v_payable ELSE d.account END;
        v_credits := v_credits || CASE WHEN v_amount > 0 THEN d.account ELSE v_payable END;
        v_amounts := v_amounts || abs(v_amount);
    END IF;
    IF v_withheld <> 0 THEN
        v_tax := interest_account(p_cell, v_terms.currency, v_terms.tax_subject, '', 1::smallint,
                                  'Tax withheld on interest', '代扣利息税');
        v_ids := v_ids || interest_transfer_id(d.value_date, 1, d.serial, d.account);
        v_debits := v_debits || CASE WHEN v_withheld > 0 THEN v_payable ELSE v_tax END;
        v_credits := v_credits || CASE WHEN v_withheld > 0 THEN v_tax ELSE v_payable END;
        v_amounts := v_amounts || abs(v_withheld);
    END IF;
    n := cardinality(v_ids);
    IF n > 0 THEN
        SELECT r.code INTO v_code FROM ledger_post(
            v_ids, NULL, v_debits, v_credits, v_amounts, array_fill(v_terms.currency, ARRAY[n]),
            array_fill(d.value_date, ARRAY[n]), NULL, CASE WHEN n = 2 THEN ARRAY[true, false] END, NULL, NULL,
            array_fill('Interest corrected'::text, ARRAY[n]), NULL, NULL, p_restricted => true) AS r
        WHERE r.code IS NOT NULL ORDER BY r.code = 'linked_failed' LIMIT 1;
        IF v_code IS NOT NULL THEN
            RETURN v_code;
        END IF;
    END IF;
    INSERT INTO interest_postings (cell, account, id, kind, start, through, units, amount, tax, corrects, paid_to,
                                   booked_on, value_date, reason, lines)
    SELECT p_cell, d.account, v_id, 1, d.start, d.through, d.units, d.gross - d.paid, v_withheld, d.posting, d.account,
           business_date, d.value_date, p_reason, d.lines
    FROM cells WHERE cell = p_cell;
    RETURN NULL;
END $$;

-- Reckons a block of the stale accounts again, corrections of what was settled included.
CREATE OR REPLACE FUNCTION interest_reaccrue(
    p_cell smallint, p_through date, p_after bigint, p_limit integer, p_only bigint[],
    OUT last bigint, OUT done integer, OUT corrected integer, OUT refused integer, OUT failed bigint[], OUT codes text[]
) LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    v_accounts bigint[];
    v_since date[];
    v_reasons text[];
    v_code text;
    o record;
BEGIN
    SELECT array_agg(account ORDER BY account), array_agg(since ORDER BY account), array_agg(reason ORDER BY account),
           max(account)
    INTO v_accounts, v_since, v_reasons, last
    FROM (SELECT account, since, reason FROM interest_stale
          WHERE cell = p_cell AND account > p_after AND (p_only IS NULL OR account = ANY (p_only))
                AND NOT EXISTS (SELECT FROM interest_positions AS p WHERE p.cell = p_cell
                                AND p.account = interest_stale.account AND p.left_out IS NOT NULL)
          ORDER BY account LIMIT p_limit FOR UPDATE) AS block;
    done := coalesce(cardinality(v_accounts), 0);
    corrected := 0;
    refused := 0;
    failed := '{}';
    codes := '{}';
    IF done = 0 THEN
        RETURN;
    END IF;
    FOR o IN SELECT d AS difference, d.account, w.reason
             FROM interest_differences(p_cell, v_accounts, v_since) AS d
             JOIN unnest(v_accounts, v_reasons) AS w(account, reason) ON w.account = d.account
             ORDER BY d.account, d.through LOOP
        v_code := interest_correct(p_cell, o.difference, o.reason);
        IF v_code IS NULL THEN
            corrected := corrected + 1;
        ELSE
            refused := refused + 1;
            failed := failed || o.account;
            codes := codes || v_code;
        END IF;
    END LOOP;
    SELECT failed || coalesce(array_agg(u.account), '{}'), codes || coalesce(array_agg('rate_unknown'::text), '{}')
    INTO failed, codes
    FROM interest_feeds AS f,  -- which may be further already, when a close is run again
         unnest(interest_redraw(p_cell, v_accounts, greatest(p_through, f.through))) AS u(account)
    WHERE f.cell = p_cell AND u.account <> ALL (failed);
    DELETE FROM interest_stale WHERE cell = p_cell AND account = ANY (v_accounts) AND account <> ALL (failed);
END $$;
