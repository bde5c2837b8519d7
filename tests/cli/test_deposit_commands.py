"""``sycee deposit``: from placing a sum to closing the deposit, as a teller does it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest_asyncio

from sycee.database import Database
from sycee.identity import Scope, issue_token
from tests.api.listening import Listening
from tests.cli.conftest import Said
from tests.products.deposits.counter import TODAY, Counter

Sycee = Callable[..., Said]


class Teller(msgspec.Struct):
    """A teller at the command line of a running bank."""

    sycee: Sycee
    data_dir: Path
    url: str
    token: str
    counter: Counter

    def says(self, *arguments: str, code: int = 0) -> Said:
        said = self.sycee(self.data_dir, "deposit", *arguments, "--url", self.url, "--token", self.token)
        assert said.code == code, said.err + said.out
        return said

    def json(self, *arguments: str) -> Any:
        return self.says(*arguments, "--json").json


@pytest_asyncio.fixture
async def teller(
    database: Database, database_url: str, sycee: Sycee, tmp_path: Path
) -> AsyncIterator[Teller]:
    """A teller of a bank on its first day."""
    counter = await Counter.open(database)
    async with database.transaction() as tx:
        token = await issue_token(tx, "teller", [Scope.ADMIN])
    with Listening(database_url, tmp_path) as served:
        yield Teller(sycee, tmp_path, served.url, token.text, counter)


async def test_a_notice_deposit_from_placing_to_closing(teller: Teller) -> None:
    silk = teller.counter.silk
    signs = ("--signer", str(silk.signer))
    source = ("--from", str(silk.general), "--amount", "5000000.00 CNY")
    told = teller.says("place", *source, "--product", "notice-7d", *signs, "--dry-run")
    assert "placed (preview)" in told.out
    placed = teller.json("place", *source, "--product", "notice-7d", *signs)["deposit"]
    id = placed["id"]
    assert teller.json("show", id)["principal"] == {"currency": "CNY", "value": "5000000.00"}
    given = teller.json("notice", id, "--amount", "1000000.00 CNY", *signs)
    teller.says("cancel-notice", id, given["deposit"]["notice"]["id"], *signs)
    await teller.counter.advance(TODAY + timedelta(38))
    assert "2026-02-19" in teller.says("notice", id, *signs).out
    await teller.counter.advance(TODAY + timedelta(45))
    said = teller.says("withdraw", id, "--to", str(silk.basic), *signs).out
    # 45 days, but for the 7 of the notice that was cancelled on 1,000,000.00
    # (5,000,000 × 45 − 1,000,000 × 7) × 0.0110 / 360
    assert "6661.11 CNY" in said
    assert "notice_not_used" in said
    refused = teller.says("withdraw", id, "--to", str(silk.basic), *signs, code=1)
    assert "deposit_closed" in refused.err
    kinds = [one["kind"] for one in teller.json("events", id)["events"]]
    assert kinds == ["placed", "notice_given", "notice_cancelled", "notice_given", "withdrawn"]
    assert [one["id"] for one in teller.json("list", "--state", "closed")["deposits"]] == [id]


async def test_time_deposits_and_certificates(teller: Teller) -> None:
    silk, jade = teller.counter.silk, teller.counter.jade
    signs = ("--signer", str(silk.signer))
    time = ("--amount", "3000000.00 CNY", "--product", "time-3m", "--renewal", "none")
    placed = teller.json("place", "--from", str(silk.general), *time, *signs)["deposit"]
    teller.says("renewal", placed["id"], "principal", *signs)
    assert "2026-04-05" in teller.says("due", "101", "--by", "2026-12-31").out
    sum_ = ("--amount", "20000000.00 CNY", "--product", "large-cd-1y")
    certificate = teller.json("place", "--from", str(silk.general), *sum_, *signs)["deposit"]
    sale = ("--price", "20000000.00 CNY", "--pay-from", str(jade.general), "--pay-to", str(silk.general))
    sold = teller.json("transfer", certificate["id"], *sale, *signs, "--buyer-signer", str(jade.signer))
    assert sold["deposit"]["customer"] == str(jade.id)
    assert "20000000.00" in teller.says("list", "--customer", str(jade.id)).out
    misused = teller.says("place", "--from", str(silk.general), "--amount", "1.00 CNY", code=2)
    assert "--product or --arrangement" in misused.err
