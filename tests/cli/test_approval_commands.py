"""``sycee approval``: a rule, a change that waits by it, yes and no, standing in."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sycee.cli import execute
from sycee.database import Database
from sycee.identity import Scope, issue_token
from tests.api.listening import Listening
from tests.api.small_bank import found_bank
from tests.api.wire import PAYEE

READ, DECIDE, RULES = Scope.APPROVALS_READ, Scope.APPROVALS_DECIDE, Scope.APPROVALS_RULES
PEOPLE = {
    "clerk": [Scope.ACCOUNTS_READ, Scope.ACCOUNTS_WRITE, READ],
    "ann": [READ, DECIDE, RULES],
    "bob": [READ, DECIDE, RULES],
    "eve": [READ, DECIDE],
}


class Desk:
    """Everybody's command line at one bank."""

    def __init__(self, url: str, tokens: dict[str, str], ids: dict[str, str], said: Any) -> None:
        self.url, self.tokens, self.ids, self._said = url, tokens, ids, said

    def says(self, who: str, *arguments: str, code: int = 0) -> str:
        """What a command prints; its exit code is as expected."""
        given = [*arguments, "--url", self.url, "--token", self.tokens[who]]
        assert execute(given) == code, self._said.readouterr()
        found: str = self._said.readouterr().out
        return found

    def json(self, who: str, *arguments: str, code: int = 0) -> Any:
        """The same as JSON."""
        return msgspec.json.decode(self.says(who, *arguments, "--json", code=code))

    def change(self) -> str:
        """Ask for an account to be frozen; the id of the request."""
        asked = self.json("clerk", "account", "change", PAYEE, "--status", "frozen", "--reason", "order")
        assert asked["state"] == "waiting"
        return str(asked["id"])


async def _people(url: str) -> tuple[dict[str, str], dict[str, str]]:
    async with await Database.open(url) as database:
        await found_bank(database)
        async with database.transaction() as tx:
            issued = {name: await issue_token(tx, name, scopes) for name, scopes in PEOPLE.items()}
    return (
        {name: one.text for name, one in issued.items()},
        {name: str(one.token.principal) for name, one in issued.items()},
    )


@pytest.fixture
def desk(database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    tokens, ids = asyncio.run(_people(database_url))
    with Listening(database_url, tmp_path) as served:
        yield Desk(served.url, tokens, ids, capsys)


def test_a_change_waits_by_a_rule_until_others_agree(desk: Desk) -> None:
    rule = ("approval", "propose-rule", "accounts.*", "--stage", "2:scope:approvals:decide", "--note", "x")
    asked = desk.json("ann", *rule)
    refused = desk.json("ann", "approval", "approve", asked["id"], code=1)["outcomes"][0]
    assert refused["code"] == "own_approval"
    assert "executed" in desk.says("bob", "approval", "approve", asked["id"])
    assert "2 × scope:approvals:decide" in desk.says("eve", "approval", "rules")
    waiting = desk.change()
    assert waiting in desk.says("eve", "approval", "inbox")
    outcome = desk.json("eve", "approval", "approve", waiting, "--reason", "seen")["outcomes"][0]
    assert (outcome["state"], outcome["lacking"]) == ("waiting", ["1 × scope:approvals:decide"])
    shown = desk.says("clerk", "approval", "show", waiting)
    assert "Status: open → frozen" in shown
    assert "seen" in shown
    assert desk.json("clerk", "account", "show", PAYEE)["status"] == "open"
    desk.says("ann", "approval", "approve", waiting)
    assert desk.json("clerk", "account", "show", PAYEE)["status"] == "frozen"

    second, third = desk.change(), desk.change()
    desk.says("eve", "approval", "reject", second, "--reason", "no such order")
    desk.says("clerk", "approval", "withdraw", third, "--reason", "typo")
    found = desk.json("clerk", "approval", "list")["approvals"]
    assert [(one["state"], one["reason"]) for one in found[:2]] == [
        ("withdrawn", "typo"),
        ("rejected", "no such order"),
    ]
    (held,) = desk.json("ann", "approval", "rules")["rules"]
    ended = desk.json("ann", "approval", "end-rule", held["id"])
    desk.says("bob", "approval", "approve", ended["id"])
    assert desk.json("ann", "approval", "rules")["rules"] == []


def test_one_stands_in_for_another_until_it_is_ended(desk: Desk) -> None:
    lend = ("approval", "substitute", desk.ids["ann"], desk.ids["eve"], "--until", "2027-10-01T00:00+08:00")
    desk.says("bob", *lend, code=1)
    lent = desk.json("ann", *lend, "--command", "accounts.*", "--up-to", "5.00 CNY")
    assert (lent["command"], lent["up_to"]["value"]) == ("accounts.*", "5.00")
    assert "stands in for" in desk.says("ann", *lend)
    assert desk.json("eve", "approval", "end-substitution", lent["id"])["ended_by"] == desk.ids["eve"]
    assert lent["id"] in desk.says("eve", "approval", "substitutions", desk.ids["eve"])
    away = (
        "approval",
        "substitute",
        desk.ids["eve"],
        desk.ids["clerk"],
        "--until",
        "2027-10-01",
        "--propose",
    )
    asked = desk.json("ann", *away)
    assert "executed" in desk.says("bob", "approval", "approve", asked["id"])
    found = desk.json("clerk", "approval", "substitutions", desk.ids["clerk"])["substitutions"]
    assert [one["absent"] for one in found] == [desk.ids["eve"]]
    desk.says("ann", "approval", "substitute", desk.ids["eve"], desk.ids["clerk"], "--until", "soon", code=2)
