"""``sycee login``, ``principal``, ``oauth``, ``security``: a security officer and a new colleague."""

from __future__ import annotations

import io
import os
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pyotp
import pytest
import pytest_asyncio

from sycee.cli import execute
from sycee.database import Database
from sycee.identity import Scope, issue_token
from tests.api.listening import Listening
from tests.cli.conftest import Said
from tests.identity.people import PASSWORD

NEW_PASSWORD = "violet-harbour-mustard-9"
SCOPES = [Scope.IDENTITY_READ, Scope.IDENTITY_WRITE, Scope.SECURITY_READ, Scope.ACCOUNTS_READ]


class Desk(msgspec.Struct):
    """A running bank and a command line beside it. ``officer`` is a token of who sees to principals."""

    say: Callable[..., Said]
    officer: str

    def says(self, *arguments: str, typed: str = "", code: int = 0) -> Said:
        said = self.say(*arguments, typed=typed)
        assert said.code == code, said.err + said.out
        return said

    def orders(self, *arguments: str, code: int = 0) -> Any:
        """What the officer is answered, as JSON."""
        said = self.says(*arguments, "--token", self.officer, "--json", code=code)
        return said.json if not code else said.err


@pytest_asyncio.fixture
async def desk(
    database: Database,
    database_url: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Desk]:
    """The bank behind a server, and an empty directory of a person's own."""
    for name in os.environ:
        if name.startswith("SYCEE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SYCEE_DATA_DIR", str(tmp_path / "home"))
    async with database.transaction() as tx:
        officer = (await issue_token(tx, "officer", SCOPES)).text
    with Listening(database_url, tmp_path) as running:

        def say(*arguments: str, typed: str) -> Said:
            monkeypatch.setattr("sys.stdin", io.StringIO(typed))
            code = execute([*arguments, "--url", running.url])
            return Said(code, *capsys.readouterr())

        yield Desk(say, officer)


def hired(desk: Desk, login: str = "li.wei") -> tuple[str, pyotp.TOTP, list[str]]:
    """A new colleague with password and device, signed in: id, device, recovery codes."""
    id = desk.orders("principal", "create", login, "--name", "Li Wei")["id"]
    titles = ("--title", "Reader", "--local-title", "查询员")
    desk.orders("role", "define", "reader", *titles, "--permission", "accounts:read")
    desk.orders("role", "give", id, "reader", "--reason", "new on the desk")
    reset = desk.orders("principal", "reset", id, "password", "--reason", "new on the desk")
    first = reset["first_password"]
    said = desk.says("login", login, typed=f"{first}\n")
    assert "`sycee password`" in said.err
    assert "`sycee second-factor set-up`" in said.err
    assert "not_granted" in desk.says("account", "list", code=1).err
    assert "to do first" in desk.says("password", typed=f"{first}\n{PASSWORD}\n").out
    setup = desk.says("second-factor", "set-up", "--json").json
    device = pyotp.TOTP(setup["secret"])
    codes = desk.says("second-factor", "confirm", device.now(), "--json").json["recovery_codes"]
    return id, device, codes


def test_a_new_colleague_signs_in_sets_up_a_device_works_and_signs_out(desk: Desk, tmp_path: Path) -> None:
    id, device, codes = hired(desk)
    me = desk.says("whoami", "--json").json
    assert (me["id"], me["scopes"], me["second_factor"]) == (id, ["accounts:read"], True)
    assert "accounts:read" in desk.says("whoami").out
    desk.says("account", "list")
    assert (tmp_path / "home" / "session.json").stat().st_mode & 0o777 == 0o600
    assert desk.says("logout", "--json").json["session"]["end_reason"] == "signed out"
    assert not (tmp_path / "home" / "session.json").exists()
    assert "not signed in" in desk.says("logout").err
    assert "unauthenticated" in desk.says("whoami", code=1).err
    code = device.at(time.time() + 30)
    desk.says("login", "li.wei", typed=f"{PASSWORD}\n{code}\n")
    assert (
        "sign_in_refused" in desk.says("login", "li.wei", "--code", code, typed=f"{PASSWORD}\n", code=1).err
    )
    opened = desk.says("login", "li.wei", "--recovery-code", codes[0], "--json", typed=f"{PASSWORD}\n").json
    assert opened["principal"] == id
    assert "weak_password" in desk.says("password", typed=f"{PASSWORD}\nshort\n", code=1).err
    assert "sign_in_refused" in desk.says("second-factor", "recovery-codes", "000000", code=1).err


