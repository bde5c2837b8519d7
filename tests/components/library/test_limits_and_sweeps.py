"""Limits that cannot be got round by splitting, sweeps that never take what is not there, tiers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sycee.components import library
from sycee.components.library.limits import AmountLimit, CountLimit, MinimumLimit, NonCounterAgreedLimit
from sycee.components.library.sweeps import SweepMode
from sycee.components.library.tiers import Step

Use = library.LimitUse
DAY = AmountLimit(period="day", channels=("online",), most=Decimal(1000))


@pytest.mark.parametrize(
    ("use", "allowed", "left"),
    [
        (Use(1_000_00, channel="online"), True, 1_000_00),
        (Use(1_000_01, channel="online"), False, 1_000_00),
        (Use(1_00, used=999_00, channel="online"), True, 1_00),
        (Use(1_01, used=999_00, channel="online"), False, 1_00),
        (Use(1, used=5_000_00, channel="online"), False, 0),
        (Use(9_999_00, channel="counter"), True, None),
        (Use(9_999_00, channel="online", direction="in"), True, None),
        (Use(9_999_00, channel="online", currency="USD"), True, None),
    ],
)
def test_what_is_left_of_a_days_limit(use: library.LimitUse, left: int | None, *, allowed: bool) -> None:
    found = DAY.check(use)
    assert (found.allowed, found.left) == (allowed, left)
    assert bool(found.reason) != allowed


def test_a_single_transactions_limit_does_not_look_at_the_day() -> None:
    limit = AmountLimit(period="transaction", most=Decimal(10))
    assert limit.check(Use(10_00, used=10**9)).allowed
    assert not limit.check(Use(10_01)).allowed


def test_a_limit_may_be_about_some_counterparties_only() -> None:
    limit = AmountLimit(period="day", counterparty="individual", most=Decimal(10))
    assert not limit.check(Use(11_00, counterparty="individual")).allowed
    assert limit.check(Use(11_00, counterparty="company")).allowed


def test_a_number_of_movements_and_a_least_amount() -> None:
    count = CountLimit(period="day", most=2)
    assert count.check(Use(1, used_count=1)).allowed
    assert not count.check(Use(1, used_count=2)).allowed
    least = MinimumLimit(period="transaction", least=Decimal(100))
    assert least.check(Use(100_00)).allowed
    assert "at least 100.00 CNY" in least.check(Use(99_99)).reason


AGREED = NonCounterAgreedLimit(period="day", day_amount=Decimal(1000), day_count=3, year_amount=Decimal(5000))


@pytest.mark.parametrize(
    ("use", "allowed"),
    [
        (Use(1_000_00, channel="online"), True),
        (Use(1_000_01, channel="online"), False),
        (Use(1, used_count=3, channel="online"), False),
        (Use(10**9, channel="counter"), True),
    ],
)
def test_what_bank_and_customer_agreed_binds_outside_of_a_counter(
    use: library.LimitUse, *, allowed: bool
) -> None:
    assert AGREED.check(use).allowed == allowed


def test_the_years_agreed_amount_is_asked_apart() -> None:
    assert AGREED.check_year(Use(1_000_00, used=4_000_00, channel="online")).allowed
    assert not AGREED.check_year(Use(1_000_00, used=4_000_01, channel="online")).allowed
    assert AGREED.check_year(Use(1_000_00, used=4_000_01, channel="counter")).allowed


def test_the_tightest_of_several_limits_wins() -> None:
    wide = AmountLimit(period="transaction", most=Decimal(5000))
    assert library.check_limits([wide, DAY], Use(500_00, channel="online")) == library.LimitDecision(
        True, 1_000_00
    )
    assert not library.check_limits([wide, DAY], Use(2_000_00, channel="online")).allowed
    assert library.check_limits([], Use(1)) == library.LimitDecision(True, None)


@given(st.lists(st.integers(1, 2_000_00), max_size=40))
def test_no_series_of_movements_gets_round_a_days_limits(amounts: list[int]) -> None:
    used = count = 0
    for amount in amounts:
        use = Use(amount, used=used, used_count=count, channel="online")
        if library.check_limits([DAY, AGREED], use).allowed:
            used, count = used + amount, count + 1
    assert used <= 1_000_00
    assert count <= 3


# Sweeps


def sweep(**given_parameters: object) -> library.SweepRule:
    return msgspec.convert(given_parameters, library.SweepRule)


@pytest.mark.parametrize(
    ("rule", "state", "taken"),
    [
        (sweep(mode="zero_balance"), library.SweepState(12_345_67), 12_345_67),
        (sweep(mode="keep_line", line="10000"), library.SweepState(12_345_67), 2_345_67),
        (sweep(mode="keep_line", line="10000"), library.SweepState(9_999_00), 0),
        (sweep(mode="above_line", line="10000"), library.SweepState(12_345_67), 12_345_67),
        (sweep(mode="above_line", line="10000"), library.SweepState(10_000_00), 0),
        (sweep(mode="round_sums", amount="1000"), library.SweepState(12_345_67), 12_000_00),
        (sweep(mode="round_sums", amount="1000", line="500"), library.SweepState(12_345_67), 11_000_00),
        (sweep(mode="fixed_amount", amount="1000"), library.SweepState(12_345_67), 1_000_00),
        (sweep(mode="fixed_amount", amount="1000"), library.SweepState(999_00), 0),
        (sweep(mode="share_of_balance", percent="30"), library.SweepState(1_00), 30),
        (sweep(mode="share_of_income", percent="50"), library.SweepState(10_00, income=5_01), 2_50),
        (sweep(mode="share_of_income", percent="100"), library.SweepState(3_00, income=5_00), 3_00),
        (sweep(mode="accumulated", amount="100"), library.SweepState(80_00, 60_00, 70_00), 30_00),
        (sweep(mode="accumulated", amount="100"), library.SweepState(80_00, 60_00, 100_00), 0),
        (sweep(mode="target_balance", line="100"), library.SweepState(250_00), 150_00),
        (sweep(mode="target_balance", line="100"), library.SweepState(40_00), -60_00),
        (sweep(mode="keep_line", line="10", least="5"), library.SweepState(14_99), 0),
        (sweep(mode="keep_line", line="10", least="5"), library.SweepState(15_00), 5_00),
        (sweep(mode="zero_balance"), library.SweepState(-1_00), 0),
    ],
)
def test_what_a_sweep_takes(rule: library.SweepRule, state: library.SweepState, taken: int) -> None:
    assert rule.amount_of(state) == taken


@given(
    mode=st.sampled_from(get_args(SweepMode)),
    line=st.integers(0, 1000),
    amount=st.integers(1, 1000),
    percent=st.integers(1, 100),
    balance=st.integers(-1000, 10**6),
    income=st.integers(0, 10**6),
)
def test_a_sweep_never_takes_what_is_not_there_nor_goes_below_its_line(
    mode: SweepMode, line: int, amount: int, percent: int, balance: int, income: int
) -> None:
    share = {"percent": str(percent)} if mode.startswith("share_of") else {}
    rule = sweep(mode=mode, line=str(line), amount=str(amount), **share)
    taken = rule.amount_of(library.SweepState(balance, income))
    if mode == "target_balance":
        assert balance - taken == line * 100
        return
    assert 0 <= taken <= max(balance, 0)
    if mode not in {"zero_balance", "above_line"} and taken:
        assert balance - taken >= line * 100


def test_a_sweep_by_the_calendar_has_its_days() -> None:
    friday, month_end = date(2026, 3, 6), date(2026, 3, 31)
    assert sweep(mode="zero_balance").due(friday)
    weekly = sweep(mode="zero_balance", when="weekly", weekday=4)
    assert (weekly.due(friday), weekly.due(month_end)) == (True, False)
    monthly = sweep(mode="zero_balance", when="monthly")
    assert (monthly.due(friday), monthly.due(month_end)) == (False, True)
    assert not sweep(mode="zero_balance", when="on_receipt").due(friday)


# Tiers

SPREADS = library.SpreadTiers(
    steps=(
        Step(above=Decimal(0), percent=Decimal(0)),
        Step(above=Decimal(1000000), percent=Decimal("0.05")),
        Step(above=Decimal(10000000), percent=Decimal("0.10")),
    )
)
DISCOUNTS = library.DiscountTiers(
    steps=(Step(above=Decimal(0), percent=Decimal(0)), Step(above=Decimal(500000), percent=Decimal(20)))
)


@pytest.mark.parametrize(
    ("amount", "spread"), [(0, "0"), (999_999_99, "0"), (1_000_000_00, "0.05"), (10**12, "0.10")]
)
def test_larger_sums_are_quoted_finer(amount: int, spread: str) -> None:
    assert SPREADS.spread(amount) == Decimal(spread)


@given(st.integers(0, 10**9), st.integers(0, 10**12))
def test_a_discount_never_raises_a_fee_nor_makes_it_negative(fee: int, measured: int) -> None:
    assert 0 <= DISCOUNTS.discounted(fee, measured) <= fee
    assert DISCOUNTS.discounted(100_00, 500_000_00) == 80_00


@pytest.mark.parametrize(
    ("kind", "bad", "says"),
    [
        (AmountLimit, {"period": "week", "most": "1"}, "week"),
        (AmountLimit, {"period": "day", "most": "-1"}, "most is -1"),
        (CountLimit, {"period": "transaction", "most": 1}, "day, month or year"),
        (MinimumLimit, {"period": "day", "least": "1"}, "transaction is expected"),
        (
            NonCounterAgreedLimit,
            {"period": "day", "day_amount": "2", "day_count": 1, "year_amount": "1"},
            "below day_amount",
        ),
        (
            NonCounterAgreedLimit,
            {"period": "year", "day_amount": "1", "day_count": 1, "year_amount": "1"},
            "day is expected",
        ),
        (library.SweepRule, {"mode": "round_sums"}, "amount is 0"),
        (library.SweepRule, {"mode": "share_of_income"}, "percent is 0"),
        (library.SweepRule, {"mode": "keep_line", "percent": "5"}, "other modes have none"),
        (library.SweepRule, {"mode": "keep_line", "line": "-1"}, "line is -1"),
        (library.SpreadTiers, {"steps": [{"above": "1", "percent": "1"}]}, "0 first"),
        (library.DiscountTiers, {"steps": [{"above": "0", "percent": "101"}]}, "between"),
    ],
)
def test_parameters_that_do_not_hold_are_refused(kind: type, bad: object, says: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=says):
        msgspec.convert(bad, kind)
