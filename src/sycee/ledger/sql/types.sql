-- A list made ready for the books: everything that can be known of it before they are locked.
-- l_*: by leg, in the order of effect; NULL where every leg has the ordinary value (share 1, place as
-- in the list, leg 0, kind 0, nothing pending). "place" counts from 1 within the cell's share of the list;
-- "share" and "*_turn" say where the leg's cell and its accounts stand among the shares and turns.
-- *_delta, *_out and *_in are what the list has moved on that account up to and with this leg: posted
-- (credits minus debits), pending out, pending in; *_previous is the place of the account's leg before,
-- *_nth how many there have been.
-- t_*: by turn, what the list does to one account all in all, in the order of account number; t_between is how
-- many of its legs the books made to lead from cell to cell (NULL: none in the list).
-- s_*: by share, what it brings to one cell; s_content is the digest of what was asked for (see digest.sql).
CREATE TYPE ledger_list AS (
    l_cells smallint[], l_shares integer[], l_places integer[], l_ids uuid[], l_legs smallint[], l_kinds smallint[],
    l_debits bigint[], l_credits bigint[], l_amounts bigint[], l_currencies text[], l_counterparts bigint[],
    l_value_dates date[], l_targets uuid[], l_references text[], l_descriptions text[],
    l_booked_at timestamptz[], l_business_dates date[],
    l_debit_turns integer[], l_debit_deltas bigint[], l_debit_outs bigint[], l_debit_ins bigint[],
    l_debit_previous integer[], l_debit_nths integer[],
    l_credit_turns integer[], l_credit_deltas bigint[], l_credit_outs bigint[], l_credit_ins bigint[],
    l_credit_previous integer[], l_credit_nths integer[],
    t_accounts bigint[], t_debited bigint[], t_credited bigint[], t_outs bigint[], t_ins bigint[],
    t_touched integer[], t_between integer[], t_last_places integer[], t_currencies text[], t_also_currencies text[],
    s_cells smallint[], s_legs integer[], s_content bytea[]
);

-- The accounts of a list's turns as they stand, one array a column, in the order of the turns; whether
-- anything is pending on any of them, and whether any could refuse some of the list. Without NULLs (0 stands
-- for them), so that reaching into an array costs the same anywhere in it.
CREATE TYPE ledger_accounts AS (
    sign smallint[], posted bigint[], pending_debits bigint[], pending_credits bigint[], entries bigint[],
    last_position bigint[], subject text[], holds boolean, doubtful boolean
);
