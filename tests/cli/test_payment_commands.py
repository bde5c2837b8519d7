"""``sycee payment``: from instructing to taking back, as a treasurer and the bank's people do it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest_asyncio

from sycee.client import NewPayment
from sycee.database import Database
from sycee.identity import Scope, issue_token
from tests.api.listening import Listening
from tests.api.small_bank import found_bank
from tests.api.wire import PAYEE, PAYER
from tests.cli.conftest import Said

Sycee = Callable[..., Said]
HOME = ("--from", PAYER, "--to", PAYEE, "--name", "Silk Road Steel Ltd")
AWAY = ("--from", PAYER, "--to", "6222020200112233445", "--name", "Jade Ltd", "--bank", "102290000013")


class Treasurer(msgspec.Struct):
    """Somebody at the command line of a running bank."""

    sycee: Sycee
    home: Path
    url: str
    tokens: list[str]

    def says(self, *arguments: str, code: int = 0, token: int = 0) -> Said:
        where = ("--url", self.url, "--token", self.tokens[token])
        said = self.sycee(self.home, "payment", *arguments, *where)
        assert said.code == code, said.err + said.out
        return said

    def json(self, *arguments: str, **more: Any) -> Any:
        return self.says(*arguments, "--json", **more).json


@pytest_asyncio.fixture
async def treasurer(
    database: Database, database_url: str, sycee: Sycee, tmp_path: Path
) -> AsyncIterator[Treasurer]:
    """A treasurer of a bank that has loaded a list of names."""
    await found_bank(database)
    async with database.transaction() as tx:
        tokens = [(await issue_token(tx, name, [Scope.ADMIN])).text for name in ("one", "two")]
    with Listening(database_url, tmp_path) as served:
        made = Treasurer(sycee, tmp_path, served.url, tokens)
        (tmp_path / "names").write_text("Evil Corp\n\n")
        assert made.json("screening", "load", str(tmp_path / "names"))["entries"] == 1
        yield made


async def test_payments_from_instructing_to_taking_back(treasurer: Treasurer) -> None:
    assert "settled" in treasurer.says("submit", *HOME, "--amount", "10.00 CNY").out
    preview = treasurer.says("submit", *AWAY, "--amount", "10.00 CNY", "--dry-run").out
    assert "held (preview) by BEPS, fee 2.50 CNY" in preview
    (held,) = treasurer.json("submit", *AWAY, "--amount", "10.00 CNY", "--urgent")["outcomes"]
    assert (held["state"], held["rail"]) == ("held", "IBPS")
    refused = treasurer.says("submit", *HOME, "--amount", "99999.00 CNY", code=1)
    assert "insufficient_funds" in refused.err
    shown = treasurer.says("show", held["id"]).out
    assert "screened → held" in " ".join(shown.split())
    assert treasurer.json("list", "--state", "held")["payments"][0]["id"] == held["id"]
    assert held["id"] in treasurer.says("list", "--account", PAYER).out
    assert "not_possible" in treasurer.says("recall", held["id"], "--reason-code", "DUPL", code=1).err
    assert "cancelled" in treasurer.says("cancel", held["id"], "--reason", "twice").out
    followed = treasurer.says("follow", "--after", "0", "--count", "3", "--json").out.splitlines()
    assert [msgspec.json.decode(line)["step"]["states"][-1] for line in followed] == [
        "settled",
        "held",
        "cancelled",
    ]


async def test_a_stopped_payment_is_decided_by_the_bank(treasurer: Treasurer) -> None:
    evil = (*HOME[:4], "--name", "EVIL corp", "--amount", "1.00 CNY")
    one, two = (treasurer.json("submit", *evil)["outcomes"][0] for _ in range(2))
    assert one["state"] == "stopped"
    assert "settled" in treasurer.says("release", one["id"], "--reason", "another of that name").out
    assert "rejected" in treasurer.says("refuse", two["id"], "--reason", "the very one").out
    assert "own" in treasurer.says("screening", "lists").out


async def test_a_file_of_payments(treasurer: Treasurer, tmp_path: Path) -> None:
    lines = []
    for value in ("1.00", "99999.00"):
        amount = {"currency": "CNY", "value": value}
        payment = {"debit_account": PAYER, "creditor_account": PAYEE, "creditor_name": "J", "amount": amount}
        whole = msgspec.convert(payment, NewPayment)
        lines.append(msgspec.json.encode({**payment, "id": whole.id}).decode())
    file = tmp_path / "payments.jsonl"
    file.write_text("\n".join(lines))
    refused = treasurer.json("submit-file", str(file), "--all-or-nothing", code=1)["outcomes"]
    assert [one["code"] for one in refused] == ["order_refused", "insufficient_funds"]
    found = treasurer.json("submit-file", str(file), code=1)["outcomes"]
    assert [one["state"] for one in found] == ["settled", "rejected"]
    file.write_text("{}")
    assert "line 1" in treasurer.says("submit-file", str(file), code=2).err


async def test_terms_of_a_rail_take_two_persons(treasurer: Treasurer, tmp_path: Path) -> None:
    file = tmp_path / "terms.json"
    file.write_text('{"cap": {"currency": "CNY", "value": "5.00"}}')
    said = ("propose", "BEPS", "--file", str(file), "--from", "2018-06-01", "--reason", "ccms.909")
    id = treasurer.json("rails", *said)["id"]
    assert "own_approval" in treasurer.says("rails", "decide", id, "release", code=1).err
    treasurer.says("rails", "decide", id, "release", "--remark", "read it", token=1)
    assert "5.00 CNY" in treasurer.says("rails", "list").out
    assert treasurer.json("rails", "proposals", "--rail", "BEPS")["terms"][0]["state"] == "released"
    (away,) = treasurer.json("submit", *AWAY, "--amount", "6.00 CNY")["outcomes"]
    assert away["rail"] != "BEPS"
