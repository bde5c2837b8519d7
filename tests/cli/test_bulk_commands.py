"""``sycee bulk``: a file of payments sent, followed and reported at the command line."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest_asyncio
from openpyxl import load_workbook

from sycee import payments
from sycee.database import Database
from sycee.identity import Scope, issue_token
from sycee.payments.iso20022 import read_message
from tests.api.served import Served
from tests.api.small_bank import found_bank
from tests.api.wire import PAYEE, PAYER
from tests.cli.conftest import Said
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
    with Served(database_url, tmp_path / "server.log") as served:
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
