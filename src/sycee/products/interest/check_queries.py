"""The queries of the checks of interest. All but the last two return what is wrong, a line of text a row."""

from __future__ import annotations

LINES = """
    WITH lines AS MATERIALIZED (
        -- Every line can be told through the last close; one that was drawn further, up to where it begins.
        SELECT p.*, f.through, greatest(p.since, f.through + 1) AS upto
        FROM interest_positions AS p JOIN interest_feeds AS f USING (cell)
        WHERE p.cell = %(cell)s AND p.account > %(after)s AND p.account <= %(upto)s
              AND NOT EXISTS (SELECT FROM interest_stale AS s WHERE s.cell = p.cell AND s.account = p.account)
    ), wanted AS (
        SELECT array_agg(s.account) AS accounts, array_agg(s.start) AS starts,
               array_agg(s.through) AS throughs
        FROM (SELECT array_agg(account) AS accounts, array_agg(settled + 1) AS starts,
                     array_agg(upto - 1) AS throughs FROM lines) AS l,
             interest_spans(%(cell)s::smallint, l.accounts, l.starts, l.throughs) AS s
    ), earned AS (
        SELECT e.account, sum(e.units) AS units, sum(e.upto - e.start) AS covered
        FROM wanted, interest_lines(%(cell)s::smallint, wanted.accounts, wanted.starts, wanted.throughs) AS e
        GROUP BY e.account
    ), told AS (
        SELECT l.account, coalesce(e.units, 0) AS units, l.upto, l.upto - 1 AS through, l.daily,
               l.accrued + coalesce(l.daily, 0) * interest_days(l.day_count, l.since, l.upto) AS line,
               -- it goes on as on the last of these days, or already as on the next
               EXISTS (
                   SELECT FROM (VALUES (greatest(l.upto - 1, l.first)),
                                       (CASE WHEN l.since = l.upto THEN l.upto END)) AS on_day(day)
                   CROSS JOIN LATERAL (
                       SELECT a.terms, a.start FROM interest_assignments AS a
                       WHERE a.cell = l.cell AND a.account = l.account AND a.start <= on_day.day
                       ORDER BY a.start DESC LIMIT 1) AS a
                   LEFT JOIN interest_pieces AS e
                       -- terms of a day to come are taken up when that day comes
                       ON e.terms IN (a.terms, CASE WHEN a.start > l.through THEN l.terms END)
                       AND e.lower <= l.balance AND l.balance < e.upper
                       AND e.start <= on_day.day AND on_day.day < e.upto
                   WHERE l.daily IS NOT DISTINCT FROM e.constant + e.slope * l.balance) AS goes_on
        FROM lines AS l LEFT JOIN earned AS e USING (account)
        WHERE coalesce(e.covered, 0) = l.upto - l.settled - 1  -- the rates of all days are known
    )
    SELECT CASE WHEN line <> units
           THEN format('account %%s: earned %%s units through %%s, by its line %%s', account, units, through,
                       line)
           ELSE format('account %%s: earns %%s units a day from %%s on, which no rate makes', account, daily,
                       upto) END
    FROM told WHERE line <> units OR NOT goes_on ORDER BY account LIMIT %(limit)s
"""

