-- What a customer sees of webhooks: its own endpoints, what was sent to them and how that went; never a secret.
-- They are written by the bank's part of a command, after the endpoint was read under the policies.

SELECT customers_see('webhook_endpoints', 'customer = (SELECT acting_customer())');
SELECT customers_see('webhook_deliveries', $own$
    EXISTS (SELECT FROM webhook_endpoints AS own
            WHERE own.cell = webhook_deliveries.cell AND own.id = webhook_deliveries.endpoint)
$own$);
SELECT customers_see('webhook_attempts', $own$
    EXISTS (SELECT FROM webhook_deliveries AS own
            WHERE own.cell = webhook_attempts.cell AND own.id = webhook_attempts.delivery)
$own$);
