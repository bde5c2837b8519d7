-- Deposits held in units: their terms, notices and events.
SELECT 1;
