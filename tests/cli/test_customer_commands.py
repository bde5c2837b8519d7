"""``sycee customer`` and ``sycee person`` against a running bank."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from sycee.kernel.ids import uuid7
from tests.cli.conftest import Say
from tests.parties.people import new_resident_id, new_uscc

Done = Callable[..., Any]


@pytest.fixture
def done(say: Say) -> Done:
    """Runs a command that succeeds, and returns what it says as JSON."""

    def run(*arguments: object) -> Any:
        said = say(*arguments, "--json")
        assert said.code == 0, said.err
        return said.json

    return run


@pytest.fixture
def customer(done: Done) -> str:
    """An active customer."""
    made = done("customer", "register", "--name", "Silk Road Ltd", "--uscc", new_uscc(), "--active")
    return str(UUID(made["id"]))


@pytest.fixture
def person(done: Done) -> str:
    """A person."""
    return str(done("person", "register", "--name", "Li Wei", "--number", new_resident_id())["id"])


def shown(say: Say, *arguments: object) -> str:
    """What a command says to people."""
    said = say(*arguments)
    assert said.code == 0, said.err
    return said.out


def test_a_customer_is_registered_found_changed_and_remembered(say: Say, done: Done) -> None:
    name, code = f"Tea {uuid7().hex}", new_uscc()
    said = shown(
        say,
        "customer",
        "register",
        "--name",
        name,
        "--uscc",
        code,
        "--capital",
        "5000000 CNY",
        "--cell",
        "102",
    )
    assert code in said
    assert "5000000.00 CNY" in said
    (found,) = done("customer", "list", "--name", name.upper())["customers"]
    assert (found["cell"], found["status"]) == (102, "prospect")
    assert found["id"] in shown(say, "customer", "list", "--uscc", code)
    changed = done(
        "customer",
        "change",
        found["id"],
        "--reason",
        "opens an account",
        "--status",
        "active",
        "--address",
        "1 Bund",
    )
    assert (changed["status"], changed["address"]) == ("active", "1 Bund")
    assert "1 Bund" in shown(say, "customer", "show", found["id"])
    assert "opens an account" in shown(say, "customer", "history", found["id"], "--superseded")
    assert len(done("customer", "history", found["id"], "--superseded")["versions"]) == 2
    assert [one["what"] for one in done("customer", "changes", found["id"])["changes"]] == [
        "changed",
        "registered",
    ]
    assert "registered" in shown(say, "customer", "changes", found["id"])


def test_customers_come_from_a_file(say: Say, done: Done, tmp_path: Path) -> None:
    names = [f"Company {uuid7().hex}" for _ in range(3)]
    file = tmp_path / "customers.json"
    file.write_text(json.dumps({"customers": [{"name": name, "uscc": new_uscc()} for name in names]}))
    made = done("customer", "import", file)["customers"]
    assert [one["name"] for one in made] == names
    again = say("customer", "import", file)
    assert (again.code, "[customer_exists]" in again.err) == (1, True)
    file.write_text('{"customers": [{"name": 5}]}')
    bad = say("customer", "import", file)
    assert (bad.code, "$.customers[0].name" in bad.err) == (2, True)


def test_a_group_and_its_owners_are_shown(
    say: Say, done: Done, customer: str, person: str, tmp_path: Path
) -> None:
    top = done("customer", "register", "--name", "Silk Holdings", "--uscc", new_uscc())["id"]
    arguments = ("--parent", top, "--percent", "80", "--reason", "acquired")
    assert done("customer", "set-parent", customer, *arguments)["parent"]["percent"] == "80"
    assert [one["depth"] for one in done("customer", "group", customer)["members"]] == [0, 1]
    assert "  Silk Road Ltd" in shown(say, "customer", "group", top)
    holdings = ("--company", f"{top}:80", "--person", f"{person}:5")
    assert "company" in shown(say, "customer", "record-owners", customer, *holdings, "--reason", "register")
    file = tmp_path / "owners.json"
    file.write_text(json.dumps({"holdings": [{"person": person, "percent": "50"}]}))
    done("customer", "record-owners", top, "--file", file, "--reason", "register")
    (owner,) = done("customer", "owners", customer)["owners"]
    assert owner["percent"] == "45"
    said = say("customer", "owners", customer)
    assert "Li Wei -50→ Silk Holdings -80→ Silk Road Ltd" in said.out
    assert "55 % of the equity lead to no natural person yet" in said.err
    assert len(done("customer", "registers", customer)["registers"]) == 1
    assert person in shown(say, "customer", "registers", top)
    assert done("customer", "set-parent", customer, "--leave", "--reason", "sold")["parent"] is None


def test_a_customer_is_looked_into_and_then_fit(say: Say, done: Done, customer: str) -> None:
    unfit = say("customer", "due-diligence", "check", customer)
    assert (unfit.code, "[due_diligence_missing]" in unfit.err) == (1, True)
    record = (
        "--outcome",
        "passed",
        "--valid-until",
        "2999-01-01",
        "--risk-grade",
        "low",
        "--note",
        "visited",
    )
    assert "visited" in shown(say, "customer", "due-diligence", "record", customer, *record)
    assert done("customer", "due-diligence", "show", customer)["status"] == "valid"
    assert "valid on" in shown(say, "customer", "due-diligence", "show", customer)
    assert done("customer", "due-diligence", "check", customer)["risk_grade"] == "low"


def test_contacts_come_and_go(say: Say, done: Done, customer: str, person: str) -> None:
    new = ("--person", person, "--post", "legal_representative", "--phone", "+86 21 5555 0101")
    made = done("customer", "contact", "add", customer, *new)
    assert "legal_representative" in shown(say, "customer", "contact", "list", customer)
    ended = done("customer", "contact", "end", customer, made["id"], "--reason", "left")
    assert ended["valid_to"] == made["valid_from"]
    assert done("customer", "contact", "list", customer)["contacts"] == [ended]


def test_mandates_are_given_checked_and_revoked(
    say: Say, done: Done, customer: str, person: str, tmp_path: Path
) -> None:
    new = ("--person", f"A:{person}", "--operation", "pay", "--up-to", "1000 CNY", "--reference", "Board 7")
    (made,) = done("customer", "mandate", "give", customer, *new)["mandates"]
    assert "1000.00 CNY" in shown(say, "customer", "mandate", "list", customer)
    question = ("--operation", "pay", "--signer", person, "--amount")
    assert "Board 7" in shown(say, "customer", "mandate", "check", customer, *question, "1000 CNY")
    above = say("customer", "mandate", "check", customer, *question, "1000.01 CNY")
    assert (above.code, "[mandate_exceeded]" in above.err) == (1, True)
    assert [one["id"] for one in done("person", "mandates", person)["mandates"]] == [made["id"]]
    assert "Li Wei" in shown(say, "person", "show", person)
    file = tmp_path / "mandates.json"
    rules = [{"operations": ["withdraw"]}, {"operations": ["any"], "currency": "CNY"}]
    file.write_text(json.dumps({"mandates": [{"signatories": [{"post": "treasurer"}], "rules": rules}]}))
    assert "any CNY" in shown(say, "customer", "mandate", "give", customer, "--file", file)
    revoked = done("customer", "mandate", "revoke", customer, made["id"], "--reason", "new board")
    assert revoked["valid_to"] == revoked["valid_from"]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["customer", "show", "me"], "not a UUID"),
        (["customer", "register"], "--name"),
        (["customer", "register", "--name", "x", "--capital", "5"], "lacks a currency"),
        (["customer", "change", uuid7(), "--reason", "x"], "nothing to change"),
        (["customer", "set-parent", uuid7(), "--reason", "x"], "--parent and --percent"),
        (["customer", "record-owners", uuid7(), "--reason", "x"], "nobody to record"),
        (["customer", "record-owners", uuid7(), "--reason", "x", "--person", "me"], "ID:PERCENT"),
        (["customer", "record-owners", uuid7(), "--reason", "x", "--person", "me:5"], "not a UUID"),
        (["customer", "mandate", "give", uuid7()], "--operation"),
        (["customer", "mandate", "check", uuid7(), "--operation", "pay"], "--signer"),
        (["customer", "list", "--status", "asleep"], "--status"),
    ],
)
def test_misuse_ends_with_2_and_one_clear_line(say: Say, arguments: list[object], problem: str) -> None:
    said = say(*arguments)
    assert said.code == 2, said.err
    assert problem in said.err.splitlines()[0]


def test_a_refusal_names_its_code_and_what_helps(say: Say) -> None:
    said = say("customer", "show", uuid7())
    assert said.code == 1
    assert "[customer_not_found]" in said.err
    assert "sycee customer list" in said.err
