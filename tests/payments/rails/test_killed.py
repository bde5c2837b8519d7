"""The worker killed with SIGKILL at random, again and again, while the rail misbehaves and dies too.

Real processes, real sockets, the real command line. At the end every payment was paid exactly once or its
money given back, no hold is left, every date reconciles item by item, and the books check.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sycee import ledger, payments
from sycee.database import Database
from sycee.payments.rails.connections import RailConnection, connect_rail
from sycee.payments.rails.items import uetr_of
from sycee.payments.rails.link import RailLink
from sycee.payments.simulator.configuration import OTHER_BANKS, OUR_BANK, PLENTY
from tests.long_runs import rounds
from tests.payments.rails.bank import FUNDS, RAIL, new_payment, open_bank, reconcile_day
from tests.payments.rails.processes import PATIENCE_S, Control, Program, simulated_rail

FAULTS = [
    {"what": "reject", "chance": 0.05},
    {"what": "return", "chance": 0.05},
    {"what": "duplicate", "chance": 0.2},
    {"what": "reorder", "chance": 0.3},
    {"what": "delay", "at": "processing", "chance": 0.2, "polls": 3},
    {"what": "delay", "at": "answer", "chance": 0.2, "polls": 3},
    {"what": "lose", "at": "request", "chance": 0.1},
    {"what": "lose", "at": "response", "chance": 0.1},
    {"what": "lose", "at": "answer", "chance": 0.1},
    {"what": "die", "at": "received", "times": 1, "chance": 0.1},
    {"what": "die", "at": "settled", "times": 1, "chance": 0.1},
    {"what": "die", "at": "collected", "times": 1, "chance": 0.05},
]


def worker(database_url: str, log: Path) -> Program:
    """What ``sycee worker`` becomes, in a hurry."""
    environ = {
        **os.environ, "SYCEE_DATABASE_URL": database_url, "SYCEE_WORKER_POLL_MS": "20",
        "SYCEE_RAIL_LEASE_MS": "300", "SYCEE_RAIL_RETRY_MS": "50", "SYCEE_RAIL_ENQUIRE_MS": "300",
        "SYCEE_DATA_DIR": str(log.parent / "data"),
    }  # fmt: skip
    return Program(["-m", "sycee.main.worker"], environ, log)


@pytest.fixture
def rail(tmp_path: Path) -> Iterator[tuple[Program, str]]:
    """``sycee rail simulate`` at work, and its address."""
    with simulated_rail(tmp_path) as running:
        yield running


async def under_way(database: Database) -> int:
    async with database.transaction() as tx:
        cursor = await tx.execute(
            "SELECT (SELECT count(*) FROM rail_items WHERE state = 'sent')"
            " + (SELECT count(*) FROM rail_messages WHERE state = 'waiting')"
            " + (SELECT count(*) FROM payments WHERE state IN (5, 6))"
        )
        row = await cursor.fetchone()
        assert row is not None
        return int(row[0])


async def test_whatever_is_killed_every_payment_is_paid_once_and_every_item_accounted_for(
    database: Database, database_url: str, rail: tuple[Program, str], tmp_path: Path
) -> None:
    dice = random.Random(4)
    simulator, url = rail
    control = Control(simulator, url)
    accounts = await open_bank(database)
    async with database.transaction() as tx:
        connection = await connect_rail(tx, RAIL, url=url, participant=OUR_BANK, by="test")
    await asyncio.to_thread(control, "PUT", "/control/faults", json=FAULTS)
    paid: dict[Any, tuple[int, int, int]] = {}
    received: list[tuple[str, int, int]] = []
    running = worker(database_url, tmp_path / "worker.log")
    kills = rounds(5, 100)
    try:
        for number in range(kills):
            await submit(database, accounts, dice, paid)
            account, amount = dice.choice(accounts), dice.randrange(1, 1_000)
            asked = {
                "rail": RAIL, "payer": OTHER_BANKS[0], "payee": OUR_BANK, "amount": amount,
                "account": str(account), "end_to_end_id": f"THEIRS-{number}",
            }  # fmt: skip
            said = await asyncio.to_thread(control, "POST", "/control/payments", json=asked)
            received.append((said["uetr"], account, amount))
            await until_at_work(running, number + 1)
            await asyncio.sleep(dice.uniform(0, 0.6))
            running.kill()
            running.start()
            simulator.keep_alive()
        await asyncio.to_thread(control, "PUT", "/control/faults", json=[])
        deadline = time.monotonic() + PATIENCE_S
        while await under_way(database):
            assert time.monotonic() < deadline, running.said()[-3000:]
            await asyncio.sleep(0.1)
    finally:
        running.kill()
    await accounted_for(database, connection, control, accounts, paid, received)


async def submit(
    database: Database, accounts: list[int], dice: random.Random, paid: dict[Any, tuple[int, int, int]]
) -> None:
    new = [
        new_payment(dice.choice(accounts), dice.randrange(1, 2_000), creditor_agent=dice.choice(OTHER_BANKS))
        for _ in range(dice.randrange(1, 30))
    ]
    async with database.transaction() as tx:
        outcomes = await payments.submit_payments(tx, new, by="test")
    paid |= {
        one.id: (one.debit_account, one.amount, outcome.fee)
        for one, outcome in zip(new, outcomes, strict=True)
    }


async def until_at_work(program: Program, times: int) -> None:
    """Wait until the worker has begun, so that it is killed at work."""
    deadline = time.monotonic() + PATIENCE_S
    while program.said().count("working at") < times:
        assert time.monotonic() < deadline, program.said()[-3000:]
        assert program.process.poll() is None, program.said()[-3000:]
        await asyncio.sleep(0.02)


async def accounted_for(
    database: Database,
    connection: RailConnection,
    control: Control,
    accounts: list[int],
    paid: dict[Any, tuple[int, int, int]],
    received: list[tuple[str, int, int]],
) -> None:
    closed = date.fromisoformat((await asyncio.to_thread(control, "POST", "/control/day"))["closed"])
    async with RailLink(connection) as link:
        found = await reconcile_day(database, connection, link, closed)
        async with database.transaction() as tx:
            cursor = await tx.execute("SELECT body FROM rail_reports WHERE day = %s ORDER BY page", (closed,))
            report = [bytes(body) for (body,) in await cursor.fetchall()]
    assert found.clean, found
    assert found.under_way == 0
    state = await asyncio.to_thread(control, "GET", "/control")
    assert state["contradictions"] == []
    assert found.closing - found.opening == state["positions"][RAIL][OUR_BANK] - PLENTY
    wanted = dict.fromkeys(accounts, FUNDS)
    text = b"".join(report).decode()
    async with database.transaction() as tx:
        cursor = await tx.execute("SELECT id, state, returned FROM payments")
        rows = {id: (state, returned) for id, state, returned in await cursor.fetchall()}
        assert rows.keys() == paid.keys()
        for payment, (account, amount, fee) in paid.items():
            settled, came_back = rows[payment]
            entries = text.count(str(uetr_of(payment)))  # one for the payment, one for its return
            assert (settled, entries) in {(8, 1), (9, 0), (10, 2)}, (payment, settled, entries)
            wanted[account] += came_back - amount - fee if entries else 0
        for uetr, account, amount in received:
            assert text.count(uetr) == 1
            wanted[account] += amount
        for account in accounts:
            held = await ledger.get_account(tx, account)
            assert (held.balance, held.held) == (wanted[account], 0)
        cursor = await tx.execute(
            "SELECT -sum(posted)::bigint FROM accounts JOIN rail_accounts ON number = clearing"
        )
        row = await cursor.fetchone()
        assert row is not None
        assert row[0] == found.closing - found.opening
        cursor = await tx.execute("SELECT count(*) FROM rail_cases")
        assert await cursor.fetchone() == (0,)
    assert all(check.passed for check in await ledger.check_books(database))
