-- Every process that serves remembers whom it has accepted, and listens: what ends somebody's right to be
-- remembered is told with the commit, whoever made the change and by whatever way.
CREATE OR REPLACE FUNCTION identity_tell_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed jsonb := to_jsonb(NEW);
BEGIN
    PERFORM pg_notify('sycee_identity', coalesce(changed ->> 'principal', changed ->> 'id'));
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER principals_tell_change
    AFTER UPDATE ON principals FOR EACH ROW EXECUTE FUNCTION identity_tell_change();
CREATE OR REPLACE TRIGGER tokens_tell_change
    AFTER UPDATE ON tokens FOR EACH ROW EXECUTE FUNCTION identity_tell_change();
CREATE OR REPLACE TRIGGER oauth_clients_tell_change
    AFTER UPDATE ON oauth_clients FOR EACH ROW EXECUTE FUNCTION identity_tell_change();
-- Not when a session is merely seen again.
CREATE OR REPLACE TRIGGER sessions_tell_change
    AFTER UPDATE OF ended_at, second_factor, expires_at ON sessions
    FOR EACH ROW EXECUTE FUNCTION identity_tell_change();
CREATE OR REPLACE TRIGGER passwords_tell_change
    AFTER INSERT OR UPDATE OF hash, must_change, expires_at ON passwords
    FOR EACH ROW EXECUTE FUNCTION identity_tell_change();