BALANCES = """
    WITH feed AS (SELECT position FROM interest_feeds WHERE cell = %(cell)s),
    unfed AS (
        SELECT p.account, sum(s.amount) AS amount
        FROM (
            SELECT t.position, t.debit AS account, - t.amount AS amount FROM transfers AS t, feed
            WHERE t.cell = %(cell)s AND t.position > feed.position AND t.kind IN (0, 2, 4)
            UNION ALL
            SELECT t.position, t.credit, t.amount FROM transfers AS t, feed
            WHERE t.cell = %(cell)s AND t.position > feed.position AND t.kind IN (0, 2, 4)
        ) AS s
        JOIN interest_positions AS p ON p.cell = %(cell)s AND p.account = s.account AND p.fed < s.position
        GROUP BY p.account
    ), coming AS (
        SELECT account, sum(amount) AS amount FROM interest_forward WHERE cell = %(cell)s GROUP BY account
    )
    SELECT CASE WHEN p.balance IS DISTINCT FROM b.balance
           THEN format('account %%s: bears interest on %%s, the last balance by value date is %%s',
                       p.account, p.balance, b.balance)
           ELSE format('account %%s: balances by value date end in %%s, %%s come later and %%s are not fed'
                       ' yet; the books have %%s', p.account, b.balance, coalesce(c.amount, 0),
                       coalesce(u.amount, 0), a.posted) END
    FROM interest_positions AS p
    JOIN accounts AS a ON a.cell = p.cell AND a.number = p.account
    -- A part that a product released was taken out of past days alone: how balances end is not changed by it.
    LEFT JOIN LATERAL (SELECT balance FROM interest_balances
                       WHERE cell = p.cell AND account = p.account ORDER BY day DESC LIMIT 1) AS b ON true
    LEFT JOIN coming AS c ON c.account = p.account
    LEFT JOIN unfed AS u ON u.account = p.account
    WHERE p.cell = %(cell)s
          AND (p.balance IS DISTINCT FROM b.balance
               OR b.balance + coalesce(c.amount, 0) + coalesce(u.amount, 0) IS DISTINCT FROM a.posted)
    ORDER BY p.account LIMIT %(limit)s
"""

POSTINGS = """
    WITH payable AS (
        SELECT array_agg(i.number) AS numbers
        FROM interest_accounts AS i JOIN accounts AS a USING (cell, number)
        WHERE i.cell = %(cell)s AND i.beside <> '' AND a.sign = 1
    ), tax AS (
        SELECT array_agg(number) AS numbers FROM interest_accounts WHERE cell = %(cell)s AND beside = ''
    ), made AS (
        SELECT i.*, i.amount - i.tax AS net,
               -- the id of the tax on it differs in the digit that says what it is (interest_transfer_id)
               CASE WHEN i.kind < 2 THEN overlay(i.id::text PLACING '9' FROM 20 FOR 1)::uuid END AS tax_id,
               i.amount + coalesce((
                   SELECT sum(b.amount) FROM interest_postings AS b
                   WHERE b.cell = i.cell AND b.account = i.account AND b.id < i.id
                         AND i.corrects IN (b.id, b.corrects)), 0) AS gross,
               (SELECT sum(CASE WHEN i.kind < 2 THEN (line ->> 5)::numeric
                    -- a product's own formula: a fraction of minor units, kept as text
                    ELSE split_part(line ->> 5, '/', 1)::numeric * interest_unit()
                         / coalesce(nullif(split_part(line ->> 5, '/', 2), ''), '1')::numeric END)
                FROM jsonb_array_elements(i.lines) AS line) AS of_lines
        FROM interest_postings AS i
        WHERE i.cell = %(cell)s AND i.account > %(after)s AND i.account <= %(upto)s
    ), judged AS (
        SELECT m.account, m.id, CASE
            WHEN m.gross <> interest_rounded(m.units) THEN
                format('%%s were posted where %%s had been earned', m.gross, interest_rounded(m.units))
            WHEN abs(coalesce(m.of_lines, 0) - m.units) >= 1 THEN
                format('its lines add up to %%s units, not to %%s', coalesce(m.of_lines, 0), m.units)
            WHEN t.id IS NULL AND m.net <> 0 THEN format('%%s were never paid', m.net)
            WHEN t.id IS NOT NULL AND m.net = 0 THEN format('%%s were paid where nothing was due', t.amount)
            WHEN t.amount <> abs(m.net) OR t.kind <> 0
                 OR CASE WHEN m.net < 0 THEN t.debit ELSE coalesce(t.counterpart, t.credit) END <> m.paid_to
                 OR CASE WHEN m.net < 0 THEN coalesce(t.counterpart, t.credit) ELSE t.debit END
                    <> ALL (payable.numbers)
            THEN format('%%s go to %%s, its transfer has %%s from %%s to %%s', m.net, m.paid_to, t.amount,
                        t.debit, coalesce(t.counterpart, t.credit))
            WHEN m.kind < 2 AND (x.id IS NULL) <> (m.tax = 0) OR x.amount <> abs(m.tax)
                 OR CASE WHEN m.tax < 0 THEN x.debit ELSE x.credit END <> ALL (tax.numbers)
            THEN format('%%s were withheld as tax, its transfer has %%s', m.tax, coalesce(x.amount, 0))
            END AS fault
        FROM made AS m
        CROSS JOIN payable CROSS JOIN tax
        LEFT JOIN transfers AS t ON t.id = m.id AND t.leg = 0
        LEFT JOIN transfers AS x ON x.id = m.tax_id AND x.leg = 0
    )
    SELECT format('account %%s, posting %%s: %%s', account, id, fault) FROM judged
    WHERE fault IS NOT NULL ORDER BY account, id LIMIT %(limit)s
"""

