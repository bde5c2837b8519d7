"""Posting one transfer a transaction, as the system before would, and TPC-B beside it for scale.

Driven by pgbench with prepared statements, in C: the client costs next to nothing. Two ways, the faster one
counts. ``conventional`` is what a careful row-at-a-time core does, in one call: both accounts locked in order,
checks, two updates, one insert under a primary key and two indexes for statements; no general ledger
totals, no seals. ``same_function`` is Sycee's own posting, everything on, with lists of one.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

import psycopg

from sycee.database import EmbeddedServer

CLIENTS = (1, 8, 32)
TPCB = "tpcb"

_PREPARE = """
CREATE TABLE bench_numbers (n serial PRIMARY KEY, number bigint NOT NULL);
CREATE TABLE bench_accounts (
    number bigint PRIMARY KEY, currency text NOT NULL, status smallint NOT NULL DEFAULT 0,
    floor bigint NOT NULL DEFAULT 0, balance bigint NOT NULL
) WITH (fillfactor = 45);
CREATE TABLE bench_transfers (
    id uuid PRIMARY KEY, debit bigint NOT NULL, credit bigint NOT NULL, amount bigint NOT NULL,
    currency text NOT NULL, booked_at timestamptz NOT NULL, debit_balance bigint NOT NULL, credit_balance bigint NOT NULL
);
CREATE INDEX ON bench_transfers (debit, booked_at);
CREATE INDEX ON bench_transfers (credit, booked_at);

CREATE FUNCTION bench_transfer(p_id uuid, p_debit bigint, p_credit bigint, p_amount bigint, p_currency text)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    d bench_accounts;
    c bench_accounts;
BEGIN
    IF p_debit < p_credit THEN
        SELECT * INTO d FROM bench_accounts WHERE number = p_debit FOR NO KEY UPDATE;
        SELECT * INTO c FROM bench_accounts WHERE number = p_credit FOR NO KEY UPDATE;
    ELSE
        SELECT * INTO c FROM bench_accounts WHERE number = p_credit FOR NO KEY UPDATE;
        SELECT * INTO d FROM bench_accounts WHERE number = p_debit FOR NO KEY UPDATE;
    END IF;
    IF d.status <> 0 OR c.status <> 0 OR d.currency <> p_currency OR c.currency <> p_currency
       OR d.balance - p_amount < d.floor THEN
        RETURN 'rejected';
    END IF;
    UPDATE bench_accounts SET balance = balance - p_amount WHERE number = p_debit;
    UPDATE bench_accounts SET balance = balance + p_amount WHERE number = p_credit;
    INSERT INTO bench_transfers VALUES (p_id, p_debit, p_credit, p_amount, p_currency, clock_timestamp(),
                                        d.balance - p_amount, c.balance + p_amount)
    ON CONFLICT DO NOTHING;
    RETURN 'posted';
END $$;
"""
_PICK = """
\\set cell random(0, {cells} - 1)
\\set debit :cell * {per_cell} + random(1, {per_cell})
\\set credit :cell * {per_cell} + 1 + (:debit - 1 - :cell * {per_cell} + random(1, {per_cell} - 1)) % {per_cell}
\\set amount random(1, 1000)
"""
_NUMBER = "(SELECT number FROM bench_numbers WHERE n = :{side})"
_SCRIPTS = {
    "conventional": "SELECT bench_transfer(uuidv7(), {debit}, {credit}, :amount, 'CNY');",
    "same_function": "SELECT ledger_post(ARRAY[uuidv7()], NULL, ARRAY[{debit}], ARRAY[{credit}], "
    "ARRAY[:amount]::bigint[], ARRAY['CNY'], NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);",
}


def prepare(server: EmbeddedServer, dbname: str, cells: Sequence[Sequence[int]]) -> None:
    """Make what posting row at a time needs, and the TPC-B database (scale 10)."""
    with psycopg.connect(server.url(dbname), autocommit=True) as connection:
        connection.execute(_PREPARE.encode())
        with connection.cursor() as cursor:
            numbers = [(number,) for cell in cells for number in cell]
            cursor.executemany("INSERT INTO bench_numbers (number) VALUES (%s)", numbers)
        connection.execute(
            "INSERT INTO bench_accounts (number, currency, balance) "
            "SELECT number, 'CNY', 1000000000000 FROM bench_numbers"
        )
        connection.execute("VACUUM ANALYZE")
    server.run_tool("createdb", TPCB)
    server.run_tool("pgbench", "-iqs", "10", dbname=TPCB)


def best(server: EmbeddedServer, dbname: str, seconds: float) -> dict[str, float]:
    """Transfers a second of each way, the best of 1, 8 and 32 connections."""
    with psycopg.connect(server.url(dbname)) as connection:
        row = connection.execute(
            "SELECT count(*), count(DISTINCT number / 1000000000000000) FROM bench_numbers"
        ).fetchone()
    assert row is not None
    count, cells = row
    sides = {side: _NUMBER.format(side=side) for side in ("debit", "credit")}
    found = {}
    for name, statement in _SCRIPTS.items():
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
            Path(file.name).write_text(
                _PICK.format(cells=cells, per_cell=count // cells) + statement.format(**sides)
            )
            found[name] = max(
                _pgbench(server, dbname, seconds, clients, "-n", "-M", "prepared", "-f", file.name)
                for clients in CLIENTS
            )
    return found


def tpcb(server: EmbeddedServer, seconds: float) -> float:
    """TPC-B transactions a second, the best of 1, 8 and 32 connections."""
    return max(_pgbench(server, TPCB, seconds, clients, "-n", "-M", "prepared") for clients in CLIENTS)


def _pgbench(server: EmbeddedServer, dbname: str, seconds: float, clients: int, *options: str) -> float:
    threads = str(min(clients, 2))
    done = server.run_tool(
        "pgbench",
        *options,
        "-c",
        str(clients),
        "-j",
        threads,
        "-T",
        str(max(1, round(seconds))),
        dbname=dbname,
    )
    found = re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)
    assert found is not None, done.stdout
    return float(found[1])
