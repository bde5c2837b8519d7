-- What is said to rails and by them, what became of each item there, reconciliation and its cases.

-- Where a rail is reached, and as whom.
CREATE TABLE rail_connections (
    rail         text PRIMARY KEY REFERENCES rails,
    url          text NOT NULL,
    participant  text NOT NULL,
    connected_by text NOT NULL,
    connected_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON COLUMN rail_connections.participant IS 'this bank''s number (or BIC) on the rail';

-- Messages both ways, as they were written. An outgoing one is written in the transaction that sends what is in
-- it, an incoming one before the rail is told that it was taken: whatever is killed, none is lost, and none
-- counts twice, because the rail and this table know each by its id.
CREATE TABLE rail_messages (
    rail       text NOT NULL REFERENCES rails,
    outgoing   boolean NOT NULL,
    message_id text NOT NULL,
    name       text NOT NULL,
    body       bytea NOT NULL,
    state      text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'refused')),
    attempts   integer NOT NULL DEFAULT 0,
    next_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    error      text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    done_at    timestamptz,
    PRIMARY KEY (rail, outgoing, message_id)
);
CREATE INDEX rail_messages_waiting ON rail_messages (rail, outgoing, next_at) WHERE state = 'waiting';
CREATE INDEX rail_messages_refused ON rail_messages (rail) WHERE state = 'refused';
COMMENT ON COLUMN rail_messages.state IS 'waiting: to be delivered, or to be processed; refused: the other side cannot read it';

-- Everything that settles, once each. What we ask for is sent, then settled or rejected; what comes in is settled.
CREATE TABLE rail_items (
    cell          smallint NOT NULL,
    rail          text NOT NULL REFERENCES rails,
    uetr          uuid NOT NULL,
    what          text NOT NULL CHECK (what IN ('payment', 'incoming', 'return_in', 'return_out')),
    item_id       text NOT NULL,
    payment       uuid,
    message_id    text NOT NULL,
    end_to_end_id text NOT NULL,
    amount        bigint NOT NULL CHECK (amount > 0),
    currency      text NOT NULL,
    state         text NOT NULL CHECK (state IN ('sent', 'settled', 'rejected')),
    settled_on    date,
    reason        text,
    changed_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    enquired_at   timestamptz,
    PRIMARY KEY (cell, rail, uetr, what, item_id),
    CONSTRAINT rail_items_item UNIQUE (rail, uetr, what, item_id),
    CHECK ((state = 'settled') = (settled_on IS NOT NULL))
);
CREATE INDEX rail_items_unanswered ON rail_items (rail, message_id) WHERE state = 'sent';
CREATE INDEX rail_items_settled ON rail_items (rail, settled_on) WHERE state = 'settled';
COMMENT ON COLUMN rail_items.item_id IS 'the transaction id, or that of the return';
COMMENT ON COLUMN rail_items.payment IS 'our payment or incoming payment; NULL when there is none';
COMMENT ON COLUMN rail_items.settled_on IS 'the rail''s date';

-- Money that lies between a rail and whoever it belongs to: refused payments on their way back, differences.
CREATE TABLE rail_suspense_accounts (
    cell     smallint NOT NULL REFERENCES cells,
    rail     text NOT NULL REFERENCES rails,
    currency text NOT NULL,
    number   bigint NOT NULL,
    PRIMARY KEY (cell, rail, currency)
);

-- One reconciliation a rail and date: the newest run of it.
CREATE TABLE rail_reconciliations (
    rail          text NOT NULL REFERENCES rails,
    day           date NOT NULL,
    currency      text NOT NULL,
    opening       bigint NOT NULL,
    closing       bigint NOT NULL,
    matched       integer NOT NULL,
    missing_here  integer NOT NULL,
    missing_there integer NOT NULL,
    different     integer NOT NULL,
    settled_by_it integer NOT NULL,
    under_way     integer NOT NULL,
    runs          integer NOT NULL DEFAULT 1,
    run_by        text NOT NULL,
    run_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (rail, day)
);
COMMENT ON COLUMN rail_reconciliations.settled_by_it IS 'items whose answer was lost, and which the report settled';
COMMENT ON COLUMN rail_reconciliations.under_way IS 'items sent and not answered, which no report names yet';

-- The pages of a report as they came.
CREATE TABLE rail_reports (
    rail text NOT NULL REFERENCES rails,
    day  date NOT NULL,
    page integer NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (rail, day, page)
);

-- What does not agree, and what another bank asks back (recall: its id of the question). ours and theirs: what the item did to our balance with the rail by
-- our books and by theirs, in minor units; 0 where there is none of it.
CREATE TABLE rail_cases (
    id         uuid PRIMARY KEY,
    rail       text NOT NULL REFERENCES rails,
    cell       smallint NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('missing_here', 'missing_there', 'different', 'unapplied', 'contradiction', 'recall')),
    what       text NOT NULL,
    uetr       uuid NOT NULL,
    item_id    text NOT NULL,
    payment    uuid,
    day        date NOT NULL,
    ours       bigint NOT NULL,
    theirs     bigint NOT NULL,
    currency   text NOT NULL,
    detail     text NOT NULL,
    recall     text,
    state      text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'in_suspense', 'settled')),
    opened_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    settled_by text,
    settled_at timestamptz,
    resolution text,
    reason     text NOT NULL DEFAULT '',
    CHECK ((state = 'settled') = (settled_at IS NOT NULL))
);
CREATE UNIQUE INDEX rail_cases_open ON rail_cases (rail, what, uetr, item_id) WHERE state <> 'settled';
CREATE INDEX rail_cases_listed ON rail_cases (rail, opened_at, id);

-- The transfers that a case was settled by, in order.
CREATE TABLE rail_case_entries (
    rail_case uuid NOT NULL REFERENCES rail_cases,
    transfer  uuid NOT NULL,
    cell      smallint NOT NULL,
    made_by   text NOT NULL,
    made_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (rail_case, transfer)
);
