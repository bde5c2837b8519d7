-- The simulated payment system's own books, on SQLite. Amounts in minor units.

CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE IF NOT EXISTS rails (name TEXT PRIMARY KEY, cap INTEGER, open INTEGER NOT NULL) STRICT;

CREATE TABLE IF NOT EXISTS positions (
    rail TEXT NOT NULL REFERENCES rails,
    bank TEXT NOT NULL,
    opened_with INTEGER NOT NULL CHECK (opened_with >= 0),
    balance INTEGER NOT NULL CHECK (balance >= 0),
    PRIMARY KEY (rail, bank)
) STRICT;

-- Messages from banks, each once. wait counts the collections for which one still lies about.
CREATE TABLE IF NOT EXISTS received (
    rail TEXT NOT NULL,
    sender TEXT NOT NULL,
    message_id TEXT NOT NULL,
    digest BLOB NOT NULL,
    body BLOB NOT NULL,
    wait INTEGER NOT NULL DEFAULT 0,
    processed INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (sender, message_id)
) STRICT;
CREATE INDEX IF NOT EXISTS received_to_process ON received (processed) WHERE processed = 0;

-- Payments, whatever became of them. A payment is known by its UETR and settled once.
CREATE TABLE IF NOT EXISTS items (
    uetr TEXT PRIMARY KEY,
    rail TEXT NOT NULL,
    sender TEXT NOT NULL,
    receiver TEXT NOT NULL,
    message TEXT NOT NULL,
    message_id TEXT NOT NULL,
    transaction_id TEXT NOT NULL,
    end_to_end_id TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    status TEXT NOT NULL CHECK (status IN ('ACSC', 'RJCT')),
    reason TEXT,
    settled_on TEXT,
    returned INTEGER NOT NULL DEFAULT 0 CHECK (returned BETWEEN 0 AND amount),
    CHECK ((status = 'ACSC') = (settled_on IS NOT NULL))
) STRICT;
CREATE INDEX IF NOT EXISTS items_by_transaction ON items (sender, message_id, transaction_id);

-- Returns by their own id, so that one sent twice is settled once.
CREATE TABLE IF NOT EXISTS returns (
    sender TEXT NOT NULL,
    return_id TEXT NOT NULL,
    uetr TEXT NOT NULL,
    message_id TEXT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT,
    settled_on TEXT,
    PRIMARY KEY (sender, return_id)
) STRICT;

-- What moved: two rows an item, which add up to nothing.
CREATE TABLE IF NOT EXISTS entries (
    id INTEGER PRIMARY KEY,
    rail TEXT NOT NULL,
    day TEXT NOT NULL,
    bank TEXT NOT NULL,
    amount INTEGER NOT NULL,
    what TEXT NOT NULL,
    uetr TEXT NOT NULL,
    message_id TEXT NOT NULL,
    transaction_id TEXT NOT NULL,
    end_to_end_id TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS entries_of_a_day ON entries (rail, day, bank, id);

-- Messages to banks. copies: how often one is still to be taken; wait as above; lost ones are never given.
CREATE TABLE IF NOT EXISTS outbound (
    delivery INTEGER PRIMARY KEY AUTOINCREMENT,
    rail TEXT NOT NULL,
    bank TEXT NOT NULL,
    message_id TEXT NOT NULL UNIQUE,
    body BLOB NOT NULL,
    copies INTEGER NOT NULL DEFAULT 1,
    wait INTEGER NOT NULL DEFAULT 0,
    lost INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS outbound_waiting ON outbound (rail, bank, delivery) WHERE copies > 0 AND lost = 0;

CREATE TABLE IF NOT EXISTS faults (
    id INTEGER PRIMARY KEY,
    what TEXT NOT NULL,
    at TEXT,
    times INTEGER,
    chance REAL NOT NULL,
    polls INTEGER NOT NULL,
    reason TEXT NOT NULL
) STRICT;
