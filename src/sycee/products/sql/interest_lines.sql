-- The truth about interest: balances by value date, terms and rates, stretch by stretch.

-- What accounts (with repetition) earned from one day through another, in stretches in which nothing changed.
-- "upto" is the day after a stretch; days not covered have no rate.
CREATE OR REPLACE FUNCTION interest_lines(p_cell smallint, p_accounts bigint[], p_starts date[], p_throughs date[])
RETURNS TABLE (place integer, account bigint, start date, upto date, days integer, balance bigint, terms integer,
               rates numeric[], units numeric) LANGUAGE sql STABLE AS $$
    WITH wanted AS (
        SELECT w.ord::integer AS place, w.account, w.start, w.through + 1 AS upto
        FROM unnest(p_accounts, p_starts, p_throughs) WITH ORDINALITY AS w(account, start, through, ord)
        WHERE w.start <= w.through
    ), held AS (
        SELECT w.place, w.account, greatest(b.day, w.start) AS start,
               coalesce(lead(b.day) OVER (PARTITION BY w.place ORDER BY b.day), w.upto) AS upto, b.balance
        FROM wanted AS w CROSS JOIN LATERAL (
            (SELECT b.day, b.balance FROM interest_balances AS b
             WHERE b.cell = p_cell AND b.account = w.account AND b.day <= w.start ORDER BY b.day DESC LIMIT 1)
            UNION ALL
            SELECT b.day, b.balance FROM interest_balances AS b
            WHERE b.cell = p_cell AND b.account = w.account AND b.day > w.start AND b.day < w.upto
        ) AS b
    ), assigned AS (
        SELECT w.place, greatest(a.start, w.start) AS start,
               coalesce(lead(a.start) OVER (PARTITION BY w.place ORDER BY a.start), w.upto) AS upto, a.terms
        FROM wanted AS w CROSS JOIN LATERAL (
            (SELECT a.start, a.terms FROM interest_assignments AS a
             WHERE a.cell = p_cell AND a.account = w.account AND a.start <= w.start ORDER BY a.start DESC LIMIT 1)
            UNION ALL
            SELECT a.start, a.terms FROM interest_assignments AS a
            WHERE a.cell = p_cell AND a.account = w.account AND a.start > w.start AND a.start < w.upto
                  AND a.terms <> (  -- the same again are no change: all their days have one settlement day
                      SELECT b.terms FROM interest_assignments AS b
                      WHERE b.cell = p_cell AND b.account = w.account AND b.start < a.start ORDER BY b.start DESC LIMIT 1)
        ) AS a
    )
    SELECT s.place, s.account, s.start, s.upto, interest_days(s.day_count, s.start, s.upto), s.balance, s.terms, s.rates,
           interest_days(s.day_count, s.start, s.upto) * (s.constant + s.slope * s.balance)
    FROM (
        SELECT h.place, h.account, t.day_count, h.balance, a.terms, p.rates, p.constant, p.slope,
               CASE t.rate_rule WHEN 0 THEN greatest(h.start, a.start, p.start) ELSE greatest(h.start, a.start) END AS start,
               CASE t.rate_rule WHEN 0 THEN least(h.upto, a.upto, p.upto) ELSE least(h.upto, a.upto) END AS upto
        FROM held AS h
        JOIN assigned AS a ON a.place = h.place AND a.start < h.upto AND h.start < a.upto
        JOIN interest_terms AS t ON t.id = a.terms
        JOIN interest_pieces AS p
            ON p.terms = a.terms AND p.lower <= h.balance AND h.balance < p.upper
            AND CASE t.rate_rule WHEN 0 THEN p.start < least(h.upto, a.upto) AND greatest(h.start, a.start) < p.upto
                -- the rate of the day of settlement, or of the last day of these terms
                ELSE p.start < a.upto AND a.upto <= p.upto END
    ) AS s
$$;

-- The days of accounts from one through another, in the spans in which they are settled: a day on which an account is
-- due ends one, also where it is not settled yet.
CREATE OR REPLACE FUNCTION interest_spans(p_cell smallint, p_accounts bigint[], p_starts date[], p_throughs date[])
RETURNS TABLE (account bigint, start date, through date) LANGUAGE sql STABLE AS $$
    WITH RECURSIVE spans AS (
        SELECT w.account, w.start, CASE WHEN p.due >= w.start THEN least(p.due, w.last) ELSE w.last END AS through, w.last,
               p.cycle, p.cycle_day
        FROM unnest(p_accounts, p_starts, p_throughs) AS w(account, start, last)
        JOIN interest_positions AS p ON p.cell = p_cell AND p.account = w.account
        UNION ALL
        SELECT account, through + 1, least(interest_next_due(cycle, cycle_day, through), last), last, cycle, cycle_day
        FROM spans WHERE through < last
    )
    SELECT account, start, through FROM spans
$$;

-- Units in whole minor units of the currency, half up (away from zero), exactly.
CREATE OR REPLACE FUNCTION interest_rounded(p_units numeric) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (sign(p_units) * div(2 * abs(p_units) + 160308000000000, 320616000000000))::bigint
$$;

-- The internal account of interest of a subject; opened when first needed.
CREATE OR REPLACE FUNCTION interest_account(
    p_cell smallint, p_currency text, p_subject text, p_beside text, p_sign smallint, p_name text, p_local_name text
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_number bigint;
BEGIN
    SELECT number INTO v_number FROM interest_accounts
    WHERE cell = p_cell AND currency = p_currency AND subject = p_subject AND beside = p_beside;
    IF FOUND THEN
        RETURN v_number;
    END IF;
    PERFORM FROM cells WHERE cell = p_cell FOR NO KEY UPDATE;
    SELECT number INTO v_number FROM interest_accounts  -- opened while this one waited?
    WHERE cell = p_cell AND currency = p_currency AND subject = p_subject AND beside = p_beside;
    IF FOUND THEN
        RETURN v_number;
    END IF;
    v_number := ledger_next_account_number(p_cell);
    INSERT INTO accounts (cell, number, currency, sign, subject, floor)
    VALUES (p_cell, v_number, p_currency, p_sign, p_subject, NULL);
    INSERT INTO account_profiles (cell, number, name, local_name, opened_on)
    SELECT p_cell, v_number, p_name, p_local_name, business_date FROM cells WHERE cell = p_cell;
    INSERT INTO interest_accounts (cell, currency, subject, beside, number)
    VALUES (p_cell, p_currency, p_subject, p_beside, v_number);
    RETURN v_number;
END $$;
