-- Writes what has been prepared and decided: the legs, the accounts, the GL totals, the marks, the seals.
-- Nothing is refused here. The cells are locked by the caller, and p_accounts is what the accounts of
-- p_turns held as read under that lock. What a leg needs of its accounts it reaches by index, not by a join.
CREATE OR REPLACE FUNCTION ledger_apply(
    p_now timestamptz, p_accounts ledger_accounts, p_legs ledger_leg[], p_turns ledger_turn[],
    p_shares ledger_share[], p_history boolean
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    a_sign CONSTANT smallint[] := p_accounts.sign;
    a_posted CONSTANT bigint[] := p_accounts.posted;
    a_debits CONSTANT bigint[] := p_accounts.pending_debits;
    a_credits CONSTANT bigint[] := p_accounts.pending_credits;
    a_entries CONSTANT bigint[] := p_accounts.entries;
    a_last CONSTANT bigint[] := p_accounts.last_position;
    h_position bigint[];
    h_date date[];
BEGIN
    SELECT array_agg(h.position ORDER BY s.ord), array_agg(h.business_date ORDER BY s.ord) INTO h_position, h_date
    FROM unnest(p_shares) WITH ORDINALITY AS s(cell, legs, content, ord) JOIN cells AS h ON h.cell = s.cell;

    INSERT INTO transfers (position, id, debit, credit, amount, booked_at, debit_balance, credit_balance,
                           debit_previous, credit_previous, business_date, value_date, cell, leg, kind, currency,
                           debit_held, credit_held, counterpart, target, reference, description)
    SELECT h_position[share] + place, id, debit, credit, amount, coalesce(booked_at, p_now),
           a_posted[debit_turn] + debit_delta, a_posted[credit_turn] + credit_delta,
           coalesce(h_position[share] + debit_previous, nullif(a_last[debit_turn], 0)),
           coalesce(h_position[share] + credit_previous, nullif(a_last[credit_turn], 0)),
           coalesce(business_date, h_date[share]), coalesce(value_date, business_date, h_date[share]),
           cell, leg, kind, currency,
           nullif(CASE a_sign[debit_turn] WHEN 1 THEN a_debits[debit_turn] + debit_out
                                          ELSE a_credits[debit_turn] + debit_in END, 0),
           nullif(CASE a_sign[credit_turn] WHEN 1 THEN a_debits[credit_turn] + credit_out
                                           ELSE a_credits[credit_turn] + credit_in END, 0),
           counterpart, target, reference, description
    FROM unnest(p_legs);

    UPDATE accounts AS a
    SET posted = a.posted + t.credited - t.debited, pending_debits = a.pending_debits + t.pending_out,
        pending_credits = a.pending_credits + t.pending_in, entries = a.entries + t.touched,
        last_position = t.last_place + CASE cardinality(p_shares) WHEN 1 THEN h_position[1]
            ELSE (SELECT position FROM cells WHERE cell = a.cell) END
    FROM unnest(p_turns) AS t
    WHERE a.cell = (t.account / 1000000000000000)::smallint AND a.number = t.account;

    INSERT INTO entry_marks (cell, account, position, booked_at, business_date)
    SELECT cell, debit, h_position[share] + place, coalesce(booked_at, p_now), coalesce(business_date, h_date[share])
    FROM unnest(p_legs) WHERE (a_entries[debit_turn] + debit_nth) % 64 = 0
    UNION ALL
    SELECT cell, credit, h_position[share] + place, coalesce(booked_at, p_now), coalesce(business_date, h_date[share])
    FROM unnest(p_legs) WHERE (a_entries[credit_turn] + credit_nth) % 64 = 0;

    PERFORM ledger_roll_up(p_accounts.subject, p_legs, p_turns, p_history);
    PERFORM ledger_close_batch(cell, legs, p_now, content) FROM unnest(p_shares);
END $$;

-- Rolls a list's postings up into the totals of the general ledger; history into the days it belongs to.
CREATE OR REPLACE FUNCTION ledger_roll_up(
    p_subjects text[], p_legs ledger_leg[], p_turns ledger_turn[], p_history boolean
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO gl_totals AS g (cell, business_date, subject, currency, debits, credits)
    SELECT h.cell, coalesce(s.business_date, h.business_date), s.subject, s.currency, sum(s.debited), sum(s.credited)
    FROM (
        SELECT t.account, NULL::date AS business_date, subject, t.currency, t.debited, t.credited
        FROM unnest(p_turns) WITH ORDINALITY AS t(account, debited, credited, pending_out, pending_in, touched,
                                                  last_place, currency, also_currency, ord)
        JOIN unnest(p_subjects) WITH ORDINALITY AS subjects(subject, ord) USING (ord)
        WHERE NOT p_history AND t.debited + t.credited > 0
        UNION ALL
        SELECT debit, business_date, p_subjects[debit_turn], currency, amount, 0 FROM unnest(p_legs) WHERE p_history
        UNION ALL
        SELECT credit, business_date, p_subjects[credit_turn], currency, 0, amount FROM unnest(p_legs) WHERE p_history
    ) AS s
    JOIN cells AS h ON h.cell = s.account / 1000000000000000
    GROUP BY 1, 2, 3, 4
    ON CONFLICT (cell, business_date, subject, currency)
    DO UPDATE SET debits = g.debits + excluded.debits, credits = g.credits + excluded.credits;
END $$;

-- Seals the transfers that follow the head's position and moves the head past them.
CREATE OR REPLACE FUNCTION ledger_close_batch(p_cell smallint, p_count integer, p_now timestamptz, p_content bytea)
RETURNS void LANGUAGE sql AS $$
    WITH closed AS (
        UPDATE cells SET position = position + p_count, batch = batch + 1, booked_at = p_now,
               seal = ledger_seal(seal, cell, batch + 1, position + 1, p_count, p_now, business_date, p_content)
        WHERE cell = p_cell
        RETURNING *
    )
    INSERT INTO batches (cell, batch, first_position, transfers, booked_at, business_date, seal)
    SELECT cell, batch, position - p_count + 1, p_count, booked_at, business_date, seal FROM closed
$$;
