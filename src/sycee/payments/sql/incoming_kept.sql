-- What other banks pay is screened before it is credited: stopped waits for a person, waiting for a screening that
-- could not be done. Either is a case of the rail, and its money stands in suspense.

ALTER TABLE incoming_payments DROP CONSTRAINT incoming_payments_state_check,
    ADD CONSTRAINT incoming_payments_state_check CHECK (state IN ('credited', 'refused', 'stopped', 'waiting'));
CREATE INDEX incoming_payments_waiting ON incoming_payments (rail, received_at, id) WHERE state = 'waiting';

ALTER TABLE rail_cases DROP CONSTRAINT rail_cases_kind_check,
    ADD CONSTRAINT rail_cases_kind_check CHECK (kind IN (
        'missing_here', 'missing_there', 'different', 'unapplied', 'contradiction', 'recall', 'screening'));
