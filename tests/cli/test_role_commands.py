"""``sycee role`` and ``sycee customer branch`` against a running bank."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from sycee.cli import execute
from sycee.kernel.ids import uuid7
from tests.parties.people import new_uscc

Say = Callable[..., tuple[int, str, str]]
Done = Callable[..., Any]


@pytest.fixture
def say(running: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Say:
    """Runs a command line against the running demo bank, in this process."""
    for name in os.environ:
        if name.startswith("SYCEE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SYCEE_DATA_DIR", str(running.data_dir))

    def said(*arguments: object) -> tuple[int, str, str]:
        return execute([str(argument) for argument in arguments]), *capsys.readouterr()

    return said


@pytest.fixture
def done(say: Say) -> Done:
    """Runs a command that succeeds, and returns what it says as JSON."""

    def run(*arguments: object) -> Any:
        code, out, err = say(*arguments, "--json")
        assert code == 0, err
        return msgspec.json.decode(out)

    return run


def test_a_role_is_defined_given_within_limits_and_revoked(say: Say, done: Done) -> None:
    role = f"role_{uuid7().hex}"
    titles = ("--title", "Clerk", "--local-title", "办事员")
    done("role", "define", role, *titles, "--permission", "accounts:read")
    assert role in {one["id"] for one in done("role", "list")["roles"]}
    person = done("principal", "create", f"clerk.{uuid7().hex}", "--name", "Li Wei")["id"]
    limits = ("--cell", 101, "--amount", "50000.00 CNY", "--until", "2999-01-01T00:00:00+08:00")
    given = done("role", "give", person, role, "--reason", "new post", *limits)
    assert (given["cell"], given["amount"]) == (101, {"currency": "CNY", "value": "50000.00"})
    assert given["valid_until"] == "2998-12-31T16:00:00Z"
    code, out, _ = say("role", "given", person)
    assert code == 0 and "101, 50000.00 CNY" in " ".join(out.split())
    gone = done("role", "revoke", given["id"], "--reason", "left")
    assert done("role", "given", person)["grants"] == [gone]


def test_what_the_bank_refuses_is_said_with_its_code(say: Say, done: Done) -> None:
    person = done("principal", "create", f"clerk.{uuid7().hex}", "--name", "Li Wei")["id"]
    code, _, err = say("role", "give", person, "customer_maker", "--reason", "x")
    assert code == 1 and "invalid_grant" in err
    code, _, err = say("role", "give", person, "teller", "--reason", "x", "--until", "tomorrow")
    assert code == 2 and "not an instant" in err


def test_a_customers_branch_is_shown_and_changed(say: Say, done: Done) -> None:
    customer = done("customer", "register", "--name", "Silk", "--uscc", new_uscc(), "--cell", 101)["id"]
    assert done("customer", "branch", customer)["branch"] is None
    done("customer", "branch", customer, "--to", "SH-PUDONG", "--reason", "opened there")
    code, out, _ = say("customer", "branch", customer)
    assert (code, out.strip()) == (0, "SH-PUDONG")
