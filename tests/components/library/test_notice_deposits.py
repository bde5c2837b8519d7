"""Notice deposits: a test for every line of the rules, and a fen-by-fen model on random histories."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sycee.components import NoticeReason, NoticeWithdrawalRefused, library
from tests.components.library import notice_model

START = date(2026, 3, 2)
RATES = library.NoticeRates(notice=Decimal("1.08"), demand=Decimal("0.18"))
"""Of 1,000,000.00 a day bears 30.00 at the notice rate and 5.00 at the demand rate."""

RULE = library.NoticeRule(
    notice_days=7,
    minimum_withdrawal={"CNY": Decimal(100000)},
    minimum_balance={"CNY": Decimal(500000)},
)
MILLION = 1_000_000_00


def day(after: int) -> date:
    return START + timedelta(days=after)


def deposit(balance: int, *marks: library.NoticeMark) -> library.NoticeDeposit:
    return library.NoticeDeposit(START, balance, marks)


def notice(given: int, pay_on: int, amount: int) -> library.Notice:
    return library.Notice(day(given), day(pay_on), amount)


def withdraw(
    held: library.NoticeDeposit,
    on: int,
    amount: int,
    given: library.Notice | None,
    rule: library.NoticeRule = RULE,
) -> library.NoticeOutcome:
    return rule.withdraw("CNY", held, day(on), amount, given, RATES)


@pytest.mark.parametrize(
    ("on", "amount", "given", "reason", "fen"),
    [
        # 3,000,000.00 are held throughout; 1,000,000.00 at 30.00 or 5.00 a day
        (40, MILLION, notice(33, 40, MILLION), NoticeReason.ON_NOTIFIED_DAY, 1_200_00),
        (6, MILLION, notice(0, 7, MILLION), NoticeReason.HELD_LESS_THAN_TERM, 30_00),
        (40, MILLION, None, NoticeReason.WITHOUT_NOTICE, 200_00),
        (40, MILLION, notice(35, 40, MILLION), NoticeReason.WITHOUT_NOTICE, 200_00),  # five days' notice
        (39, MILLION, notice(33, 40, MILLION), NoticeReason.BEFORE_NOTIFIED_DAY, 195_00),
        (41, MILLION, notice(33, 40, MILLION), NoticeReason.AFTER_NOTIFIED_DAY, 205_00),
        (40, 99_999_00, notice(33, 40, 99_999_00), NoticeReason.BELOW_MINIMUM_WITHDRAWAL, 20_00),
    ],
)
def test_the_rule_that_applies_chooses_the_rate_of_the_amount(
    on: int, amount: int, given: library.Notice | None, reason: NoticeReason, fen: int
) -> None:
    found = withdraw(deposit(3 * MILLION), on, amount, given)
    assert found.reasons == (reason,)
    assert (found.withdrawn, found.interest.total) == (amount, fen)
    assert found.remaining is not None
    assert (found.remaining.balance, found.remaining.start) == (3 * MILLION - amount, START)
    assert [line.why for line in found.interest.lines] == [reason]


def test_a_deposit_held_for_just_the_term_has_been_held_long_enough() -> None:
    found = withdraw(deposit(3 * MILLION), 7, MILLION, notice(0, 7, MILLION))
    assert found.reasons == (NoticeReason.ON_NOTIFIED_DAY,)
    assert found.interest.total == 210_00


def test_the_part_above_the_notified_amount_earns_the_demand_rate() -> None:
    """1,000,000.00 at 30.00 a day and 500,000.00 at 2.50 a day for 40 days."""
    found = withdraw(deposit(3 * MILLION), 40, MILLION * 3 // 2, notice(33, 40, MILLION))
    assert found.reasons == (NoticeReason.ON_NOTIFIED_DAY, NoticeReason.ABOVE_NOTIFIED_AMOUNT)
    assert [line.balance for line in found.interest.lines] == [MILLION, MILLION // 2]
    assert found.interest.total == 1_200_00 + 100_00


def test_the_part_below_the_notified_amount_earns_the_demand_rate_up_to_that_day() -> None:
    """Of 2,000,000.00 notified half is taken; the other half has the demand rate for these 40 days.

    Taken on day 100 under a new notice it earns 40 × 5.00 + 60 × 30.00.
    """
    first = withdraw(deposit(3 * MILLION), 40, MILLION, notice(33, 40, 2 * MILLION))
    assert first.reasons == (NoticeReason.ON_NOTIFIED_DAY, NoticeReason.BELOW_NOTIFIED_AMOUNT)
    assert first.interest.total == 1_200_00
    assert first.remaining is not None
    assert first.remaining.marks == (library.NoticeMark(MILLION, START, day(39), "demand"),)
    second = withdraw(first.remaining, 100, MILLION, notice(93, 100, MILLION))
    assert second.interest.total == 200_00 + 1_800_00
    assert second.remaining is not None
    assert second.remaining.marks == ()


def test_a_shortfall_may_count_as_a_notice_not_used_instead() -> None:
    rule = msgspec.structs.replace(RULE, below_notified="no_interest")
    found = withdraw(deposit(3 * MILLION), 40, MILLION, notice(33, 40, 2 * MILLION), rule)
    assert found.remaining is not None
    assert found.remaining.marks == (library.NoticeMark(MILLION, day(33), day(39), "none"),)


def test_a_notice_not_used_or_cancelled_bears_no_interest_for_its_period() -> None:
    """Seven days of 1,000,000.00 bear nothing: 40 days' 1,200.00 less 210.00."""
    held = RULE.not_used(deposit(MILLION), notice(10, 17, MILLION))
    assert held.start == START
    found = withdraw(held, 40, MILLION, notice(33, 40, MILLION))
    assert found.interest.total == 1_200_00 - 210_00
    unpaid = [line for line in found.interest.lines if line.why == NoticeReason.NOTICE_NOT_USED]
    assert [(line.start, line.end, line.rate) for line in unpaid] == [(day(10), day(16), Decimal(0))]


