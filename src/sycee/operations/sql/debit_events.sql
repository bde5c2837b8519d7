-- Steps of direct debits, told to payee and payer. As in what is read, a customer is not told that screening
-- stopped a debit, nor that it was let go on; who acted and why is told to the bank, the codes to both.
CREATE FUNCTION webhooks_of_debit_steps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF webhooks_listening('direct_debit') THEN
        INSERT INTO webhook_deliveries (cell, endpoint, type, subject, occurred_at, data)
        SELECT e.cell, e.id, 'direct_debit.' || s.state, d.id::text, s.at,
               jsonb_build_object(
                   'direct_debit', d.id, 'state', s.state, 'mandate', d.mandate, 'creditor', d.creditor,
                   'credit_account', d.credit::text, 'debtor', d.debtor, 'debit_account', d.debit::text,
                   'amount', jsonb_build_object('currency', d.currency, 'minor', d.amount), 'due_on', d.due_on,
                   'end_to_end_id', d.end_to_end_id, 'collection', d.collection, 'side', s.side,
                   'reason_code', CASE WHEN NOT hides.secret THEN s.reason_code END,
                   'reason', CASE WHEN NOT hides.secret THEN s.reason END)
        FROM steps AS s
        JOIN direct_debits AS d ON d.cell = s.cell AND d.id = s.debit
        JOIN webhook_endpoints AS e ON e.state <> 'disabled' AND (e.customer IS NULL OR e.customer IN (d.creditor, d.debtor))
        CROSS JOIN LATERAL (
            SELECT e.customer IS NOT NULL AND coalesce(s.reason_code, '') IN ('screening', 'released') AS secret
        ) AS hides
        WHERE webhook_wants(e.events, 'direct_debit.' || s.state)
              AND NOT (e.customer IS NOT NULL AND s.state = 'stopped')
              AND NOT (hides.secret AND s.state = 'waiting')
        ORDER BY s.cell, s.position;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER webhooks_of_debit_steps AFTER INSERT ON direct_debit_events REFERENCING NEW TABLE AS steps
    FOR EACH STATEMENT EXECUTE FUNCTION webhooks_of_debit_steps();
