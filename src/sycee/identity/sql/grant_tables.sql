-- What a role allows, and who has been given which role. Global and small: not a customer's, so without a cell.

CREATE TABLE roles (
    id          text PRIMARY KEY CHECK (id ~ '^[a-z][a-z0-9_]{1,39}$'),
    audience    text NOT NULL CHECK (audience IN ('bank', 'customer')),
    title       text NOT NULL CHECK (title <> ''),
    local_title text NOT NULL CHECK (local_title <> ''),
    permissions text[] NOT NULL CHECK (cardinality(permissions) > 0),
    created_at  timestamptz NOT NULL DEFAULT now(),
    created_by  text NOT NULL,
    changed_at  timestamptz,
    changed_by  text
);
COMMENT ON COLUMN roles.audience IS 'who may be given it: people of the bank, or of its customers';

-- A NULL limits nothing. Append only, but for the end of a grant.
CREATE TABLE grants (
    id            uuid PRIMARY KEY,
    principal     uuid NOT NULL REFERENCES principals,
    role          text NOT NULL REFERENCES roles,
    valid_from    timestamptz NOT NULL,
    valid_until   timestamptz CHECK (valid_until > valid_from),
    customer      uuid,
    cell          smallint CHECK (cell BETWEEN 100 AND 999),
    branch        text,
    product       text,
    amount        bigint CHECK (amount >= 0),
    currency      text,
    reason        text NOT NULL CHECK (reason <> ''),
    granted_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    granted_by    text NOT NULL,
    revoked_at    timestamptz,
    revoked_by    text,
    revoke_reason text,
    CHECK ((amount IS NULL) = (currency IS NULL)),
    CHECK ((revoked_at IS NULL) = (revoked_by IS NULL)),
    CONSTRAINT grants_not_to_oneself CHECK (granted_by <> principal::text)
);
CREATE INDEX grants_principal ON grants (principal);
COMMENT ON COLUMN grants.amount IS 'the largest amount that may be moved at once, in minor units of the currency';
COMMENT ON COLUMN grants.valid_until IS 'the instant from which on it holds no longer';

CREATE FUNCTION grants_keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.revoked_at IS NOT NULL THEN
        RAISE EXCEPTION 'grants are kept as they were given and revoked' USING ERRCODE = 'restrict_violation';
    END IF;
    IF to_jsonb(NEW) - '{revoked_at,revoked_by,revoke_reason}'::text[]
       <> to_jsonb(OLD) - '{revoked_at,revoked_by,revoke_reason}'::text[] THEN
        RAISE EXCEPTION 'a grant is revoked, not changed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER grants_kept BEFORE UPDATE OR DELETE ON grants FOR EACH ROW EXECUTE FUNCTION grants_keep_history();

-- Whoever was remembered is looked up anew when something was given or taken, or a role allows something else.
CREATE TRIGGER grants_tell_change
    AFTER INSERT OR UPDATE ON grants FOR EACH ROW EXECUTE FUNCTION identity_tell_change();
CREATE TRIGGER roles_tell_change
    AFTER UPDATE ON roles FOR EACH ROW EXECUTE FUNCTION identity_tell_change();
