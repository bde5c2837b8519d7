-- What screening kept of other banks' payments, and a person or a later screening has decided: told as what arrives is.

CREATE TRIGGER webhooks_of_kept_payments AFTER UPDATE ON incoming_payments REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION webhooks_of_incoming_payments();
