"""Agreements that people of the bank sign wait for another of them; its machines sign at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from sycee import approvals, parties, products
from sycee.database import Database
from sycee.identity import Scope, suspend_principal
from sycee.kernel.ids import uuid7
from sycee.parties import CustomerStatus
from tests.api.conftest import Books
from tests.api.small_bank import client_of
from tests.api.staffed import CHECKER, Colleague, employ
from tests.api.test_agreements_http import SURPLUS, agreement
from tests.api.wire import Client
from tests.parties.people import BY
from tests.products.agreements.offering import Buyer, a_buyer, release_rates

MAKER = (Scope.AGREEMENTS_WRITE, Scope.AGREEMENTS_READ, Scope.APPROVALS_READ)
BANK = "bank:approvals:decide"


class Counter:
    """A customer, an account manager, two supervisors, and somebody who does both."""

    def __init__(self, bank: Database, buyer: Buyer, client: Client) -> None:
        self.bank, self.buyer, self.client = bank, buyer, client
        self.maker = self.one = self.two = self.both = Colleague(client, uuid7(), "")

    async def sign(self, who: Colleague, *wanted: dict[str, Any], **fields: Any) -> list[dict[str, Any]]:
        """The outcomes of a list."""
        reply = await who.ask("POST", "/v1/agreements", {"agreements": list(wanted), **fields})
        found: list[dict[str, Any]] = reply["outcomes"]
        return found

    async def waiting(self, **fields: Any) -> str:
        """The id of a signing that waits."""
        (outcome,) = await self.sign(self.maker, agreement(self.buyer, **fields))
        assert outcome["status"] == "waiting", outcome
        return str(outcome["approval"])

    async def signed(self, id: str) -> bool:
        """Whether an agreement is there."""
        response = await self.maker.send("GET", f"/v1/agreements/{id}")
        return response.status_code == 200

    async def rule(self, *stages: approvals.Stage, **fields: Any) -> None:
        """Have a rule about signing released."""
        keepers = [
            await employ(self.bank, self.client, Scope.APPROVALS_RULES, Scope.APPROVALS_READ, *CHECKER)
            for _ in range(2)
        ]
        rule = {"command": "agreements.sign", "stages": [{"who": one.who} for one in stages], **fields}
        body = {"id": str(uuid7()), "rules": [rule]}
        asked = (await keepers[0].send("POST", "/v1/approval-rules", body)).json()
        (outcome,) = await keepers[1].say(asked["id"])
        assert outcome["state"] == "executed", outcome


@pytest_asyncio.fixture
async def counter(bank: Database) -> AsyncIterator[Counter]:
    async with bank.transaction() as tx:
        await release_rates(tx)
        buyer = await a_buyer(tx)
        await parties.set_branch(tx, buyer.id, "SH-PUDONG", by=BY, reason="for the tests")
    async with client_of(bank) as client:
        made = Counter(bank, buyer, client)
        made.maker = await employ(bank, client, *MAKER)
        made.one, made.two = [await employ(bank, client, *CHECKER, Scope.AGREEMENTS_READ) for _ in range(2)]
        made.both = await employ(bank, client, *MAKER, *CHECKER)
        yield made


async def test_what_a_person_signs_waits_and_is_signed_on_the_yes_of_another(
    counter: Counter, books: Books
) -> None:
    before = await books()
    wanted = agreement(counter.buyer, choices=SURPLUS)
    (outcome,) = await counter.sign(counter.maker, wanted)
    assert outcome == {"id": wanted["id"], "status": "waiting", "approval": wanted["id"]}
    assert await books() == before
    assert not await counter.signed(wanted["id"])
    (said,) = await counter.one.say(wanted["id"])
    assert (said["state"], said["code"]) == ("executed", None)
    found = await counter.maker.ask("GET", f"/v1/agreements/{wanted['id']}")
    assert (found["signed_by"], found["state"]) == (str(counter.maker.id), "active")
    contract = await counter.maker.ask("GET", f"/v1/agreements/{wanted['id']}/contract")
    (again,) = await counter.sign(counter.maker, wanted)
    assert (again["status"], again["contract"]) == ("duplicate", contract)
    kept = (await counter.one.ask("GET", f"/v1/approvals/{wanted['id']}"))["approval"]
    assert kept["result"] == {"agreement": wanted["id"], "contract": again["digest"]}


async def test_who_agrees_is_shown_customer_branch_package_accounts_rates_and_what_is_not_standard(
    counter: Counter,
) -> None:
    id = await counter.waiting(choices=SURPLUS)
    shown = (await counter.one.ask("GET", f"/v1/approvals/{id}"))["approval"]
    assert (shown["customer"], shown["maker"]) == (str(counter.buyer.id), str(counter.maker.id))
    lines = [(line["en"], line["zh"]) for line in shown["lines"]]
    assert lines[0] == (
        "Customer: Silk Road Trading Ltd, branch SH-PUDONG",
        "客户：丝路贸易有限公司（SH-PUDONG）",
    )
    assert lines[1][0].startswith("Package: ")
    assert "(settlement-starter, version " in lines[1][0]
    assert (
        "main: Basic account, CNY: opens an account",
        "main：基本存款账户，CNY，开立账户",
    ) in lines
    assert ("main: 0.20 % a year from 0.00 CNY", "main：0.00 CNY起年利率0.20 %") in lines
    assert ("surplus: 1.00 % a year from 200000.00 CNY", "surplus：200000.00 CNY起年利率1.00 %") in lines
    assert (
        "surplus: interest.spread is 0.10, the standard is 0",
        "surplus：interest.spread为0.10，标准为0",
    ) in lines
    assert ("Signed for the customer by: Li Wei", "客户签字人：李薇") in lines


async def test_nobody_agrees_to_what_he_or_she_asked_for(counter: Counter) -> None:
    wanted = agreement(counter.buyer)
    await counter.sign(counter.both, wanted)
    (said,) = await counter.both.say(wanted["id"])
    assert (said["accepted"], said["code"]) == (False, "own_approval")
    assert not await counter.signed(wanted["id"])


async def test_who_may_not_sign_asks_for_nothing(counter: Counter) -> None:
    body = {"agreements": [agreement(counter.buyer)]}
    assert await counter.one.refused("POST", "/v1/agreements", body) == (403, "not_granted")


async def test_a_preview_asks_nobody(counter: Counter) -> None:
    (outcome,) = await counter.sign(counter.maker, agreement(counter.buyer), dry_run=True)
    assert outcome["status"] == "preview"
    assert (await counter.maker.ask("GET", "/v1/approvals"))["approvals"] == []


async def test_each_of_a_list_has_its_own_outcome_and_only_what_could_be_signed_waits(
    counter: Counter,
) -> None:
    good = agreement(counter.buyer)
    refused = agreement(counter.buyer, choices={"surplus": {"negotiated": {"interest.spread": "9.00"}}})
    unknown = {**agreement(counter.buyer), "customer": str(uuid7())}
    second = agreement(counter.buyer)
    outcomes = await counter.sign(counter.maker, good, refused, unknown, second, good)
    assert [(one["status"], one.get("code")) for one in outcomes] == [
        ("waiting", None),
        ("rejected", "choice_out_of_bounds"),
        ("rejected", "customer_not_found"),
        ("rejected", "basic_account_exists"),
        ("waiting", None),
    ]
    kept = (await counter.maker.ask("GET", "/v1/approvals"))["approvals"]
    assert [one["id"] for one in kept] == [good["id"]]


async def test_the_same_again_waits_once_and_an_id_is_not_used_for_anything_else(counter: Counter) -> None:
    wanted = agreement(counter.buyer)
    for _ in range(2):
        (outcome,) = await counter.sign(counter.maker, wanted)
        assert outcome["status"] == "waiting"
    (other,) = await counter.sign(counter.maker, {**wanted, "choices": SURPLUS})
    assert (other["status"], other["code"]) == ("rejected", "agreement_id_reused")
    (foreign,) = await counter.sign(counter.both, wanted)
    assert (foreign["status"], foreign["code"]) == ("rejected", "agreement_id_reused")
    assert len((await counter.maker.ask("GET", "/v1/approvals"))["approvals"]) == 1


async def test_what_was_turned_down_is_not_signed_and_is_asked_for_under_another_id(
    counter: Counter,
) -> None:
    wanted = agreement(counter.buyer)
    await counter.sign(counter.maker, wanted)
    (said,) = await counter.one.say(wanted["id"], vote="no")
    assert said["state"] == "rejected"
    (again,) = await counter.sign(counter.maker, wanted)
    assert (again["status"], again["code"]) == ("rejected", "approval_ended")
    assert not await counter.signed(wanted["id"])
    (anew,) = await counter.sign(counter.maker, {**wanted, "id": str(uuid7())})
    assert anew["status"] == "waiting"


async def test_two_last_yeses_at_once_sign_once(counter: Counter, books: Books) -> None:
    id = await counter.waiting()
    said = await asyncio.gather(counter.one.say(id), counter.two.say(id))
    assert sorted(one["accepted"] for (one,) in said) == [False, True]
    found = (await counter.maker.ask("GET", f"/v1/agreements?customer={counter.buyer.id}"))["agreements"]
    assert [one["id"] for one in found] == [id]
    async with counter.bank.transaction() as tx:
        row = await (await tx.execute("SELECT count(*) FROM contracts")).fetchone()
    assert row == (1,)


async def suspend(bank: Database, buyer: Buyer) -> None:
    async with bank.transaction() as tx:
        await parties.change_customer(
            tx, buyer.id, status=CustomerStatus.SUSPENDED, by=BY, reason="for the tests"
        )


async def suspend_customer(counter: Counter) -> None:
    await suspend(counter.bank, counter.buyer)


async def revoke_mandates(counter: Counter) -> None:
    async with counter.bank.transaction() as tx:
        for mandate in await parties.mandates(tx, counter.buyer.id):
            await parties.revoke_mandate(tx, counter.buyer.id, mandate.id, by=BY, reason="for the tests")


async def take_the_basic_account(counter: Counter) -> None:
    async with counter.bank.transaction() as tx:
        (outcome,) = await products.sign(tx, [counter.buyer.request("settlement-starter")], by=BY)
        assert outcome.status == "signed"


@pytest.mark.parametrize(
    ("meanwhile", "code"),
    [
        (suspend_customer, "customer_not_active"),
        (revoke_mandates, "mandate_missing"),
        (take_the_basic_account, "basic_account_exists"),
    ],
)
async def test_what_holds_no_longer_when_the_last_yes_comes_has_failed_and_says_why(
    counter: Counter, meanwhile: Any, code: str
) -> None:
    id = await counter.waiting()
    await meanwhile(counter)
    (said,) = await counter.one.say(id)
    assert (said["state"], said["code"]) == ("failed", code)
    kept = (await counter.one.ask("GET", f"/v1/approvals/{id}"))["approval"]
    assert (kept["state"], kept["code"], bool(kept["reason"])) == ("failed", code, True)
    assert not await counter.signed(id)


async def test_a_maker_who_was_suspended_meanwhile_signs_nothing(counter: Counter) -> None:
    id = await counter.waiting()
    async with counter.bank.transaction() as tx:
        await suspend_principal(tx, counter.maker.id, by="tests", reason="for the tests")
    (said,) = await counter.one.say(id)
    assert (said["accepted"], said["code"]) == (False, "maker_not_entitled")
    response = await counter.one.send("GET", f"/v1/agreements/{id}")
    assert response.status_code == 404


async def test_many_are_agreed_to_in_one_list_and_each_that_fails_fails_alone(counter: Counter) -> None:
    async with counter.bank.transaction() as tx:
        others = [await a_buyer(tx, f"Weaver {number}") for number in range(4)]
    wanted = [agreement(one) for one in others]
    assert {one["status"] for one in await counter.sign(counter.maker, *wanted)} == {"waiting"}
    ids = [one["id"] for one in wanted]
    await suspend(counter.bank, others[2])
    said = await counter.one.say(*ids)
    assert [one["state"] for one in said] == ["executed", "executed", "failed", "executed"]
    assert [await counter.signed(id) for id in ids] == [True, True, False, True]


async def test_a_rule_about_a_product_holds_for_the_packages_that_it_is_in(counter: Counter) -> None:
    await counter.rule(approvals.Stage(who=BANK), approvals.Stage(who=BANK), product="agreement-deposit")
    plain, richer = agreement(counter.buyer), agreement(counter.buyer, choices=SURPLUS)
    await counter.sign(counter.maker, richer)
    (said,) = await counter.one.say(richer["id"])
    assert (said["state"], said["lacking"]) == ("waiting", [f"1 × {BANK}"])
    await counter.sign(counter.maker, plain)
    (said,) = await counter.one.say(plain["id"])
    assert said["state"] == "executed"


async def test_a_rule_may_let_a_package_be_signed_by_one_person(counter: Counter) -> None:
    await counter.rule(product="settlement-starter")
    (outcome,) = await counter.sign(counter.maker, agreement(counter.buyer), pdf=True)
    assert outcome["status"] == "signed"
    assert outcome["pdf"]
    assert outcome["contract"]["items"][0]["account"]


async def test_a_lenient_rule_for_one_product_lets_no_other_of_the_package_pass(counter: Counter) -> None:
    await counter.rule(product="basic-account")
    (outcome,) = await counter.sign(counter.maker, agreement(counter.buyer, choices=SURPLUS))
    assert outcome["status"] == "waiting"


async def test_a_supervisor_of_another_branch_does_not_agree(counter: Counter) -> None:
    id = await counter.waiting()
    far = await employ(counter.bank, counter.client, *CHECKER, branch="BJ-CHAOYANG")
    near = await employ(counter.bank, counter.client, *CHECKER, branch="SH-PUDONG")
    assert (await far.refused("GET", f"/v1/approvals/{id}")) == (403, "not_granted")
    (said,) = await near.say(id)
    assert said["state"] == "executed"


async def test_a_machine_of_the_bank_signs_at_once(counter: Counter, tokens: dict[str, str]) -> None:
    machine = Colleague(counter.client, uuid7(), tokens["agreements:write"])
    (outcome,) = await counter.sign(machine, agreement(counter.buyer))
    assert outcome["status"] == "signed"
