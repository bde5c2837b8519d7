"""``sycee debit``: mandates, collecting and giving back at the command line."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest_asyncio

from sycee import ledger, parties, payments
from sycee.database import Database
from sycee.identity import Scope, issue_token
from sycee.kernel.ids import account_number, uuid7
from tests.api.listening import Listening
from tests.api.small_bank import found_bank
from tests.api.wire import BANK
from tests.cli.conftest import Said
from tests.parties.people import new_customer
from tests.payments.market import collection_of

Sycee = Callable[..., Said]
CREDIT, DEBIT = str(account_number(101, 51)), str(account_number(101, 52))


class Clerk(msgspec.Struct):
    """Somebody of the bank at the command line; the customers that he serves."""

    sycee: Sycee
    home: Path
    url: str
    token: str
    payee: str
    payer: str

    def says(self, *arguments: object, code: int = 0) -> Said:
        where = ("--url", self.url, "--token", self.token)
        said = self.sycee(self.home, "debit", *map(str, arguments), *where)
        assert said.code == code, said.err + said.out
        return said

    def json(self, *arguments: object, **more: Any) -> Any:
        return self.says(*arguments, "--json", **more).json


@pytest_asyncio.fixture
async def clerk(database: Database, database_url: str, sycee: Sycee, tmp_path: Path) -> AsyncIterator[Clerk]:
    """A clerk of a bank with a payee, and a payer who has 100.00."""
    await found_bank(database)
    async with database.transaction() as tx:
        wanted = [new_customer(name) for name in ("Power Grid Ltd", "Paper Mill Ltd")]
        payee, payer = await parties.register_customers(tx, wanted, by="test")
        accounts = [
            ledger.NewAccount(currency="CNY", subject="2011", cell=101, number=int(number), customer=owner.id)
            for number, owner in ((CREDIT, payee), (DEBIT, payer))
        ]
        await ledger.open_accounts(tx, accounts)
        funding = ledger.NewTransfer(
            id=uuid7(), debit=int(BANK), credit=int(DEBIT), amount=100_00, currency="CNY"
        )
        await ledger.post_transfers(tx, [funding])
        await payments.load_screening_names(tx, [], name="own", by="test")
        token = (await issue_token(tx, "clerk", [Scope.ADMIN])).text
    with Listening(database_url, tmp_path) as served:
        yield Clerk(sycee, tmp_path, served.url, token, str(payee.id), str(payer.id))


async def test_a_debit_from_the_mandate_to_its_return(clerk: Clerk) -> None:
    accounts = ("--to", CREDIT, "--from", DEBIT)
    made = clerk.json("mandate", "propose", *accounts, "--reference", "GRID-1", "--per-month", "50.00 CNY")
    clerk.says("mandate", "sign", made["id"], code=1)
    assert "is active" in clerk.says("mandate", "sign", made["id"], "--paper", "2026/114").out
    assert "50.00" in clerk.says("mandate", "show", made["id"]).out
    assert "GRID-1" in clerk.says("mandate", "list").out
    collect = ("collect", "--mandate", "GRID-1", *accounts, "--amount")
    (taken,) = clerk.json(*collect, "30.00 CNY")["outcomes"]
    assert taken["state"] == "settled"
    assert "AM14" in clerk.says(*collect, "30.00 CNY", code=1).out
    assert "settled" in clerk.says("show", taken["id"]).out
    assert clerk.json("list", "--side", "debtor", "--state", "settled")["debits"][0]["id"] == taken["id"]
    file, report = clerk.home / "bills.xml", clerk.home / "report.xml"
    file.write_bytes(collection_of([("20.00", "CNY")], creditor=CREDIT, debtor=DEBIT, mandate="GRID-1"))
    assert "report.xml" in clerk.says("send", file, "--report", report).out.replace("\n", "")
    assert b"<TxSts>ACSC</TxSts>" in report.read_bytes()
    (given,) = clerk.json("return", taken["id"], "--reason", "not agreed")["outcomes"]
    assert (given["state"], given["reason"]) == ("returned", "MD06")
    clerk.says("reverse", taken["id"], "--reason", "billed twice", code=1)
    waiting = clerk.json(*collect, "1.00 CNY", "--on", "2026-04-15")["outcomes"][0]
    assert clerk.json("refuse", waiting["id"], "--reason", "x")["outcomes"][0]["state"] == "refused"
    waiting = clerk.json(*collect, "1.00 CNY", "--on", "2026-04-15")["outcomes"][0]
    assert clerk.json("cancel", waiting["id"], "--reason", "x")["outcomes"][0]["state"] == "cancelled"
    for act, state in (("suspend", "suspended"), ("resume", "active"), ("cancel", "cancelled")):
        assert clerk.json("mandate", act, made["id"], "--reason", "x")["state"] == state


async def test_blocks_terms_and_what_screening_stopped(clerk: Clerk) -> None:
    sides = ("--debtor", clerk.payer, "--creditor", clerk.payee)
    block = clerk.json("block", "add", *sides, "--reason", "in dispute")
    assert clerk.json("block", "list", "--customer", clerk.payer)["blocks"] == [block]
    assert "may debit" in clerk.says("block", "lift", block["id"], "--reason", "settled").out
    terms = ("--from", "2026-07-01", "--refund-days", "30", "--retry-days", "5")
    assert clerk.json("terms", "set", *terms)["refund_days"] == 30
    assert "2026-07-01" in clerk.says("terms", "list").out
    nobody = "00000000-0000-0000-0000-000000000000"
    for act in ("release-stopped", "refuse-stopped"):
        assert "direct_debit_not_found" in clerk.says(act, nobody, "--reason", "x", code=1).err
