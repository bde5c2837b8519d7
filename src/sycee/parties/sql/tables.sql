-- Customers: legal entities, their groups, owners, contacts, due diligence, and mandates.
--
-- A customer's row in customers is its lock: whoever changes anything of a customer holds it. What a
-- customer is called and what it is at lies in customer_versions, one row from each date on.

CREATE TABLE customers (
    cell          smallint NOT NULL CHECK (cell BETWEEN 100 AND 999),
    id            uuid NOT NULL,
    registered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    registered_by text NOT NULL,
    PRIMARY KEY (cell, id)
);
CREATE INDEX customers_id ON customers (id);

-- How full each cell is, so that placing a customer counts nothing.
CREATE TABLE customer_counts (
    cell      smallint PRIMARY KEY,
    customers bigint NOT NULL DEFAULT 0 CHECK (customers >= 0)
);

-- Across all cells: a code names one customer of the bank, for good, also after it has changed its code.
CREATE TABLE customer_identifiers (
    scheme   text NOT NULL CHECK (scheme IN ('uscc', 'lei')),
    value    text NOT NULL,
    cell     smallint NOT NULL,
    customer uuid NOT NULL,
    PRIMARY KEY (scheme, value)
);

CREATE TABLE customer_versions (
    cell             smallint NOT NULL,
    customer         uuid NOT NULL,
    version          integer NOT NULL CHECK (version > 0),
    valid_from       date NOT NULL,
    name             text NOT NULL CHECK (name <> ''),
    local_name       text NOT NULL,
    uscc             text,
    lei              text,
    capital          bigint CHECK (capital >= 0),
    capital_currency text,
    established_on   date,
    industry         text NOT NULL,
    country          text NOT NULL,
    address          text NOT NULL,
    local_address    text NOT NULL,
    status           text NOT NULL CHECK (status IN ('prospect', 'active', 'suspended', 'closed')),
    risk_grade       text NOT NULL CHECK (risk_grade IN ('low', 'medium', 'high')),
    parent           uuid CHECK (parent <> customer),
    parent_percent   numeric(9, 6) CHECK (parent_percent > 0 AND parent_percent <= 100),
    recorded_at      timestamptz NOT NULL,
    recorded_by      text NOT NULL,
    reason           text NOT NULL,
    superseded_at    timestamptz CHECK (superseded_at >= recorded_at),
    superseded_by    text,
    PRIMARY KEY (cell, customer, version),
    FOREIGN KEY (cell, customer) REFERENCES customers (cell, id),
    CHECK ((capital IS NULL) = (capital_currency IS NULL)),
    CHECK ((parent IS NULL) = (parent_percent IS NULL)),
    CHECK ((superseded_at IS NULL) = (superseded_by IS NULL)),
    CHECK (status = 'prospect' OR uscc IS NOT NULL OR lei IS NOT NULL)
);
CREATE UNIQUE INDEX customer_versions_standing ON customer_versions (cell, customer, valid_from)
    WHERE superseded_at IS NULL;
CREATE INDEX customer_versions_parent ON customer_versions (parent)
    WHERE parent IS NOT NULL AND superseded_at IS NULL;
COMMENT ON COLUMN customer_versions.valid_from IS 'holds until the next standing version of the customer begins';
COMMENT ON COLUMN customer_versions.superseded_at IS 'when another version took its place, by a later change for earlier dates';

-- Who changed what of a customer, in the order in which it was recorded. Append only.
CREATE TABLE customer_changes (
    cell       smallint NOT NULL,
    customer   uuid NOT NULL,
    id         uuid NOT NULL,
    what       text NOT NULL,
    effective  date NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_by text NOT NULL,
    reason     text NOT NULL,
    before     jsonb,
    after      jsonb,
    PRIMARY KEY (cell, customer, id),
    FOREIGN KEY (cell, customer) REFERENCES customers (cell, id)
);

CREATE TABLE due_diligence (
    cell        smallint NOT NULL,
    customer    uuid NOT NULL,
    id          uuid NOT NULL,
    outcome     text NOT NULL CHECK (outcome IN ('passed', 'failed')),
    done_on     date NOT NULL,
    valid_until date NOT NULL CHECK (valid_until >= done_on),
    risk_grade  text NOT NULL CHECK (risk_grade IN ('low', 'medium', 'high')),
    note        text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    recorded_by text NOT NULL,
    PRIMARY KEY (cell, customer, id),
    FOREIGN KEY (cell, customer) REFERENCES customers (cell, id)
);
CREATE INDEX due_diligence_done ON due_diligence (cell, customer, done_on, id);
COMMENT ON COLUMN due_diligence.valid_until IS 'the last day on which it counts';

