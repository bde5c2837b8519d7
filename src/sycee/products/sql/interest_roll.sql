-- Rolling: taking straight lines over a day on which rates or terms change, or value dates come.

-- Takes a cell's lines over a day, accounts by block. Returns the last account of the block, NULL after the last one.
-- Running it again changes nothing.
CREATE OR REPLACE FUNCTION interest_roll(p_cell smallint, p_day date, p_after bigint, p_limit integer)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_to bigint;
BEGIN
    SELECT max(account) INTO v_to FROM (
        SELECT account FROM interest_positions WHERE cell = p_cell AND account > p_after ORDER BY account LIMIT p_limit
    ) AS block;
    IF v_to IS NOT NULL THEN
        PERFORM interest_roll_apart(p_cell, p_day, p_after, v_to);
    END IF;
    RETURN v_to;
END $$;

-- Takes the lines of the accounts after p_after, up to p_upto, over a day.
CREATE OR REPLACE FUNCTION interest_roll_block(p_cell smallint, p_day date, p_after bigint, p_upto bigint)
RETURNS void LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    v_terms integer[];
    v_accounts bigint[];
    v_amounts bigint[];
BEGIN
    SELECT array_agg(DISTINCT terms) INTO v_terms FROM interest_pieces WHERE start = p_day;

    -- New terms. What the old ones earned stays, or is reckoned again where only the last day's rate counts.
    WITH changed AS (
        SELECT p.account, p.terms AS old, a.terms FROM interest_assignments AS a
        JOIN interest_positions AS p ON p.cell = a.cell AND p.account = a.account
        WHERE a.cell = p_cell AND a.start = p_day AND a.account > p_after AND a.account <= p_upto AND p.since <= p_day
              AND p.terms <> a.terms
    )
    UPDATE interest_positions AS p
    SET accrued = p.accrued + coalesce(p.daily, 0) * interest_days(p.day_count, p.since, p_day), since = p_day,
        terms = c.terms, day_count = t.day_count, daily = interest_daily(c.terms, p_day, p.balance)
    FROM changed AS c JOIN interest_terms AS t ON t.id = c.terms
    WHERE p.cell = p_cell AND p.account = c.account;

    -- New rates.
    IF v_terms IS NOT NULL THEN
        UPDATE interest_positions AS p
        SET accrued = p.accrued + coalesce(p.daily, 0) * interest_days(p.day_count, p.since, p_day), since = p_day,
            daily = e.constant + e.slope * p.balance
        FROM interest_pieces AS e
        WHERE p.cell = p_cell AND p.account > p_after AND p.account <= p_upto AND p.terms = ANY (v_terms)
              AND p.since <= p_day AND e.terms = p.terms AND e.start = p_day
              AND e.lower <= p.balance AND p.balance < e.upper;
        INSERT INTO interest_stale AS s (cell, account, since, reason)
        SELECT p.cell, p.account, p.settled + 1, 'rate_of_settlement_day' FROM interest_positions AS p
        JOIN interest_terms AS t ON t.id = p.terms
        WHERE p.cell = p_cell AND p.account > p_after AND p.account <= p_upto AND p.terms = ANY (v_terms)
              AND t.rate_rule = 1 AND p.settled + 1 < p_day
        ON CONFLICT (cell, account) DO UPDATE SET since = least(s.since, excluded.since);
    END IF;

    -- Lines that begin later (settled or fed ahead, not begun) were drawn before this was known.
    INSERT INTO interest_stale AS s (cell, account, since, reason)
    SELECT p.cell, p.account, p_day, 'drawn_ahead' FROM interest_positions AS p
    WHERE p.cell = p_cell AND p.account > p_after AND p.account <= p_upto AND p.since > p_day
          AND (p.terms = ANY (v_terms)
               OR EXISTS (SELECT FROM interest_assignments AS a
                          WHERE a.cell = p_cell AND a.account = p.account AND a.start = p_day AND a.terms <> p.terms))
    ON CONFLICT (cell, account) DO UPDATE SET since = least(s.since, excluded.since);

    -- Value dates that have come.
    WITH come AS (
        DELETE FROM interest_forward
        WHERE cell = p_cell AND day = p_day AND account > p_after AND account <= p_upto
        RETURNING account, amount
    )
    SELECT array_agg(account), array_agg(amount) INTO v_accounts, v_amounts FROM come;
    IF v_accounts IS NOT NULL THEN
        PERFORM interest_move(p_cell, v_accounts, array_fill(p_day, ARRAY[cardinality(v_accounts)]), v_amounts, p_day);
    END IF;
END $$;
