-- The security log: appended to by one function, changed by nobody, each event chained to the one before.

CREATE TABLE security_events (
    position  bigint PRIMARY KEY,
    at        timestamptz NOT NULL,
    event     text NOT NULL,
    principal uuid,
    actor     text NOT NULL,
    address   text NOT NULL,
    detail    text NOT NULL,
    seal      bytea NOT NULL CHECK (octet_length(seal) = 64)
);
CREATE INDEX security_events_principal ON security_events (principal, position);
COMMENT ON COLUMN security_events.principal IS 'whom it is about, as far as is known';
COMMENT ON COLUMN security_events.actor IS 'who did it: id of a principal, or a name such as command line';

-- One row: where the log stands. Its lock is what puts the events in line.
CREATE TABLE security_log_head (
    lone     boolean PRIMARY KEY DEFAULT true CHECK (lone),
    position bigint NOT NULL,
    seal     bytea NOT NULL
);
INSERT INTO security_log_head (position, seal) VALUES (0, ''::bytea);

-- The parts are sent with their lengths, so that none can take a piece of its neighbour.
CREATE OR REPLACE FUNCTION security_seal(
    p_previous bytea, p_position bigint, p_at timestamptz, p_event text, p_principal uuid,
    p_actor text, p_address text, p_detail text
) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha512(
        p_previous || record_send(ROW(p_position, p_at, p_event, p_principal, p_actor, p_address, p_detail))
    )
$$;

CREATE OR REPLACE FUNCTION security_append(
    p_event text, p_principal uuid, p_actor text, p_address text, p_detail text
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    head security_log_head;
    moment timestamptz;
BEGIN
    SELECT * INTO STRICT head FROM security_log_head FOR UPDATE;
    moment := clock_timestamp();
    head.position := head.position + 1;
    head.seal := security_seal(head.seal, head.position, moment, p_event, p_principal, p_actor, p_address,
                               p_detail);
    INSERT INTO security_events VALUES (
        head.position, moment, p_event, p_principal, p_actor, p_address, p_detail, head.seal);
    UPDATE security_log_head SET position = head.position, seal = head.seal;
    RETURN head.position;
END
$$;

CREATE OR REPLACE FUNCTION security_log_is_appended_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the security log is appended to and never changed' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER security_events_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON security_events
    FOR EACH STATEMENT EXECUTE FUNCTION security_log_is_appended_only();
CREATE TRIGGER security_log_head_stays BEFORE DELETE OR TRUNCATE ON security_log_head
    FOR EACH STATEMENT EXECUTE FUNCTION security_log_is_appended_only();
