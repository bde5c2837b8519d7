"""``sycee rate`` and ``sycee interest``: from proposed rates to an explanation of what was paid."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from sycee.cli import execute
from sycee.components import RateTier
from sycee.database import Database
from sycee.identity import Scope, issue_token
from tests.api.listening import Listening
from tests.cli.conftest import Said
from tests.products.interest.bank_days import bear, close, open_two, pay_in, release, terms


def table(text: str, *firsts: str) -> list[list[str]]:
    """The rows of a printed table whose first cell begins so."""
    return [line.split() for line in text.splitlines() if line.strip().startswith(firsts)]


START, END = date(2026, 5, 22), date(2026, 6, 21)


class Bank(msgspec.Struct):
    """A running bank, how two of its people speak to it, and an account that bears interest in it."""

    say: Callable[..., Said]
    account: str
    cash: str
    ann: str
    bob: str

    def says(self, *arguments: str, as_: str = "", code: int = 0) -> Said:
        said = self.say(*arguments, "--token", as_ or self.ann)
        assert said.code == code, said.err + said.out
        return said

    def json(self, *arguments: str, as_: str = "") -> Any:
        return self.says(*arguments, "--json", as_=as_).json


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Said]:
    """Runs a command line in this process: starting one takes a second."""
    for name in os.environ:
        if name.startswith("SYCEE_"):
            monkeypatch.delenv(name)

    def run(*arguments: str) -> Said:
        code = execute(arguments)
        return Said(code, *capsys.readouterr())

    return run


@pytest_asyncio.fixture
async def deposit(database: Database) -> tuple[str, str]:
    """An agreement deposit of 2,600,000.00, settled after 30 days, and the account it was paid in from."""
    await release(database, ("CNY.demand", "2020-01-01", "0.20"), ("CNY.agreement", "2020-01-01", "0.90"))
    async with database.transaction() as tx:
        account, cash = await open_two(tx, START)
        tiers = (RateTier(rate_key="CNY.demand"), RateTier(above=10_000_000, rate_key="CNY.agreement"))
        await bear(tx, account, START, terms(*tiers))
        await pay_in(tx, account, cash, 260_000_000)
    assert await close(database, START, END) == []
    return str(account), str(cash)


@pytest_asyncio.fixture
async def bank(
    said: Callable[..., Said],
    deposit: tuple[str, str],
    database: Database,
    database_url: str,
    tmp_path: Path,
) -> AsyncIterator[Bank]:
    """The bank behind a server, with tokens of two people."""
    scopes = [Scope.PRODUCTS_READ, Scope.PRODUCTS_PROPOSE, Scope.PRODUCTS_RELEASE, Scope.AGREEMENTS_READ]
    async with database.transaction() as tx:
        ann, bob = [(await issue_token(tx, name, scopes)).text for name in ("ann", "bob")]
    with Listening(database_url, tmp_path) as running:

        def say(*arguments: str) -> Said:
            return said(*arguments, "--url", running.url)

        yield Bank(say, *deposit, ann, bob)


def test_rates_are_proposed_by_one_and_released_by_another(bank: Bank, tmp_path: Path) -> None:
    said = bank.says("rate", "propose", "CNY.demand=0.15", "CNY.agreement=0.85", "--from", "2026-07-01")
    assert "somebody else releases it: sycee rate release" in said.err
    (waiting,) = bank.json("rate", "proposals", "--waiting")["proposals"]
    assert waiting["rates"] == [
        {"key": "CNY.agreement", "start": "2026-07-01", "rate": "0.85"},
        {"key": "CNY.demand", "start": "2026-07-01", "rate": "0.15"},
    ]
    own = bank.says("rate", "release", waiting["id"], code=1)
    assert "own_approval" in own.err
    released = bank.says("rate", "release", waiting["id"], as_=bank.bob)
    assert "0 accounts are reckoned again" in released.out
    listed = bank.says("rate", "list", "CNY.demand")
    assert table(listed.out, "CNY") == [
        ["CNY.demand", "2020-01-01", "0.20"],
        ["CNY.demand", "2026-07-01", "0.15"],
    ]
    assert len(bank.json("rate", "list")["rates"]) == 4
    assert bank.json("rate", "list", "--limit", "3")["more"] is True
    assert waiting["id"][:8] in bank.says("rate", "proposals").out

    file = tmp_path / "rates.csv"
    file.write_text("key,start,rate\nCNY.time.1y,2026-07-01,1.35\nCNY.time.2y,2026-07-01,1.45\n")
    made = bank.json("rate", "propose", "--file", str(file), "--note", "Circular 2026-14")
    assert (len(made["rates"]), made["note"], made["state"]) == (2, "Circular 2026-14", "proposed")


def test_what_an_account_has_earned_is_shown_with_totals(bank: Bank) -> None:
    shown = bank.says("interest", "accrued", bank.account, "--through", "2026-07-20")
    assert table(shown.out, "2026", "sum", "rounded") == [
        ["2026-06-21", "2026-07-20", "30", "100000.00", "0.20", "360", "16.6666666667"],
        ["2026-06-21", "2026-07-20", "30", "2500000.00", "0.90", "360", "1875.0000000000"],
        ["sum", "1891.6666666667"],
        ["rounded", "1891.67"],
    ]
    found = bank.json("interest", "accrued", bank.account)
    assert (found["start"], found["through"], found["exact"]) == ("2026-06-21", "2026-06-20", "0.0000000000")


def test_postings_are_listed_and_the_newest_is_explained(bank: Bank, tmp_path: Path) -> None:
    (posting,) = bank.json("interest", "postings", bank.account)["postings"]
    listed = bank.says("interest", "postings", bank.account).out
    assert "settlement" in listed
    assert "1891.67" in listed
    file = tmp_path / "interest.csv"
    shown = bank.says("interest", "explain", bank.account, "--csv", str(file))
    assert table(shown.out, "2026", "sum", "rounded", "paid ") == [
        ["2026-05-22", "2026-06-20", "30", "100000.00", "0.20", "360", "16.6666666667"],
        ["2026-05-22", "2026-06-20", "30", "2500000.00", "0.90", "360", "1875.0000000000"],
        ["sum", "1891.6666666667"],
        ["rounded", "1891.67"],
        ["paid", "1891.67"],
    ]
    assert file.read_text("utf-8-sig").splitlines()[-1] == "paid 实付,,,,,,,1891.67"
    assert bank.json("interest", "explain", bank.account, posting["id"])["posting"] == posting


def test_the_checks_of_interest_are_among_those_of_the_books(
    said: Callable[..., Said], deposit: tuple[str, str], database_url: str
) -> None:
    assert deposit
    found = said("ledger", "check", "--database-url", database_url, "--json")
    assert (found.code, found.json["passed"]) == (0, True)
    assert "interest is what balances, terms and rates make" in {one["name"] for one in found.json["checks"]}


def test_an_account_that_bears_no_interest_has_earned_nothing_to_explain(bank: Bank) -> None:
    assert "not_interest_bearing" in bank.says("interest", "accrued", bank.cash, code=1).err
    assert "has no interest posting yet" in bank.says("interest", "explain", bank.cash, code=1).err


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["rate", "propose"], "no rates are given"),
        (["rate", "propose", "CNY.demand=0.2"], "--from says"),
        (["rate", "propose", "CNY.demand", "--from", "2026-07-01"], "is not a rate"),
        (["rate", "propose", "CNY.demand=1e3", "--from", "2026-07-01"], "is not a rate"),
        (["rate", "propose", "CNY.demand=0.2", "--from", "July"], "not a date"),
        (["rate", "propose", "--file", "/no/such/file"], "does not exist"),
        (["rate", "release", "7"], "not a UUID"),
        (["interest", "accrued", "7"], "18 digits"),
        (["interest", "explain", "101000000000000013", "7"], "not a UUID"),
    ],
)
def test_misuse_ends_with_2_and_says_why(
    said: Callable[..., Said], arguments: list[str], problem: str
) -> None:
    found = said(*arguments)
    assert (found.code, problem in found.err) == (2, True), found.err


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("key,day,rate\n", "the columns are key, start and rate"),
        ("key,start,rate\nCNY.demand,July,0.2\n", "line 2: a key, a date"),
        ("key,start,rate\nCNY.demand,2026-07-01\n", "line 2: a key, a date"),
        ("key,start,rate\nCNY.demand,2026-07-01,much\n", "line 2: 'much' is not a rate"),
    ],
)
def test_a_broken_file_of_rates_is_told_by_line(
    said: Callable[..., Said], tmp_path: Path, text: str, problem: str
) -> None:
    file = tmp_path / "rates.csv"
    file.write_text(text)
    found = said("rate", "propose", "--file", str(file), "--url", "http://127.0.0.1:1", "--token", "x")
    assert found.code == 2
    assert problem in " ".join(found.err.split())
