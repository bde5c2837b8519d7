-- Bulk orders that those who had to agree turned down: over, with nothing of them paid.
ALTER TABLE bulk_orders
    DROP CONSTRAINT bulk_orders_state_check,
    ADD CONSTRAINT bulk_orders_state_check
        CHECK (state IN ('receiving', 'received', 'holding', 'checking', 'paying', 'done', 'rejected'));
