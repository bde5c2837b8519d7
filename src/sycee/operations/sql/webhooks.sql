-- Webhooks: where events are sent, with which secrets; every delivery, waiting or done; every attempt at one.

CREATE TABLE webhook_endpoints (
    cell          smallint NOT NULL CHECK (cell = 0 OR cell BETWEEN 100 AND 999),
    id            uuid NOT NULL,
    customer      uuid,
    url           text NOT NULL CHECK (url <> ''),
    events        text[] NOT NULL CHECK (cardinality(events) > 0),
    description   text NOT NULL,
    state         text NOT NULL CHECK (state IN ('active', 'suspended', 'disabled')),
    created_by    text NOT NULL,
    created_at    timestamptz NOT NULL,
    changed_at    timestamptz NOT NULL,
    failures      integer NOT NULL DEFAULT 0,
    failing_since timestamptz,
    quiet_until   timestamptz,
    reason        text NOT NULL DEFAULT '',
    PRIMARY KEY (cell, id),
    CONSTRAINT webhook_endpoints_id UNIQUE (id),
    CHECK ((cell = 0) = (customer IS NULL)),
    CHECK ((failures = 0) = (failing_since IS NULL))
);
COMMENT ON COLUMN webhook_endpoints.cell IS 'the customer''s; 0 for the bank''s own';
COMMENT ON COLUMN webhook_endpoints.customer IS 'whose events are sent; NULL: the bank''s own endpoint, which hears of all';
COMMENT ON COLUMN webhook_endpoints.events IS 'types such as payment.settled, or families such as payment.*';
COMMENT ON COLUMN webhook_endpoints.state IS 'for what is suspended events are kept; what is disabled hears no more';
COMMENT ON COLUMN webhook_endpoints.failures IS 'deliveries that failed since the last that did not';
COMMENT ON COLUMN webhook_endpoints.quiet_until IS 'nothing is sent before, since the last deliveries failed';
CREATE INDEX webhook_endpoints_customer ON webhook_endpoints (cell, customer) WHERE state <> 'disabled';

CREATE TABLE webhook_secrets (
    cell      smallint NOT NULL,
    endpoint  uuid NOT NULL,
    place     integer NOT NULL,
    id        uuid NOT NULL,
    secret    bytea NOT NULL,
    made_at   timestamptz NOT NULL,
    made_by   text NOT NULL,
    valid_to  timestamptz,
    PRIMARY KEY (cell, endpoint, place),
    UNIQUE (cell, endpoint, id),
    FOREIGN KEY (cell, endpoint) REFERENCES webhook_endpoints (cell, id)
);
COMMENT ON COLUMN webhook_secrets.id IS 'made by who asked for it, so that asking again makes no other';
COMMENT ON COLUMN webhook_secrets.secret IS 'encrypted with the key file';

-- An event for an endpoint is written by what happened, in its transaction (webhook_events.sql). Events of one
-- subject are written under that subject's own lock, so their positions are in the order of commits.
CREATE TABLE webhook_deliveries (
    cell        smallint NOT NULL,
    id          uuid NOT NULL DEFAULT gen_random_uuid(),
    position    bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    endpoint    uuid NOT NULL,
    type        text NOT NULL,
    subject     text NOT NULL,
    occurred_at timestamptz NOT NULL,
    data        jsonb NOT NULL,
    state       text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'dead')),
    attempts    integer NOT NULL DEFAULT 0,
    due_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at    timestamptz,
    PRIMARY KEY (cell, id),
    CONSTRAINT webhook_deliveries_id UNIQUE (id),
    CHECK ((state = 'waiting') = (ended_at IS NULL))
) WITH (fillfactor = 85);
COMMENT ON COLUMN webhook_deliveries.id IS 'the webhook-id: the same in every attempt';
COMMENT ON COLUMN webhook_deliveries.subject IS 'what it is about: events of one subject are delivered in order';
COMMENT ON COLUMN webhook_deliveries.attempts IS 'since it was last asked for; the first of all are in webhook_attempts';
COMMENT ON COLUMN webhook_deliveries.due_at IS 'when it is tried next; ahead of now also while somebody is at it';
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (cell, endpoint, due_at) WHERE state = 'waiting';
CREATE INDEX webhook_deliveries_subject ON webhook_deliveries (cell, endpoint, subject, position)
    WHERE state = 'waiting';
CREATE INDEX webhook_deliveries_endpoint ON webhook_deliveries (cell, endpoint, position);
CREATE INDEX webhook_deliveries_ended ON webhook_deliveries (ended_at) WHERE state <> 'waiting';

CREATE TABLE webhook_attempts (
    cell        smallint NOT NULL,
    delivery    uuid NOT NULL,
    place       integer NOT NULL,
    began_at    timestamptz NOT NULL,
    duration_ms integer NOT NULL,
    status      smallint,
    problem     text,
    PRIMARY KEY (cell, delivery, place),
    FOREIGN KEY (cell, delivery) REFERENCES webhook_deliveries (cell, id) ON DELETE CASCADE,
    CHECK (status IS NOT NULL OR problem IS NOT NULL)
);
COMMENT ON COLUMN webhook_attempts.status IS 'of the HTTP response; NULL when there was none';
