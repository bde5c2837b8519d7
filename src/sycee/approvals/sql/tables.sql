-- Maker-checker: what was asked for, who agreed, what became of it; and the rules that say who must agree.
--
-- A row of approvals is its own lock: whoever decides, withdraws or expires it holds it. What was asked for
-- never changes: not its bytes, not its maker. Votes and events are only ever added.

CREATE TABLE approvals (
    cell         smallint NOT NULL CHECK (cell = 0 OR cell BETWEEN 100 AND 999),
    id           uuid NOT NULL,
    command      text NOT NULL CHECK (command <> ''),
    customer     uuid,
    payload      bytea NOT NULL,
    digest       bytea NOT NULL CHECK (digest = sha256(payload)),
    facts        jsonb NOT NULL,
    things       text[] NOT NULL,
    maker        uuid NOT NULL,
    maker_human  uuid NOT NULL,
    maker_for    uuid CHECK (maker_for <> maker),
    state        text NOT NULL DEFAULT 'waiting'
                 CHECK (state IN ('waiting', 'executed', 'failed', 'rejected', 'withdrawn', 'expired')),
    requested_at timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    ended_at     timestamptz,
    code         text,
    reason       text NOT NULL DEFAULT '',
    result       bytea,
    PRIMARY KEY (cell, id),
    CHECK ((state = 'waiting') = (ended_at IS NULL)),
    CHECK ((state = 'failed') = (code IS NOT NULL)),
    CHECK ((state = 'executed') = (result IS NOT NULL))
);
COMMENT ON COLUMN approvals.cell IS '0: what belongs to no customer, and so to no cell';
COMMENT ON COLUMN approvals.things IS 'what it is about, for the segregation of duties';
COMMENT ON COLUMN approvals.maker_human IS 'the person behind the maker, who may have several principals';
COMMENT ON COLUMN approvals.maker_for IS 'whom the maker stood in for';
CREATE UNIQUE INDEX approvals_id ON approvals (id);
CREATE INDEX approvals_waiting ON approvals (customer, id) WHERE state = 'waiting';
CREATE INDEX approvals_expiring ON approvals (expires_at) WHERE state = 'waiting';
CREATE INDEX approvals_requested ON approvals (requested_at, id);
CREATE INDEX approvals_maker ON approvals (maker_human);

CREATE TABLE approval_votes (
    cell       smallint NOT NULL,
    approval   uuid NOT NULL,
    human      uuid NOT NULL,
    principal  uuid NOT NULL,
    acting_for uuid CHECK (acting_for <> principal),
    vote       text NOT NULL CHECK (vote IN ('yes', 'no')),
    authority  text NOT NULL,
    digest     bytea NOT NULL,
    reason     text NOT NULL,
    voted_at   timestamptz NOT NULL,
    place      integer NOT NULL,
    PRIMARY KEY (cell, approval, human),
    UNIQUE (cell, approval, acting_for),
    FOREIGN KEY (cell, approval) REFERENCES approvals (cell, id)
);
COMMENT ON COLUMN approval_votes.authority IS 'as what it was said, such as scope:payments:approve';
CREATE INDEX approval_votes_human ON approval_votes (human);

CREATE TABLE approval_events (
    cell       smallint NOT NULL,
    approval   uuid NOT NULL,
    place      integer NOT NULL,
    what       text NOT NULL,
    principal  uuid,
    acting_for uuid,
    at         timestamptz NOT NULL,
    authority  text NOT NULL DEFAULT '',
    code       text NOT NULL DEFAULT '',
    reason     text NOT NULL DEFAULT '',
    PRIMARY KEY (cell, approval, place),
    FOREIGN KEY (cell, approval) REFERENCES approvals (cell, id)
);
COMMENT ON COLUMN approval_events.principal IS 'null: the bank itself, as when one expires';

-- Rules are data with dates. A rule that is in force is ended, never changed.
CREATE TABLE approval_rules (
    id           uuid PRIMARY KEY,
    command      text NOT NULL,
    customer     uuid,
    account      bigint,
    counterparty text,
    product      text,
    currency     text,
    up_to        bigint CHECK (up_to > 0),
    makers       smallint NOT NULL CHECK (makers > 0),
    stages       jsonb NOT NULL,
    note         text NOT NULL,
    valid_from   timestamptz NOT NULL,
    valid_to     timestamptz CHECK (valid_to >= valid_from),
    released_by  uuid NOT NULL,
    ended_by     uuid,
    CHECK (up_to IS NULL OR currency IS NOT NULL)
);
COMMENT ON COLUMN approval_rules.customer IS 'null: for all that have no rule of their own';
COMMENT ON COLUMN approval_rules.valid_to IS 'the first moment at which it no longer holds';
COMMENT ON COLUMN approval_rules.released_by IS 'the approval by which it came in force';
CREATE INDEX approval_rules_customer ON approval_rules (customer);

CREATE TABLE approval_segregations (
    id          uuid PRIMARY KEY,
    one         text NOT NULL,
    other       text NOT NULL,
    note        text NOT NULL,
    valid_from  timestamptz NOT NULL,
    valid_to    timestamptz CHECK (valid_to >= valid_from),
    released_by uuid NOT NULL,
    ended_by    uuid
);
COMMENT ON TABLE approval_segregations IS 'pairs of duties that nobody may join on one thing';

CREATE TABLE approval_substitutions (
    id         uuid PRIMARY KEY,
    customer   uuid,
    absent     uuid NOT NULL,
    substitute uuid NOT NULL CHECK (substitute <> absent),
    command    text NOT NULL,
    currency   text,
    up_to      bigint CHECK (up_to > 0),
    reason     text NOT NULL,
    valid_from timestamptz NOT NULL,
    valid_to   timestamptz NOT NULL CHECK (valid_to >= valid_from),
    made_by    uuid NOT NULL,
    made_at    timestamptz NOT NULL,
    ended_by   uuid,
    CHECK ((up_to IS NULL) = (currency IS NULL))
);
CREATE INDEX approval_substitutions_substitute ON approval_substitutions (substitute);
CREATE INDEX approval_substitutions_absent ON approval_substitutions (absent);

CREATE FUNCTION approvals_keep_what_was_asked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state <> 'waiting' THEN
        RAISE EXCEPTION 'approvals are kept as they ended';
    END IF;
    IF (NEW.cell, NEW.id, NEW.command, NEW.customer, NEW.payload, NEW.digest, NEW.facts, NEW.things, NEW.maker,
        NEW.maker_human, NEW.maker_for, NEW.requested_at, NEW.expires_at)
        IS DISTINCT FROM (OLD.cell, OLD.id, OLD.command, OLD.customer, OLD.payload, OLD.digest, OLD.facts,
        OLD.things, OLD.maker, OLD.maker_human, OLD.maker_for, OLD.requested_at, OLD.expires_at) THEN
        RAISE EXCEPTION 'what was asked for is approved as it was asked for';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER approvals_keep_what_was_asked BEFORE UPDATE OR DELETE ON approvals
    FOR EACH ROW EXECUTE FUNCTION approvals_keep_what_was_asked();

CREATE FUNCTION approvals_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME;
END
$$;
CREATE TRIGGER approval_votes_append_only BEFORE UPDATE OR DELETE ON approval_votes
    FOR EACH ROW EXECUTE FUNCTION approvals_append_only();
CREATE TRIGGER approval_events_append_only BEFORE UPDATE OR DELETE ON approval_events
    FOR EACH ROW EXECUTE FUNCTION approvals_append_only();
