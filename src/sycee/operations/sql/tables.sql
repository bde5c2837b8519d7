-- The banking day: a run for every day that was closed in a cell, its steps, what failed in them, and the
-- documents they produced.

CREATE TABLE day_runs (
    cell          smallint NOT NULL REFERENCES cells,
    business_date date NOT NULL,
    next_date     date NOT NULL CHECK (next_date > business_date),
    state         text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'stopped', 'finished')),
    attempt       integer NOT NULL DEFAULT 1,
    started_by    text NOT NULL,
    started_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at   timestamptz,
    PRIMARY KEY (cell, business_date)
);
COMMENT ON TABLE day_runs IS 'The end of a business date: covers the calendar days from business_date to the day before next_date';
COMMENT ON COLUMN day_runs.attempt IS 'grows by one whenever a process takes the run up: what an earlier one still writes is refused';

-- A cell has one unfinished run at most: a day is closed before the next one.
CREATE UNIQUE INDEX day_runs_unfinished ON day_runs (cell) WHERE state <> 'finished';

CREATE TABLE day_steps (
    cell          smallint NOT NULL,
    business_date date NOT NULL,
    step          text NOT NULL,
    place         smallint NOT NULL,
    state         text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'failed', 'done')),
    attempt       integer NOT NULL DEFAULT 0,
    round         integer NOT NULL DEFAULT 1,
    done          bigint NOT NULL DEFAULT 0,
    total         bigint,
    failed        bigint NOT NULL DEFAULT 0,
    resume_after  bigint NOT NULL DEFAULT 0,
    code          text,
    reason        text,
    started_at    timestamptz,
    finished_at   timestamptz,
    PRIMARY KEY (cell, business_date, step),
    FOREIGN KEY (cell, business_date) REFERENCES day_runs (cell, business_date)
) WITH (fillfactor = 50);
COMMENT ON COLUMN day_steps.attempt IS 'how many times the step was started';
COMMENT ON COLUMN day_steps.round IS 'grows when what failed is tried again';
COMMENT ON COLUMN day_steps.code IS 'why the step failed as a whole, and stopped the run';
COMMENT ON COLUMN day_steps.resume_after IS 'the last account a step that walks by account number is done with';

-- What failed: the failures of a step's last round are the ones that stand.
CREATE TABLE day_failures (
    cell          smallint NOT NULL,
    business_date date NOT NULL,
    step          text NOT NULL,
    round         integer NOT NULL,
    place         bigint NOT NULL,
    account       bigint,
    code          text NOT NULL,
    reason        text NOT NULL,
    advice        text NOT NULL,
    failed_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (cell, business_date, step, round, place),
    FOREIGN KEY (cell, business_date, step) REFERENCES day_steps (cell, business_date, step)
);

-- Statements and balance confirmations. The content is JSON, deflated; sha256 is that of the JSON, and of
-- that of the further parts in their order.
CREATE TABLE day_documents (
    cell          smallint NOT NULL,
    account       bigint NOT NULL,
    kind          text NOT NULL CHECK (kind IN ('statement', 'balance_confirmation')),
    period_end    date NOT NULL,
    period_start  date NOT NULL CHECK (period_start <= period_end),
    id            uuid NOT NULL,
    customer      uuid,
    business_date date NOT NULL,
    entries       bigint NOT NULL DEFAULT 0,
    sha256        bytea NOT NULL,
    content       bytea NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (cell, account, kind, period_end),
    UNIQUE (cell, account, id),
    FOREIGN KEY (cell, account) REFERENCES accounts (cell, number)
);
CREATE INDEX day_documents_day ON day_documents (cell, business_date, account);

-- The entries of a long statement after its first thousand, a thousand a part.
CREATE TABLE day_document_parts (
    cell    smallint NOT NULL,
    account bigint NOT NULL,
    id      uuid NOT NULL,
    part    integer NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (cell, account, id, part),
    FOREIGN KEY (cell, account, id) REFERENCES day_documents (cell, account, id) DEFERRABLE INITIALLY DEFERRED
);

CREATE FUNCTION day_documents_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a document that was produced is not changed or deleted' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER day_documents_kept BEFORE UPDATE OR DELETE ON day_documents
    FOR EACH ROW EXECUTE FUNCTION day_documents_are_kept();
CREATE TRIGGER day_document_parts_kept BEFORE UPDATE OR DELETE ON day_document_parts
    FOR EACH ROW EXECUTE FUNCTION day_documents_are_kept();