def test_only_the_notified_amount_loses_the_interest_of_the_period() -> None:
    held = RULE.not_used(deposit(3 * MILLION), notice(10, 17, MILLION))
    found = withdraw(held, 40, 3 * MILLION, notice(33, 40, 3 * MILLION))
    assert found.interest.total == 3 * 1_200_00 - 210_00


def test_two_notices_not_used_cost_the_same_money_once_a_day() -> None:
    held = deposit(MILLION)
    held = RULE.not_used(held, notice(10, 17, MILLION))
    held = RULE.not_used(held, notice(12, 19, MILLION))
    found = withdraw(held, 40, MILLION, notice(33, 40, MILLION))
    assert found.interest.total == 1_200_00 - 9 * 30_00


def test_what_falls_below_the_minimum_closes_at_the_demand_rate() -> None:
    """800,000.00 under notice, 24.00 a day; 400,000.00 would remain and leave at 2.00 a day."""
    found = withdraw(deposit(1_200_000_00), 40, 800_000_00, notice(33, 40, 800_000_00))
    assert found.closes
    assert found.withdrawn == 1_200_000_00
    assert found.reasons == (NoticeReason.ON_NOTIFIED_DAY, NoticeReason.BELOW_MINIMUM_BALANCE)
    assert found.interest.total == 960_00 + 80_00


def test_what_is_just_the_minimum_goes_on() -> None:
    found = withdraw(deposit(1_500_000_00), 40, MILLION, notice(33, 40, MILLION))
    assert not found.closes


def test_the_last_of_a_deposit_may_be_less_than_the_minimum_withdrawal() -> None:
    found = withdraw(deposit(50_000_00), 40, 50_000_00, notice(33, 40, 50_000_00))
    assert found.reasons == (NoticeReason.ON_NOTIFIED_DAY,)


def test_money_put_in_and_taken_out_on_a_day_earns_nothing() -> None:
    found = withdraw(deposit(MILLION), 0, MILLION, None)
    assert (found.interest.lines, found.interest.total) == ((), 0)


@pytest.mark.parametrize(("amount", "on"), [(0, 40), (-1, 40), (MILLION + 1, 40), (MILLION, -1)])
def test_what_is_not_there_cannot_be_withdrawn(amount: int, on: int) -> None:
    with pytest.raises(NoticeWithdrawalRefused, match=r"1000000\.00 CNY"):
        withdraw(deposit(MILLION), on, amount, None)


