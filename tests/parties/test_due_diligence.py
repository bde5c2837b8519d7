"""Due diligence: what the bank may rely on, until when, and what it refuses without it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from sycee.database import Transaction
from sycee.kernel.ids import uuid7
from sycee.parties import (
    CustomerNotActive,
    CustomerNotFound,
    CustomerStatus,
    DueDiligenceExpired,
    DueDiligenceFailed,
    DueDiligenceMissing,
    DueDiligenceOutcome,
    DueDiligenceStatus,
    InvalidDueDiligence,
    InvalidEffectiveDate,
    RiskGrade,
    change_customer,
    customer_at,
    due_diligence,
    get_customer,
    record_due_diligence,
    require_all_fit,
    require_fit,
    status_on,
)
from tests.parties.conftest import TODAY
from tests.parties.people import BY, a_customer, a_fit_customer

PASSED, FAILED = DueDiligenceOutcome.PASSED, DueDiligenceOutcome.FAILED
DAY = timedelta(days=1)


async def test_a_fit_customer_is_answered_with_as_it_is(tx: Transaction) -> None:
    made = await a_fit_customer(tx)
    found = await require_fit(tx, made.id, TODAY)
    assert (found.id, found.status, found.risk_grade) == (made.id, CustomerStatus.ACTIVE, RiskGrade.LOW)


async def test_due_diligence_counts_up_to_its_last_day_and_not_on_the_next(tx: Transaction) -> None:
    made = await a_fit_customer(tx)
    last = date(2027, 3, 31)
    await require_fit(tx, made.id, last)
    with pytest.raises(DueDiligenceExpired, match="valid until 2027-03-31; it is needed on 2027-04-01"):
        await require_fit(tx, made.id, last + DAY)


async def test_without_due_diligence_a_customer_is_refused(tx: Transaction) -> None:
    made = await a_customer(tx)
    with pytest.raises(DueDiligenceMissing):
        await require_fit(tx, made.id, TODAY)


async def test_the_round_done_last_is_the_one_that_counts(tx: Transaction) -> None:
    made = await a_customer(tx, valid_from=date(2026, 1, 1))
    far = date(2027, 1, 1)
    await record_due_diligence(tx, made.id, PASSED, far, RiskGrade.LOW, by=BY, done_on=date(2026, 1, 10))
    await record_due_diligence(tx, made.id, FAILED, far, RiskGrade.HIGH, by=BY, done_on=date(2026, 3, 10))
    # An older round that is written down late changes nothing of today.
    await record_due_diligence(tx, made.id, PASSED, far, RiskGrade.LOW, by=BY, done_on=date(2026, 2, 10))
    with pytest.raises(DueDiligenceFailed):
        await require_fit(tx, made.id, TODAY)
    await require_fit(tx, made.id, date(2026, 3, 9))
    rounds = await due_diligence(tx, made.id)
    assert [one.done_on.month for one in rounds] == [3, 2, 1]
    assert [status_on(rounds, date(2026, month, 1)) for month in (1, 2, 4)] == [
        DueDiligenceStatus.MISSING,
        DueDiligenceStatus.VALID,
        DueDiligenceStatus.FAILED,
    ]
    assert status_on(rounds[1:], far + DAY) is DueDiligenceStatus.EXPIRED


async def test_the_risk_grade_holds_from_the_day_it_was_found_until_the_next(tx: Transaction) -> None:
    made = await a_customer(tx, valid_from=date(2026, 1, 1), risk_grade=RiskGrade.MEDIUM)
    far = date(2027, 1, 1)
    await record_due_diligence(tx, made.id, PASSED, far, RiskGrade.HIGH, by=BY, done_on=date(2026, 3, 10))
    await record_due_diligence(tx, made.id, PASSED, far, RiskGrade.LOW, by=BY, done_on=date(2026, 2, 10))
    grades = [(await customer_at(tx, made.id, date(2026, month, 15))).risk_grade for month in (1, 2, 3)]
    assert grades == [RiskGrade.MEDIUM, RiskGrade.LOW, RiskGrade.HIGH]
    assert (await get_customer(tx, made.id)).risk_grade is RiskGrade.HIGH


@pytest.mark.parametrize("status", [CustomerStatus.SUSPENDED, CustomerStatus.CLOSED])
async def test_only_an_active_customer_is_fit(tx: Transaction, status: CustomerStatus) -> None:
    made = await a_fit_customer(tx)
    tomorrow = TODAY + DAY
    await change_customer(tx, made.id, by=BY, reason="court", effective_from=tomorrow, status=status)
    await require_fit(tx, made.id, TODAY)
    with pytest.raises(CustomerNotActive, match=f"is {status} on 2026-04-01"):
        await require_fit(tx, made.id, tomorrow)


async def test_a_prospect_is_not_fit_nor_is_a_stranger(tx: Transaction) -> None:
    made = await a_fit_customer(tx, status=CustomerStatus.PROSPECT)
    with pytest.raises(CustomerNotActive, match="is prospect"):
        await require_fit(tx, made.id, TODAY)
    with pytest.raises(CustomerNotFound):
        await require_fit(tx, uuid7(), TODAY)
    with pytest.raises(CustomerNotFound):
        await require_fit(tx, (await a_fit_customer(tx)).id, TODAY - DAY)


async def test_a_list_is_fit_when_each_of_it_is(tx: Transaction) -> None:
    good, bad = await a_fit_customer(tx, cell=101), await a_customer(tx, "Unknown Ltd", cell=102)
    assert set(await require_all_fit(tx, [good.id, good.id], TODAY)) == {good.id}
    with pytest.raises(DueDiligenceMissing, match="Unknown Ltd"):
        await require_all_fit(tx, [good.id, bad.id], TODAY)


@pytest.mark.parametrize(
    ("done_on", "valid_until", "error"),
    [
        (TODAY + DAY, TODAY + 2 * DAY, InvalidDueDiligence),
        (TODAY, TODAY - DAY, InvalidDueDiligence),
        (TODAY, date(3000, 1, 1), InvalidDueDiligence),
        (TODAY - DAY, TODAY, InvalidEffectiveDate),
    ],
)
async def test_due_diligence_with_impossible_dates_is_refused(
    tx: Transaction, done_on: date, valid_until: date, error: type[Exception]
) -> None:
    made = await a_customer(tx)
    with pytest.raises(error):
        await record_due_diligence(tx, made.id, PASSED, valid_until, RiskGrade.LOW, by=BY, done_on=done_on)
    assert await due_diligence(tx, made.id) == []
