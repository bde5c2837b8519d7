"""Requests: said twice they are done once; refused they change nothing; customers and signers must be fit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from sycee import parties, products
from sycee.components import ChoiceOutOfBounds, ProductNotFound
from sycee.kernel.errors import SyceeError
from sycee.kernel.ids import uuid7
from sycee.ledger import AccountNotFound
from sycee.parties import DueDiligenceExpired, MandateExceeded, SignerNotMandated
from sycee.products import ItemChoice, SignRequest
from tests.parties.people import BY, a_person
from tests.products.deposits.counter import FUNDS, TODAY, Counter, yuan

MILLION = yuan(1_000_000)
Act = Callable[[Counter], Awaitable[Any]]


async def test_a_request_said_again_is_answered_with_the_first_outcome(counter: Counter) -> None:
    id = uuid7()
    deposit = await counter.place("notice-7d", MILLION, id=id)
    notice = uuid7()
    await counter.give_notice(deposit, yuan(200_000), id=notice)
    withdrawal = uuid7()
    await counter.pass_days(10)
    first = await counter.withdraw(deposit, yuan(200_000), id=withdrawal)
    before = await counter.everything()
    assert (await counter.placed("notice-7d", MILLION, id=id)).event.kind == "placed"
    assert (await counter.give_notice(deposit, yuan(200_000), id=notice)).repeated
    again = await counter.withdraw(deposit, yuan(200_000), id=withdrawal)
    assert again.event == first.event
    assert await counter.everything() == before
    others: list[Act] = [
        lambda counter: counter.place("notice-7d", MILLION + 1, id=id),
        lambda counter: counter.place("notice-1d", MILLION, id=id),
        lambda counter: counter.give_notice(deposit, yuan(200_001), id=notice),
        lambda counter: counter.withdraw(deposit, yuan(100_000), id=withdrawal),
        lambda counter: counter.withdraw(deposit, yuan(200_000), id=notice),
    ]
    for other in others:
        with pytest.raises(products.DepositIdReused):
            await other(counter)
    assert await counter.everything() == before


PLACEMENTS: dict[str, tuple[dict[str, Any], type[SyceeError]]] = {
    "more than there is": ({"amount": FUNDS + 1}, products.DepositMovementRefused),
    "nothing": ({"amount": 0}, products.InvalidDeposit),
    "less than nothing": ({"amount": -MILLION}, products.InvalidDeposit),
    "unknown product": ({"product": "time-7y"}, ProductNotFound),
    "a product that is not held in units": ({"product": "basic-account"}, products.PlacementRefused),
    "rate out of bounds": ({"choices": {"interest.spread": "0.41"}}, ChoiceOutOfBounds),
    "unknown account": ({"source": 101_999999999999_99_0}, AccountNotFound),
    "neither product nor arrangement": ({"product": None}, products.InvalidDeposit),
    "unknown arrangement": ({"product": None, "arrangement": uuid7()}, products.ArrangementNotFound),
    "maturity of one's own": ({"maturity": date(2026, 5, 5)}, products.PlacementRefused),
}


@pytest.mark.parametrize("case", PLACEMENTS)
async def test_a_bad_placement_is_refused_and_changes_nothing(counter: Counter, case: str) -> None:
    fields, error = PLACEMENTS[case]
    before = await counter.everything()
    given: dict[str, Any] = {"product": "time-1y", "amount": MILLION, **fields}
    with pytest.raises(error):
        await counter.place(given.pop("product"), given.pop("amount"), **given)
    assert await counter.everything() == before


async def test_a_deposit_does_not_begin_with_money_of_a_deposit_or_of_the_bank(counter: Counter) -> None:
    deposit = await counter.place("time-1y", MILLION)
    for source in (deposit.account, counter.vault):
        with pytest.raises(products.NotOwnAccount):
            await counter.place("time-3m", yuan(10_000), source=source)


WITHDRAWALS: dict[str, tuple[dict[str, Any], type[SyceeError]]] = {
    "more than is there": ({"amount": MILLION + 1}, products.MoreThanDeposited),
    "nothing": ({"amount": 0}, products.InvalidDeposit),
    "less than nothing": ({"amount": -1}, products.InvalidDeposit),
    "to nobody": ({"to": 101_999999999999_99_0}, AccountNotFound),
}


@pytest.mark.parametrize("product", ["notice-7d", "time-1y"])
@pytest.mark.parametrize("case", WITHDRAWALS)
async def test_a_bad_withdrawal_is_refused_and_changes_nothing(
    counter: Counter, product: str, case: str
) -> None:
    fields, error = WITHDRAWALS[case]
    deposit = await counter.place(product, MILLION)
    before = await counter.everything()
    with pytest.raises(error):
        await counter.withdraw(deposit, **fields)
    assert await counter.everything() == before


async def test_nothing_is_done_to_a_closed_deposit(counter: Counter) -> None:
    deposit = await counter.place("notice-7d", MILLION)
    given = await counter.give_notice(deposit)
    await counter.withdraw(deposit)
    acts: list[Act] = [
        lambda counter: counter.give_notice(deposit),
        lambda counter: counter.cancel_notice(deposit, given.event.id),
        lambda counter: counter.withdraw(deposit),
        lambda counter: counter.withdraw(deposit, 1),
    ]
    before = await counter.everything()
    for act in acts:
        with pytest.raises(products.DepositClosed, match="was closed on 2026-01-05"):
            await act(counter)
    assert await counter.everything() == before


async def test_notice_is_for_notice_deposits_and_renewal_for_those_with_a_term(counter: Counter) -> None:
    time, notice = await counter.place("time-1y", MILLION), await counter.place("notice-7d", MILLION)
    with pytest.raises(products.WrongDepositForm):
        await counter.give_notice(time)
    with pytest.raises(products.WrongDepositForm):
        await counter.instruct(notice, "none")


async def test_bad_notices_are_refused_and_change_nothing(counter: Counter) -> None:
    deposit = await counter.place("notice-7d", MILLION)
    before = await counter.everything()
    with pytest.raises(products.NoticeRefused, match="2026-01-12 is the first day"):
        await counter.give_notice(deposit, pay_on=date(2026, 1, 11))
    with pytest.raises(products.NoticeRefused, match=r"at most 1000000\.00 CNY"):
        await counter.give_notice(deposit, MILLION + 1)
    with pytest.raises(products.NoticeRefused):
        await counter.give_notice(deposit, 0)
    with pytest.raises(products.NoticeNotFound):
        await counter.cancel_notice(deposit, uuid7())
    assert await counter.everything() == before


async def test_a_second_notice_waits_and_a_notice_is_cancelled_once(counter: Counter) -> None:
    deposit = await counter.place("notice-7d", MILLION)
    given = await counter.give_notice(deposit, yuan(200_000))
    with pytest.raises(products.NoticeStanding):
        await counter.give_notice(deposit, yuan(100_000))
    await counter.cancel_notice(deposit, given.event.id)
    with pytest.raises(products.NoticeResolved, match="cancelled on 2026-01-05"):
        await counter.cancel_notice(deposit, given.event.id)


async def test_a_customer_whose_due_diligence_has_expired_begins_nothing_and_gets_its_money_back(
    counter: Counter,
) -> None:
    deposit = await counter.place("notice-7d", MILLION)
    await counter.advance(date(2027, 4, 1))
    before = await counter.everything()
    with pytest.raises(DueDiligenceExpired):
        await counter.place("notice-7d", MILLION)
    assert await counter.everything() == before
    await counter.withdraw(deposit)


async def test_who_signs_must_hold_a_mandate_for_the_amount(counter: Counter) -> None:
    deposit = await counter.place("notice-7d", MILLION)
    async with counter.database.transaction() as tx:
        stranger, clerk = await a_person(tx, "Wang Fang"), await a_person(tx, "Zhao Min")
        limited = parties.sole_mandate(
            counter.silk.id,
            clerk.id,
            ("place_deposit", "give_notice", "withdraw"),
            currency="CNY",
            up_to=yuan(500_000),
        )
        await parties.give_mandates(tx, [limited], by=BY)
    before = await counter.everything()
    nobody: list[tuple[Any, ...]] = [(), (stranger.id,)]
    for signers in nobody:
        with pytest.raises(SignerNotMandated):
            await counter.place("notice-7d", MILLION, signers=signers)
        with pytest.raises(SignerNotMandated):
            await counter.give_notice(deposit, signers=signers)
        with pytest.raises(SignerNotMandated):
            await counter.withdraw(deposit, signers=signers)
    with pytest.raises(MandateExceeded):
        await counter.withdraw(deposit, yuan("500000.01"), signers=(clerk.id,))
    assert await counter.everything() == before
    await counter.withdraw(deposit, yuan(200_000), signers=(clerk.id,))


async def test_a_deposit_is_placed_under_what_was_signed(counter: Counter) -> None:
    request = SignRequest(
        id=uuid7(),
        customer=counter.silk.id,
        package="treasury",
        signers=(counter.silk.signer,),
        choices={"year": ItemChoice(negotiated={"interest.spread": "0.15"})},
    )
    async with counter.database.transaction() as tx:
        [signed] = await products.sign(tx, [request], by=BY)
        assert signed.status == "signed", signed
        agreement = await products.get_agreement(tx, request.id)
    year = next(one for one in agreement.arrangements if one.key == "year")
    deposit = await counter.place(None, MILLION, arrangement=year.id)  # type: ignore[arg-type]
    assert (str(deposit.rate), deposit.maturity) == ("1.50", date(2027, 1, 5))
    async with counter.database.transaction() as tx:
        assert (await products.arrangement_of(tx, deposit.account)).id == year.id
    with pytest.raises(products.NotOwnAccount):
        await counter.place(None, MILLION, arrangement=year.id, source=counter.jade.general)  # type: ignore[arg-type]
    with pytest.raises(products.InvalidDeposit):
        await counter.place(
            None,  # type: ignore[arg-type]
            MILLION,
            arrangement=year.id,
            choices={"interest.spread": "0.40"},
        )


async def test_every_event_is_kept_with_who_did_it_and_what_moved(counter: Counter) -> None:
    deposit = await counter.place("notice-7d", MILLION)
    await counter.pass_days(10)
    await counter.withdraw(deposit)
    async with counter.database.transaction() as tx:
        placed, withdrawn = await products.deposit_events(tx, deposit.id)
        [posting] = await products.interest_postings(tx, deposit.account)
        explanation = await products.explain(tx, deposit.account, posting.id)
    assert (placed.by, placed.effective, placed.amount) == (BY, TODAY, MILLION)
    assert len(placed.transfers) == len(withdrawn.transfers) == 1
    assert (withdrawn.interest, withdrawn.paid_to) == (yuan("55.56"), counter.silk.basic)
    assert withdrawn.posting == posting.id
    assert [(line.days, line.balance, line.rate) for line in explanation.lines] == [
        (10, MILLION, Decimal("0.20"))
    ]
