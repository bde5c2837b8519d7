-- Who somebody is. Global and small: not a customer's, so without a cell.

CREATE TABLE principals (
    id               uuid PRIMARY KEY,
    kind             text NOT NULL CHECK (kind IN ('staff', 'customer_user', 'machine')),
    login            text NOT NULL UNIQUE CHECK (login ~ '^[a-z0-9][a-z0-9._@+-]{1,99}$'),
    name             text NOT NULL,
    local_name       text NOT NULL DEFAULT '',
    customer         uuid,
    person           uuid,
    scopes           text[] NOT NULL,
    state            text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'suspended', 'closed')),
    state_reason     text NOT NULL DEFAULT '',
    state_by         text NOT NULL DEFAULT '',
    created_at       timestamptz NOT NULL DEFAULT now(),
    created_by       text NOT NULL,
    CHECK (kind <> 'customer_user' OR customer IS NOT NULL),
    CHECK (kind <> 'staff' OR customer IS NULL),
    CHECK (person IS NULL OR customer IS NOT NULL)
);
CREATE INDEX principals_customer ON principals (customer) WHERE customer IS NOT NULL;
CREATE INDEX principals_person ON principals (person) WHERE person IS NOT NULL;
COMMENT ON COLUMN principals.customer IS 'whose user or machine it is; null: the bank''s own';
COMMENT ON COLUMN principals.person IS 'the person who signs under the customer''s mandates';
COMMENT ON COLUMN principals.scopes IS 'what it may do at most, whatever its tokens say';
