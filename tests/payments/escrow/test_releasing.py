"""Releasing payments from supervised accounts: who may, what the agreement allows, and the end of it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from sycee import approvals, identity, ledger, payments
from sycee.approvals import Decision
from sycee.identity import Scope
from sycee.kernel.ids import uuid7
from sycee.ledger import AccountStatus
from sycee.payments import PaymentState, escrow
from sycee.payments.escrow import EscrowState, InvalidEscrow
from tests.approvals.house import a_principal
from tests.payments.conftest import CELL, TODAY
from tests.payments.escrow.conftest import Site, payee
from tests.payments.orders.conftest import OTHER_BANK, pay_away

TOMORROW = TODAY + timedelta(1)


async def test_a_released_payment_goes_on_as_any_other(site: Site) -> None:
    await site.supervise()
    home, away = site.bill(), pay_away(site.account)
    await site.submit(home, away)
    assert (await site.decide(home.id)).state is PaymentState.SETTLED
    assert (await site.decide(away.id)).state is PaymentState.HELD
    assert await site.paid() == 10_00
    assert await site.desk.steps(home.id) == ["received", "validated", "approved", "screened", "settled"]
    last = (await site.desk.call(payments.payment_events, home.id))[-1]
    assert (last.actor, last.reason) == (str(site.releasers[0].principal), "milestone 3")
    assert (await site.decide(home.id)).again


async def test_a_refused_payment_is_rejected_with_the_reason(site: Site) -> None:
    await site.supervise()
    await site.submit(wanted := site.bill())
    assert (await site.decide(wanted.id, "no")).state is PaymentState.REJECTED
    found = await site.desk.payment(wanted.id)
    assert (found.reason_code, found.reason, await site.paid()) == ("release_refused", "milestone 3", 0)
    assert (await site.decide(wanted.id)).code == "not_possible"


async def test_as_many_persons_as_were_agreed_on_have_to_release(site: Site) -> None:
    both = tuple(one.principal for one in site.releasers)
    await site.supervise(releasers=both, releases_needed=2)
    await site.submit(wanted := site.bill())
    for _ in range(2):
        assert (await site.decide(wanted.id)).state is PaymentState.RECEIVED
    assert (await site.decide(wanted.id, releaser=1)).state is PaymentState.SETTLED


async def test_a_yes_of_somebody_suspended_since_does_not_count(site: Site) -> None:
    both = tuple(one.principal for one in site.releasers)
    await site.supervise(releasers=both, releases_needed=2)
    await site.submit(wanted := site.bill())
    await site.decide(wanted.id)
    await site.desk.call(identity.suspend_principal, both[0], by="officer", reason="left")
    assert (await site.decide(wanted.id, releaser=1)).state is PaymentState.RECEIVED
    assert (await site.decide(wanted.id)).code == "not_a_releaser"


async def test_two_releases_side_by_side_pay_once(site: Site) -> None:
    both = tuple(one.principal for one in site.releasers)
    await site.supervise(releasers=both)
    await site.submit(wanted := site.bill())
    told = await asyncio.gather(site.decide(wanted.id), site.decide(wanted.id, releaser=1))
    assert sorted(one.again for one in told) == [False, True]
    assert await site.paid() == 10_00


async def test_nobody_else_releases(site: Site) -> None:
    await site.supervise()
    await site.submit(wanted := site.bill())
    assert (await site.decide(wanted.id, releaser=1)).code == "not_a_releaser"
    assert (await site.decide(wanted.id, acting_for=uuid7())).code == "payment_not_found"
    async with site.desk.database.transaction() as tx:
        developer = await a_principal(tx, Scope.PAYMENTS_APPROVE, customer=site.developer)
    site.releasers.append(developer)
    assert (await site.decide(wanted.id, releaser=2, acting_for=site.developer)).code == "not_a_releaser"
    assert await site.paid() == 0


async def test_who_instructed_a_payment_does_not_release_it(site: Site) -> None:
    async with site.desk.database.transaction() as tx:
        officer = await a_principal(tx, Scope.PAYMENTS_APPROVE, Scope.PAYMENTS_WRITE)
    await site.supervise(releasers=(officer.principal,), supervisor=None)
    await site.desk.submit(wanted := site.bill(), by=officer.id)
    decision = escrow.ReleaseDecision(payment=wanted.id, vote="yes")
    (told,) = await site.desk.call(escrow.decide_releases, [decision], by=officer.principal)
    assert (told.code, await site.paid()) == ("releaser_is_maker", 0)


@pytest.mark.parametrize(
    ("agreed", "said", "why"),
    [
        ({"purposes": ("BUILD",)}, {"purpose": "SALA"}, "pays for BUILD, not for SALA"),
        ({"purposes": ("BUILD",)}, {"purpose": ""}, "not for nothing"),
        ({"payees": (payee("1"),)}, {}, "is not among the payees"),
        ({"single_limit": 9_99}, {}, "pays 9.99 CNY at once at most"),
        ({"total_limit": 9_99}, {}, "9.99 CNY are left"),
    ],
)
async def test_what_was_not_agreed_on_is_refused_when_it_is_instructed(
    site: Site, agreed: dict[str, Any], said: dict[str, Any], why: str
) -> None:
    await site.supervise(**agreed)
    (outcome,) = await site.submit(wanted := site.bill(**said))
    assert (outcome.state, outcome.code) == (PaymentState.REJECTED, "escrow_refused")
    assert why in (outcome.detail or "")
    assert (await site.decide(wanted.id)).code == "payment_not_found"


async def test_payees_at_other_banks_are_named_with_their_bank(site: Site) -> None:
    away = pay_away(site.account)
    await site.supervise(payees=(payee(away.creditor_account, creditor_agent=OTHER_BANK),))
    (same, other) = await site.submit(
        away, site.bill(to=away.creditor_account, creditor_agent="102290000021")
    )
    assert (same.code, other.code) == ("awaiting_release", "escrow_refused")


async def test_the_total_holds_for_what_is_released_and_frees_what_was_not_paid(site: Site) -> None:
    await site.supervise(total_limit=25_00)
    bills = [site.bill(), site.bill(), site.bill(), pay_away(site.account, 5_00)]
    await site.submit(*bills)
    assert (await site.decide(bills[3].id)).state is PaymentState.HELD
    for bill in bills[:2]:
        assert (await site.decide(bill.id)).state is PaymentState.SETTLED
    over = await site.decide(bills[2].id)
    assert (over.state, over.code) == (PaymentState.RECEIVED, "escrow_refused")
    await site.desk.call(payments.cancel_payments, [bills[3].id], by=site.maker)
    (left,) = await site.submit(site.bill(5_00))
    assert left.code == "awaiting_release"


async def test_a_payment_released_before_its_day_waits_for_it(site: Site) -> None:
    await site.supervise()
    await site.submit(wanted := site.bill(execute_on=TOMORROW))
    assert (await site.decide(wanted.id)).state is PaymentState.APPROVED
    await site.desk.call(ledger.advance_business_date, CELL, TOMORROW)
    (found,) = (await site.desk.call(payments.execute_due_payments, CELL)).outcomes
    assert (found.state, await site.paid()) == (PaymentState.SETTLED, 10_00)


async def test_what_waits_can_be_taken_back_by_who_pays(site: Site) -> None:
    await site.supervise()
    await site.submit(wanted := site.bill())
    (told,) = await site.desk.call(payments.cancel_payments, [wanted.id], by=site.maker)
    assert told.state is PaymentState.CANCELLED
    assert (await site.decide(wanted.id)).code == "not_possible"


async def test_without_funds_a_released_payment_is_rejected(site: Site) -> None:
    await site.supervise()
    await site.submit(wanted := site.bill(500_00))
    told = await site.decide(wanted.id)
    assert (told.state, told.code) == (PaymentState.REJECTED, "insufficient_funds")


async def test_parties_see_the_agreement_and_nobody_else_does(site: Site) -> None:
    made = await site.supervise()
    await site.submit(wanted := site.bill())
    for customer, sees in ((site.developer, True), (site.bureau, True), (uuid7(), False)):
        async with site.desk.database.transaction(acting_for=customer) as tx:
            assert [one.id for one in await escrow.list_escrows(tx)] == [made.id] * sees
            waiting = await escrow.list_releases(tx, state="waiting")
            assert [one.payment for one in waiting] == [wanted.id] * sees


async def test_the_end_opens_the_account_once_nothing_waits(site: Site) -> None:
    made = await site.supervise()
    await site.submit(wanted := site.bill())
    with pytest.raises(EscrowState, match="1 payments wait"):
        await site.desk.call(escrow.end_escrow, made.id, by="officer", reason="completed")
    await site.decide(wanted.id, "no")
    ended = await site.desk.call(escrow.end_escrow, made.id, by="officer", reason="completed")
    assert ended.ended_by == "officer"
    (outcome,) = await site.submit(site.bill())
    assert outcome.state is PaymentState.SETTLED
    with pytest.raises(EscrowState, match="ended on"):
        await site.desk.call(escrow.end_escrow, made.id, by="officer", reason="again")
    await site.supervise()


async def test_a_frozen_account_stays_under_supervision(site: Site) -> None:
    made = await site.supervise()
    await site.desk.bank.change(site.account, AccountStatus.FROZEN)
    with pytest.raises(EscrowState, match="restore it to supervised"):
        await site.desk.call(escrow.end_escrow, made.id, by="officer", reason="")


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({"releases_needed": 2}, "2 releasers are needed, and 1 persons are named"),
        ({"releasers": ()}, "and 0 persons"),
        ({"releasers": (uuid7(),)}, "nobody who can release"),
        ({"supervisor": None}, "neither the supervisor's nor the bank's"),
        ({"single_limit": 0}, "a limit is from 1"),
        ({"document": " "}, "the signed document"),
        ({"payees": (payee(" "),)}, "a payee has an account"),
    ],
)
async def test_an_agreement_that_cannot_hold_is_refused(
    site: Site, said: dict[str, Any], refusal: str
) -> None:
    with pytest.raises(InvalidEscrow, match=refusal):
        await site.supervise(**said)
    assert (await site.desk.call(ledger.get_account, site.account)).status is AccountStatus.OPEN


async def test_the_payer_does_not_supervise_itself_and_an_account_has_one_supervision(site: Site) -> None:
    with pytest.raises(InvalidEscrow, match="supervise itself"):
        await site.supervise(supervisor=site.developer)
    await site.supervise()
    with pytest.raises(EscrowState):
        await site.supervise()


async def test_an_agreement_is_made_by_two_persons_of_the_bank(site: Site) -> None:
    async with site.desk.database.transaction() as tx:
        maker = await a_principal(tx, Scope.PAYMENTS_OPERATE)
        other = await a_principal(tx, Scope.APPROVALS_DECIDE)
    new = escrow.NewEscrow(
        id=uuid7(),
        account=site.account,
        beneficiary_name="Buyers",
        supervisor_name="Bureau",
        supervisor=site.bureau,
        document="2026-17",
        releasers=(site.releasers[0].principal,),
    )
    payload = escrow.escrow_act(escrow.MakeEscrow(new))
    asked = await site.desk.call(
        approvals.request_approval, escrow.ESCROW_AGREEMENT, payload, by=maker, id=uuid7()
    )
    assert (asked.state, asked.facts.accounts) == ("waiting", (site.account,))
    assert asked.facts.lines[0].zh == f"账户{site.account}纳入监管"
    decision = Decision(approval=asked.id, vote="yes", digest=asked.digest)
    (outcome,) = await site.desk.call(approvals.decide, [decision], by=other)
    assert outcome.state == "executed", outcome
    assert (await site.desk.call(ledger.get_account, site.account)).supervised
