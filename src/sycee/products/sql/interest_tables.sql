-- Rates, terms, positions and postings of interest.
--
-- Interest is counted in whole units that no day count, rate or balance breaks: minor units of the currency, times
-- percent a year in millionths, times days, times 1603080 / the days of the year (1603080 is divisible by 360,
-- 365 and 366). UNIT of them are one minor unit of interest: 100 (percent) * 1000000 * 1603080.
-- So every sum is exact, and rounding takes place once, when interest is settled.

CREATE FUNCTION interest_unit() RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT 160308000000000::numeric';

CREATE TABLE rate_proposals (
    id          uuid PRIMARY KEY,
    proposed_by text NOT NULL,
    proposed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    released_by text,
    released_at timestamptz,
    note        text NOT NULL DEFAULT '',
    CHECK (released_by <> proposed_by),
    CHECK ((released_by IS NULL) = (released_at IS NULL))
);
COMMENT ON TABLE rate_proposals IS 'Rates come in by two persons; what was released is the history of every correction';

CREATE TABLE rate_proposal_lines (
    proposal uuid NOT NULL REFERENCES rate_proposals,
    key      text NOT NULL,
    start    date NOT NULL,
    rate     numeric(9, 6) NOT NULL,
    PRIMARY KEY (proposal, key, start)
);

CREATE TABLE rates (
    key      text NOT NULL,
    start    date NOT NULL,
    rate     numeric(9, 6) NOT NULL,
    proposal uuid NOT NULL REFERENCES rate_proposals,
    PRIMARY KEY (key, start)
);
COMMENT ON TABLE rates IS 'Rates in force, percent a year, each from its start to the next start of the same key';

-- What an account earns, without the account: shared by all that have the same. The first tier is the one below
-- zero (an overdraft); the others rise from 0.
CREATE TABLE interest_terms (
    id              integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    currency        text NOT NULL,
    day_count       smallint NOT NULL CHECK (day_count BETWEEN 0 AND 3),
    rate_rule       smallint NOT NULL CHECK (rate_rule BETWEEN 0 AND 1),
    tiering         smallint NOT NULL CHECK (tiering BETWEEN 0 AND 1),
    lowers          bigint[] NOT NULL,
    rate_keys       text[] NOT NULL,
    spreads         numeric[] NOT NULL,
    floors          numeric[] NOT NULL,
    caps            numeric[] NOT NULL,
    expense_subject text NOT NULL,
    payable_subject text NOT NULL,
    tax_rate        numeric(9, 6) NOT NULL DEFAULT 0 CHECK (tax_rate BETWEEN 0 AND 100),
    tax_subject     text NOT NULL DEFAULT '2221',
    content         text NOT NULL UNIQUE
);
COMMENT ON COLUMN interest_terms.day_count IS '0 actual/360, 1 actual/365, 2 actual/actual, 3 30E/360';
COMMENT ON COLUMN interest_terms.rate_rule IS '0 each day at its own rate; 1 all days at the rate of the settlement day';
COMMENT ON COLUMN interest_terms.tiering IS '0 each part of the balance at the rate of its tier; 1 the whole balance at the rate of its tier';
COMMENT ON COLUMN interest_terms.content IS 'all of it as text, by which the same terms are found again';

-- Derived from terms and rates: over these days, for these balances, a day earns constant + slope * balance units.
CREATE TABLE interest_pieces (
    terms    integer NOT NULL REFERENCES interest_terms,
    start    date NOT NULL,
    upto     date NOT NULL,
    lower    bigint NOT NULL,
    upper    bigint NOT NULL,
    constant numeric NOT NULL,
    slope    numeric NOT NULL,
    rates    numeric[] NOT NULL,
    PRIMARY KEY (terms, start, lower)
);
COMMENT ON COLUMN interest_pieces.upto IS 'the day after the last; upper likewise is the balance after the last';

-- How far a cell's interest has come: balances through a position of its transfers, straight lines through a day.
CREATE TABLE interest_feeds (
    cell     smallint PRIMARY KEY REFERENCES cells,
    position bigint NOT NULL,
    through  date NOT NULL
);

