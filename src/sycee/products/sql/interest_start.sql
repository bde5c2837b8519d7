-- Beginning to bear interest, and other terms from a day on.

-- What moved an account after one position of its cell and up to another, by value date; newest first.
CREATE OR REPLACE FUNCTION interest_entries(p_cell smallint, p_account bigint, p_after bigint, p_upto bigint)
RETURNS TABLE (value_date date, amount bigint) LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_position bigint;
    v_entry transfers;
BEGIN
    SELECT last_position INTO v_position FROM accounts WHERE cell = p_cell AND number = p_account;
    WHILE v_position > p_after LOOP
        SELECT * INTO v_entry FROM transfers WHERE cell = p_cell AND position = v_position;
        IF v_position <= p_upto AND v_entry.kind IN (0, 2, 4) THEN
            value_date := v_entry.value_date;
            amount := CASE v_entry.debit WHEN p_account THEN - v_entry.amount ELSE v_entry.amount END;
            RETURN NEXT;
        END IF;
        v_position := CASE v_entry.debit WHEN p_account THEN v_entry.debit_previous ELSE v_entry.credit_previous END;
    END LOOP;
END $$;

-- Lets accounts bear interest from a day on, on what they have by value date. The caller has checked what is asked for.
CREATE OR REPLACE FUNCTION interest_start(
    p_cells smallint[], p_accounts bigint[], p_terms integer[], p_starts date[], p_cycles smallint[], p_days smallint[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    o record;
BEGIN
    INSERT INTO interest_feeds (cell, position, through)
    SELECT cell, position, business_date - 1 FROM cells
    WHERE cell = ANY (p_cells) AND cell NOT IN (SELECT cell FROM interest_feeds)
    ON CONFLICT DO NOTHING;
    -- Nothing is fed until these accounts can be seen, or what was posted to them meanwhile would be missed.
    PERFORM FROM interest_feeds WHERE cell = ANY (p_cells) ORDER BY cell FOR SHARE;

    WITH new AS (
        SELECT n.*, t.day_count
        FROM unnest(p_cells, p_accounts, p_terms, p_starts, p_cycles, p_days)
             AS n(cell, account, terms, start, cycle, cycle_day)
        JOIN interest_terms AS t ON t.id = n.terms
    ), due AS MATERIALIZED (
        SELECT cycle, cycle_day, start, interest_next_due(cycle, cycle_day, start - 1) AS due
        FROM (SELECT DISTINCT cycle, cycle_day, start FROM new) AS cycles
    ), balances AS (
        INSERT INTO interest_balances (cell, account, day, balance) SELECT cell, account, start, 0 FROM new
    ), assignments AS (
        INSERT INTO interest_assignments (cell, account, start, terms) SELECT cell, account, start, terms FROM new
    )
    INSERT INTO interest_positions (cell, account, terms, day_count, cycle, cycle_day, first, settled, due, since, balance,
                                    daily)
    SELECT cell, account, new.terms, day_count, cycle, cycle_day, new.start, new.start - 1, due.due, new.start, 0, e.constant
    FROM new JOIN due USING (cycle, cycle_day, start) LEFT JOIN interest_pieces AS e
        ON e.terms = new.terms AND e.start <= new.start AND new.start < e.upto AND e.lower <= 0 AND 0 < e.upper;

    -- What the accounts were moved by before, and days that are over.
    FOR o IN SELECT m.cell, c.business_date, array_agg(m.account) AS accounts, array_agg(m.day) AS days,
                    array_agg(m.amount) AS amounts
             FROM (SELECT n.cell, n.account, greatest(e.value_date, n.start) AS day, sum(e.amount)::bigint AS amount
                   FROM unnest(p_cells, p_accounts, p_starts) AS n(cell, account, start)
                   JOIN interest_feeds AS f ON f.cell = n.cell
                   JOIN accounts AS a ON a.cell = n.cell AND a.number = n.account AND a.entries > 0
                   CROSS JOIN LATERAL interest_entries(n.cell, n.account, 0, f.position) AS e
                   GROUP BY 1, 2, 3 HAVING sum(e.amount) <> 0) AS m
             JOIN cells AS c ON c.cell = m.cell GROUP BY 1, 2 LOOP
        PERFORM interest_move(o.cell, o.accounts, o.days, o.amounts, o.business_date);
    END LOOP;
    INSERT INTO interest_stale AS s (cell, account, since, reason)
    SELECT n.cell, n.account, n.start, 'started_late' FROM unnest(p_cells, p_accounts, p_starts) AS n(cell, account, start)
    JOIN cells AS c ON c.cell = n.cell WHERE n.start < c.business_date
    ON CONFLICT (cell, account) DO UPDATE SET since = least(s.since, excluded.since);
END $$;

-- Gives accounts other terms from a day on. Days that were reckoned already are reckoned again.
CREATE OR REPLACE FUNCTION interest_assign(p_cells smallint[], p_accounts bigint[], p_starts date[], p_terms integer[])
RETURNS void LANGUAGE sql AS $$
    INSERT INTO interest_assignments AS a (cell, account, start, terms)
    SELECT * FROM unnest(p_cells, p_accounts, p_starts, p_terms)
    ON CONFLICT (cell, account, start) DO UPDATE SET terms = excluded.terms;

    INSERT INTO interest_stale AS s (cell, account, since, reason)
    SELECT n.cell, n.account, n.start, 'terms_changed'
    FROM unnest(p_cells, p_accounts, p_starts) AS n(cell, account, start)
    JOIN cells AS c ON c.cell = n.cell  -- a close may be under way and have passed days that are over
    JOIN interest_positions AS p ON p.cell = n.cell AND p.account = n.account
    WHERE n.start < c.business_date OR n.start < p.since
    ON CONFLICT (cell, account) DO UPDATE SET since = least(s.since, excluded.since);
$$;

-- After rates were put in force: makes the pieces anew and marks what was reckoned with others.
CREATE OR REPLACE FUNCTION interest_reprice(p_keys text[], p_starts date[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_terms integer[];
    v_marked bigint;
BEGIN
    SELECT array_agg(id) INTO v_terms FROM interest_terms WHERE rate_keys && p_keys;
    IF v_terms IS NULL THEN
        RETURN 0;
    END IF;
    PERFORM interest_make_pieces(v_terms);
    WITH since AS (
        SELECT t.id AS terms, min(n.start) AS day FROM interest_terms AS t
        JOIN unnest(p_keys, p_starts) AS n(key, start) ON n.key = ANY (t.rate_keys) GROUP BY t.id
    ), marked AS (
        INSERT INTO interest_stale AS s (cell, account, since, reason)
        SELECT a.cell, a.account, min(greatest(since.day, a.start)), 'rate_corrected'
        FROM since JOIN interest_assignments AS a ON a.terms = since.terms
        JOIN cells AS c ON c.cell = a.cell
        JOIN interest_positions AS p ON p.cell = a.cell AND p.account = a.account
        WHERE since.day < c.business_date OR since.day < p.since  -- no close will come to that day any more
        GROUP BY a.cell, a.account
        ON CONFLICT (cell, account) DO UPDATE SET since = least(s.since, excluded.since)
        RETURNING 1
    )
    SELECT count(*) INTO v_marked FROM marked;
    RETURN v_marked;
END $$;
