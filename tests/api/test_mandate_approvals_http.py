"""Who may sign for a customer: what a person of the bank gives waits for another, whatever the rules say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from sycee import parties
from sycee.database import Database
from sycee.identity import Scope
from sycee.kernel.ids import uuid7
from tests.api.small_bank import client_of
from tests.api.staffed import CHECKER, Colleague, employ
from tests.api.wire import Client, money
from tests.parties.people import BY, a_fit_customer, a_person

MAKER = (Scope.CUSTOMERS_WRITE, Scope.CUSTOMERS_READ, Scope.APPROVALS_READ)


class Desk:
    """A customer without any mandate, one of its persons, and people of the bank."""

    def __init__(
        self, bank: Database, client: Client, customer: parties.Customer, person: parties.Person
    ) -> None:
        self.bank, self.client = bank, client
        self.customer, self.person = customer.id, person.id
        self.path = f"/v1/customers/{customer.id}"
        self.maker = self.one = self.two = self.both = Colleague(client, uuid7(), "")

    def mandate(self, **rule: Any) -> dict[str, Any]:
        """The person signs alone."""
        given = {"operations": ["pay"], "signatures": ["A"], **rule}
        return {
            "mandates": [{"signatories": [{"person": str(self.person)}], "rules": [given]}],
            "reason": "Board of 2026-03-20",
        }

    async def waiting(self, **rule: Any) -> Any:
        """A mandate that waits."""
        return await self.maker.ask("POST", f"{self.path}/mandates", self.mandate(**rule), 202)

    async def given(self) -> list[Any]:
        """The mandates there are."""
        found: list[Any] = (await self.maker.ask("GET", f"{self.path}/mandates"))["mandates"]
        return found


@pytest_asyncio.fixture
async def desk(bank: Database) -> AsyncIterator[Desk]:
    async with bank.transaction() as tx:
        customer = await a_fit_customer(tx, "Silk Road Trading Ltd", cell=101, local_name="丝路贸易有限公司")
        person = await a_person(tx, "Li Wei", local_name="李薇")
        await parties.set_branch(tx, customer.id, "SH-PUDONG", by=BY, reason="for the tests")
    async with client_of(bank) as client:
        made = Desk(bank, client, customer, person)
        made.maker = await employ(bank, client, *MAKER)
        made.one, made.two = [await employ(bank, client, *CHECKER) for _ in range(2)]
        made.both = await employ(bank, client, *MAKER, *CHECKER)
        yield made


async def test_a_mandate_waits_says_who_may_do_what_up_to_how_much_and_holds_on_the_yes(desk: Desk) -> None:
    asked = await desk.waiting(up_to=money("50000.00"))
    assert (asked["command"], await desk.given()) == ("customers.mandates", [])
    assert asked["amount"] == money("50000.00")
    lines = {line["en"]: line["zh"] for line in asked["lines"]}
    assert lines["Customer: Silk Road Trading Ltd, branch SH-PUDONG"] == "客户：丝路贸易有限公司（SH-PUDONG）"
    assert lines["A: Li Wei"] == "A组：李薇"
    assert lines["pay up to 50000.00 CNY: A sign"] == "pay，50000.00 CNY以内：A签字"
    assert lines["Reason: Board of 2026-03-20"] == "原因：Board of 2026-03-20"
    (said,) = await desk.one.say(asked["id"])
    assert said["state"] == "executed"
    (mandate,) = await desk.given()
    assert mandate["recorded_by"] == str(desk.maker.id)


async def test_a_post_waits_too_since_mandates_name_posts(desk: Desk) -> None:
    body = {"person": str(desk.person), "post": "legal_representative", "reason": "Elected"}
    asked = await desk.maker.ask("POST", f"{desk.path}/contacts", body, 202)
    assert asked["lines"][1]["en"].startswith("Li Wei holds the post legal_representative from ")
    assert (await desk.maker.ask("GET", f"{desk.path}/contacts"))["contacts"] == []
    await desk.one.say(asked["id"])
    (contact,) = (await desk.maker.ask("GET", f"{desk.path}/contacts"))["contacts"]
    assert (contact["person"], contact["post"]) == (str(desk.person), "legal_representative")


async def test_nobody_agrees_to_a_mandate_of_his_or_her_own_asking(desk: Desk) -> None:
    asked = await desk.both.ask("POST", f"{desk.path}/mandates", desk.mandate(), 202)
    (said,) = await desk.both.say(asked["id"])
    assert (said["accepted"], said["code"], await desk.given()) == (False, "own_approval", [])


async def test_no_rule_lets_one_person_give_a_mandate(desk: Desk) -> None:
    keeper = await employ(desk.bank, desk.client, Scope.APPROVALS_RULES, *CHECKER)
    body = {"id": str(uuid7()), "rules": [{"command": "customers.mandates", "stages": []}]}
    assert await keeper.refused("POST", "/v1/approval-rules", body) == (400, "invalid_rule")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"operations": ["rob"]}, "invalid_mandate"),
        ({"signatures": ["B"]}, "invalid_mandate"),
        ({"currency": "XXQ"}, "unknown_currency"),
    ],
)
async def test_a_mandate_that_could_never_be_given_is_refused_at_once(
    desk: Desk, said: dict[str, Any], code: str
) -> None:
    found = await desk.maker.refused("POST", f"{desk.path}/mandates", desk.mandate(**said))
    assert found == (400, code)
    assert (await desk.maker.ask("GET", "/v1/approvals"))["approvals"] == []


async def test_two_yeses_at_once_give_one_mandate(desk: Desk) -> None:
    asked = await desk.waiting()
    said = await asyncio.gather(desk.one.say(asked["id"]), desk.two.say(asked["id"]))
    assert sorted(told["accepted"] for (told,) in said) == [False, True]
    assert len(await desk.given()) == 1


async def test_a_mandate_is_taken_away_by_one_person_at_once(desk: Desk) -> None:
    asked = await desk.waiting()
    await desk.one.say(asked["id"])
    (mandate,) = await desk.given()
    body = {"reason": "Card was lost"}
    gone = await desk.maker.ask("POST", f"{desk.path}/mandates/{mandate['id']}/revoke", body)
    assert gone["valid_to"] is not None


async def test_a_machine_of_the_bank_gives_at_once(desk: Desk, tokens: dict[str, str]) -> None:
    machine = Colleague(desk.client, uuid7(), tokens["customers:write"])
    await machine.ask("POST", f"{desk.path}/mandates", desk.mandate(), 201)
    assert len(await desk.given()) == 1


async def test_without_the_permission_nothing_is_asked_for(desk: Desk) -> None:
    found = await desk.one.refused("POST", f"{desk.path}/mandates", desk.mandate())
    assert found == (403, "not_granted")


async def test_a_customer_is_moved_to_another_branch_on_the_yes_of_another(desk: Desk) -> None:
    body = {"branch": "BJ-CHAOYANG", "reason": "Moved its offices"}
    asked = await desk.maker.ask("POST", f"{desk.path}/branch", body, 202)
    assert asked["command"] == "customers.branch"
    assert {"en": "Branch: SH-PUDONG → BJ-CHAOYANG", "zh": "所属机构：SH-PUDONG → BJ-CHAOYANG"} in asked[
        "lines"
    ]
    assert (await desk.maker.ask("GET", f"{desk.path}/branch"))["branch"] == "SH-PUDONG"
    (said,) = await desk.one.say(asked["id"])
    assert said["state"] == "executed"
    assert (await desk.maker.ask("GET", f"{desk.path}/branch"))["branch"] == "BJ-CHAOYANG"
    bad = {"branch": "no branch", "reason": "x"}
    assert await desk.maker.refused("POST", f"{desk.path}/branch", bad) == (400, "invalid_customer")