-- An account's interest is a straight line until something changes: at the beginning of day d it has earned
-- accrued + daily * (days from since to d) units since it was last settled.
CREATE TABLE interest_positions (
    cell      smallint NOT NULL,
    account   bigint NOT NULL,
    terms     integer NOT NULL REFERENCES interest_terms,
    day_count smallint NOT NULL,
    cycle     smallint NOT NULL CHECK (cycle BETWEEN 0 AND 4),
    cycle_day smallint NOT NULL CHECK (cycle_day BETWEEN 1 AND 31),
    first     date NOT NULL,
    settled   date NOT NULL,
    due       date,
    since     date NOT NULL,
    booked_on date,
    balance   bigint NOT NULL,
    fed       bigint NOT NULL DEFAULT 0,
    accrued   numeric NOT NULL DEFAULT 0,
    daily     numeric,
    PRIMARY KEY (cell, account),
    FOREIGN KEY (cell, account) REFERENCES accounts (cell, number)
) WITH (fillfactor = 45);
COMMENT ON COLUMN interest_positions.cycle IS '0 none (its product settles it), 1 monthly, 2 quarterly, 3 half-yearly, 4 yearly';
COMMENT ON COLUMN interest_positions.settled IS 'the last day whose interest has been settled';
COMMENT ON COLUMN interest_positions.due IS 'the day through which it is settled next; NULL: its product says when';
COMMENT ON COLUMN interest_positions.booked_on IS 'the business date of the last settlement: the next one counts what it paid, so it waits for the next close';
COMMENT ON COLUMN interest_positions.fed IS 'transfers up to this position are counted, beyond what the cell has been fed';
COMMENT ON COLUMN interest_positions.daily IS 'NULL: no rate is known for the day';

-- Balances by value date: the balance from a day on, a row where it changes.
CREATE TABLE interest_balances (
    cell    smallint NOT NULL,
    account bigint NOT NULL,
    day     date NOT NULL,
    balance bigint NOT NULL,
    PRIMARY KEY (cell, account, day)
);

-- Which terms an account has from a day on.
CREATE TABLE interest_assignments (
    cell    smallint NOT NULL,
    account bigint NOT NULL,
    start   date NOT NULL,
    terms   integer NOT NULL REFERENCES interest_terms,
    PRIMARY KEY (cell, account, start)
);
CREATE INDEX interest_assignments_start ON interest_assignments (cell, start);
CREATE INDEX interest_assignments_terms ON interest_assignments (terms, cell, account);

-- Transfers whose value date has not come yet.
CREATE TABLE interest_forward (
    cell    smallint NOT NULL,
    day     date NOT NULL,
    account bigint NOT NULL,
    amount  bigint NOT NULL,
    PRIMARY KEY (cell, day, account)
);

-- Accounts whose interest has to be reckoned again, from a day on: back-valued transfers, corrected rates or terms.
CREATE TABLE interest_stale (
    cell    smallint NOT NULL,
    account bigint NOT NULL,
    since   date NOT NULL,
    reason  text NOT NULL,
    PRIMARY KEY (cell, account)
);

CREATE TABLE interest_postings (
    cell       smallint NOT NULL,
    account    bigint NOT NULL,
    id         uuid NOT NULL,
    kind       smallint NOT NULL CHECK (kind BETWEEN 0 AND 2),
    start      date NOT NULL,
    through    date NOT NULL,
    units      numeric NOT NULL,
    amount     bigint NOT NULL,
    tax        bigint NOT NULL DEFAULT 0,
    corrects   uuid,
    paid_to    bigint NOT NULL,
    booked_on  date NOT NULL,
    value_date date NOT NULL,
    reason     text NOT NULL DEFAULT '',
    lines      jsonb NOT NULL,
    PRIMARY KEY (cell, account, id)
);
COMMENT ON COLUMN interest_postings.kind IS '0 settlement, 1 correction of a settlement, 2 by the rule of its product';
COMMENT ON COLUMN interest_postings.units IS 'all that the days have earned; of a correction, all that they should have';
COMMENT ON COLUMN interest_postings.amount IS 'interest before tax, minor units; of a correction, the difference; negative is charged';
COMMENT ON COLUMN interest_postings.lines IS '[start, days, balance, terms, rates by tier, units] for every stretch in which nothing changed';

-- The internal accounts of interest, and what was accrued on them each day.
CREATE TABLE interest_accounts (
    cell     smallint NOT NULL REFERENCES cells,
    currency text NOT NULL,
    subject  text NOT NULL,
    beside   text NOT NULL,
    number   bigint NOT NULL,
    PRIMARY KEY (cell, currency, subject, beside)
);
COMMENT ON COLUMN interest_accounts.beside IS 'of expense the payable subject, of payable the expense subject: each pair has accounts of its own';

CREATE TABLE interest_accruals (
    cell            smallint NOT NULL REFERENCES cells,
    day             date NOT NULL,
    currency        text NOT NULL,
    expense_subject text NOT NULL,
    payable_subject text NOT NULL,
    accounts        bigint NOT NULL,
    units           numeric NOT NULL,
    amount          bigint NOT NULL,
    transfer        uuid,
    PRIMARY KEY (cell, day, currency, payable_subject, expense_subject)
);
COMMENT ON COLUMN interest_accruals.units IS 'earned and not settled at the end of the day';
COMMENT ON COLUMN interest_accruals.amount IS 'what the day added to expense and payable, minor units';