def test_a_signed_out_session_that_the_bank_has_ended_is_forgotten_here_too(
    desk: Desk, tmp_path: Path
) -> None:
    id, _, _ = hired(desk)
    assert desk.orders("principal", "end-sessions", id, "--reason", "stolen") == {"ended": 1}
    assert "invalid_token" in desk.says("whoami", code=1).err
    desk.says("logout")
    assert not (tmp_path / "home" / "session.json").exists()


def test_principals_are_listed_suspended_and_closed(desk: Desk) -> None:
    id, _, _ = hired(desk)
    listed = desk.orders("principal", "list", "--kind", "staff")
    assert [one["login"] for one in listed["principals"]] == ["li.wei"]
    table = desk.says("principal", "list", "--login", "li.wei", "--token", desk.officer)
    assert id in table.out
    (session,) = desk.orders("principal", "sessions", id)["sessions"]
    assert session["second_factor"]
    assert desk.orders("principal", "suspend", id, "--reason", "leave")["state"] == "suspended"
    assert "principal_not_active" in desk.says("whoami", code=1).err
    assert desk.orders("principal", "resume", id, "--reason", "back")["state"] == "active"
    desk.says("whoami")
    desk.orders("principal", "reset", id, "second_factor", "--reason", "lost")
    desk.orders("principal", "reset", id, "lock_out", "--reason", "called")
    assert desk.orders("principal", "close", id, "--reason", "left")["state"] == "closed"
    shown = desk.says("principal", "show", id, "--token", desk.officer)
    assert "closed" in shown.out
    assert "left" in shown.out
    assert "principal_closed" in desk.orders("principal", "resume", id, "--reason", "x", code=1)
    assert "insufficient_scope" in desk.orders(
        "principal", "create", "root", "--name", "x", "--scope", "admin", code=1
    )


def test_a_machine_gets_access_tokens(desk: Desk) -> None:
    made = desk.orders(
        "principal", "create", "erp", "--kind", "machine", "--name", "ERP", "--scope", "accounts:read"
    )
    issued = desk.orders("oauth", "create", made["id"], "--scope", "accounts:read", "--name", "ERP")
    id, secret = issued["client"]["id"], issued["secret"]
    token = desk.says("oauth", "token", id, typed=f"{secret}\n").out.strip()
    assert desk.says("whoami", "--token", token, "--json").json["login"] == "erp"
    assert "invalid_client" in desk.says("oauth", "token", id, typed="wrong\n", code=1).err
    (key,) = desk.says("oauth", "keys", "--json").json["keys"]
    assert (key["crv"], "d" in key) == ("Ed25519", False)
    assert key["kid"] in desk.says("oauth", "keys").out
    assert id in desk.says("oauth", "list", made["id"], "--token", desk.officer).out
    assert desk.orders("oauth", "revoke", id, "--reason", "replaced")["revoked_at"] is not None
    assert "invalid_token" in desk.says("whoami", "--token", token, code=1).err
    assert "insufficient_scope" in desk.orders("oauth", "rotate-keys", code=1)


def test_the_security_log_is_shown_and_verified(desk: Desk) -> None:
    id, _, _ = hired(desk)
    events = desk.orders("security", "log", "--principal", id, "--count", "3")["events"]
    assert [one["event"] for one in events] == [
        "second_factor_confirmed",
        "password_changed",
        "signed_in",
    ]
    assert "password_reset" in desk.says("security", "log", "--token", desk.officer).out
    said = desk.says("security", "verify", "--token", desk.officer)
    noted = said.out.splitlines()[-1]
    position, seal = noted.split(":")
    assert len(seal) == 128
    verified = desk.orders("security", "verify", "--noted", noted)
    assert (str(verified["events"]), verified["breaks"]) == (position, [])
    wrong = desk.says(
        "security", "verify", "--noted", f"{position}:{'0' * 128}", "--token", desk.officer, code=1
    )
    assert "not the one that was noted" in wrong.out
    desk.says("security", "verify", "--noted", "nonsense", code=2)
