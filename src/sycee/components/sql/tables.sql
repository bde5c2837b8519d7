-- Components as data: proposed by one person, released by another. What was released is never changed:
-- the next version of a thing is another proposal, and so is its end.

CREATE TABLE component_proposals (
    id          uuid PRIMARY KEY,
    reason      text NOT NULL,
    content     json NOT NULL,
    state       text NOT NULL DEFAULT 'proposed' CHECK (state IN ('proposed', 'released', 'rejected', 'withdrawn')),
    proposed_by text NOT NULL,
    proposed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    decided_by  text,
    decided_at  timestamptz,
    remark      text NOT NULL DEFAULT '',
    release     bigint UNIQUE,
    CHECK ((state = 'proposed') = (decided_by IS NULL)),
    CHECK ((state = 'proposed') = (decided_at IS NULL)),
    CHECK ((state = 'released') = (release IS NOT NULL)),
    CONSTRAINT component_proposals_two_persons CHECK (state <> 'released' OR decided_by <> proposed_by)
);
COMMENT ON COLUMN component_proposals.content IS
    'document: lists of definitions as in YAML files; endings: versions that are in force until before a day';
COMMENT ON COLUMN component_proposals.release IS 'the place in the order of releases, from 1, without a gap';
CREATE INDEX component_proposals_state ON component_proposals (state, id);

-- One row: how many releases there are, and a mark that no other state of any bank ever has, one that was
-- rolled back included. Every process compares the mark with those it knows.
CREATE TABLE component_head (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    release  bigint NOT NULL DEFAULT 0,
    mark     uuid NOT NULL DEFAULT gen_random_uuid()
);
INSERT INTO component_head DEFAULT VALUES;

CREATE FUNCTION component_proposals_keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state <> 'proposed' THEN
        RAISE EXCEPTION 'proposals of components are kept as they were decided';
    END IF;
    IF (NEW.id, NEW.reason, NEW.content::text, NEW.proposed_by, NEW.proposed_at)
        IS DISTINCT FROM (OLD.id, OLD.reason, OLD.content::text, OLD.proposed_by, OLD.proposed_at) THEN
        RAISE EXCEPTION 'proposals of components are decided as they were proposed';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER component_proposals_keep_history BEFORE UPDATE OR DELETE ON component_proposals
    FOR EACH ROW EXECUTE FUNCTION component_proposals_keep_history();
