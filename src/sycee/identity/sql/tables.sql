-- Who somebody is, and by what they prove it. Global and small: not a customer's, so without a cell.

CREATE TABLE principals (
    id           uuid PRIMARY KEY,
    kind         text NOT NULL CHECK (kind IN ('staff', 'customer_user', 'machine')),
    login        text NOT NULL UNIQUE CHECK (login ~ '^[a-z0-9][a-z0-9._@+-]{1,99}$'),
    name         text NOT NULL,
    local_name   text NOT NULL DEFAULT '',
    customer     uuid,
    person       uuid,
    scopes       text[] NOT NULL,
    state        text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'suspended', 'closed')),
    state_reason text NOT NULL DEFAULT '',
    created_at   timestamptz NOT NULL DEFAULT now(),
    created_by   text NOT NULL,
    CHECK (kind <> 'customer_user' OR customer IS NOT NULL),
    CHECK (kind <> 'staff' OR customer IS NULL),
    CHECK (person IS NULL OR customer IS NOT NULL)
);
CREATE INDEX principals_customer ON principals (customer) WHERE customer IS NOT NULL;
CREATE INDEX principals_person ON principals (person) WHERE person IS NOT NULL;
COMMENT ON COLUMN principals.customer IS 'whose user or machine it is; null: the bank''s own';
COMMENT ON COLUMN principals.person IS 'the person who signs under the customer''s mandates';
COMMENT ON COLUMN principals.scopes IS 'what it may do at most, whatever its tokens say';

CREATE TABLE passwords (
    principal   uuid PRIMARY KEY REFERENCES principals,
    hash        text NOT NULL CHECK (hash LIKE '$argon2id$%'),
    changed_at  timestamptz NOT NULL,
    must_change boolean NOT NULL,
    expires_at  timestamptz
);
COMMENT ON COLUMN passwords.expires_at IS 'afterwards: a session that may only change it; of one that must '
    'be changed: no session at all';

CREATE TABLE one_time_code_secrets (
    principal    uuid PRIMARY KEY REFERENCES principals,
    secret       bytea NOT NULL,
    begun_at     timestamptz NOT NULL DEFAULT now(),
    confirmed_at timestamptz,
    last_step    bigint NOT NULL DEFAULT 0
);
COMMENT ON COLUMN one_time_code_secrets.secret IS 'encrypted with the key file, bound to the principal';
COMMENT ON COLUMN one_time_code_secrets.last_step IS 'the time step of the last code that was taken: none twice';

CREATE TABLE recovery_codes (
    principal uuid NOT NULL REFERENCES principals,
    hash      bytea NOT NULL CHECK (octet_length(hash) = 32),
    used_at   timestamptz,
    PRIMARY KEY (principal, hash)
);

-- By login and not by principal, so that a login that nobody has is locked out like any other.
CREATE TABLE login_attempts (
    login        text PRIMARY KEY,
    failures     integer NOT NULL,
    locked_until timestamptz,
    last_at      timestamptz NOT NULL
);
CREATE INDEX login_attempts_last_at ON login_attempts (last_at);

CREATE TABLE sessions (
    id            uuid PRIMARY KEY,
    principal     uuid NOT NULL REFERENCES principals,
    secret_hash   bytea NOT NULL CHECK (octet_length(secret_hash) = 32),
    second_factor boolean NOT NULL,
    address       text NOT NULL,
    agent         text NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    last_seen_at  timestamptz NOT NULL DEFAULT now(),
    expires_at    timestamptz NOT NULL,
    ended_at      timestamptz,
    end_reason    text
);
CREATE INDEX sessions_principal ON sessions (principal, id);

CREATE TABLE oauth_clients (
    id          text PRIMARY KEY CHECK (id ~ '^cli_[0-9a-f]{16}$'),
    principal   uuid NOT NULL REFERENCES principals,
    name        text NOT NULL,
    scopes      text[] NOT NULL CHECK (cardinality(scopes) > 0),
    secret_hash bytea CHECK (octet_length(secret_hash) = 32),
    public_key  text,
    created_at  timestamptz NOT NULL DEFAULT now(),
    created_by  text NOT NULL,
    expires_at  timestamptz,
    revoked_at  timestamptz,
    CHECK ((secret_hash IS NULL) <> (public_key IS NULL))
);
CREATE INDEX oauth_clients_principal ON oauth_clients (principal);
COMMENT ON COLUMN oauth_clients.public_key IS 'JWK (RFC 7517) of a client that signs its assertions';

-- Assertions that were taken, so that none is taken twice (RFC 7523, 3).
CREATE TABLE oauth_assertions (
    client     text NOT NULL REFERENCES oauth_clients,
    jti        text NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (client, jti)
);

CREATE TABLE signing_keys (
    id             text PRIMARY KEY,
    public_key     bytea NOT NULL CHECK (octet_length(public_key) = 32),
    private_key    bytea NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now(),
    signs_from     timestamptz NOT NULL,
    verifies_until timestamptz
);
COMMENT ON COLUMN signing_keys.private_key IS 'encrypted with the key file, bound to the id';
COMMENT ON COLUMN signing_keys.verifies_until IS 'null while it signs';
