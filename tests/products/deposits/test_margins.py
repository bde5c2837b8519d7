"""Margin: tied to an obligation, frozen or released, never deducted while the obligation stands."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from sycee import ledger, products
from sycee.kernel.ids import uuid7
from sycee.products import Deposit, DepositChange
from tests.parties.people import BY
from tests.products.deposits.counter import Counter, yuan

MARGIN = yuan(3_000_000)
OBLIGED = yuan(10_000_000)


@pytest.fixture
async def margin(counter: Counter) -> Deposit:
    """30 % of an acceptance of 10,000,000.00."""
    return await counter.place(
        "margin-bank-acceptance",
        MARGIN,
        maturity=date(2026, 7, 5),
        obligation="Acceptance 2026-0017",
        obliged=OBLIGED,
    )


async def freeze(counter: Counter, deposit: Deposit, amount: int, **fields: Any) -> DepositChange:
    given = {"id": uuid7(), "authority": "Shanghai Court", "document": "2026-114", **fields}
    async with counter.database.transaction() as tx:
        return await products.freeze(
            tx, products.FreezeOrder(deposit=deposit.id, amount=amount, **given), by=BY
        )


async def lift(counter: Counter, deposit: Deposit, freeze: UUID) -> DepositChange:
    async with counter.database.transaction() as tx:
        return await products.lift_freeze(
            tx, products.FreezeLift(id=uuid7(), deposit=deposit.id, freeze=freeze), by=BY
        )


async def deduct(counter: Counter, deposit: Deposit, freeze: UUID, amount: int) -> DepositChange:
    request = products.Deduction(
        id=uuid7(), deposit=deposit.id, freeze=freeze, amount=amount, to=counter.jade.basic
    )
    async with counter.database.transaction() as tx:
        return await products.deduct(tx, request, by=BY)


async def obliged(counter: Counter, deposit: Deposit, amount: int) -> DepositChange:
    async with counter.database.transaction() as tx:
        return await products.change_obligation(
            tx, products.ObligationChange(id=uuid7(), deposit=deposit.id, obliged=amount), by=BY
        )


async def test_a_margin_names_what_it_secures_and_covers_enough_of_it(counter: Counter) -> None:
    given: dict[str, Any] = {"maturity": date(2026, 7, 5)}
    with pytest.raises(products.PlacementRefused, match="name it"):
        await counter.place("margin-bank-acceptance", MARGIN, **given)
    with pytest.raises(products.PlacementRefused, match=r"at least 3000000\.00 CNY"):
        await counter.place(
            "margin-bank-acceptance", MARGIN - 1, obligation="Acceptance 1", obliged=OBLIGED, **given
        )
    with pytest.raises(products.InvalidDeposit, match="only a margin"):
        await counter.place("time-3m", MARGIN, obligation="Acceptance 1", obliged=OBLIGED)


async def test_it_is_not_deducted_while_its_obligation_stands(counter: Counter, margin: Deposit) -> None:
    frozen = await freeze(counter, margin, yuan(1_000_000))
    before = await counter.everything()
    with pytest.raises(products.ObligationStands, match="frozen, not deducted"):
        await deduct(counter, margin, frozen.event.id, yuan(1))
    assert await counter.everything() == before


async def test_it_is_not_released_below_what_the_obligation_needs(counter: Counter, margin: Deposit) -> None:
    before = await counter.everything()
    for amount in (None, 1):
        with pytest.raises(products.ObligationStands, match=r"3000000\.00 CNY have to remain"):
            await counter.withdraw(margin, amount, to=counter.silk.general)
    assert await counter.everything() == before
    await obliged(counter, margin, yuan(6_000_000))
    done = await counter.withdraw(margin, yuan(1_200_000), to=counter.silk.general)
    assert done.deposit.principal == yuan(1_800_000)
    with pytest.raises(products.ObligationStands):
        await counter.withdraw(margin, 1, to=counter.silk.general)


async def test_when_the_obligation_is_discharged_it_is_released_with_its_interest(
    counter: Counter, margin: Deposit
) -> None:
    await counter.pass_days(90)
    await obliged(counter, margin, 0)
    before = await counter.balance(counter.silk.general)
    done = await counter.withdraw(margin, to=counter.silk.general)
    # 3,000,000 × 90 × 0.0020 / 360 = 1,500.00, credited to the margin as it is released
    assert await counter.balance(counter.silk.general) - before == yuan("3001500.00")
    assert done.deposit.state == "closed"


async def test_an_obligation_becomes_less_not_more(counter: Counter, margin: Deposit) -> None:
    with pytest.raises(products.InvalidDeposit):
        await obliged(counter, margin, OBLIGED + 1)
    with pytest.raises(products.InvalidDeposit):
        await obliged(counter, margin, -1)


async def test_what_is_frozen_stays_when_the_obligation_is_discharged(
    counter: Counter, margin: Deposit
) -> None:
    frozen = await freeze(counter, margin, yuan(1_000_000))
    await obliged(counter, margin, 0)
    with pytest.raises(products.DepositFrozen, match=r"2000000\.00 CNY are free"):
        await counter.withdraw(margin, to=counter.silk.general)
    await counter.withdraw(margin, yuan(2_000_000), to=counter.silk.general)
    await lift(counter, margin, frozen.event.id)
    await counter.withdraw(margin, to=counter.silk.general)
    with pytest.raises(products.DepositClosed):
        await freeze(counter, margin, 1)


async def test_a_deduction_takes_no_more_than_is_frozen_under_its_document(
    counter: Counter, margin: Deposit
) -> None:
    frozen = await freeze(counter, margin, yuan(1_000_000))
    await freeze(counter, margin, yuan(1_500_000), document="2026-115")
    await obliged(counter, margin, 0)
    with pytest.raises(products.DepositFrozen, match=r"1000000\.00 CNY are frozen under 2026-114"):
        await deduct(counter, margin, frozen.event.id, yuan("1000000.01"))
    before = await counter.balance(counter.jade.basic)
    done = await deduct(counter, margin, frozen.event.id, yuan(600_000))
    assert await counter.balance(counter.jade.basic) - before == yuan(600_000)
    assert (done.deposit.principal, done.deposit.frozen) == (yuan(2_400_000), yuan(1_900_000))
    with pytest.raises(products.DepositFrozen):
        await deduct(counter, margin, frozen.event.id, yuan(400_001))
    async with counter.database.transaction() as tx:
        kept = await products.deposit_freezes(tx, margin.id)
    assert [(one.document, one.deducted) for one in kept] == [("2026-114", yuan(600_000)), ("2026-115", 0)]


async def test_a_freeze_is_lifted_once(counter: Counter, margin: Deposit) -> None:
    frozen = await freeze(counter, margin, yuan(1))
    await lift(counter, margin, frozen.event.id)
    with pytest.raises(products.FreezeLifted):
        await lift(counter, margin, frozen.event.id)
    with pytest.raises(products.FreezeNotFound):
        await lift(counter, margin, uuid7())


async def test_its_interest_is_credited_to_it_each_quarter(counter: Counter, margin: Deposit) -> None:
    to = date(2026, 3, 21)
    await counter.advance(to)
    for step in (products.feed_balances, products.reaccrue, products.accrue, products.settle_due):
        done = await step(counter.database, 101, date(2026, 3, 20), to)
        assert not done.failures
    # 5 January to 20 March: 3,000,000 × 75 × 0.0020 / 360
    assert await counter.balance(margin.account) == yuan("3001250.00")
    assert (await counter.deposit(margin.id)).principal == yuan("3001250.00")


async def test_when_its_term_is_over_it_waits_until_the_obligation_is_discharged(
    counter: Counter, margin: Deposit
) -> None:
    done = await counter.advance(date(2026, 7, 5))
    assert done is not None
    assert (done.accounts, done.failures) == (1, ())
    assert (await counter.deposit(margin.id)).state == "matured"
    with pytest.raises(products.ObligationStands):
        await counter.withdraw(margin, to=counter.silk.general)
    await obliged(counter, margin, 0)
    await counter.withdraw(margin, to=counter.silk.general)


async def test_a_margin_with_a_rate_of_its_own_is_renewed_and_its_interest_paid(counter: Counter) -> None:
    margin = await counter.place("margin-time-3m", MARGIN, obligation="Acceptance 2026-0018", obliged=OBLIGED)
    before = await counter.balance(counter.silk.general)
    await counter.advance(date(2026, 4, 5))
    # 3,000,000 × 90 × 0.0090 / 360 = 6,750.00
    assert await counter.balance(counter.silk.general) - before == yuan("6750.00")
    assert (await counter.deposit(margin.id)).principal == MARGIN
    with pytest.raises(products.ObligationStands):
        await counter.withdraw(margin, to=counter.silk.general)


async def test_its_account_may_be_frozen_in_the_books_and_is_then_moved_by_nobody(
    counter: Counter, margin: Deposit
) -> None:
    await obliged(counter, margin, 0)
    async with counter.database.transaction() as tx:
        await ledger.change_account(
            tx, margin.account, status=ledger.AccountStatus.FROZEN, reason="Court order 2026-116"
        )
    with pytest.raises(products.DepositMovementRefused, match="frozen"):
        await counter.withdraw(margin, to=counter.silk.general)
    async with counter.database.transaction() as tx:
        await ledger.change_account(
            tx, margin.account, status=ledger.AccountStatus.RESTRICTED, reason="Lifted"
        )
    await counter.withdraw(margin, to=counter.silk.general)
