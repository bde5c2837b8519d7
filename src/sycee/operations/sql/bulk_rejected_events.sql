-- That a bulk order was turned down is told too (see webhooks_of_bulk_orders).
DROP TRIGGER webhooks_of_bulk_orders ON bulk_orders;
CREATE TRIGGER webhooks_of_bulk_orders AFTER UPDATE OF state ON bulk_orders FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state AND NEW.state IN ('received', 'holding', 'paying', 'done', 'rejected')
          AND NOT (OLD.state = 'checking' AND NEW.state = 'paying'))
    EXECUTE FUNCTION webhooks_of_bulk_orders();
