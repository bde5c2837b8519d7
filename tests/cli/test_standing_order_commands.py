"""``sycee standing-order``: from a first look at the dates to the end, and carried out by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest_asyncio

from sycee import payments
from sycee.database import Database
from sycee.identity import Scope, issue_token
from tests.api.listening import Listening
from tests.api.small_bank import found_bank
from tests.api.wire import PAYEE, PAYER
from tests.cli.conftest import Said

Sycee = Callable[..., Said]
RENT = (
    "make", "--from", PAYER, "--to", PAYEE, "--name", "Landlord Ltd", "--amount", "10.00 CNY",
    "--rhythm", "monthly", "--first-on", "2026-03-31", "--day", "31", "--calendar", "weekdays",
)  # fmt: skip


class Treasurer(msgspec.Struct):
    """Somebody at the command line of a running bank."""

    sycee: Sycee
    home: Path
    where: tuple[str, ...]

    def says(self, *arguments: str, code: int = 0) -> Said:
        said = self.sycee(self.home, "standing-order", *arguments, *self.where)
        assert said.code == code, said.err + said.out
        return said

    def json(self, *arguments: str) -> Any:
        return self.says(*arguments, "--json").json


@pytest_asyncio.fixture
async def treasurer(
    database: Database, database_url: str, sycee: Sycee, tmp_path: Path
) -> AsyncIterator[Treasurer]:
    """A treasurer of a bank that has loaded a list of names."""
    await found_bank(database)
    async with database.transaction() as tx:
        await payments.load_screening_names(tx, [], name="own", by="test")
        token = (await issue_token(tx, "treasurer", [Scope.ADMIN])).text
    with Listening(database_url, tmp_path) as served:
        yield Treasurer(sycee, tmp_path, ("--url", served.url, "--token", token))


async def test_a_rent_from_its_dates_to_its_end(
    treasurer: Treasurer, sycee: Sycee, database_url: str
) -> None:
    preview = treasurer.json(*RENT, "--roll", "modified_following", "--dates", "3", "--dry-run")
    assert [one["due_on"] for one in preview["upcoming"]] == ["2026-03-31", "2026-04-30", "2026-05-29"]
    assert treasurer.json("list")["standing_orders"] == []
    made = treasurer.json(*RENT)
    run = ("payment", "standing", "run", "--database-url", database_url)
    assert sycee(treasurer.home, *run, "--json").json["done"] == 2
    assert sycee(treasurer.home, *run, "--cell", "101").out.startswith("0 done")
    history = treasurer.json("history", made["id"])
    assert [one["state"] for one in history["occurrences"]] == ["submitted"]
    assert "submitted" in treasurer.says("history", made["id"]).out
    changed = treasurer.json("change", made["id"], "--amount", "12.00 CNY")
    assert (changed["version"], changed["terms"]["amount"]["value"]) == (2, "12.00")
    assert changed["terms"]["schedule"] == made["terms"]["schedule"]
    assert "suspended" in treasurer.says("suspend", made["id"], "--reason", "dispute").out
    assert "active" in treasurer.says("resume", made["id"]).out
    assert made["id"][:8] in treasurer.says("list", "--account", PAYER, "--state", "active").out
    assert treasurer.json("end", made["id"], "--reason", "moved out")["state"] == "ended"
    assert treasurer.json("show", made["id"])["upcoming"] == []
    assert "standing_order_state" in treasurer.says("resume", made["id"], code=1).err
