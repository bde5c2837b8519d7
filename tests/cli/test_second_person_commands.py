"""What a person asks for on the command line and another agrees to there: it says what to type."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from sycee.cli import execute
from sycee.database import Database
from tests.api.listening import Listening
from tests.api.people import a_member_of_staff
from tests.api.small_bank import found_bank
from tests.identity.people import make

ROLES = ("operator", "security_officer", "supervisor", "product_manager")
Says = Callable[..., tuple[str, str]]


async def _staff(url: str) -> dict[str, str]:
    """A token for a person in each role, and the id of a machine."""
    async with await Database.open(url) as database:
        await found_bank(database)
        tokens = {role: (await a_member_of_staff(database, role))[1] for role in ROLES}
        machine = await make(database, "erp", kind="machine", scopes=("accounts:read",))
    return {**tokens, "machine": str(machine.id)}


@pytest.fixture
def staff(database_url: str) -> dict[str, str]:
    return asyncio.run(_staff(database_url))


@pytest.fixture
def says(
    database_url: str, tmp_path: Path, staff: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> Iterator[Says]:
    """What a command prints, as somebody, on either stream."""
    with Listening(database_url, tmp_path) as served:

        def run(who: str, *arguments: str, code: int = 0) -> tuple[str, str]:
            given = [*arguments, "--url", served.url, "--token", staff[who]]
            assert execute(given) == code, capsys.readouterr()
            said = capsys.readouterr()
            return said.out, said.err

        yield run


def hinted(said: str) -> str:
    """The approval that a hint says how to agree to."""
    found = re.search(r"`sycee approval approve ([0-9a-f-]{36})`", said)
    assert found is not None, said
    return found[1]


def test_a_rail_is_connected_when_another_agrees(says: Says) -> None:
    connect = ("rail", "connect", "BEPS", "--at", "http://127.0.0.1:8900", "--participant", "313100000013")
    out, err = says("operator", *connect)
    assert out.startswith("waiting: approval ")
    assert "others have to agree first" in err
    assert "8900" not in says("operator", "rail", "connections")[0]
    assert "executed" in says("supervisor", "approval", "approve", hinted(err))[0]
    assert "8900" in says("operator", "rail", "connections")[0]


def test_what_waits_is_printed_as_json(says: Says, tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("Evil Corporation\n", encoding="utf-8")
    out, err = says("operator", "payment", "screening", "load", str(names), "--json")
    asked = msgspec.json.decode(out)
    assert (asked["command"], asked["state"]) == ("screening.replace_list", "waiting")
    assert hinted(err) == asked["id"]


def test_a_client_and_a_role_wait_for_another_too(says: Says, staff: dict[str, str]) -> None:
    out, err = says("security_officer", "oauth", "create", staff["machine"], "--scope", "accounts:read")
    assert "syk_" in out
    assert "cli_" not in says("security_officer", "oauth", "list", staff["machine"])[0]
    says("supervisor", "approval", "approve", hinted(err))
    assert "cli_" in says("security_officer", "oauth", "list", staff["machine"])[0]
    define = ("role", "define", "viewer_abroad", "--title", "Viewer", "--local-title", "查询员")
    _, err = says("security_officer", *define, "--permission", "accounts:read")
    says("supervisor", "approval", "approve", hinted(err))
    assert "viewer_abroad" in says("security_officer", "role", "list")[0]


def test_proposed_rates_are_released_in_the_inbox(says: Says) -> None:
    out, _ = says("product_manager", "rate", "propose", "CNY.demand=0.15", "--from", "2026-07-01", "--json")
    proposal = msgspec.json.decode(out)["id"]
    _, err = says("product_manager", "rate", "release", proposal, code=1)
    assert "own_approval" in err
    shown, _ = says("supervisor", "approval", "show", proposal)
    assert "CNY.demand: 0.15 % from 2026-07-01" in shown
    _, err = says("supervisor", "approval", "approve", proposal, code=1)  # no right to release
    says("product_manager", "approval", "withdraw", proposal, "--reason", "typo")
    assert "withdrawn" in says("product_manager", "rate", "proposals")[0]
