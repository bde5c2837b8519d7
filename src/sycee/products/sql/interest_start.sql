-- Beginning to bear interest, and other terms from a day on.

-- What an account had when the transfer at a position had been posted: its newest entry up to there.
CREATE OR REPLACE FUNCTION interest_balance_at(p_cell smallint, p_account bigint, p_position bigint) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_position bigint;
    v_entry transfers;
BEGIN
    SELECT last_position INTO v_position FROM accounts WHERE cell = p_cell AND number = p_account;
    WHILE v_position IS NOT NULL LOOP
        SELECT * INTO v_entry FROM transfers WHERE cell = p_cell AND position = v_position;
        IF v_position <= p_position THEN
            RETURN CASE v_entry.debit WHEN p_account THEN v_entry.debit_balance ELSE v_entry.credit_balance END;
        END IF;
        v_position := CASE v_entry.debit WHEN p_account THEN v_entry.debit_previous ELSE v_entry.credit_previous END;
    END LOOP;
    RETURN 0;
END $$;

-- Lets accounts bear interest from a day on, on what they have then. The caller has checked what is asked for.
CREATE OR REPLACE FUNCTION interest_start(
    p_cells smallint[], p_accounts bigint[], p_terms integer[], p_starts date[], p_cycles smallint[], p_days smallint[]
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO interest_feeds (cell, position, through)
    SELECT cell, position, business_date - 1 FROM cells
    WHERE cell = ANY (p_cells) AND cell NOT IN (SELECT cell FROM interest_feeds)
    ON CONFLICT DO NOTHING;
    -- Nothing is fed until these accounts can be seen, or what was posted to them meanwhile would be missed.
    PERFORM FROM interest_feeds WHERE cell = ANY (p_cells) ORDER BY cell FOR SHARE;

    WITH new AS (
        SELECT n.*, t.day_count, CASE WHEN a.entries > 0 THEN interest_balance_at(n.cell, n.account, f.position) ELSE 0 END
               AS balance
        FROM unnest(p_cells, p_accounts, p_terms, p_starts, p_cycles, p_days)
             AS n(cell, account, terms, start, cycle, cycle_day)
        JOIN interest_feeds AS f ON f.cell = n.cell
        JOIN accounts AS a ON a.cell = n.cell AND a.number = n.account
        JOIN interest_terms AS t ON t.id = n.terms
    ), due AS MATERIALIZED (
        SELECT cycle, cycle_day, start, interest_next_due(cycle, cycle_day, start - 1) AS due
        FROM (SELECT DISTINCT cycle, cycle_day, start FROM new) AS cycles
    ), balances AS (
        INSERT INTO interest_balances (cell, account, day, balance) SELECT cell, account, start, balance FROM new
    ), assignments AS (
        INSERT INTO interest_assignments (cell, account, start, terms) SELECT cell, account, start, terms FROM new
    )
    INSERT INTO interest_positions (cell, account, terms, day_count, cycle, cycle_day, first, settled, due, since, balance,
                                    daily)
    SELECT cell, account, new.terms, day_count, cycle, cycle_day, new.start, new.start - 1, due.due, new.start, balance,
           e.constant + e.slope * balance
    FROM new JOIN due USING (cycle, cycle_day, start) LEFT JOIN interest_pieces AS e
        ON e.terms = new.terms AND e.start <= new.start AND new.start < e.upto
        AND e.lower <= balance AND balance < e.upper;
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
    JOIN interest_feeds AS f ON f.cell = n.cell WHERE n.start <= f.through
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
        JOIN interest_feeds AS f ON f.cell = a.cell
        WHERE greatest(since.day, a.start) <= f.through
        GROUP BY a.cell, a.account
        ON CONFLICT (cell, account) DO UPDATE SET since = least(s.since, excluded.since)
        RETURNING 1
    )
    SELECT count(*) INTO v_marked FROM marked;
    RETURN v_marked;
END $$;
