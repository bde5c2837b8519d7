-- Transfers of the bank's own money to other banks: payments of another kind, with the same life.
ALTER TABLE payments
    ADD COLUMN kind text NOT NULL DEFAULT 'customer' CHECK (kind IN ('customer', 'bank')),
    ADD CONSTRAINT payments_of_the_bank CHECK (kind = 'customer' OR customer IS NULL);
COMMENT ON COLUMN payments.kind IS 'customer: a customer credit transfer (pacs.008); bank: one between banks (pacs.009)';

-- By which message an item was asked for: answers, recalls and returns name it.
ALTER TABLE rail_items ADD COLUMN message text NOT NULL DEFAULT 'pacs.008.001.08';
UPDATE rail_items SET message = 'pacs.004.001.09' WHERE what IN ('return_in', 'return_out');

-- Where what other banks transfer to this bank itself is booked, until the treasurer moves it on.
CREATE TABLE rail_interbank_accounts (
    cell     smallint NOT NULL REFERENCES cells,
    rail     text NOT NULL REFERENCES rails,
    currency text NOT NULL,
    number   bigint NOT NULL,
    PRIMARY KEY (cell, rail, currency)
);