BOOKED = """
    WITH held AS (
        SELECT i.currency, sum(a.posted) AS posted
        FROM interest_accounts AS i JOIN accounts AS a USING (cell, number)
        WHERE i.cell = %(cell)s AND i.beside <> '' AND a.sign = 1 GROUP BY i.currency
    ), accrued AS (
        SELECT currency, sum(amount) AS amount FROM interest_accruals
        WHERE cell = %(cell)s GROUP BY currency
    ), paid AS (
        SELECT a.currency, sum(i.amount) AS amount
        FROM (SELECT account, sum(amount) AS amount FROM interest_postings
              WHERE cell = %(cell)s GROUP BY account) AS i
        JOIN accounts AS a ON a.cell = %(cell)s AND a.number = i.account GROUP BY a.currency
    )
    SELECT format('cell %%s, %%s: %%s accrued, %%s paid, and %%s on interest payable',
                  %(cell)s::smallint, currency, coalesce(accrued.amount, 0), coalesce(paid.amount, 0),
                  coalesce(held.posted, 0))
    FROM held FULL JOIN accrued USING (currency) FULL JOIN paid USING (currency)
    WHERE coalesce(held.posted, 0) <> coalesce(accrued.amount, 0) - coalesce(paid.amount, 0)
    ORDER BY currency LIMIT %(limit)s
"""

ACCRUALS = """
    SELECT format('cell %%s, %%s, %%s on %%s beside %%s: %%s accrued, the books have %%s', r.cell, r.day,
                  r.currency, r.payable_subject, r.expense_subject, r.amount, coalesce(t.amount, 0))
    FROM interest_accruals AS r
    LEFT JOIN interest_accounts AS i ON (i.cell, i.currency, i.subject, i.beside)
                                        = (r.cell, r.currency, r.payable_subject, r.expense_subject)
    LEFT JOIN interest_accounts AS e ON (e.cell, e.currency, e.subject, e.beside)
                                        = (r.cell, r.currency, r.expense_subject, r.payable_subject)
    LEFT JOIN transfers AS t ON t.id = r.transfer AND t.leg = 0
    WHERE r.cell = %(cell)s
          AND (coalesce(t.amount, 0) <> abs(r.amount)
               OR (t.debit, t.credit) IS DISTINCT FROM CASE
                   WHEN r.amount > 0 THEN (e.number, i.number) WHEN r.amount < 0 THEN (i.number, e.number)
                   ELSE (NULL::bigint, NULL::bigint) END)
    ORDER BY r.day, 1 LIMIT %(limit)s
"""

