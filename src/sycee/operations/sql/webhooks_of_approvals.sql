-- What waits for approval, and what became of it: as in webhook_events.sql, but for what is the bank's own business,
-- which no machine of a customer's is told.

CREATE OR REPLACE FUNCTION webhooks_of_approvals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF webhooks_listening('approval') THEN
        INSERT INTO webhook_deliveries (cell, endpoint, type, subject, occurred_at, data)
        SELECT e.cell, e.id, 'approval.' || n.what, a.id::text, n.at,
               jsonb_build_object('approval', a.id, 'command', a.command, 'customer', a.customer,
                                  'code', nullif(n.code, ''), 'reason', nullif(n.reason, ''))
        FROM noted AS n
        JOIN approvals AS a ON a.cell = n.cell AND a.id = n.approval
        JOIN webhook_endpoints AS e ON e.state <> 'disabled' AND (e.customer IS NULL OR (
            e.customer = a.customer AND approvals_of_its_own(a.command, a.maker, a.customer)))
        WHERE webhook_wants(e.events, 'approval.' || n.what)
        ORDER BY n.cell, n.approval, n.place;
    END IF;
    RETURN NULL;
END $$;
