-- Messages that one side could not read are worked by people: tried again, or closed with the reason.

ALTER TABLE rail_messages
    ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN worked_by text,
    ADD COLUMN work_reason text,
    ADD CONSTRAINT rail_messages_id UNIQUE (id),
    DROP CONSTRAINT rail_messages_state_check,
    ADD CONSTRAINT rail_messages_state_check CHECK (state IN ('waiting', 'done', 'refused', 'closed'));
COMMENT ON COLUMN rail_messages.state IS
    'waiting: to be delivered, or to be processed; refused: the other side cannot read it; closed: it never will';
COMMENT ON COLUMN rail_messages.worked_by IS 'who tried it again or closed it, the last time';
