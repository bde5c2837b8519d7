-- Bulk orders: payments that a customer instructs in one file, item by item, with the file as it was sent.

-- The id follows from who sent it and the message id, so the primary key is also the rule that a message id
-- is used once.
CREATE TABLE bulk_orders (
    cell             smallint NOT NULL,
    id               uuid NOT NULL,
    customer         uuid,
    submitted_by     text NOT NULL,
    format           text NOT NULL,
    message_id       text NOT NULL,
    initiating_party text NOT NULL,
    created_at       text NOT NULL,
    received_at      timestamptz NOT NULL,
    digest           bytea NOT NULL CHECK (length(digest) = 32),
    bytes            bigint NOT NULL,
    announced        bigint NOT NULL,
    control_sum      numeric,
    counted          bigint NOT NULL DEFAULT 0,
    summed           numeric NOT NULL DEFAULT 0,
    all_or_nothing   boolean NOT NULL,
    confidential     boolean NOT NULL DEFAULT false,
    state            text NOT NULL CHECK (state IN ('receiving', 'received', 'holding', 'checking', 'paying', 'done')),
    checked          bigint NOT NULL DEFAULT 0,
    done             bigint NOT NULL DEFAULT 0,
    refused          bigint NOT NULL DEFAULT 0,
    reason           text,
    code             text,
    detail           text,
    finished_at      timestamptz,
    PRIMARY KEY (cell, id),
    CONSTRAINT bulk_orders_id UNIQUE (id)
);
COMMENT ON COLUMN bulk_orders.cell IS 'the cell of the first account that pays; 100 when none is known';
COMMENT ON COLUMN bulk_orders.format IS 'pain.001.001.09 and its like, csv, xlsx';
COMMENT ON COLUMN bulk_orders.created_at IS 'as the sender wrote it, to be quoted back';
COMMENT ON COLUMN bulk_orders.digest IS 'SHA-256 of the bytes received';
COMMENT ON COLUMN bulk_orders.state IS 'receiving only within the transaction that takes the file in; received: nobody has asked to pay yet; holding and checking: all or nothing';
COMMENT ON COLUMN bulk_orders.checked IS 'how many items have been tried, of all or nothing';
COMMENT ON COLUMN bulk_orders.done IS 'how many items have been paid or refused: the items before this position';
COMMENT ON COLUMN bulk_orders.code IS 'why the whole order is refused';
CREATE INDEX bulk_orders_unfinished ON bulk_orders (received_at) WHERE state IN ('holding', 'checking', 'paying');
CREATE INDEX bulk_orders_customer ON bulk_orders (cell, customer, received_at);

-- What the items of one payment information block have in common.
CREATE TABLE bulk_batches (
    cell           smallint NOT NULL,
    bulk_order     uuid NOT NULL,
    batch          integer NOT NULL,
    name           text NOT NULL,
    debtor         text NOT NULL,
    debtor_name    text NOT NULL,
    debit          bigint,
    execution_date date,
    urgent         boolean NOT NULL,
    purpose        text NOT NULL,
    counted        bigint NOT NULL DEFAULT 0,
    summed         numeric NOT NULL DEFAULT 0,
    reason         text,
    code           text,
    detail         text,
    PRIMARY KEY (cell, bulk_order, batch),
    FOREIGN KEY (cell, bulk_order) REFERENCES bulk_orders (cell, id)
);
COMMENT ON COLUMN bulk_batches.debtor IS 'the account as the file names it; debit is the account it was found to be';
COMMENT ON COLUMN bulk_batches.purpose IS 'the category purpose, such as SALA';

CREATE TABLE bulk_items (
    cell           smallint NOT NULL,
    bulk_order     uuid NOT NULL,
    position       integer NOT NULL,
    batch          integer NOT NULL,
    payment        uuid NOT NULL,
    instruction_id text,
    end_to_end_id  text NOT NULL,
    uetr           uuid,
    creditor       text NOT NULL,
    creditor_name  text NOT NULL,
    creditor_agent text,
    credit         bigint,
    currency       text NOT NULL,
    amount         text NOT NULL,
    minor          bigint,
    purpose        text NOT NULL,
    remittance     text NOT NULL,
    reason         text,
    code           text,
    detail         text,
    PRIMARY KEY (cell, bulk_order, position)
);
COMMENT ON COLUMN bulk_items.payment IS 'the id of the payment that carries it out';
COMMENT ON COLUMN bulk_items.creditor IS 'the account as the file names it; credit is the account of this bank it was found to be';
COMMENT ON COLUMN bulk_items.creditor_agent IS 'the other bank, NULL for this one';
COMMENT ON COLUMN bulk_items.amount IS 'as the file writes it, which may be no amount of the currency; minor is NULL then';
COMMENT ON COLUMN bulk_items.code IS 'why it was refused; what was taken stands in payments';

-- The file as it was sent: pieces of a mebibyte, each compressed by itself (zlib).
CREATE TABLE bulk_originals (
    cell       smallint NOT NULL,
    bulk_order uuid NOT NULL,
    piece      integer NOT NULL,
    content    bytea NOT NULL,
    PRIMARY KEY (cell, bulk_order, piece),
    FOREIGN KEY (cell, bulk_order) REFERENCES bulk_orders (cell, id)
);
ALTER TABLE bulk_originals ALTER COLUMN content SET STORAGE EXTERNAL;

-- The bank's own accounts to which what is held for orders of all or nothing would go; it never does.
CREATE TABLE bulk_hold_accounts (
    cell     smallint NOT NULL REFERENCES cells,
    currency text NOT NULL,
    account  bigint NOT NULL,
    PRIMARY KEY (cell, currency)
);
