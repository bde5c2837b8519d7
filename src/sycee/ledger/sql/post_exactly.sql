-- Decides transfers one by one, in the order of the list, then applies the accepted ones together.
-- Only those that need it are walked: of a list of ordinary transfers, the ones that touch an account
-- which could refuse, or whose id is not new. The rest cannot be refused and cannot change a decision.
CREATE OR REPLACE FUNCTION ledger_post_exactly(
    p_now timestamptz, p_ids uuid[], p_kinds smallint[], p_debits bigint[],
    p_credits bigint[], p_amounts bigint[], p_currencies text[], p_value_dates date[], p_targets uuid[],
    p_links boolean[], p_expiries timestamptz[], p_references text[], p_descriptions text[],
    p_booked_at timestamptz[], p_business_dates date[], p_restricted boolean, p_owed boolean, p_released boolean
) RETURNS TABLE (place integer, code text, first_kind smallint) LANGUAGE plpgsql AS $$
DECLARE
    n CONSTANT integer := cardinality(p_ids);
    plain CONSTANT boolean := p_kinds IS NULL AND p_links IS NULL AND p_booked_at IS NULL;
    a record;   -- the accounts, as arrays over the distinct numbers
    s record;   -- the targets (slots), as arrays over the distinct target ids
    t record;   -- the list, as arrays over its places
    walk integer[];
    -- what changes while walking
    headroom bigint[];  posted bigint[];  last_at timestamptz[];  last_day date[];
    slot_kind smallint[];  slot_state smallint[];  slot_debit integer[];  slot_credit integer[];
    slot_amount bigint[];  slot_expiry timestamptz[];  slot_reversed boolean[];
    -- what is decided, by place
    accepted boolean[] := array_fill(true, ARRAY[n]);
    repeats smallint[] := array_fill(NULL::smallint, ARRAY[n]);
    codes text[] := array_fill(NULL::text, ARRAY[n]);
    e_kind smallint[] := coalesce(p_kinds, array_fill(0::smallint, ARRAY[n]));
    e_debit bigint[] := p_debits;  e_credit bigint[] := p_credits;  e_amount bigint[] := p_amounts;
    e_posted bigint[] := p_amounts;  e_pending bigint[] := array_fill(0::bigint, ARRAY[n]);
    e_currency text[] := p_currencies;
    -- the transfer at hand
    i integer;  k integer;  d integer;  c integer;  v integer;  sl integer;  kind smallint;
    amount bigint;  pending bigint;  moved bigint;  verdict text;
    chain_from integer;  chain_broken boolean := false;
