"""``sycee bulk``: a file of payments sent, followed and reported at the command line."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest_asyncio
from openpyxl import load_workbook

from sycee import payments
from sycee.client import BulkOrder
from sycee.client import Sycee as Client
from sycee.database import Database
from sycee.identity import Scope, issue_token
from sycee.payments.iso20022 import read_message
from tests.api.listening import Listening
from tests.api.small_bank import found_bank
from tests.api.wire import PAYEE, PAYER
from tests.cli.conftest import COMMAND, Said, environment
from tests.payments.market import file_of

Sycee = Callable[..., Said]
FILE = file_of([("10.00", "CNY"), ("99999.00", "CNY")], debtor=PAYER, creditors=(PAYEE,))


class Clerk(msgspec.Struct):
    """Somebody at the command line of a running bank."""

    sycee: Sycee
    home: Path
    url: str
    token: str

    def says(self, *arguments: object, code: int = 0) -> Said:
        where = ("--url", self.url, "--token", self.token)
        said = self.sycee(self.home, "bulk", *map(str, arguments), *where)
        assert said.code == code, said.err + said.out
        return said

    def json(self, *arguments: object, **more: Any) -> Any:
        return self.says(*arguments, "--json", **more).json


@pytest_asyncio.fixture
async def clerk(database: Database, database_url: str, sycee: Sycee, tmp_path: Path) -> AsyncIterator[Clerk]:
    """A clerk of a bank that looks for nobody."""
    await found_bank(database)
    async with database.transaction() as tx:
        await payments.load_screening_names(tx, [], name="own", by="test")
        token = (await issue_token(tx, "clerk", [Scope.ADMIN])).text
    with Listening(database_url, tmp_path) as served:
        yield Clerk(sycee, tmp_path, served.url, token)


async def test_a_file_from_sending_to_its_report(clerk: Clerk) -> None:
    file, report = clerk.home / "pay.xml", clerk.home / "report.xml"
    file.write_bytes(FILE)
    waiting = clerk.json("send", file, "--only-receive")
    assert (waiting["state"], waiting["done"]) == ("received", 0)
    assert clerk.json("carry-out", waiting["id"])["statuses"] == {"ACSC": 1, "RJCT": 1}
    said = clerk.says("send", file, "--report", report, code=1)
    assert "received before" in said.out
    root = read_message(report.read_bytes(), payments.PAIN002_MESSAGES).root
    assert [node.text for node in root.iter("{*}TxSts")] == ["ACSC", "RJCT"]
    (refused,) = clerk.json("items", waiting["id"], "--refused")
    assert refused["code"] == "insufficient_funds"
    assert "insufficient_funds" in clerk.says("items", waiting["id"]).out
    assert "1 ACSC" in clerk.says("show", waiting["id"]).out
    clerk.says("original", waiting["id"], report)
    assert report.read_bytes() == FILE


async def test_a_template_filled_and_sent(clerk: Clerk) -> None:
    template = clerk.home / "salaries.xlsx"
    clerk.says("template", template)
    book = load_workbook(template)
    book.worksheets[0].append([PAYER, PAYEE, "张三", "", "CNY", "10.00", "", "SALA", "三月工资", "R-1"])
    book.save(template)
    order = clerk.json("send", template, "--all-or-nothing")
    assert (order["format"], order["confidential"], order["statuses"]) == ("xlsx", True, {"ACSC": 1})
    clerk.says("template", clerk.home / "table.pdf", code=2)


def _interrupted(clerk: Clerk, watcher: psycopg.Connection, *arguments: object) -> Said:
    """What a command says that is stopped with Ctrl-C as soon as the bank waits for a lock because of it."""
    before = _waiting(watcher)
    where = ("--url", clerk.url, "--token", clerk.token)
    process = subprocess.Popen(
        [*COMMAND, "bulk", *map(str, arguments), *where],
        env=environment(clerk.home), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=_as_at_a_terminal,  # noqa: PLW1509 - it calls nothing that could hold a lock
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while _waiting(watcher) <= before:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    return Said(process.returncode, out, err)


def _as_at_a_terminal() -> None:
    """Let Ctrl-C be heard, also where the tests themselves run in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _waiting(watcher: psycopg.Connection) -> set[tuple[int, datetime]]:
    """Which statements wait for a lock. One may still wait for a client that has gone, or do so no more."""
    rows = watcher.execute(
        "SELECT pid, query_start FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event_type = 'Lock'"
    )
    return set(rows.fetchall())


async def test_whoever_is_interrupted_is_told_that_the_bank_goes_on_and_how_to_follow_it(
    clerk: Clerk, database_url: str
) -> None:
    file = clerk.home / "pay.xml"
    file.write_bytes(FILE)
    order = clerk.json("send", file, "--only-receive")["id"]
    with (
        psycopg.connect(database_url) as blocker,
        psycopg.connect(database_url, autocommit=True) as watcher,
    ):
        blocker.execute("SELECT FROM bulk_orders FOR UPDATE")
        said = _interrupted(clerk, watcher, "carry-out", order)
        assert (said.code, "safe with the bank" in said.err) == (130, True), said
        assert f"sycee bulk show {order}" in said.err
        said = _interrupted(clerk, watcher, "send", file)
        assert (said.code, "nothing is ever paid twice" in said.err) == (130, True), said
    shown = clerk.json("show", order)
    assert shown["state"] in {"received", "paying", "done"}, "nothing of it is lost"
    assert clerk.json("carry-out", order)["statuses"] == {"ACSC": 1, "RJCT": 1}
    assert clerk.json("send", file, code=1)["duplicate"] is True


async def test_an_order_is_followed_beyond_the_time_that_one_request_works_at_it(
    clerk: Clerk, database_url: str
) -> None:
    """The first answer comes while the order is locked by somebody else for longer than it may take."""
    file = clerk.home / "pay.xml"
    file.write_bytes(FILE)
    order = clerk.json("send", file, "--only-receive")["id"]
    with psycopg.connect(database_url) as blocker:
        blocker.execute("SELECT FROM bulk_orders FOR UPDATE")
        async with Client(clerk.url, clerk.token, retry_for_s=0.5) as bank:
            seen: list[str] = []
            looked = asyncio.Event()

            def told(now: BulkOrder) -> None:
                seen.append(now.state)
                looked.set()

            following = asyncio.create_task(bank.follow_bulk_order(order, told=told))
            await looked.wait()  # what is locked can be looked at all the same
            assert not following.done()
            blocker.rollback()
            done = await following
    assert seen[0] == "received"
    assert (seen[-1], done.done) == ("done", 2)
