-- Payment files as they were received, and what became of each instruction in them.

-- The id is derived from the initiating party and its message id, so the primary key is also
-- the rule that a message id is used once.
CREATE TABLE payment_files (
    cell             smallint NOT NULL,
    id               uuid NOT NULL,
    message          text NOT NULL,
    message_id       text NOT NULL,
    initiating_party text NOT NULL,
    created_at       text NOT NULL,
    received_at      timestamptz NOT NULL,
    digest           bytea NOT NULL CHECK (length(digest) = 32),
    announced        bigint NOT NULL,
    control_sum      numeric,
    status           text CHECK (status IN ('ACSC', 'PART', 'RJCT')),
    fault            jsonb,
    batches          jsonb NOT NULL,
    PRIMARY KEY (cell, id)
);
CREATE INDEX payment_files_id ON payment_files (id);
COMMENT ON COLUMN payment_files.cell IS 'the cell of the first debtor account the file names; 100 when none is known';
COMMENT ON COLUMN payment_files.created_at IS 'as the sender wrote it, to be quoted back';
COMMENT ON COLUMN payment_files.digest IS 'SHA-256 of the bytes received';
COMMENT ON COLUMN payment_files.announced IS 'number of transactions the group header announces';
COMMENT ON COLUMN payment_files.status IS 'NULL only within the transaction that pays the file';

CREATE TABLE payment_instructions (
    cell           smallint NOT NULL,
    file           uuid NOT NULL,
    position       integer NOT NULL,
    batch          integer NOT NULL,
    instruction_id text,
    end_to_end_id  text NOT NULL,
    uetr           uuid,
    transfer       uuid,
    debtor         text NOT NULL,
    creditor       text NOT NULL,
    creditor_name  text,
    debit          bigint,
    credit         bigint,
    currency       text NOT NULL,
    amount         text NOT NULL,
    remittance     text NOT NULL,
    status         text NOT NULL CHECK (status IN ('ACSC', 'RJCT')),
    reason         text,
    code           text,
    detail         text,
    PRIMARY KEY (cell, file, position),
    FOREIGN KEY (cell, file) REFERENCES payment_files (cell, id)
);
CREATE INDEX payment_instructions_transfer ON payment_instructions (transfer) WHERE transfer IS NOT NULL;
COMMENT ON COLUMN payment_instructions.debtor IS 'the account as the file names it; debit is the account it was found to be';
COMMENT ON COLUMN payment_instructions.amount IS 'as the file writes it, which may be no amount of the currency';

-- What customers and other banks call our accounts: an IBAN, a national number, one per row.
CREATE TABLE account_aliases (
    identifier text PRIMARY KEY CHECK (identifier <> ''),
    account    bigint NOT NULL,
    added_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX account_aliases_account ON account_aliases (account);
COMMENT ON COLUMN account_aliases.identifier IS 'an IBAN, another number, or a number within its bank: 12345678@GBDSC200000';