# For each pair of accounts of interest the last close: whether the account ever stood where it was found,
# from which entry on things happened since, and whether what accounts have earned can still be compared.
LAST_CLOSE = """
    WITH RECURSIVE last AS (
        SELECT DISTINCT ON (currency, expense_subject, payable_subject) *, lead(transfer) OVER (
                   PARTITION BY currency, expense_subject, payable_subject ORDER BY day DESC) AS earlier
        FROM interest_accruals WHERE cell = %(cell)s
        ORDER BY currency, expense_subject, payable_subject, day DESC
    ), closes AS (
        SELECT l.*, i.number, interest_rounded(l.units) - l.amount AS booked,
               CASE WHEN t.id IS NULL THEN a.last_position
                    WHEN t.credit = i.number THEN t.credit_previous ELSE t.debit_previous END AS position,
               coalesce(before.position, 0) AS bottom
        FROM last AS l
        JOIN interest_accounts AS i ON (i.cell, i.currency, i.subject, i.beside)
                                       = (l.cell, l.currency, l.payable_subject, l.expense_subject)
        JOIN accounts AS a ON a.cell = i.cell AND a.number = i.number
        LEFT JOIN transfers AS t ON t.id = l.transfer AND t.leg = 0
        LEFT JOIN transfers AS before ON before.id = l.earlier AND before.leg = 0
    ), trail AS (  -- back from the accrual, past what was paid while it was added up
        SELECT c.number, c.booked, c.bottom, c.position,
               coalesce(CASE t.credit WHEN c.number THEN t.credit_balance ELSE t.debit_balance END, 0)
                   AS balance
        FROM closes AS c LEFT JOIN transfers AS t ON t.cell = c.cell AND t.position = c.position
        UNION ALL
        SELECT r.number, r.booked, r.bottom, t.position,
               coalesce(CASE t.credit WHEN r.number THEN t.credit_balance ELSE t.debit_balance END, 0)
        FROM trail AS r
        JOIN transfers AS q ON q.cell = %(cell)s AND q.position = r.position
        LEFT JOIN transfers AS t ON t.cell = %(cell)s
            AND t.position = CASE q.credit WHEN r.number THEN q.credit_previous ELSE q.debit_previous END
        WHERE r.balance <> r.booked AND r.position > r.bottom
    ), pairs AS (
        SELECT c.*, f.position AS fed, r.number IS NOT NULL AS traced, coalesce(r.position, 0) AS since,
               c.day = f.through AND d.business_date = f.through + 1 AS at_rest, d.business_date
        FROM closes AS c
        JOIN interest_feeds AS f ON f.cell = c.cell JOIN cells AS d ON d.cell = c.cell
        LEFT JOIN trail AS r ON r.number = c.number AND r.balance = r.booked
    )
    SELECT format('cell %%s, %%s on %%s beside %%s', cell, currency, payable_subject, expense_subject),
           number, currency, expense_subject, payable_subject, day, units, since, booked, traced,
           at_rest AND NOT EXISTS (
               -- paid by a product's rule, corrected, fed or settled ahead: what the close saw is gone
               SELECT FROM interest_positions AS p JOIN interest_terms AS t ON t.id = p.terms
               WHERE p.cell = pairs.cell AND (t.currency, t.expense_subject, t.payable_subject)
                                             = (pairs.currency, pairs.expense_subject, pairs.payable_subject)
                     AND (p.fed > pairs.fed OR p.settled > pairs.day
                          OR EXISTS (SELECT FROM interest_postings AS i
                                     LEFT JOIN transfers AS x ON x.id = i.id AND x.leg = 0
                                     WHERE i.cell = p.cell AND i.account = p.account AND i.kind > 0
                                           AND i.booked_on >= pairs.business_date
                                           AND coalesce(x.position > pairs.since, true))))
    FROM pairs ORDER BY 1
"""

# What was settled since an entry of the payable account; and what may have been, for it left no transfer.
SETTLED_SINCE = """
    SELECT coalesce((
        SELECT sum(i.units) FROM transfers AS t
        JOIN interest_postings AS i ON i.cell = t.cell AND i.id = t.id
            AND i.account = CASE t.debit WHEN %(account)s THEN t.credit ELSE t.debit END
        WHERE t.cell = %(cell)s AND t.position > %(position)s AND %(account)s IN (t.debit, t.credit)
              AND i.kind = 0
    ), 0), coalesce((
        SELECT sum(abs(i.units)) FROM interest_postings AS i JOIN cells AS c USING (cell)
        WHERE i.cell = %(cell)s AND i.kind = 0 AND i.amount = i.tax AND i.booked_on >= c.business_date
    ), 0)
"""
