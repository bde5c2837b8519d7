-- Accounts that cannot be reckoned are left out, so that all others go on. Where they stand is kept, and what was posted
-- since is fed to them once it can be: interest_feed_account takes them in again.

-- Whether an error may be of one account: not a conflict, a lack of resources or a server that goes down.
CREATE OR REPLACE FUNCTION interest_is_of_account(p_state text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT left(p_state, 2) NOT IN ('08', '25', '40', '53', '55', '57', '58')
$$;

CREATE OR REPLACE FUNCTION interest_leave_out(p_cell smallint, p_account bigint, p_why text) RETURNS void LANGUAGE sql AS $$
    UPDATE interest_positions AS p SET left_out = p_why, fed = greatest(p.fed, f.position)
    FROM interest_feeds AS f WHERE f.cell = p_cell AND p.cell = p_cell AND p.account = p_account AND p.left_out IS NULL;
    INSERT INTO interest_stale AS s (cell, account, since, reason)
    SELECT cell, account, first, 'left_out' FROM interest_positions WHERE cell = p_cell AND account = p_account
    ON CONFLICT (cell, account) DO UPDATE SET since = excluded.since, reason = excluded.reason
$$;

-- As interest_move; where that fails it is done by halves, down to the accounts to be left out.
CREATE OR REPLACE FUNCTION interest_move_apart(
    p_cell smallint, p_accounts bigint[], p_days date[], p_amounts bigint[], p_today date
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_middle bigint;
    o record;
BEGIN
    BEGIN
        PERFORM interest_move(p_cell, p_accounts, p_days, p_amounts, p_today);
        RETURN;
    EXCEPTION WHEN OTHERS THEN
        IF NOT interest_is_of_account(SQLSTATE) THEN
            RAISE;
        END IF;
        SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY account) INTO v_middle
        FROM (SELECT DISTINCT unnest(p_accounts) AS account) AS own;
        IF v_middle = ALL (p_accounts) THEN
            PERFORM interest_leave_out(p_cell, v_middle, SQLERRM);
            RETURN;
        END IF;
    END;
    FOR o IN SELECT array_agg(account) AS accounts, array_agg(day) AS days, array_agg(amount) AS amounts
             FROM unnest(p_accounts, p_days, p_amounts) AS m(account, day, amount) GROUP BY account <= v_middle LOOP
        PERFORM interest_move_apart(p_cell, o.accounts, o.days, o.amounts, p_today);
    END LOOP;
END $$;

-- As interest_roll_block; where that fails it is done by halves, down to the accounts to be left out.
CREATE OR REPLACE FUNCTION interest_roll_apart(p_cell smallint, p_day date, p_after bigint, p_upto bigint)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_middle bigint;
BEGIN
    BEGIN
        PERFORM interest_roll_block(p_cell, p_day, p_after, p_upto);
        RETURN;
    EXCEPTION WHEN OTHERS THEN
        IF NOT interest_is_of_account(SQLSTATE) THEN
            RAISE;
        END IF;
        SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY account) INTO v_middle
        FROM interest_positions WHERE cell = p_cell AND account > p_after AND account <= p_upto;
        IF NOT EXISTS (SELECT FROM interest_positions
                       WHERE cell = p_cell AND account > p_after AND account <= p_upto AND account <> v_middle) THEN
            PERFORM interest_leave_out(p_cell, v_middle, SQLERRM);
            RETURN;
        END IF;
    END;
    PERFORM interest_roll_apart(p_cell, p_day, p_after, v_middle);
    PERFORM interest_roll_apart(p_cell, p_day, v_middle, p_upto);
END $$;
