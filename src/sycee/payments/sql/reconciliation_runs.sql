-- Reconciliations under way: a worker takes the report page by page, and compares it block by block.

-- Each step commits what it did together with how far it is, so whoever is killed leaves a run that goes on.
CREATE TABLE rail_reconciliation_runs (
    id            uuid PRIMARY KEY,
    rail          text NOT NULL REFERENCES rails,
    day           date NOT NULL,
    state         text NOT NULL DEFAULT 'fetching' CHECK (state IN ('fetching', 'asking', 'comparing', 'done', 'failed')),
    asked_by      text NOT NULL,
    asked_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at   timestamptz,
    page          integer NOT NULL DEFAULT 0,
    pages         integer,
    entries       bigint NOT NULL DEFAULT 0,
    done          bigint NOT NULL DEFAULT 0,
    after         uuid,
    message_id    text,
    currency      text,
    opening       bigint,
    closing       bigint,
    missing_here  bigint NOT NULL DEFAULT 0,
    missing_there bigint NOT NULL DEFAULT 0,
    different     bigint NOT NULL DEFAULT 0,
    settled_by_it bigint NOT NULL DEFAULT 0,
    next_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    code          text,
    detail        text,
    CHECK ((state IN ('done', 'failed')) = (finished_at IS NOT NULL))
);
CREATE UNIQUE INDEX rail_reconciliation_runs_open ON rail_reconciliation_runs (rail, day) WHERE finished_at IS NULL;
CREATE INDEX rail_reconciliation_runs_newest ON rail_reconciliation_runs (rail, day, asked_at);
COMMENT ON COLUMN rail_reconciliation_runs.page IS 'the last page that was taken; pages: how many there are, NULL: not asked yet';
COMMENT ON COLUMN rail_reconciliation_runs.done IS 'entries of the report that have been compared';
COMMENT ON COLUMN rail_reconciliation_runs.after IS 'the last UETR that asking, or comparing, has dealt with';
COMMENT ON COLUMN rail_reconciliation_runs.closing IS 'the balance with which the last page taken closes';
COMMENT ON COLUMN rail_reconciliation_runs.code IS 'why it failed, or what it waits for, with detail';

-- What the report says, item by item, while its run is under way. The pages themselves stay in rail_reports.
CREATE TABLE rail_report_entries (
    run        uuid NOT NULL REFERENCES rail_reconciliation_runs,
    uetr       uuid NOT NULL,
    what       text NOT NULL,
    item_id    text NOT NULL,
    signed     bigint NOT NULL,
    settled_on date NOT NULL,
    PRIMARY KEY (run, uetr, what, item_id)
);
COMMENT ON COLUMN rail_report_entries.signed IS 'what it did to our balance there, in minor units';

-- The run that found a case last: one that the newest run no longer finds agrees now.
ALTER TABLE rail_cases ADD COLUMN found_in uuid;
CREATE INDEX rail_cases_of_day ON rail_cases (rail, day) WHERE state = 'open';

-- What settled on a date is walked through in the order of its UETRs, as a report is.
DROP INDEX rail_items_settled;
CREATE INDEX rail_items_settled ON rail_items (rail, settled_on, uetr) WHERE state = 'settled';
