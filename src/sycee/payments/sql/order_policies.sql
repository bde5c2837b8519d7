-- What a customer sees of payments: its own, their steps, and what came in on its accounts. All of it is written
-- by the bank's part of a command, after the account that pays was read under the policies.

SELECT customers_see('payments', 'customer = (SELECT acting_customer())');
SELECT customers_see('payment_events', $own$
    EXISTS (SELECT FROM payments AS own
            WHERE own.cell = payment_events.cell AND own.id = payment_events.payment)
$own$);
SELECT customers_see('payment_returns', $own$
    EXISTS (SELECT FROM payments AS own
            WHERE own.cell = payment_returns.cell AND own.id = payment_returns.payment)
$own$);
SELECT customers_see('payment_recalls', $own$
    EXISTS (SELECT FROM payments AS own
            WHERE own.cell = payment_recalls.cell AND own.id = payment_recalls.payment)
$own$);
SELECT customers_see('incoming_payments', 'customer = (SELECT acting_customer())');

SELECT everyone_sees('payment_heads');
SELECT everyone_sees('rails');