BEGIN
    SELECT * INTO s FROM ledger_targets(p_targets);
    SELECT * INTO a FROM ledger_account_arrays(p_debits || p_credits || s.debits || s.credits, p_booked_at IS NOT NULL);
    SELECT * INTO t FROM ledger_places(p_ids, e_kind, p_debits, p_credits, p_amounts, p_currencies, p_value_dates,
                                       p_targets, p_expiries, p_references, p_descriptions, p_booked_at,
                                       p_business_dates, s.ids, a.numbers);
    headroom := a.headroom;  posted := a.posted;  last_at := a.last_at;  last_day := a.last_day;
    slot_kind := s.kinds;  slot_state := s.states;  slot_amount := s.amounts;
    slot_expiry := s.expiries;  slot_reversed := s.reversed;
    slot_debit := ledger_indexes(a.numbers, s.debits);
    slot_credit := ledger_indexes(a.numbers, s.credits);

    IF plain THEN
        walk := ledger_doubtful_places(p_debits, p_credits, p_amounts, p_currencies, t.earlier, t.in_books, a.rows);
    ELSE
        walk := ARRAY(SELECT generate_series(1, n));
    END IF;

    FOREACH i IN ARRAY walk LOOP
        kind := e_kind[i];
        verdict := NULL;
        d := t.debit_indexes[i];  c := t.credit_indexes[i];  amount := p_amounts[i];  pending := 0;  moved := amount;
        IF chain_from IS NULL AND p_links[i] THEN
            chain_from := i;
        END IF;

        <<judge>>
        BEGIN
            IF chain_broken THEN
                verdict := 'linked_failed';
                EXIT judge;
            END IF;

            -- said before, in the books or in this list?
            IF t.in_books[i] IS NOT NULL THEN
                accepted[i] := false;
                IF t.same[i] THEN
                    repeats[i] := t.in_books[i];
                ELSE
                    verdict := 'id_reused';
                END IF;
                EXIT judge;
            END IF;
            k := t.earlier[i];
            WHILE k IS NOT NULL AND NOT accepted[k] LOOP
                k := t.earlier[k];
            END LOOP;
            IF k IS NOT NULL THEN
                accepted[i] := false;
                -- as ledger_places compares with the books: what is left out says nothing else
                IF (e_kind[i], p_targets[i], p_references[i], p_descriptions[i], p_booked_at[i], p_business_dates[i])
                   IS DISTINCT FROM
                   (e_kind[k], p_targets[k], p_references[k], p_descriptions[k], p_booked_at[k], p_business_dates[k])
                   OR p_amounts[i] <> e_amount[k]
                   OR p_value_dates[i] <> coalesce(p_value_dates[k], p_business_dates[k],
                                                   a.days[array_position(a.numbers, e_debit[k])])
                   OR kind < 2 AND (p_debits[i], p_credits[i], p_currencies[i])
                                   IS DISTINCT FROM (p_debits[k], p_credits[k], p_currencies[k])
                   OR kind = 1 AND p_expiries[i] IS DISTINCT FROM p_expiries[k] THEN
                    verdict := 'id_reused';
                ELSE
                    repeats[i] := e_kind[k];
                END IF;
                EXIT judge;
            END IF;

            -- what it acts on
            IF kind >= 2 THEN
                sl := t.slots[i];
                IF slot_kind[sl] IS NULL THEN
                    verdict := 'target_not_found';
                    EXIT judge;
                END IF;
                d := slot_debit[sl];  c := slot_credit[sl];
                amount := coalesce(amount, slot_amount[sl]);
                IF p_currencies[i] <> a.currencies[d] THEN
                    verdict := 'currency_mismatch';
                    EXIT judge;
                END IF;
                IF kind = 4 THEN
                    verdict := CASE WHEN slot_kind[sl] NOT IN (0, 2) THEN 'target_not_reversible'
                                    WHEN slot_reversed[sl] THEN 'already_reversed'
                                    WHEN amount <> slot_amount[sl] THEN 'invalid_amount' END;
                    v := d;  d := c;  c := v;
                    moved := amount;
                ELSE
                    verdict := CASE WHEN slot_kind[sl] <> 1 THEN 'target_not_pending'
                                    WHEN slot_state[sl] = 1 THEN 'already_posted'
                                    WHEN slot_state[sl] = 2 THEN 'already_voided'
                                    WHEN slot_state[sl] = 3 THEN 'already_expired'
                                    WHEN kind <> 5 AND slot_expiry[sl] <= p_now THEN 'already_expired'
                                    WHEN amount <= 0 OR kind <> 2 AND amount <> slot_amount[sl] THEN 'invalid_amount'
                                    WHEN amount > slot_amount[sl] THEN 'exceeds_pending' END;
                    pending := - slot_amount[sl];
                    moved := CASE kind WHEN 2 THEN amount ELSE 0 END;
                END IF;
                EXIT judge WHEN verdict IS NOT NULL;
            ELSE
                verdict := CASE WHEN amount IS NULL OR amount <= 0 THEN 'invalid_amount'
                                WHEN amount > 100000000000000 THEN 'amount_out_of_range'
                                WHEN p_debits[i] = p_credits[i] THEN 'same_account'
                                WHEN d IS NULL OR c IS NULL THEN 'account_not_found' END;
                EXIT judge WHEN verdict IS NOT NULL;
                IF kind = 1 THEN
                    pending := amount;
                    moved := 0;
                END IF;
            END IF;

            -- may these accounts do this? giving a hold back they always may; and what was promised is owed
            IF kind NOT IN (3, 5) AND NOT (kind = 2 AND p_owed) THEN
                verdict := CASE a.statuses[d] WHEN 1 THEN 'debit_blocked' WHEN 3 THEN 'account_frozen'
                                              WHEN 4 THEN 'account_dormant' WHEN 5 THEN 'account_closed' END;
                verdict := coalesce(verdict, CASE a.statuses[c] WHEN 2 THEN 'credit_blocked'
                                              WHEN 3 THEN 'account_frozen' WHEN 5 THEN 'account_closed' END);
                EXIT judge WHEN verdict IS NOT NULL;
            END IF;
            -- not even a hold is given back but by the product; what has expired, the books give back
            IF kind <> 5 AND NOT p_restricted AND 6 IN (a.statuses[d], a.statuses[c]) THEN
                verdict := 'account_restricted';
                EXIT judge;
            END IF;
            -- what was held before may still go, and be given back
            IF kind IN (0, 1, 4) AND NOT p_released AND a.statuses[d] = 7 THEN
                verdict := 'account_supervised';
                EXIT judge;
            END IF;
            IF kind < 2 AND (p_currencies[i] <> a.currencies[d] OR p_currencies[i] <> a.currencies[c]) THEN
                verdict := 'currency_mismatch';
                EXIT judge;
            END IF;
            IF kind = 1 AND p_expiries[i] <= p_now THEN
                verdict := 'invalid_expiry';
                EXIT judge;
            END IF;
            IF p_booked_at IS NOT NULL THEN
                IF (p_booked_at[i] >= greatest(last_at[d], last_at[c]) AND p_booked_at[i] <= p_now
                    AND p_business_dates[i] >= greatest(last_day[d], last_day[c])
                    AND p_business_dates[i] <= least(a.days[d], a.days[c])) IS FALSE THEN
                    verdict := 'out_of_order';
                    EXIT judge;
                END IF;
            ELSIF (a.signs[d] = 1 AND moved + pending > 0 AND headroom[d] < moved + pending)
               OR (a.signs[c] = -1 AND moved + pending > 0 AND headroom[c] < moved + pending) THEN
                verdict := 'insufficient_funds';
                EXIT judge;
            END IF;
            -- what a hold gives back moves no balance
            IF abs(posted[d] - moved - greatest(pending, 0)) > 1000000000000000000
               OR abs(posted[c] + moved + greatest(pending, 0)) > 1000000000000000000 THEN
                verdict := 'balance_out_of_range';
            END IF;
        END judge;

        IF verdict IS NULL AND repeats[i] IS NULL THEN
            headroom[d] := headroom[d] + CASE a.signs[d] WHEN 1 THEN - moved - pending ELSE moved END;
            headroom[c] := headroom[c] + CASE a.signs[c] WHEN 1 THEN moved ELSE - moved - pending END;
            posted[d] := posted[d] - moved;
            posted[c] := posted[c] + moved;
            IF p_booked_at IS NOT NULL THEN
                last_at[d] := p_booked_at[i];  last_at[c] := p_booked_at[i];
                last_day[d] := p_business_dates[i];  last_day[c] := p_business_dates[i];
            END IF;
            e_debit[i] := a.numbers[d];  e_credit[i] := a.numbers[c];  e_amount[i] := amount;
            e_posted[i] := moved;  e_pending[i] := pending;  e_currency[i] := a.currencies[d];
            IF kind >= 2 THEN
                IF kind = 4 THEN
                    slot_reversed[sl] := true;
                ELSE
                    slot_state[sl] := CASE kind WHEN 2 THEN 1 WHEN 3 THEN 2 ELSE 3 END;
                END IF;
            END IF;
            v := t.own_slots[i];
            IF v IS NOT NULL THEN
                slot_kind[v] := kind;  slot_state[v] := 0;  slot_reversed[v] := false;
                slot_debit[v] := d;  slot_credit[v] := c;  slot_amount[v] := amount;
                slot_expiry[v] := p_expiries[i];
            END IF;
        ELSIF verdict IS NOT NULL THEN
            accepted[i] := false;
            codes[i] := verdict;
        END IF;

        CONTINUE WHEN chain_from IS NULL;
        IF i = n AND p_links[i] AND NOT chain_broken THEN
            codes[i] := coalesce(codes[i], 'linked_chain_open');
        END IF;
        IF codes[i] IS NOT NULL AND NOT chain_broken THEN
            -- the chain breaks here: take back, newest first, what it had done
            chain_broken := true;
            FOR k IN REVERSE i .. chain_from LOOP
                IF accepted[k] THEN
                    d := array_position(a.numbers, e_debit[k]);
                    c := array_position(a.numbers, e_credit[k]);
                    moved := - e_posted[k];  pending := - e_pending[k];
                    headroom[d] := headroom[d] + CASE a.signs[d] WHEN 1 THEN - moved - pending ELSE moved END;
                    headroom[c] := headroom[c] + CASE a.signs[c] WHEN 1 THEN moved ELSE - moved - pending END;
                    posted[d] := posted[d] - moved;
                    posted[c] := posted[c] + moved;
                    sl := t.slots[k];
                    IF e_kind[k] = 4 THEN
                        slot_reversed[sl] := false;
                    ELSIF e_kind[k] >= 2 THEN
                        slot_state[sl] := 0;
                    END IF;
                    IF t.own_slots[k] IS NOT NULL THEN
                        slot_kind[t.own_slots[k]] := NULL;
                    END IF;
                    accepted[k] := false;
                    codes[k] := coalesce(codes[k], 'linked_failed');
                ELSIF repeats[k] IS NOT NULL AND t.in_books[k] IS NULL THEN
                    v := t.earlier[k];
                    WHILE NOT accepted[v] LOOP
                        v := t.earlier[v];
                    END LOOP;
                    IF v >= chain_from THEN  -- it repeated a transfer of this very chain
                        repeats[k] := NULL;
                        codes[k] := coalesce(codes[k], 'linked_failed');
                    END IF;
                END IF;
            END LOOP;
        END IF;
        IF NOT coalesce(p_links[i], false) THEN
            chain_from := NULL;
            chain_broken := false;
        END IF;
    END LOOP;

    PERFORM ledger_apply_accepted(
        p_now, accepted, p_ids, e_kind, e_debit, e_credit, e_amount, e_posted, e_pending, e_currency,
        p_value_dates, p_targets, p_expiries, p_references, p_descriptions, p_booked_at, p_business_dates, plain);

    RETURN QUERY
    SELECT o.ord::integer, o.code, o.repeat
    FROM unnest(codes, repeats) WITH ORDINALITY AS o(code, repeat, ord)
    WHERE o.code IS NOT NULL OR o.repeat IS NOT NULL ORDER BY o.ord;
END $$;
