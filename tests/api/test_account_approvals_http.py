"""Accounts that people of the bank open, free or amend wait for another; what only restricts one does not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from sycee import ledger
from sycee.database import Database
from sycee.identity import NewPrincipal, PrincipalKind, Scope, create_principals, issue_token
from sycee.kernel.ids import uuid7
from tests.api.small_bank import client_of, fingerprint
from tests.api.staffed import CHECKER, Colleague, employ
from tests.api.wire import FROZEN, PAYEE, Client, money
from tests.parties.people import a_fit_customer

MAKER = (Scope.ACCOUNTS_WRITE, Scope.ACCOUNTS_READ, Scope.APPROVALS_READ)
WHY = {"reason": "Board 2026-07"}


class Desk:
    """An account manager, a supervisor, and somebody who does both."""

    def __init__(self, bank: Database, client: Client) -> None:
        self.bank, self.client = bank, client
        self.maker = self.one = self.both = Colleague(client, uuid7(), "")

    async def account(self, number: str = PAYEE) -> Any:
        """An account as it stands."""
        return await self.maker.ask("GET", f"/v1/accounts/{number}")


@pytest_asyncio.fixture
async def desk(bank: Database) -> AsyncIterator[Desk]:
    async with client_of(bank) as client:
        made = Desk(bank, client)
        made.maker = await employ(bank, client, *MAKER)
        made.one = await employ(bank, client, *CHECKER)
        made.both = await employ(bank, client, *MAKER, *CHECKER)
        yield made


def new(**fields: Any) -> dict[str, Any]:
    """An account to open."""
    return {"currency": "CNY", "subject": "2011", "cell": 101, "name": "Operating account", **fields}


async def test_an_account_waits_and_is_opened_on_the_yes_of_another(desk: Desk) -> None:
    customer, before = str(uuid7()), await fingerprint(desk.bank)
    body = {"accounts": [new(customer=customer, floor=money("-50000.00")), new(customer=customer)]}
    asked = await desk.maker.ask("POST", "/v1/accounts", body, 202)
    assert (asked["command"], asked["customer"]) == ("accounts.open", customer)
    assert asked["amount"] == money("50000.00")
    assert {"en": "2 accounts are opened", "zh": "开立账户2个"} in asked["lines"]
    line = "Operating account, CNY, subject 2011, floor -50000.00 CNY"
    assert line in [one["en"] for one in asked["lines"]]
    assert await fingerprint(desk.bank) == before
    (said,) = await desk.one.say(asked["id"])
    assert said["state"] == "executed"
    found = (await desk.maker.ask("GET", f"/v1/accounts?customer={customer}"))["accounts"]
    assert [one["floor"]["value"] for one in found] == ["-50000.00", "0.00"]


async def test_accounts_of_several_customers_or_cells_are_not_asked_for_together(desk: Desk) -> None:
    for both in (
        [new(customer=str(uuid7())) for _ in range(2)],
        [new(cell=cell) for cell in (101, 102)],
    ):
        found = await desk.maker.refused("POST", "/v1/accounts", {"accounts": both})
        assert found == (400, "invalid_account")


@pytest.mark.parametrize(
    ("number", "change", "line"),
    [
        (PAYEE, {"floor": money("-1000.00")}, "Floor: 0.00 CNY → -1000.00 CNY"),
        (PAYEE, {"name": "Somebody else"}, None),
        (PAYEE, {"status": "closed"}, "Status: open → closed"),
        (FROZEN, {"status": "open"}, "Status: frozen → open"),
        (FROZEN, {"status": "debit_blocked"}, "Status: frozen → debit_blocked"),
    ],
)
async def test_what_frees_or_amends_an_account_waits_for_another(
    desk: Desk, number: str, change: dict[str, Any], line: str | None
) -> None:
    before = await desk.account(number)
    asked = await desk.maker.ask("PATCH", f"/v1/accounts/{number}", {**change, **WHY}, 202)
    assert (asked["command"], await desk.account(number)) == ("accounts.amend", before)
    assert line is None or line in [one["en"] for one in asked["lines"]]
    (said,) = await desk.one.say(asked["id"])
    assert said["state"] == "executed"
    after = await desk.account(number)
    assert {name: after[name] for name in change} == change


@pytest.mark.parametrize("status", ["frozen", "debit_blocked", "credit_blocked"])
async def test_what_only_restricts_an_account_is_done_by_one_person_at_once(desk: Desk, status: str) -> None:
    changed = await desk.maker.ask("PATCH", f"/v1/accounts/{PAYEE}", {"status": status, **WHY})
    assert changed["status"] == status


async def test_nobody_agrees_to_an_overdraft_line_that_he_or_she_asked_for(desk: Desk) -> None:
    body = {"floor": money("-1000000.00"), **WHY}
    asked = await desk.both.ask("PATCH", f"/v1/accounts/{PAYEE}", body, 202)
    (said,) = await desk.both.say(asked["id"])
    assert (said["accepted"], said["code"]) == (False, "own_approval")
    assert (await desk.account())["floor"] == money("0.00")


async def test_a_rule_about_changes_governs_what_amends_too(desk: Desk) -> None:
    keepers = [
        await employ(desk.bank, desk.client, Scope.APPROVALS_RULES, Scope.APPROVALS_READ, *CHECKER)
        for _ in range(2)
    ]
    stages = [{"who": "bank:approvals:decide", "count": 2}]
    body = {"id": str(uuid7()), "rules": [{"command": "accounts.change", "stages": stages}]}
    released = (await keepers[0].send("POST", "/v1/approval-rules", body)).json()
    await keepers[1].say(released["id"])
    asked = await desk.maker.ask("PATCH", f"/v1/accounts/{PAYEE}", {"name": "A", **WHY}, 202)
    (said,) = await desk.one.say(asked["id"])
    assert (said["state"], said["lacking"]) == ("waiting", ["1 × bank:approvals:decide"])


async def test_an_account_that_is_not_there_is_said_at_once(desk: Desk) -> None:
    found = await desk.maker.refused("PATCH", "/v1/accounts/101000000000009999", {"name": "A", **WHY})
    assert found[0] in {400, 404}
    assert (await desk.maker.ask("GET", "/v1/approvals"))["approvals"] == []


async def test_a_machine_of_the_bank_opens_and_changes_at_once(desk: Desk, tokens: dict[str, str]) -> None:
    machine = Colleague(desk.client, uuid7(), tokens["accounts:write"])
    await machine.ask("POST", "/v1/accounts", {"accounts": [new()]}, 201)
    changed = await machine.ask("PATCH", f"/v1/accounts/{PAYEE}", {"floor": money("-10.00"), **WHY})
    assert changed["floor"] == money("-10.00")


async def test_a_customer_is_not_told_that_the_bank_froze_or_frees_its_account_nor_why(desk: Desk) -> None:
    async with desk.bank.transaction() as tx:
        customer = await a_fit_customer(tx, "Silk Road Trading Ltd", cell=101)
        (account,) = await ledger.open_accounts(
            tx, [ledger.NewAccount(currency="CNY", subject="2011", cell=101, customer=customer.id)]
        )
        scopes = [Scope.APPROVALS_READ, Scope.ACCOUNTS_READ]
        user = NewPrincipal(
            kind=PrincipalKind.MACHINE, login="silk", name="Silk", customer=customer.id, scopes=scopes
        )
        (made,) = await create_principals(tx, [user], by="tests")
        token = (await issue_token(tx, "silk", scopes, principal=made.id)).text
    theirs, path = Colleague(desk.client, made.id, token), f"/v1/accounts/{account.number}"
    await desk.maker.ask("PATCH", path, {"status": "frozen", "reason": "Order 2026-114"})
    asked = await desk.maker.ask("PATCH", path, {"status": "open", "reason": "Order 2026-115"}, 202)
    assert len((await desk.maker.ask("GET", "/v1/approvals"))["approvals"]) == 2
    assert (await theirs.ask("GET", "/v1/approvals"))["approvals"] == []
    assert await theirs.refused("GET", f"/v1/approvals/{asked['id']}") == (404, "approval_not_found")
    events = f"/v1/approvals/{asked['id']}/events"
    assert await theirs.refused("GET", events) == (404, "approval_not_found")
