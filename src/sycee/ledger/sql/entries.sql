-- Reading an account's entries. Every transfer names, for both its accounts, the position of the entry
-- before: a chain from accounts.last_position back to the first. Every 64th entry has a mark, so any
-- point of the chain is some 64 steps from one: what a page costs depends on the page alone.
--
-- The functions that walk a chain read it with the bank's eyes, for whoever may see the account: whether that
-- is so is asked once, not once a step. A customer is shown its own side of each transfer.

-- Whether the account may be seen: by the bank any, by a customer its own.
CREATE OR REPLACE FUNCTION ledger_shows(p_cell smallint, p_account bigint) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF current_setting('role') <> 'sycee_customer' THEN
        RETURN true;
    END IF;
    RETURN EXISTS (SELECT FROM account_profiles
                   WHERE cell = p_cell AND number = p_account AND customer = acting_customer());
END $$;

-- A transfer as it may be shown to one end: to a customer without the other end's balances.
CREATE OR REPLACE FUNCTION ledger_side(p_entry transfers, p_account bigint) RETURNS transfers
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF current_setting('role') = 'sycee_customer' THEN
        IF p_entry.debit = p_account THEN
            p_entry.credit_balance := NULL;  p_entry.credit_held := NULL;  p_entry.credit_previous := NULL;
        ELSE
            p_entry.debit_balance := NULL;  p_entry.debit_held := NULL;  p_entry.debit_previous := NULL;
        END IF;
    END IF;
    RETURN p_entry;
END $$;

-- The newest position from which a walk backwards meets every entry up to an instant or a business date,
-- and few that are newer. NULL: the account has no entry.
CREATE OR REPLACE FUNCTION ledger_walk_start(
    p_cell smallint, p_account bigint, p_instant timestamptz, p_day date
) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        CASE WHEN p_instant IS NOT NULL THEN
            (SELECT position FROM entry_marks
             WHERE cell = p_cell AND account = p_account AND booked_at > p_instant
             ORDER BY booked_at, position LIMIT 1)
        WHEN p_day IS NOT NULL THEN
            (SELECT position FROM entry_marks
             WHERE cell = p_cell AND account = p_account AND business_date > p_day
             ORDER BY business_date, position LIMIT 1)
        END,
        (SELECT last_position FROM accounts WHERE cell = p_cell AND number = p_account))
$$;

-- The newest entry of an account up to an instant (p_instant) or the end of a business date (p_day).
CREATE OR REPLACE FUNCTION ledger_entry_at(
    p_cell smallint, p_account bigint, p_instant timestamptz, p_day date
) RETURNS SETOF transfers LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    v_position bigint;
    v_entry transfers;
BEGIN
    IF NOT ledger_shows(p_cell, p_account) THEN
        RETURN;
    END IF;
    v_position := ledger_walk_start(p_cell, p_account, p_instant, p_day);
    WHILE v_position IS NOT NULL LOOP
        SELECT * INTO v_entry FROM transfers WHERE cell = p_cell AND position = v_position;
        IF v_entry.booked_at <= p_instant OR v_entry.business_date <= p_day OR (p_instant IS NULL AND p_day IS NULL) THEN
            v_entry := ledger_side(v_entry, p_account);
            RETURN NEXT v_entry;
            RETURN;
        END IF;
        v_position := CASE v_entry.debit WHEN p_account THEN v_entry.debit_previous ELSE v_entry.credit_previous END;
    END LOOP;
END $$;

-- Posted entries, newest first, from a position on backwards (NULL: from the newest), none before p_start.
CREATE OR REPLACE FUNCTION ledger_entries_backwards(
    p_cell smallint, p_account bigint, p_from bigint, p_start date, p_limit integer
) RETURNS SETOF transfers LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    v_position bigint := p_from;
    v_entry transfers;
    v_left integer := p_limit;
    v_masked CONSTANT boolean := current_setting('role') = 'sycee_customer';
BEGIN
    IF NOT ledger_shows(p_cell, p_account) THEN
        RETURN;
    END IF;
    WHILE v_position IS NOT NULL AND v_left > 0 LOOP
        SELECT * INTO v_entry FROM transfers WHERE cell = p_cell AND position = v_position;
        EXIT WHEN v_entry.business_date < p_start OR p_account NOT IN (v_entry.debit, v_entry.credit);
        IF v_masked THEN
            v_entry := ledger_side(v_entry, p_account);
        END IF;
        IF v_entry.kind IN (0, 2, 4) THEN
            RETURN NEXT v_entry;
            v_left := v_left - 1;
        END IF;
        v_position := CASE v_entry.debit WHEN p_account THEN v_entry.debit_previous ELSE v_entry.credit_previous END;
    END LOOP;
END $$;

-- Posted entries, oldest first, that come after a position and not after p_end: by stretches between marks.
CREATE OR REPLACE FUNCTION ledger_entries_forwards(
    p_cell smallint, p_account bigint, p_after bigint, p_end date, p_limit integer
) RETURNS SETOF transfers LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    v_after bigint := p_after;
    v_mark bigint;
    v_position bigint;
    v_entry transfers;
    v_stretch transfers[];
    v_left integer := p_limit;
    v_masked CONSTANT boolean := current_setting('role') = 'sycee_customer';
BEGIN
    IF NOT ledger_shows(p_cell, p_account) THEN
        RETURN;
    END IF;
    WHILE v_left > 0 LOOP
        SELECT position INTO v_mark FROM entry_marks
        WHERE cell = p_cell AND account = p_account AND position > v_after ORDER BY position LIMIT 1;
        IF NOT FOUND THEN
            SELECT last_position INTO v_mark FROM accounts WHERE cell = p_cell AND number = p_account;
        END IF;
        EXIT WHEN v_mark IS NULL OR v_mark <= v_after;
        v_stretch := '{}';
        v_position := v_mark;
        WHILE v_position > v_after LOOP
            SELECT * INTO v_entry FROM transfers WHERE cell = p_cell AND position = v_position;
            IF v_entry.kind IN (0, 2, 4) THEN
                v_stretch := v_entry || v_stretch;
            END IF;
            v_position := CASE v_entry.debit WHEN p_account THEN v_entry.debit_previous ELSE v_entry.credit_previous END;
        END LOOP;
        FOREACH v_entry IN ARRAY v_stretch LOOP
            IF v_left = 0 OR v_entry.business_date > p_end THEN
                RETURN;
            END IF;
            IF v_masked THEN
                v_entry := ledger_side(v_entry, p_account);
            END IF;
            RETURN NEXT v_entry;
            v_left := v_left - 1;
        END LOOP;
        v_after := v_mark;
    END LOOP;
END $$;
