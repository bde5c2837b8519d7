"""What people of the bank change and end of agreements waits for another of them, as it was shown."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import pytest_asyncio

from sycee import ledger, products
from sycee.identity import Scope
from sycee.kernel.ids import uuid7
from tests.api.conftest import Books
from tests.api.staffed import CHECKER, Colleague, employ
from tests.api.test_agreement_approvals_http import MAKER, Counter, counter, suspend
from tests.api.test_agreements_http import SURPLUS
from tests.api.wire import BANK

__all__ = ["counter"]  # the fixture

WHY = {"reason": "Board 2026-07"}


class Desk:
    """A signed agreement, and the counter at which it was signed."""

    def __init__(self, counter: Counter, agreement: products.Agreement) -> None:
        self.counter = counter
        self.id = agreement.id
        self.path = f"/v1/agreements/{agreement.id}"
        self.maker, self.one, self.two = counter.maker, counter.one, counter.two
        self.signed = {"signers": [str(counter.buyer.signer)], **WHY}
        self.account = str(agreement.arrangements[0].account)

    async def waiting(self, what: str, **said: Any) -> Any:
        """A change of some kind that has to wait."""
        return await self.maker.ask("POST", f"{self.path}/{what}", {**said, **self.signed}, 202)

    async def revision(self) -> int:
        """The number of the newest contract."""
        found: int = (await self.maker.ask("GET", self.path))["revision"]
        return found

    async def machine(self, what: str, **said: Any) -> None:
        """The same by a machine of the bank, which asks nobody."""
        async with self.counter.bank.transaction() as tx:
            await products.change_agreement(
                tx, self.id, what, negotiated=said, signers=(self.counter.buyer.signer,), by="m", reason="r"
            )


@pytest_asyncio.fixture
async def desk(counter: Counter) -> Desk:
    async with counter.bank.transaction() as tx:
        choices = {"surplus": products.ItemChoice(negotiated=SURPLUS["surplus"]["negotiated"])}
        request = counter.buyer.request("settlement-starter", choices=choices)
        (outcome,) = await products.sign(tx, [request], by="tests")
        assert outcome.status == "signed", outcome
        return Desk(counter, await products.get_agreement(tx, request.id))


CHANGE = {"key": "surplus", "negotiated": {"interest.spread": "0.20"}}


async def test_other_terms_wait_are_shown_as_they_were_and_will_be_and_hold_on_the_last_yes(
    desk: Desk,
) -> None:
    asked = await desk.waiting("changes", **CHANGE)
    assert (asked["command"], asked["state"], await desk.revision()) == ("agreements.revise", "waiting", 1)
    lines = {line["en"]: line["zh"] for line in asked["lines"]}
    assert lines["surplus: interest.spread: 0.10 → 0.20"] == "surplus：interest.spread：0.10 → 0.20"
    assert "surplus: a year from 200000.00 CNY: 1.00 % → 1.10 %" in lines
    assert lines["Reason: Board 2026-07"] == "原因：Board 2026-07"
    (said,) = await desk.one.say(asked["id"])
    assert (said["state"], await desk.revision()) == ("executed", 2)
    (event,) = (await desk.maker.ask("GET", f"{desk.path}/events"))["events"]
    assert (event["kind"], event["by"]) == ("changed", str(desk.maker.id))


async def test_asking_changes_nothing(desk: Desk, books: Books) -> None:
    before = await books()
    await desk.waiting("changes", **CHANGE)
    await desk.waiting("end")
    assert await books() == before


@pytest.mark.parametrize(
    ("what", "said", "code"),
    [
        ("changes", {"key": "surplus", "negotiated": {"interest.spread": "0.10"}}, "nothing_to_change"),
        ("changes", {"key": "surplus", "negotiated": {"interest.spread": "9.00"}}, "choice_out_of_bounds"),
        ("items", {"items": {"surplus": {}}}, "item_taken"),
        ("end", {"keys": ["main"]}, "arrangement_in_use"),
    ],
)
async def test_what_could_never_be_done_is_refused_at_once(
    desk: Desk, what: str, said: dict[str, Any], code: str
) -> None:
    status, found = await desk.maker.refused("POST", f"{desk.path}/{what}", {**said, **desk.signed})
    assert (status, found) == (422, code)
    assert (await desk.maker.ask("GET", "/v1/approvals"))["approvals"] == []


async def test_nobody_agrees_to_a_change_or_an_end_of_his_or_her_own(desk: Desk) -> None:
    both = desk.counter.both
    for what, said in (("changes", CHANGE), ("end", {})):
        asked = await both.ask("POST", f"{desk.path}/{what}", {**said, **desk.signed}, 202)
        (told,) = await both.say(asked["id"])
        assert (told["accepted"], told["code"]) == (False, "own_approval")
    assert await desk.revision() == 1


async def test_without_the_permission_nothing_is_asked_for(desk: Desk) -> None:
    found = await desk.one.refused("POST", f"{desk.path}/end", desk.signed)
    assert found == (403, "not_granted")


async def test_an_agreement_that_changed_meanwhile_is_not_changed_into_what_nobody_was_shown(
    desk: Desk,
) -> None:
    asked = await desk.waiting("changes", **CHANGE)
    await desk.machine("surplus", **{"interest.quota": "300000.00"})
    (said,) = await desk.one.say(asked["id"])
    assert (said["state"], said["code"]) == ("failed", "agreement_changed")
    assert await desk.revision() == 2


async def test_a_customer_that_was_suspended_meanwhile_changes_nothing(desk: Desk) -> None:
    asked = await desk.waiting("changes", **CHANGE)
    await suspend(desk.counter.bank, desk.counter.buyer)
    (said,) = await desk.one.say(asked["id"])
    assert (said["state"], said["code"]) == ("failed", "customer_not_active")
    assert await desk.revision() == 1


async def test_two_last_yeses_at_once_change_once(desk: Desk) -> None:
    asked = await desk.waiting("changes", **CHANGE)
    said = await asyncio.gather(desk.one.say(asked["id"]), desk.two.say(asked["id"]))
    assert sorted(told["accepted"] for (told,) in said) == [False, True]
    assert await desk.revision() == 2


async def test_an_end_waits_shows_what_closes_and_where_money_goes_and_is_done_once(desk: Desk) -> None:
    async with desk.counter.bank.transaction() as tx:
        funding = ledger.NewTransfer(
            id=uuid7(), debit=int(BANK), credit=int(desk.account), amount=5_000_00, currency="CNY"
        )
        (outcome,) = await ledger.post_transfers(tx, [funding])
        assert outcome.status == "posted"
    status, code = await desk.maker.refused("POST", f"{desk.path}/end", desk.signed)
    assert (status, code) == (422, "balance_left")
    asked = await desk.waiting("end", pay_to=BANK)
    lines = {line["en"]: line["zh"] for line in asked["lines"]}
    assert (asked["command"], asked["accounts"]) == ("agreements.end", [desk.account])
    assert f"main: Basic account ends, account {desk.account} closes" in lines
    moved = f"main: 5000.00 CNY as of now goes to {BANK}"
    assert lines[moved] == f"main：目前余额5000.00 CNY转至{BANK}"
    (said,) = await desk.one.say(asked["id"])
    assert said["state"] == "executed", said
    assert (await desk.maker.ask("GET", desk.path))["state"] == "ended"
    account = await ledger_status(desk)
    assert account == ("closed", 0)


async def ledger_status(desk: Desk) -> tuple[str, int]:
    async with desk.counter.bank.transaction() as tx:
        account = await ledger.get_account(tx, int(desk.account))
    return account.status.value, account.balance


async def test_a_rule_about_a_product_holds_for_its_end_too(desk: Desk) -> None:
    keepers = [
        await employ(
            desk.counter.bank, desk.counter.client, Scope.APPROVALS_RULES, Scope.APPROVALS_READ, *CHECKER
        )
        for _ in range(2)
    ]
    stages = [{"who": "bank:approvals:decide", "count": 2}]
    rule = {"command": "agreements.*", "stages": stages, "product": "agreement-deposit"}
    body = {"id": str(uuid7()), "rules": [rule]}
    released = (await keepers[0].send("POST", "/v1/approval-rules", body)).json()
    await keepers[1].say(released["id"])
    asked = await desk.waiting("end", keys=["surplus"])
    (said,) = await desk.one.say(asked["id"])
    assert (said["state"], len(said["lacking"])) == ("waiting", 1)
    (said,) = await desk.two.say(asked["id"])
    assert (said["state"], await desk.revision()) == ("executed", 2)


async def test_a_move_reports_each_agreement_and_one_that_is_current_waits_for_nobody(desk: Desk) -> None:
    body = {"agreements": [str(desk.id), str(uuid7())], **WHY}
    reply = await desk.maker.ask("POST", "/v1/agreement-moves", body)
    assert [(one["status"], one["code"]) for one in reply["moves"]] == [
        ("current", None),
        ("refused", "agreement_not_found"),
    ]


async def test_a_move_to_the_newest_version_waits_once_and_moves_on_the_last_yes(desk: Desk) -> None:
    async with desk.counter.bank.transaction() as tx:
        await tx.execute("UPDATE agreements SET package_version = '2019-01-01' WHERE id = %s", (desk.id,))
    body = {"agreements": [str(desk.id)], **WHY}
    moves = [(await desk.maker.ask("POST", "/v1/agreement-moves", body))["moves"][0] for _ in range(2)]
    assert [one["status"] for one in moves] == ["waiting", "waiting"]
    assert moves[0]["approval"] == moves[1]["approval"]
    (said,) = await desk.one.say(moves[0]["approval"])
    assert (said["state"], await desk.revision()) == ("executed", 2)
    again = (await desk.maker.ask("POST", "/v1/agreement-moves", body))["moves"][0]
    assert again["status"] == "current"


async def test_a_further_item_waits_and_is_taken_on_the_last_yes(desk: Desk) -> None:
    ended = await desk.waiting("end", keys=["surplus"])
    await desk.one.say(ended["id"])
    asked = await desk.waiting("items", items={"surplus": {}})
    lines = [line["en"] for line in asked["lines"]]
    assert "surplus: Agreement deposit, CNY: over the account of main" in lines
    (said,) = await desk.one.say(asked["id"])
    assert said["state"] == "executed"
    found = (await desk.maker.ask("GET", desk.path))["arrangements"]
    assert [(one["key"], one["ended_on"] is None) for one in found].count(("surplus", True)) == 1


async def test_a_machine_of_the_bank_changes_at_once(desk: Desk, tokens: dict[str, str]) -> None:
    machine = Colleague(desk.counter.client, uuid7(), tokens["agreements:write"])
    made = await machine.ask("POST", f"{desk.path}/changes", {**CHANGE, **desk.signed})
    assert made["revision"] == 2


async def test_a_grant_for_the_package_reaches_what_is_in_it_and_one_for_another_does_not(
    desk: Desk,
) -> None:
    client, bank = desk.counter.client, desk.counter.bank
    near = await employ(bank, client, *MAKER, product="settlement-starter")
    far = await employ(bank, client, *MAKER, product="treasury")
    body = {**CHANGE, **desk.signed}
    assert (await near.ask("POST", f"{desk.path}/changes", body, 202))["state"] == "waiting"
    assert await far.refused("POST", f"{desk.path}/changes", body) == (403, "not_granted")