def test_a_small_withdrawal_is_refused_where_the_product_says_so() -> None:
    strict = msgspec.structs.replace(RULE, below_minimum="refuse")
    with pytest.raises(NoticeWithdrawalRefused, match=r"at least 100000\.00 CNY"):
        withdraw(deposit(MILLION), 40, 99_999_99, notice(33, 40, 99_999_99), strict)
    assert withdraw(deposit(50_000_00), 40, 50_000_00, notice(33, 40, 50_000_00), strict).closes
    problem = strict.notice_problem("CNY", deposit(MILLION), notice(33, 40, 99_999_99))
    assert problem is not None
    assert "at least 100000.00 CNY" in problem


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (notice(5, 11, MILLION), "2026-03-14 is the first day"),
        (notice(-1, 20, MILLION), "before the deposit's start"),
        (notice(5, 12, MILLION + 1), "at most 1000000.00 CNY"),
        (notice(5, 12, 0), "at most 1000000.00 CNY"),
    ],
)
def test_a_notice_that_cannot_be_taken(given: library.Notice, says: str) -> None:
    assert says in str(RULE.notice_problem("CNY", deposit(MILLION), given))


def test_a_notice_of_seven_days_or_more_can_be_taken() -> None:
    assert RULE.notice_problem("CNY", deposit(MILLION), notice(5, 12, MILLION)) is None
    assert RULE.notice_problem("CNY", deposit(MILLION), notice(5, 30, MILLION)) is None


def test_both_rates_are_those_of_the_withdrawal_day() -> None:
    method = library.NoticeInterest(rate_key="notice.7d", spread=Decimal("0.10"))
    table = {("CNY.notice.7d", day(40)): Decimal("1.10"), ("CNY.demand", day(40)): Decimal("0.20")}
    found = method.rates("CNY", day(40), lambda key, on: table[key, on])
    assert found == library.NoticeRates(Decimal("1.20"), Decimal("0.20"))
    assert method.terms("USD").tiers[0].rate_key == "USD.notice.7d"


# Against the model, with amounts of a few fen


SMALL = library.NoticeRule(
    notice_days=7, minimum_withdrawal={"CNY": Decimal("0.03")}, minimum_balance={"CNY": Decimal("0.05")}
)
marks = st.lists(
    st.builds(
        lambda amount, first, length, bears: library.NoticeMark(
            amount, day(first), day(first + length), bears
        ),
        st.integers(1, 20),
        st.integers(0, 30),
        st.integers(0, 10),
        st.sampled_from(["none", "demand"]),
    ),
    max_size=3,
)
notices = st.none() | st.builds(
    lambda given, ahead, amount: notice(given, given + ahead, amount),
    st.integers(0, 25),
    st.integers(7, 12),
    st.integers(1, 20),
)


@given(
    balance=st.integers(1, 20),
    share=st.integers(1, 20),
    on=st.integers(0, 40),
    given_notice=notices,
    left=marks,
    hit=st.booleans(),
)
def test_a_withdrawal_earns_what_every_fen_earns_by_itself(
    balance: int,
    share: int,
    on: int,
    given_notice: library.Notice | None,
    left: list[library.NoticeMark],
    hit: bool,
) -> None:
    if hit and given_notice is not None:
        on = (given_notice.pay_on - START).days
    amount = min(share, balance)
    held = deposit(balance, *left)
    found = withdraw(held, on, amount, given_notice, SMALL)
    closes = balance - amount < 5
    assert found.closes == closes
    assert found.withdrawn == (balance if closes else amount)
    expected = notice_model.interest(found.withdrawn, amount, held, day(on), given_notice, RATES, 7, 3)
    assert found.interest.exact == expected
    kept = 0 if found.remaining is None else found.remaining.balance
    assert found.withdrawn + kept == balance
    assert 0 <= found.interest.exact <= found.withdrawn * Decimal("1.08") * on / 36000


@given(first=st.integers(3, 12), second=st.integers(3, 12), left=marks, with_notice=st.booleans())
def test_splitting_a_withdrawal_creates_no_interest(
    first: int, second: int, left: list[library.NoticeMark], with_notice: bool
) -> None:
    """Under notices that fit, or without any; what remains (10 fen) never closes the deposit."""

    def given_for(amount: int) -> library.Notice | None:
        return notice(33, 40, amount) if with_notice else None

    held = deposit(first + second + 10, *left)
    whole = withdraw(held, 40, first + second, given_for(first + second), SMALL)
    one = withdraw(held, 40, first, given_for(first), SMALL)
    assert one.remaining is not None
    two = withdraw(one.remaining, 40, second, given_for(second), SMALL)
    assert one.interest.exact + two.interest.exact == whole.interest.exact
    assert two.remaining == whole.remaining
