-- The rails to other banks and their terms, as data with a date.

CREATE TABLE rails (
    rail       text PRIMARY KEY CHECK (rail ~ '^[A-Z0-9]{2,12}$'),
    name       text NOT NULL,
    local_name text NOT NULL,
    rank       smallint NOT NULL UNIQUE
);
COMMENT ON COLUMN rails.rank IS 'which is taken when two are as good: the lower';

-- Terms of a rail in a currency: caps, windows, fees. Proposed by one person and released by another; in force
-- from a day until the next ones are. What was released is never changed.
CREATE TABLE rail_terms (
    id          uuid PRIMARY KEY,
    rail        text NOT NULL REFERENCES rails,
    currency    text NOT NULL,
    valid_from  date NOT NULL,
    terms       jsonb NOT NULL,
    reason      text NOT NULL,
    state       text NOT NULL DEFAULT 'proposed' CHECK (state IN ('proposed', 'released', 'rejected', 'withdrawn')),
    proposed_by text NOT NULL,
    proposed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    decided_by  text,
    decided_at  timestamptz,
    remark      text NOT NULL DEFAULT '',
    CHECK ((state = 'proposed') = (decided_by IS NULL)),
    CONSTRAINT rail_terms_two_persons CHECK (state NOT IN ('released', 'rejected') OR decided_by <> proposed_by)
);
CREATE INDEX rail_terms_in_force ON rail_terms (rail, currency, valid_from, decided_at) WHERE state = 'released';

CREATE FUNCTION rail_terms_keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state <> 'proposed' OR
       (NEW.id, NEW.rail, NEW.currency, NEW.valid_from, NEW.terms, NEW.reason, NEW.proposed_by, NEW.proposed_at)
       IS DISTINCT FROM
       (OLD.id, OLD.rail, OLD.currency, OLD.valid_from, OLD.terms, OLD.reason, OLD.proposed_by, OLD.proposed_at) THEN
        RAISE EXCEPTION 'terms of rails are decided as they were proposed, and kept as they were decided';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rail_terms_keep_history BEFORE UPDATE OR DELETE ON rail_terms
    FOR EACH ROW EXECUTE FUNCTION rail_terms_keep_history();

-- The bank's own accounts for a rail in a cell: what is under way between the bank and the rail, and fee income.
CREATE TABLE rail_accounts (
    cell     smallint NOT NULL REFERENCES cells,
    rail     text NOT NULL REFERENCES rails,
    currency text NOT NULL,
    clearing bigint NOT NULL,
    fees     bigint NOT NULL,
    PRIMARY KEY (cell, rail, currency)
);

INSERT INTO rails (rail, name, local_name, rank) VALUES
    ('HVPS', 'High-value payment system', '大额支付系统', 30),
    ('BEPS', 'Bulk electronic payment system', '小额支付系统', 20),
    ('IBPS', 'Internet banking payment system', '网上支付跨行清算系统', 10);

-- The terms to begin with. The hours of HVPS are those since May 2018, the cap of BEPS that of ordinary times;
-- the cap of IBPS and all prices are starting points that a bank replaces by its own. Amounts in minor units.
INSERT INTO rail_terms (id, rail, currency, valid_from, terms, reason, state, proposed_by, decided_by, decided_at)
VALUES
    ('018f0000-0000-7000-8000-000000000001', 'HVPS', 'CNY', '2018-05-02',
     '{"cap": null, "urgent": true, "calendar": "CN",
       "windows": [{"opens": "20:30:00", "opens_day": -1, "closes": "17:15:00"}],
       "fees": [{"up_to": 1000000, "price": 500}, {"up_to": 10000000, "price": 1000},
                {"up_to": 50000000, "price": 1500}, {"up_to": 100000000, "price": 2000},
                {"parts_per_million": 20, "most": 20000}]}',
     'as shipped', 'released', 'sycee', 'sycee, as shipped', clock_timestamp()),
    ('018f0000-0000-7000-8000-000000000002', 'BEPS', 'CNY', '2018-05-02',
     '{"cap": 100000000, "urgent": false, "calendar": "every_day", "windows": [],
       "fees": [{"up_to": 1000000, "price": 250}, {"up_to": 10000000, "price": 500},
                {"up_to": 50000000, "price": 750}, {"price": 1000}]}',
     'as shipped', 'released', 'sycee', 'sycee, as shipped', clock_timestamp()),
    ('018f0000-0000-7000-8000-000000000003', 'IBPS', 'CNY', '2018-05-02',
     '{"cap": 5000000, "urgent": true, "calendar": "every_day", "windows": [],
       "fees": [{"up_to": 1000000, "price": 500}, {"price": 1000}]}',
     'as shipped', 'released', 'sycee', 'sycee, as shipped', clock_timestamp());
