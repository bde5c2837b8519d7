-- A leg as it is written, but for what only the accounts can add. "place" counts from 1 within the cell's
-- share of the list; *_delta, *_out and *_in are what the list has moved on that account up to and with
-- this leg: posted (credits minus debits), pending out, pending in.
CREATE TYPE ledger_leg AS (
    cell smallint, place integer, id uuid, leg smallint, kind smallint, debit bigint, credit bigint, amount bigint,
    currency text, counterpart bigint, value_date date, target uuid, reference text, description text,
    booked_at timestamptz, business_date date,
    debit_delta bigint, debit_out bigint, debit_in bigint, debit_previous integer, debit_nth integer,
    credit_delta bigint, credit_out bigint, credit_in bigint, credit_previous integer, credit_nth integer
);

-- What a list does to one account, all in all.
CREATE TYPE ledger_turn AS (
    account bigint, debited bigint, credited bigint, pending_out bigint, pending_in bigint,
    touched integer, last_place integer, currency text, also_currency text
);

-- What a list brings to one cell; "content" is the digest of what was asked for (see digest.sql).
CREATE TYPE ledger_share AS (cell smallint, legs integer, content bytea);
