-- sum(bigint) gives numeric, which costs more than the sum; the books bound their amounts, so bigint will do.
CREATE OR REPLACE AGGREGATE ledger_sum(bigint) (
    sfunc = int8pl, stype = bigint, initcond = '0', combinefunc = int8pl, parallel = safe
);

-- A batch's digest has two parts. The content: what was asked for, known before the books are locked.
CREATE OR REPLACE FUNCTION ledger_content_digest(
    ids uuid[], debits bigint[], credits bigint[], amounts bigint[]
) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT sha512(array_send(ids) || array_send(debits) || array_send(credits) || array_send(amounts))
$$;

-- And the effect: every other column, read back from the rows. What nearly every transfer has in common
-- with its batch is hashed only where it is otherwise.
CREATE OR REPLACE FUNCTION ledger_effect_digest(
    p_cell smallint, p_first bigint, p_count integer, p_booked_at timestamptz, p_business_date date
) RETURNS bytea LANGUAGE sql STABLE SET enable_seqscan = off SET enable_bitmapscan = off AS $$
    SELECT sha512(
        int8send(count(*)) || textsend(min(usual_currency))
        || array_send(array_agg(debit_balance)) || array_send(array_agg(credit_balance))
        || array_send(array_agg(debit_previous)) || array_send(array_agg(credit_previous))
        || coalesce(string_agg(
            record_send(ROW(position, booked_at, business_date, value_date, leg, kind, currency, debit_held,
                            credit_held, counterpart, target, reference, description)), ''::bytea)
            FILTER (WHERE (booked_at = p_booked_at AND business_date = p_business_date
                           AND value_date = p_business_date AND leg = 0 AND kind = 0
                           AND currency = usual_currency AND debit_held IS NULL AND credit_held IS NULL
                           AND counterpart IS NULL AND target IS NULL
                           AND reference IS NULL AND description IS NULL) IS NOT TRUE), ''::bytea)
    )
    FROM (
        SELECT *, (SELECT currency FROM transfers WHERE cell = p_cell AND position = p_first) AS usual_currency
        FROM transfers
        WHERE cell = p_cell AND position >= p_first AND position < p_first + p_count
        ORDER BY position
    ) AS run
$$;

-- The seal of a batch: the one before it, what the batch says of itself, and its two digests.
CREATE OR REPLACE FUNCTION ledger_seal(
    p_previous bytea, p_cell smallint, p_batch bigint, p_first bigint, p_count integer,
    p_booked_at timestamptz, p_business_date date, p_content bytea
) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha512(
        p_previous || int2send(p_cell) || int8send(p_batch) || int8send(p_first) || int4send(p_count)
        || timestamptz_send(p_booked_at) || date_send(p_business_date) || coalesce(p_content, ''::bytea)
        || CASE WHEN p_count > 0
           THEN ledger_effect_digest(p_cell, p_first, p_count, p_booked_at, p_business_date) ELSE ''::bytea END
    )
$$;

-- The content digest of a batch that is in the books, for verifying.
CREATE OR REPLACE FUNCTION ledger_stored_content(p_cell smallint, p_first bigint, p_count integer)
RETURNS bytea LANGUAGE sql STABLE SET enable_seqscan = off SET enable_bitmapscan = off AS $$
    SELECT ledger_content_digest(array_agg(id), array_agg(debit), array_agg(credit), array_agg(amount))
    FROM (SELECT * FROM transfers
          WHERE cell = p_cell AND position >= p_first AND position < p_first + p_count ORDER BY position) AS run
    HAVING count(*) > 0
$$;
