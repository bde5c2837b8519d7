-- What a customer sees of bulk orders: its own. They are written by the bank's part of a command.

SELECT customers_see('bulk_orders', 'customer = (SELECT acting_customer())');
SELECT customers_see('bulk_batches', $own$
    EXISTS (SELECT FROM bulk_orders AS own
            WHERE own.cell = bulk_batches.cell AND own.id = bulk_batches.bulk_order)
$own$);
SELECT customers_see('bulk_items', $own$
    EXISTS (SELECT FROM bulk_orders AS own
            WHERE own.cell = bulk_items.cell AND own.id = bulk_items.bulk_order)
$own$);
SELECT customers_see('bulk_originals', $own$
    EXISTS (SELECT FROM bulk_orders AS own
            WHERE own.cell = bulk_originals.cell AND own.id = bulk_originals.bulk_order)
$own$);