-- Natural persons act for customers in any cell and own them, so they are placed in none.
CREATE TABLE persons (
    id              uuid PRIMARY KEY,
    name            text NOT NULL CHECK (name <> ''),
    local_name      text NOT NULL,
    document_kind   text NOT NULL CHECK (document_kind IN ('resident_id', 'passport', 'other')),
    document_number text NOT NULL CHECK (document_number <> ''),
    country         text NOT NULL,
    born_on         date,
    recorded_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    recorded_by     text NOT NULL,
    UNIQUE (document_kind, country, document_number)
);
COMMENT ON COLUMN persons.country IS 'that issued the document';

CREATE TABLE customer_contacts (
    cell        smallint NOT NULL,
    customer    uuid NOT NULL,
    id          uuid NOT NULL,
    person      uuid NOT NULL,
    post        text NOT NULL CHECK (post <> ''),
    phone       text NOT NULL,
    email       text NOT NULL,
    valid_from  date NOT NULL,
    valid_to    date CHECK (valid_to >= valid_from),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    recorded_by text NOT NULL,
    PRIMARY KEY (cell, customer, id),
    FOREIGN KEY (cell, customer) REFERENCES customers (cell, id)
);
COMMENT ON COLUMN customer_contacts.valid_to IS 'the first day on which it no longer holds; equal to valid_from: it never held';
COMMENT ON COLUMN customer_contacts.post IS 'legal_representative and general_manager have a meaning to the bank';

-- The register of owners that holds from a date on, until the next standing one begins.
CREATE TABLE ownership_registers (
    cell          smallint NOT NULL,
    customer      uuid NOT NULL,
    id            uuid NOT NULL,
    valid_from    date NOT NULL,
    recorded_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    recorded_by   text NOT NULL,
    reason        text NOT NULL,
    superseded_at timestamptz,
    superseded_by text,
    PRIMARY KEY (cell, customer, id),
    FOREIGN KEY (cell, customer) REFERENCES customers (cell, id),
    CHECK ((superseded_at IS NULL) = (superseded_by IS NULL))
);
CREATE UNIQUE INDEX ownership_registers_standing ON ownership_registers (customer, cell, valid_from)
    WHERE superseded_at IS NULL;

CREATE TABLE holdings (
    cell           smallint NOT NULL,
    customer       uuid NOT NULL,
    register       uuid NOT NULL,
    position       integer NOT NULL,
    kind           text NOT NULL CHECK (kind IN ('equity', 'votes', 'benefits', 'control')),
    person         uuid,
    owner_customer uuid CHECK (owner_customer <> customer),
    percent        numeric(9, 6) CHECK (percent > 0 AND percent <= 100),
    PRIMARY KEY (cell, customer, register, position),
    FOREIGN KEY (cell, customer, register) REFERENCES ownership_registers (cell, customer, id),
    CHECK ((person IS NULL) <> (owner_customer IS NULL)),
    CHECK ((kind = 'control') = (percent IS NULL))
);
CREATE INDEX holdings_register ON holdings (register);
CREATE INDEX holdings_person ON holdings (person) WHERE person IS NOT NULL;
CREATE INDEX holdings_owner ON holdings (owner_customer) WHERE owner_customer IS NOT NULL;

CREATE TABLE mandates (
    cell        smallint NOT NULL,
    customer    uuid NOT NULL,
    id          uuid NOT NULL,
    reference   text NOT NULL,
    rules       jsonb NOT NULL,
    valid_from  date NOT NULL,
    valid_to    date CHECK (valid_to >= valid_from),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    recorded_by text NOT NULL,
    PRIMARY KEY (cell, customer, id),
    FOREIGN KEY (cell, customer) REFERENCES customers (cell, id)
);
COMMENT ON COLUMN mandates.valid_to IS 'the first day on which it no longer holds';

CREATE TABLE mandate_signatories (
    cell     smallint NOT NULL,
    customer uuid NOT NULL,
    mandate  uuid NOT NULL,
    position integer NOT NULL,
    label    text NOT NULL,
    person   uuid,
    post     text,
    PRIMARY KEY (cell, customer, mandate, position),
    FOREIGN KEY (cell, customer, mandate) REFERENCES mandates (cell, customer, id),
    CHECK ((person IS NULL) <> (post IS NULL))
);
CREATE INDEX mandate_signatories_person ON mandate_signatories (person) WHERE person IS NOT NULL;
COMMENT ON COLUMN mandate_signatories.label IS 'the group of signatories: A, B, …';
