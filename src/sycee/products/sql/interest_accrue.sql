-- What a block of accounts has earned and not been paid by the beginning of a day, by the accounts it is booked on.
CREATE OR REPLACE FUNCTION interest_unsettled(p_cell smallint, p_day date, p_after bigint, p_upto bigint)
RETURNS TABLE (currency text, expense_subject text, payable_subject text, accounts bigint, units numeric, unknown bigint)
LANGUAGE sql STABLE SET plan_cache_mode = force_custom_plan AS $$
    SELECT t.currency, t.expense_subject, t.payable_subject, sum(g.accounts)::bigint, sum(g.units), sum(g.unknown)::bigint
    FROM (SELECT p.terms, count(*) AS accounts, sum(p.accrued + coalesce(p.daily, 0) * CASE
                 WHEN p.since >= p_day THEN 0  -- settled ahead, or not begun
                 WHEN p.day_count < 3 THEN p_day - p.since ELSE interest_days(p.day_count, p.since, p_day) END) AS units,
                 count(*) FILTER (WHERE p.daily IS NULL AND p.since < p_day) AS unknown
          FROM interest_positions AS p
          WHERE p.cell = p_cell AND p.account > p_after AND p.account <= p_upto
          GROUP BY p.terms) AS g
    JOIN interest_terms AS t ON t.id = g.terms
    GROUP BY 1, 2, 3
$$;

-- Draws a block of the stale accounts anew before they are added up: what came after they were reckoned again, or a new
-- rate of the settlement day. They stay stale, for what is settled. Returns the last of the block, NULL after it.
CREATE OR REPLACE FUNCTION interest_redraw_stale(p_cell smallint, p_day date, p_after bigint, p_limit integer)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_accounts bigint[];
BEGIN
    SELECT array_agg(account ORDER BY account) INTO v_accounts
    FROM (SELECT account FROM interest_stale WHERE cell = p_cell AND account > p_after
          ORDER BY account LIMIT p_limit) AS block;
    IF v_accounts IS NOT NULL THEN
        PERFORM interest_redraw(p_cell, v_accounts, p_day - 1);
    END IF;
    RETURN v_accounts[cardinality(v_accounts)];
END $$;

-- Where the next block of accounts ends.
CREATE OR REPLACE FUNCTION interest_block_end(p_cell smallint, p_after bigint, p_limit integer) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT max(account) FROM (SELECT account FROM interest_positions WHERE cell = p_cell AND account > p_after
                              ORDER BY account LIMIT p_limit) AS block
$$;

-- Books a day's accrual, once: what is owed by now less what is booked as owed. p_booked is the balance of the payable
-- account in the moment in which p_units were added up.
CREATE OR REPLACE FUNCTION interest_book_accrual(
    p_cell smallint, p_day date, p_currency text, p_expense_subject text, p_payable_subject text,
    p_accounts bigint, p_units numeric, p_booked bigint
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_amount CONSTANT bigint := interest_rounded(p_units) - p_booked;
    v_expense bigint;
    v_payable bigint;
    v_id uuid;
    v_code text;
BEGIN
    IF EXISTS (SELECT FROM interest_accruals WHERE cell = p_cell AND day = p_day AND currency = p_currency
               AND payable_subject = p_payable_subject AND expense_subject = p_expense_subject) THEN
        RETURN NULL;
    END IF;
    v_payable := interest_account(p_cell, p_currency, p_payable_subject, p_expense_subject, 1::smallint,
                                  'Interest payable', '应付利息');
    v_expense := interest_account(p_cell, p_currency, p_expense_subject, p_payable_subject, (-1)::smallint,
                                  'Interest expense', '利息支出');
    IF v_amount <> 0 THEN
        v_id := interest_transfer_id(p_day, 2, 0, v_payable);
        SELECT r.code INTO v_code FROM ledger_post(
            ARRAY[v_id], NULL, ARRAY[CASE WHEN v_amount > 0 THEN v_expense ELSE v_payable END],
            ARRAY[CASE WHEN v_amount > 0 THEN v_payable ELSE v_expense END], ARRAY[abs(v_amount)], ARRAY[p_currency],
            ARRAY[p_day], NULL, NULL, NULL, NULL, ARRAY['Interest accrued'], NULL, NULL) AS r;
        IF v_code IS NOT NULL THEN
            RAISE EXCEPTION 'the books refuse the accrual of % in cell %: %', p_day, p_cell, v_code;
        END IF;
    END IF;
    INSERT INTO interest_accruals (cell, day, currency, expense_subject, payable_subject, accounts, units, amount, transfer)
    VALUES (p_cell, p_day, p_currency, p_expense_subject, p_payable_subject, p_accounts, p_units, v_amount, v_id);
    RETURN v_amount;
END $$;
