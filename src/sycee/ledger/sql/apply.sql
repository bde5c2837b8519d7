-- Writes what has been prepared and decided: the legs, the accounts, the GL totals, the marks, the seals.
-- Nothing is refused here. The cells are locked by the caller, and p_accounts is what the accounts of the
-- turns held as read under that lock. What a leg needs of its accounts it reaches by index, not by a join.
CREATE OR REPLACE FUNCTION ledger_apply(
    p_now timestamptz, p_list ledger_list, p_accounts ledger_accounts
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    a_sign CONSTANT smallint[] := p_accounts.sign;
    a_posted CONSTANT bigint[] := p_accounts.posted;
    a_debits CONSTANT bigint[] := p_accounts.pending_debits;
    a_credits CONSTANT bigint[] := p_accounts.pending_credits;
    a_entries CONSTANT bigint[] := p_accounts.entries;
    a_last CONSTANT bigint[] := p_accounts.last_position;
    -- In a plan made for this list these are constants, and what does not apply is planned away.
    holds CONSTANT boolean := p_accounts.holds OR p_list.l_debit_outs IS NOT NULL;
    one_cell CONSTANT boolean := p_list.l_shares IS NULL;
    h_position bigint[];
    h_date date[];
    v_position bigint;
    v_date date;
BEGIN
    SELECT array_agg(h.position ORDER BY s.ord), array_agg(h.business_date ORDER BY s.ord) INTO h_position, h_date
    FROM unnest(p_list.s_cells) WITH ORDINALITY AS s(cell, ord) JOIN cells AS h ON h.cell = s.cell;
    v_position := h_position[1];
    v_date := h_date[1];

    INSERT INTO transfers (position, id, debit, credit, amount, booked_at, debit_balance, credit_balance,
                           debit_previous, credit_previous, business_date, value_date, cell, leg, kind, currency,
                           debit_held, credit_held, counterpart, target, reference, description)
    SELECT CASE WHEN one_cell THEN v_position ELSE h_position[l.share] END + coalesce(l.place, l.ord),
           l.id, l.debit, l.credit, l.amount, coalesce(l.booked_at, p_now),
           a_posted[l.debit_turn] + l.debit_delta, a_posted[l.credit_turn] + l.credit_delta,
           coalesce(CASE WHEN one_cell THEN v_position ELSE h_position[l.share] END + l.debit_previous,
                    nullif(a_last[l.debit_turn], 0)),
           coalesce(CASE WHEN one_cell THEN v_position ELSE h_position[l.share] END + l.credit_previous,
                    nullif(a_last[l.credit_turn], 0)),
           coalesce(l.business_date, CASE WHEN one_cell THEN v_date ELSE h_date[l.share] END),
           coalesce(l.value_date, l.business_date, CASE WHEN one_cell THEN v_date ELSE h_date[l.share] END),
           coalesce(l.cell, p_list.s_cells[1]), coalesce(l.leg, 0::smallint), coalesce(l.kind, 0::smallint), l.currency,
           CASE WHEN holds THEN nullif(CASE a_sign[l.debit_turn]
               WHEN 1 THEN a_debits[l.debit_turn] + coalesce(l.debit_out, 0)
               ELSE a_credits[l.debit_turn] + coalesce(l.debit_in, 0) END, 0) END,
           CASE WHEN holds THEN nullif(CASE a_sign[l.credit_turn]
               WHEN 1 THEN a_debits[l.credit_turn] + coalesce(l.credit_out, 0)
               ELSE a_credits[l.credit_turn] + coalesce(l.credit_in, 0) END, 0) END,
           l.counterpart, l.target, l.reference, l.description
    FROM unnest(p_list.l_cells, p_list.l_shares, p_list.l_places, p_list.l_ids, p_list.l_legs, p_list.l_kinds,
                p_list.l_debits, p_list.l_credits, p_list.l_amounts, p_list.l_currencies, p_list.l_counterparts,
                p_list.l_value_dates, p_list.l_targets, p_list.l_references, p_list.l_descriptions,
                p_list.l_booked_at, p_list.l_business_dates,
                p_list.l_debit_turns, p_list.l_debit_deltas, p_list.l_debit_outs, p_list.l_debit_ins,
                p_list.l_debit_previous, p_list.l_credit_turns, p_list.l_credit_deltas, p_list.l_credit_outs,
                p_list.l_credit_ins, p_list.l_credit_previous) WITH ORDINALITY
         AS l(cell, share, place, id, leg, kind, debit, credit, amount, currency, counterpart, value_date, target,
              reference, description, booked_at, business_date, debit_turn, debit_delta, debit_out, debit_in,
              debit_previous, credit_turn, credit_delta, credit_out, credit_in, credit_previous, ord);

    UPDATE accounts AS a
    SET posted = a.posted + t.credited - t.debited, pending_debits = a.pending_debits + t.pending_out,
        pending_credits = a.pending_credits + t.pending_in, entries = a.entries + t.touched,
        last_position = t.last_place + CASE WHEN one_cell THEN v_position
                                       ELSE h_position[array_position(p_list.s_cells, a.cell)] END
    FROM unnest(p_list.t_accounts, p_list.t_debited, p_list.t_credited, p_list.t_outs, p_list.t_ins,
                p_list.t_touched, p_list.t_last_places)
         AS t(account, debited, credited, pending_out, pending_in, touched, last_place)
    WHERE a.cell = (t.account / 1000000000000000)::smallint AND a.number = t.account;

    INSERT INTO entry_marks (cell, account, position, booked_at, business_date)
    SELECT s.account / 1000000000000000, s.account,
           CASE WHEN one_cell THEN v_position ELSE h_position[p_list.l_shares[s.ord]] END
               + coalesce(p_list.l_places[s.ord], s.ord),
           coalesce(p_list.l_booked_at[s.ord], p_now),
           coalesce(p_list.l_business_dates[s.ord],
                    CASE WHEN one_cell THEN v_date ELSE h_date[p_list.l_shares[s.ord]] END)
    FROM (SELECT * FROM unnest(p_list.l_debits, p_list.l_debit_turns, p_list.l_debit_nths) WITH ORDINALITY
          UNION ALL
          SELECT * FROM unnest(p_list.l_credits, p_list.l_credit_turns, p_list.l_credit_nths) WITH ORDINALITY
         ) AS s(account, turn, nth, ord)
    WHERE (a_entries[s.turn] + s.nth) % 64 = 0;

    PERFORM ledger_roll_up(p_list, p_accounts.subject);
    PERFORM ledger_close_batch(cell, legs, p_now, content)
    FROM unnest(p_list.s_cells, p_list.s_legs, p_list.s_content) AS s(cell, legs, content);
END $$;

-- Rolls a list's postings up into the totals of the general ledger; history into the days it belongs to.
CREATE OR REPLACE FUNCTION ledger_roll_up(p_list ledger_list, p_subjects text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    history CONSTANT boolean := p_list.l_business_dates IS NOT NULL;
BEGIN
    INSERT INTO gl_totals AS g (cell, business_date, subject, currency, debits, credits)
    SELECT h.cell, coalesce(s.business_date, h.business_date), s.subject, s.currency, sum(s.debited), sum(s.credited)
    FROM (
        SELECT account, NULL::date AS business_date, subject, currency, debited, credited
        FROM unnest(p_list.t_accounts, p_subjects, p_list.t_currencies, p_list.t_debited, p_list.t_credited)
             AS t(account, subject, currency, debited, credited)
        WHERE NOT history AND debited + credited > 0
        UNION ALL
        SELECT debit, business_date, p_subjects[turn], currency, amount, 0
        FROM unnest(p_list.l_debits, p_list.l_business_dates, p_list.l_debit_turns, p_list.l_currencies, p_list.l_amounts)
             AS l(debit, business_date, turn, currency, amount) WHERE history
        UNION ALL
        SELECT credit, business_date, p_subjects[turn], currency, 0, amount
        FROM unnest(p_list.l_credits, p_list.l_business_dates, p_list.l_credit_turns, p_list.l_currencies,
                    p_list.l_amounts)
             AS l(credit, business_date, turn, currency, amount) WHERE history
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
