-- Feeding: what the books have posted becomes balances by value date, and bends the straight lines.

-- Moves balances from days on; one row an account and day. p_today is the business date that is being fed.
CREATE OR REPLACE FUNCTION interest_move(
    p_cell smallint, p_accounts bigint[], p_days date[], p_amounts bigint[], p_today date
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_accounts bigint[] := p_accounts;
    v_days date[] := p_days;
    v_amounts bigint[] := p_amounts;
    o record;
BEGIN
    -- An account's earliest day first; mostly there is but one.
    LOOP
        SELECT array_agg(account ORDER BY account) FILTER (WHERE nth = 1 AND day <= p_today) AS accounts,
               array_agg(day ORDER BY account) FILTER (WHERE nth = 1 AND day <= p_today) AS days,
               array_agg(amount ORDER BY account) FILTER (WHERE nth = 1 AND day <= p_today) AS amounts,
               array_agg(account) FILTER (WHERE nth > 1 AND day <= p_today) AS later_accounts,
               array_agg(day) FILTER (WHERE nth > 1 AND day <= p_today) AS later_days,
               array_agg(amount) FILTER (WHERE nth > 1 AND day <= p_today) AS later_amounts,
               array_agg(account) FILTER (WHERE day > p_today) AS forward_accounts,
               array_agg(day) FILTER (WHERE day > p_today) AS forward_days,
               array_agg(amount) FILTER (WHERE day > p_today) AS forward_amounts
        INTO o
        FROM (SELECT account, day, amount, row_number() OVER (PARTITION BY account ORDER BY day) AS nth
              FROM unnest(v_accounts, v_days, v_amounts) AS m(account, day, amount)) AS moves;

        INSERT INTO interest_forward AS f (cell, day, account, amount)
        SELECT p_cell, day, account, amount
        FROM unnest(o.forward_accounts, o.forward_days, o.forward_amounts) AS m(account, day, amount)
        ORDER BY day, account
        ON CONFLICT (cell, day, account) DO UPDATE SET amount = f.amount + excluded.amount;

        EXIT WHEN o.accounts IS NULL;
        PERFORM interest_bend(p_cell, o.accounts, o.days, o.amounts);
        v_accounts := o.later_accounts;
        v_days := o.later_days;
        v_amounts := o.later_amounts;
    END LOOP;
END $$;

-- The same for accounts that are named once each, no day of theirs to come.
CREATE OR REPLACE FUNCTION interest_bend(p_cell smallint, p_accounts bigint[], p_days date[], p_amounts bigint[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- Back-valued beyond what the straight line can tell: the days from there on move too, and are reckoned again.
    WITH late AS (
        SELECT m.account, m.day, m.amount FROM unnest(p_accounts, p_days, p_amounts) AS m(account, day, amount)
        JOIN interest_positions AS p ON p.cell = p_cell AND p.account = m.account
        WHERE m.day < p.since
    ), moved AS (
        UPDATE interest_balances AS b SET balance = b.balance + late.amount
        FROM late WHERE b.cell = p_cell AND b.account = late.account AND b.day >= late.day
    ), opened AS (
        INSERT INTO interest_balances (cell, account, day, balance)
        SELECT p_cell, late.account, late.day, before.balance + late.amount
        FROM late CROSS JOIN LATERAL (
            SELECT b.day, b.balance FROM interest_balances AS b
            WHERE b.cell = p_cell AND b.account = late.account AND b.day <= late.day
            ORDER BY b.day DESC LIMIT 1) AS before
        WHERE before.day < late.day
    )
    INSERT INTO interest_stale AS s (cell, account, since, reason)
    SELECT p_cell, account, day, 'back_valued' FROM late
    ON CONFLICT (cell, account) DO UPDATE SET since = least(s.since, excluded.since);

    INSERT INTO interest_balances AS b (cell, account, day, balance)
    SELECT p_cell, m.account, m.day, p.balance + m.amount
    FROM unnest(p_accounts, p_days, p_amounts) AS m(account, day, amount)
    JOIN interest_positions AS p ON p.cell = p_cell AND p.account = m.account
    WHERE m.day >= p.since
    ON CONFLICT (cell, account, day) DO UPDATE SET balance = excluded.balance;

    UPDATE interest_positions AS p
    SET accrued = p.accrued + CASE WHEN m.day > p.since
                              THEN coalesce(p.daily, 0) * interest_days(p.day_count, p.since, m.day) ELSE 0 END,
        since = greatest(p.since, m.day),
        balance = p.balance + m.amount,
        daily = e.constant + e.slope * (p.balance + m.amount)
    FROM unnest(p_accounts, p_days, p_amounts) AS m(account, day, amount)
    JOIN interest_positions AS was ON was.cell = p_cell AND was.account = m.account
    LEFT JOIN interest_pieces AS e
        ON e.terms = was.terms AND e.start <= greatest(was.since, m.day) AND greatest(was.since, m.day) < e.upto
        AND e.lower <= was.balance + m.amount AND was.balance + m.amount < e.upper
    WHERE p.cell = p_cell AND p.account = m.account;
END $$;

-- Feeds a stretch of a cell's transfers, at most p_limit of them and none after p_upto; returns the position reached.
CREATE OR REPLACE FUNCTION interest_feed(p_cell smallint, p_upto bigint, p_limit integer, p_today date)
RETURNS bigint LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    v_from bigint;
    v_to bigint;
    o record;
BEGIN
    SELECT position INTO v_from FROM interest_feeds WHERE cell = p_cell FOR UPDATE;
    v_to := least(v_from + p_limit, p_upto);
    IF v_from IS NULL OR v_to <= v_from THEN
        RETURN v_from;
    END IF;
    SELECT array_agg(account) AS accounts, array_agg(day) AS days, array_agg(amount) AS amounts INTO o
    FROM (
        SELECT p.account, greatest(s.value_date, p.first) AS day, sum(s.amount)::bigint AS amount
        FROM (
            SELECT position, debit AS account, value_date, - amount AS amount FROM transfers
            WHERE cell = p_cell AND position > v_from AND position <= v_to AND kind IN (0, 2, 4)
            UNION ALL
            SELECT position, credit, value_date, amount FROM transfers
            WHERE cell = p_cell AND position > v_from AND position <= v_to AND kind IN (0, 2, 4)
        ) AS s
        JOIN interest_positions AS p ON p.cell = p_cell AND p.account = s.account AND p.fed < s.position AND p.left_out IS NULL
        GROUP BY p.account, day
        HAVING sum(s.amount) <> 0
    ) AS moves;
    IF o.accounts IS NOT NULL THEN
        PERFORM interest_move_apart(p_cell, o.accounts, o.days, o.amounts, p_today);
    END IF;
    UPDATE interest_feeds SET position = v_to WHERE cell = p_cell;
    RETURN v_to;
END $$;

-- Feeds one account with all that the books have of it by now, ahead of the others, or after it was left out.
CREATE OR REPLACE FUNCTION interest_feed_account(p_cell smallint, p_account bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_fed bigint;
    v_through date;
    v_first date;
    v_head bigint;
    v_today date;
    o record;
BEGIN
    SELECT position, through INTO v_fed, v_through FROM interest_feeds WHERE cell = p_cell FOR SHARE;
    SELECT business_date INTO v_today FROM cells WHERE cell = p_cell;
    SELECT CASE WHEN left_out IS NULL THEN greatest(fed, v_fed) ELSE fed END, first INTO v_fed, v_first FROM interest_positions
    WHERE cell = p_cell AND account = p_account FOR UPDATE;
    SELECT last_position INTO v_head FROM accounts WHERE cell = p_cell AND number = p_account;
    WITH come AS (  -- value dates among the days that the cell is not taken over yet
        DELETE FROM interest_forward WHERE cell = p_cell AND account = p_account AND day <= v_today RETURNING day, amount
    ), moves AS (
        SELECT day, sum(amount)::bigint AS amount
        FROM (SELECT day, amount FROM come
              UNION ALL SELECT greatest(value_date, v_first), amount
                        FROM interest_entries(p_cell, p_account, v_fed, v_head)) AS m
        GROUP BY day HAVING sum(amount) <> 0
    )
    SELECT array_agg(day) AS days, array_agg(amount) AS amounts INTO o FROM moves;
    IF o.days IS NOT NULL THEN
        PERFORM interest_move(p_cell, array_fill(p_account, ARRAY[cardinality(o.days)]), o.days, o.amounts, v_today);
    END IF;
    UPDATE interest_positions SET fed = greatest(fed, v_head), left_out = NULL WHERE cell = p_cell AND account = p_account;
    IF v_today > v_through + 1 THEN
        -- rates or terms may change on days that the others have not been taken over yet
        INSERT INTO interest_stale AS s (cell, account, since, reason)
        VALUES (p_cell, p_account, v_through + 1, 'fed_ahead')
        ON CONFLICT (cell, account) DO UPDATE SET since = least(s.since, excluded.since);
    END IF;
END $$;
