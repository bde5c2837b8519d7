-- The one way into the books: a list of transfers in, the odd outcomes out.
-- Arrays of one length n, or NULL where every element would be the ordinary one.
-- kinds: 0 transfer, 1 pending, 2 post, 3 void, 4 reversal, 5 expiry (debit, credit and currency of 2 to 5
-- come from the target; amount NULL is the target's whole amount).
-- p_restricted: a product posts, and may move restricted accounts; they are decided one by one.
-- p_owed: what holds promised has been paid elsewhere, so they are posted whatever became of their accounts.
-- p_released: the supervisor agreed, so supervised accounts may pay; they too are decided one by one.
-- Returns a row only for what did not simply go through: place in the list from 1, a rejection's code,
-- or for a duplicate the code NULL and the kind first posted.
CREATE OR REPLACE FUNCTION ledger_post(
    p_ids uuid[], p_kinds smallint[], p_debits bigint[], p_credits bigint[], p_amounts bigint[],
    p_currencies text[], p_value_dates date[], p_targets uuid[], p_links boolean[], p_expiries timestamptz[],
    p_references text[], p_descriptions text[], p_booked_at timestamptz[], p_business_dates date[],
    p_restricted boolean DEFAULT false, p_owed boolean DEFAULT false, p_released boolean DEFAULT false
) RETURNS TABLE (place integer, code text, first_kind smallint)
LANGUAGE plpgsql SET plan_cache_mode = auto SET enable_seqscan = off AS $$
DECLARE
    n CONSTANT integer := cardinality(p_ids);
    plain boolean := p_kinds IS NULL AND p_links IS NULL AND p_booked_at IS NULL;
    v_cells smallint[];
    v_now timestamptz;
    v_accounts ledger_accounts;
    ready ledger_list;
BEGIN
    -- A plan made for the true size of a long list is worth its making; short lists share one plan.
    PERFORM set_config('plan_cache_mode',
                       CASE WHEN n > 64 THEN 'force_custom_plan' ELSE 'force_generic_plan' END, true);

    v_cells := ledger_cells_of(p_debits, p_credits, p_targets);
    plain := plain
        AND NOT EXISTS (SELECT FROM unnest(p_debits, p_credits, p_amounts) AS t(debit, credit, amount)
                        WHERE debit = credit OR (amount BETWEEN 1 AND 100000000000000) IS NOT TRUE);
    IF plain THEN
        ready := ledger_prepare(v_cells, p_ids, NULL, p_debits, p_credits, p_amounts, NULL, NULL,
                                p_currencies, p_value_dates, NULL, p_references, p_descriptions, NULL, NULL);
        -- accounts between cells are opened by the first transfer that is accepted, not by one that is asked for
        plain := array_position(ready.l_credits, NULL) IS NULL;
    END IF;

    -- From here on one list at a time in each of these cells.
    SELECT array_agg(locked.cell), greatest(clock_timestamp(), max(locked.booked_at)) INTO v_cells, v_now
    FROM (SELECT * FROM cells WHERE cell = ANY (v_cells) ORDER BY cell FOR NO KEY UPDATE) AS locked;
    IF p_targets IS NOT NULL AND NOT ledger_cells_of(NULL, NULL, p_targets) <@ coalesce(v_cells, '{}') THEN
        RAISE EXCEPTION 'a target was posted at the same time, in a cell not locked' USING ERRCODE = '40001';
    END IF;

    IF plain THEN
        v_accounts := ledger_read_accounts(ready);
        IF NOT v_accounts.doubtful THEN
            BEGIN
                PERFORM ledger_apply(v_now, ready, v_accounts);
                RETURN;
            EXCEPTION WHEN unique_violation THEN
                NULL;  -- an id that the books have, or that the list has twice: decide one by one
            END;
        END IF;
    END IF;

    RETURN QUERY SELECT * FROM ledger_post_exactly(
        v_now, p_ids, p_kinds, p_debits, p_credits, p_amounts, p_currencies, p_value_dates, p_targets,
        p_links, p_expiries, p_references, p_descriptions, p_booked_at, p_business_dates, p_restricted,
        p_owed, p_released);
EXCEPTION WHEN unique_violation THEN
    -- another cell took one of these ids meanwhile: the caller runs the whole list again
    RAISE EXCEPTION 'a transfer id was taken by a list posted at the same time' USING ERRCODE = '40001';
END $$;

-- The cells that a list touches. Transfers never change, so what targets name can be read before the lock.
CREATE OR REPLACE FUNCTION ledger_cells_of(p_debits bigint[], p_credits bigint[], p_targets uuid[])
RETURNS smallint[] LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_first bigint;
    v_last bigint;
BEGIN
    SELECT min(account) / 1000000000000000, max(account) / 1000000000000000 INTO v_first, v_last
    FROM (SELECT unnest(p_debits) AS account UNION ALL SELECT unnest(p_credits)) AS named;
    IF p_targets IS NULL AND v_first = v_last AND v_first BETWEEN 100 AND 999 THEN
        RETURN ARRAY[v_first];
    END IF;
    RETURN ARRAY(
        SELECT cell FROM (
            SELECT (unnest(p_debits) / 1000000000000000)::smallint AS cell
            UNION SELECT (unnest(p_credits) / 1000000000000000)::smallint
            UNION SELECT (unnest(ARRAY[t.debit, coalesce(t.counterpart, t.credit)]) / 1000000000000000)::smallint
                  FROM unnest(p_targets) AS target(id) JOIN transfers AS t ON t.id = target.id AND t.leg = 0
        ) AS named WHERE cell BETWEEN 100 AND 999 ORDER BY cell);
END $$;

-- The accounts of a list's turns as they stand.
CREATE OR REPLACE FUNCTION ledger_read_accounts(p_list ledger_list) RETURNS ledger_accounts
LANGUAGE plpgsql STABLE AS $$
DECLARE
    found ledger_accounts;
BEGIN
    SELECT array_agg(a.sign ORDER BY t.account), array_agg(a.posted ORDER BY t.account),
           array_agg(a.pending_debits ORDER BY t.account), array_agg(a.pending_credits ORDER BY t.account),
           array_agg(a.entries ORDER BY t.account), array_agg(coalesce(a.last_position, 0) ORDER BY t.account),
           array_agg(a.subject ORDER BY t.account), bool_or(a.pending_debits + a.pending_credits > 0),
           coalesce(bool_or(ledger_doubtful(a, t.debited, t.credited, t.currency, t.also_currency)
                            -- frozen, but for the legs that the books make between cells
                            AND t.between IS DISTINCT FROM t.touched), true)
    INTO found
    FROM unnest(p_list.t_accounts, p_list.t_debited, p_list.t_credited, p_list.t_currencies,
                p_list.t_also_currencies, p_list.t_touched, p_list.t_between)
         AS t(account, debited, credited, currency, also_currency, touched, between)
    LEFT JOIN accounts AS a ON a.cell = (t.account / 1000000000000000)::smallint AND a.number = t.account;
    RETURN found;
END $$;

-- Whether an account could refuse some of what a list brings, whatever the order within the list.
CREATE OR REPLACE FUNCTION ledger_doubtful(
    a accounts, debited bigint, credited bigint, currency text, also_currency text
) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT ((a).status = 0 AND (a).currency = currency AND (a).currency = also_currency
            AND abs((a).posted) + debited + credited <= 1000000000000000000
            AND ((a).floor IS NULL
                 OR CASE (a).sign WHEN 1 THEN (a).posted - (a).pending_debits - debited
                                  ELSE - (a).posted - (a).pending_credits - credited END >= (a).floor)) IS NOT TRUE
$$;

-- Whether a list would be the first to need some of the accounts between cells.
CREATE OR REPLACE FUNCTION ledger_lacks_routes(
    p_cells smallint[], p_debits bigint[], p_credits bigint[], p_currencies text[]
) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN cardinality(p_cells) > 1 AND EXISTS (
        SELECT FROM ledger_routes(p_debits, p_credits, p_currencies)
        WHERE (cell, other, currency) NOT IN (SELECT cell, other, currency FROM intercell_accounts));
END $$;

CREATE OR REPLACE FUNCTION ledger_routes(p_debits bigint[], p_credits bigint[], p_currencies text[])
RETURNS TABLE (cell smallint, other smallint, currency text) LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
    SELECT DISTINCT ends.cell, ends.other, t.currency
    FROM (SELECT DISTINCT u.debit / 1000000000000000 AS debit_cell, u.credit / 1000000000000000 AS credit_cell,
                 u.currency
          FROM unnest(p_debits, p_credits, p_currencies) AS u(debit, credit, currency)) AS t,
         LATERAL (VALUES (t.debit_cell::smallint, t.credit_cell::smallint),
                         (t.credit_cell::smallint, t.debit_cell::smallint)) AS ends(cell, other)
    WHERE t.debit_cell <> t.credit_cell AND t.currency ~ '^[A-Z]{3}$'
          AND least(t.debit_cell, t.credit_cell) >= 100 AND greatest(t.debit_cell, t.credit_cell) <= 999;
END $$;

-- The account through which a cell stands with another in a currency; made when first needed.
CREATE OR REPLACE FUNCTION ledger_intercell_account(p_cell smallint, p_other smallint, p_currency text)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_number bigint;
BEGIN
    SELECT number INTO v_number FROM intercell_accounts
    WHERE cell = p_cell AND other = p_other AND currency = p_currency;
    IF FOUND THEN
        RETURN v_number;
    END IF;
    v_number := ledger_next_account_number(p_cell);
    -- frozen: no transfer may name it, or positions between cells would not net to zero
    INSERT INTO accounts (cell, number, currency, sign, status, subject, floor)
    VALUES (p_cell, v_number, p_currency, 1, 3, '3001', NULL);
    INSERT INTO account_profiles (cell, number, name, local_name, opened_on)
    SELECT p_cell, v_number, 'Inter-cell account with ' || p_other, '单元往来 ' || p_other, business_date
    FROM cells WHERE cell = p_cell;
    INSERT INTO intercell_accounts (cell, other, currency, number) VALUES (p_cell, p_other, p_currency, v_number);
    RETURN v_number;
END $$;

-- The next free account number of a cell, with its ISO 7064 MOD 11,10 check digit. Call it under the cell's lock.
CREATE OR REPLACE FUNCTION ledger_next_account_number(p_cell smallint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_number bigint;
BEGIN
    LOOP
        INSERT INTO account_serials AS s (cell, serial) VALUES (p_cell, 1)
        ON CONFLICT (cell) DO UPDATE SET serial = s.serial + 1
        RETURNING ledger_account_number(cell, serial) INTO v_number;
        EXIT WHEN NOT EXISTS (SELECT FROM accounts WHERE cell = p_cell AND number = v_number);
    END LOOP;
    RETURN v_number;
END $$;

CREATE OR REPLACE FUNCTION ledger_account_number(p_cell smallint, p_serial bigint) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    v_body CONSTANT text := p_cell || lpad(p_serial::text, 14, '0');
    v_product integer := 10;
BEGIN
    FOR i IN 1 .. 17 LOOP
        v_product := coalesce(nullif((substr(v_body, i, 1)::integer + v_product) % 10, 0), 10) * 2 % 11;
    END LOOP;
    RETURN (v_body || (11 - v_product) % 10)::bigint;
END $$;
