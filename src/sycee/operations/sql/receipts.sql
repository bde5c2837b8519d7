-- Electronic receipts of entries: what each says, the paper that was made of it, and every print of that.

-- The serials of receipts' numbers, per cell.
CREATE TABLE receipt_serials (
    cell   smallint PRIMARY KEY REFERENCES cells,
    serial bigint NOT NULL
);

CREATE TABLE receipts (
    cell          smallint NOT NULL,
    account       bigint NOT NULL,
    transfer      uuid NOT NULL,
    number        text NOT NULL,
    code          text NOT NULL,
    business_date date NOT NULL,
    sha256        bytea NOT NULL,
    content       bytea NOT NULL,
    issued_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    issued_by     text NOT NULL,
    PRIMARY KEY (cell, account, transfer),
    UNIQUE (cell, number),
    FOREIGN KEY (cell, account) REFERENCES accounts (cell, number)
);
CREATE INDEX receipts_account ON receipts (cell, account, number);
COMMENT ON COLUMN receipts.code IS 'with the number, it lets anybody check the receipt: 80 random bits';
COMMENT ON COLUMN receipts.content IS 'JSON; sha256 is that of these bytes';

-- The PDF of a receipt, made when it is first asked for, and the two signatures over its bytes.
CREATE TABLE receipt_papers (
    cell      smallint NOT NULL,
    number    text NOT NULL,
    pdf       bytea NOT NULL,
    sha256    bytea NOT NULL,
    key_id    text NOT NULL REFERENCES seal_keys,
    ed25519   bytea NOT NULL,
    ml_dsa_65 bytea NOT NULL,
    made_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (cell, number),
    FOREIGN KEY (cell, number) REFERENCES receipts (cell, number)
);
-- Its streams are compressed already.
ALTER TABLE receipt_papers ALTER COLUMN pdf SET STORAGE EXTERNAL;

CREATE TABLE receipt_prints (
    cell       smallint NOT NULL,
    number     text NOT NULL,
    print      integer NOT NULL CHECK (print > 0),
    printed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    printed_by text NOT NULL,
    PRIMARY KEY (cell, number, print),
    FOREIGN KEY (cell, number) REFERENCES receipt_papers (cell, number)
);
COMMENT ON TABLE receipt_prints IS 'Each time the PDF of a receipt was handed out: the first print, and the reprints';

CREATE FUNCTION receipts_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a receipt that was issued is not changed or deleted' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER receipts_kept BEFORE UPDATE OR DELETE ON receipts
    FOR EACH ROW EXECUTE FUNCTION receipts_are_kept();
CREATE TRIGGER receipt_papers_kept BEFORE UPDATE OR DELETE ON receipt_papers
    FOR EACH ROW EXECUTE FUNCTION receipts_are_kept();
CREATE TRIGGER receipt_prints_kept BEFORE UPDATE OR DELETE ON receipt_prints
    FOR EACH ROW EXECUTE FUNCTION receipts_are_kept();
