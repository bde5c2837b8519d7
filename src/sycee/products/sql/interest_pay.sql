-- Interest that a product reckons by a rule of its own (notice, time): how the engine takes note of it.

-- A part of the balance was paid out together with its interest: it counts no more, from its own first day on.
-- The withdrawal itself has been fed, at p_until; what remains keeps its start.
CREATE OR REPLACE FUNCTION interest_release_part(
    p_cell smallint, p_account bigint, p_part bigint, p_since date, p_until date
) RETURNS void LANGUAGE sql AS $$
    INSERT INTO interest_balances (cell, account, day, balance)
    SELECT p_cell, p_account, at.day, b.balance
    FROM (VALUES (p_since), (p_until)) AS at(day)
    CROSS JOIN LATERAL (SELECT balance FROM interest_balances
                        WHERE cell = p_cell AND account = p_account AND day <= at.day ORDER BY day DESC LIMIT 1) AS b
    ON CONFLICT DO NOTHING;

    UPDATE interest_balances SET balance = balance - p_part
    WHERE cell = p_cell AND account = p_account AND day >= p_since AND day < p_until;
$$;
