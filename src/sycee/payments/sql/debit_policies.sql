-- What a customer sees of direct debits: what it collects, and what is collected from it. All of it is written by
-- the bank's part of a command, after the mandate or the account was read under the policies.

SELECT customers_see('debit_mandates', '(SELECT acting_customer()) IN (creditor, debtor)');
SELECT customers_see('debit_mandate_events', $own$
    EXISTS (SELECT FROM debit_mandates AS own
            WHERE own.cell = debit_mandate_events.cell AND own.id = debit_mandate_events.mandate)
$own$);
SELECT customers_see('direct_debits', '(SELECT acting_customer()) IN (creditor, debtor)');
SELECT customers_see('direct_debit_events', $own$
    EXISTS (SELECT FROM direct_debits AS own
            WHERE own.cell = direct_debit_events.cell AND own.id = direct_debit_events.debit)
$own$);
-- A payee is not shown whom it is blocked by: it reads that of a debit which is refused.
SELECT customers_see('debit_blocks', 'debtor = (SELECT acting_customer())');
SELECT everyone_sees('debit_terms');
