"""Time deposits and floating certificates: both forms, early, on time, late; tenors and renewal."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sycee.components import EarlyWithdrawalRefused, library

START = date(2026, 1, 31)
RATE, DEMAND = Decimal("1.35"), Decimal("0.20")
MILLION = 1_000_000_00

dates = st.dates(date(2020, 1, 1), date(2040, 1, 1))
amounts = st.integers(1, 10**13)
rates = st.decimals(0, 10, places=4)
forms: st.SearchStrategy[Literal["units", "actual_days"]] = st.sampled_from(["units", "actual_days"])


@pytest.mark.parametrize(
    ("form", "end", "fen"),
    [
        ("units", "2026-02-28", 1_125_00),  # one month: 1/12 of 13,500.00
        ("units", "2026-03-01", 1_162_50),  # and an odd day: 1,000,000 × 1.35 % / 360
        ("units", "2027-01-31", 13_500_00),
        ("units", "2027-02-03", 13_612_50),
        ("actual_days", "2026-02-28", 1_050_00),
        ("actual_days", "2027-01-31", 13_687_50),
        ("units", "2026-02-10", 375_00),  # no whole month
        ("units", "2026-01-31", 0),
    ],
)
def test_whole_months_and_odd_days_or_all_actual_days(
    form: Literal["units", "actual_days"], end: str, fen: int
) -> None:
    lines = library.time_lines(MILLION, START, date.fromisoformat(end), RATE, form)
    assert sum(line.interest for line in lines) == fen


def test_a_line_of_whole_months_has_thirty_days_to_the_month() -> None:
    whole, odd = library.time_lines(MILLION, date(2026, 1, 10), date(2026, 4, 15), RATE)
    assert (whole.months, whole.days, whole.start, whole.end) == (3, 90, date(2026, 1, 10), date(2026, 4, 9))
    assert (odd.months, odd.days, odd.start, odd.end) == (0, 5, date(2026, 4, 10), date(2026, 4, 14))
    assert whole.interest == MILLION * Fraction(RATE) / 100 * Fraction(whole.days, 360)


@pytest.mark.parametrize(
    ("paid_on", "fen", "why"),
    [
        ("2026-03-02", 166_67, ["early_withdrawal"]),  # 30 days at 0.20 %
        ("2026-07-31", 6_750_00, ["fixed_rate"]),
        ("2026-08-10", 6_805_56, ["fixed_rate", "after_maturity"]),  # and 10 days at 0.20 %: 55.56
        ("2026-01-31", 0, []),
    ],
)
def test_early_on_time_and_late(paid_on: str, fen: int, why: list[str]) -> None:
    maturity = library.FixedTenor(months=6).maturity(START)
    assert maturity == date(2026, 7, 31)
    found = library.time_interest(MILLION, START, maturity, date.fromisoformat(paid_on), RATE, DEMAND)
    assert found.total == fen
    assert [line.why for line in found.lines] == why


@given(amounts, amounts, dates, st.integers(1, 60), st.integers(-400, 400), rates, rates, forms)
def test_splitting_a_principal_creates_no_interest(
    first: int, second: int, start: date, months: int, late: int, rate: Decimal, demand: Decimal,
    form: Literal["units", "actual_days"],
) -> None:  # fmt: skip
    maturity = library.add_months(start, months)
    paid_on = max(start, maturity + timedelta(days=late))

    def earned(principal: int) -> Fraction:
        return library.time_interest(principal, start, maturity, paid_on, rate, demand, form=form).exact

    assert earned(first) + earned(second) == earned(first + second)


@given(amounts, dates, st.integers(1, 60), st.integers(0, 400), rates, rates, forms)
def test_a_later_payment_never_earns_less(
    principal: int, start: date, months: int, late: int, rate: Decimal, demand: Decimal,
    form: Literal["units", "actual_days"],
) -> None:  # fmt: skip
    maturity = library.add_months(start, months)

    def earned(days: int) -> Fraction:
        paid_on = maturity + timedelta(days=days)
        return library.time_interest(principal, start, maturity, paid_on, rate, demand, form=form).exact

    assert earned(late) <= earned(late + 1)


@given(amounts, dates, st.integers(1, 2000), rates)
def test_all_actual_days_are_the_sum_of_any_two_stretches(
    principal: int, start: date, days: int, rate: Decimal
) -> None:
    middle, end = start + timedelta(days=days // 2), start + timedelta(days=days)

    def earned(first: date, last: date) -> Fraction:
        lines = library.time_lines(principal, first, last, rate, "actual_days")
        return sum((line.interest for line in lines), Fraction(0))

    assert earned(start, middle) + earned(middle, end) == earned(start, end)


@given(amounts, dates, st.integers(1, 2000), rates, forms)
def test_lines_follow_one_another_without_a_gap(
    principal: int, start: date, days: int, rate: Decimal, form: Literal["units", "actual_days"]
) -> None:
    end = start + timedelta(days=days)
    lines = library.time_lines(principal, start, end, rate, form)
    day = start
    for line in lines:
        assert line.start == day <= line.end
        day = line.end + timedelta(days=1)
    assert day == end


def test_the_opening_rate_is_kept_and_the_demand_rate_is_the_payment_days() -> None:
    method = library.TimeInterest(rate_key="time.1y", spread=Decimal("0.15"))
    asked: list[tuple[str, date]] = []

    def rate_on(key: str, day: date) -> Decimal:
        asked.append((key, day))
        return Decimal("1.35") if key == "CNY.time.1y" else Decimal("0.20")

    assert method.opening_rate("CNY", START, rate_on) == Decimal("1.50")
    assert method.overdue_rate("CNY", date(2027, 2, 10), rate_on) == Decimal("0.20")
    assert asked == [("CNY.time.1y", START), ("CNY.demand", date(2027, 2, 10))]
    assert method.terms("CNY").tiers[0].rate_key == "CNY.time.1y"
    assert method.terms("CNY", rate=Decimal("1.50")).tiers[0].spread == Decimal("1.50")


# Floating


FLOATING = library.FloatingInterest(
    reference_key="shibor.3m",
    reset_months=3,
    spread=Decimal("-0.10"),
    cap=Decimal("1.80"),
    floor=Decimal("1.00"),
)


@pytest.mark.parametrize(
    ("reference", "rate"), [("1.60", "1.50"), ("2.50", "1.80"), ("0.50", "1.00"), ("1.10", "1.00")]
)
def test_a_floating_rate_stays_between_floor_and_cap(reference: str, rate: str) -> None:
    assert FLOATING.rate_of(Decimal(reference)) == Decimal(rate)


def test_a_floating_rate_is_set_every_three_months_and_kept() -> None:
    """360,000.00: 90 days at 1.50 is 1,350.00, 91 at 1.40 is 1,274.00, one at 1.60 is 16.00."""
    start, maturity = date(2026, 1, 1), date(2026, 7, 2)
    resets = FLOATING.resets(start, maturity)
    assert resets == (date(2026, 1, 1), date(2026, 4, 1), date(2026, 7, 1))
    set_rates = list(zip(resets, map(Decimal, ("1.50", "1.40", "1.60")), strict=True))
    found = FLOATING.interest(360_000_00, start, maturity, maturity, set_rates, DEMAND)
    assert [line.days for line in found.lines] == [90, 91, 1]
    assert found.total == 1_350_00 + 1_274_00 + 16_00
    late = FLOATING.interest(360_000_00, start, maturity, maturity + timedelta(days=5), set_rates, DEMAND)
    assert late.total == found.total + 10_00
    early = FLOATING.interest(360_000_00, start, maturity, date(2026, 3, 2), set_rates, DEMAND)
    assert early.total == 120_00


def test_a_floating_deposit_needs_the_rate_of_its_first_day() -> None:
    with pytest.raises(ValueError, match="2026-01-01"):
        FLOATING.lines(1, date(2026, 1, 1), date(2026, 7, 1), [(date(2026, 1, 2), RATE)])


@given(dates, st.integers(1, 12), st.integers(1, 1500))
def test_resets_begin_at_the_start_and_lie_before_the_end(start: date, months: int, days: int) -> None:
    method = library.FloatingInterest(reference_key="shibor.3m", reset_months=months)
    end = start + timedelta(days=days)
    resets = method.resets(start, end)
    assert resets[0] == start
    assert all(one < other for one, other in pairwise(resets))
    assert resets[-1] < end <= library.add_months(start, months * len(resets))


# Rate sources


def test_rate_sources_say_where_a_rate_comes_from() -> None:
    table = {"CNY.time.1y": Decimal("1.35"), "CNY.shibor.3m": Decimal("1.62")}

    def rate_on(key: str, day: date) -> Decimal:
        del day
        return table[key]

    listed = library.ListedRate(rate_key="time.1y", spread=Decimal("0.10"))
    assert listed.rate("CNY", START, rate_on) == Decimal("1.45")
    assert library.AgreedRate(percent=Decimal("1.23")).rate("CNY", START, rate_on) == Decimal("1.23")
    floating = library.FloatingRate(reference_key="shibor.3m", reset_months=3, cap=Decimal("1.60"))
    assert floating.rate("CNY", START, rate_on) == Decimal("1.60")
    assert len(floating.resets(START, date(2027, 1, 31))) == 4
    up = library.MultipleRate(rate_key="time.1y", percent=Decimal(40), cap=Decimal("1.85"))
    assert up.rate("CNY", START, rate_on) == Decimal("1.85")
    assert library.MultipleRate(rate_key="time.1y", percent=Decimal(-10)).rate(
        "CNY", START, rate_on
    ) == Decimal("1.215")


# Tenors, renewal, early withdrawal


@pytest.mark.parametrize(
    ("tenor", "start", "maturity"),
    [
        ({"months": 3}, "2026-11-30", "2027-02-28"),
        ({"months": 1}, "2028-01-31", "2028-02-29"),
        ({"months": 60}, "2028-02-29", "2033-02-28"),
        ({"days": 7}, "2026-02-25", "2026-03-04"),
        ({"months": 6, "month_ends": True}, "2026-02-28", "2026-08-31"),
    ],
)
def test_maturity_by_tenor(tenor: dict[str, int], start: str, maturity: str) -> None:
    made = msgspec.convert(tenor, library.FixedTenor)
    assert made.maturity(date.fromisoformat(start)) == date.fromisoformat(maturity)


def test_a_maturity_in_a_holiday_is_moved_only_where_the_calendar_says_so() -> None:
    tenor = library.FixedTenor(months=3)
    start = date(2025, 11, 17)
    assert tenor.maturity(start, library.BusinessCalendar(name="CN")) == date(2026, 2, 17)
    assert tenor.maturity(start, library.BusinessCalendar(name="CN", convention="following")) == date(
        2026, 2, 24
    )


def test_a_contract_renews_itself_until_somebody_objects() -> None:
    contract = library.ContractTenor(months=12, objection_days=30)
    start = date(2026, 3, 10)
    assert contract.maturity(start) == date(2027, 3, 10)
    assert contract.term_end(start, date(2027, 3, 9)) == date(2027, 3, 10)
    assert contract.term_end(start, date(2027, 3, 10)) == date(2028, 3, 10)
    assert contract.last_objection_day(start, date(2026, 12, 1)) == date(2027, 2, 7)
    assert contract.in_force(start, date(2031, 1, 1))
    once = library.ContractTenor(months=12, renews=False)
    assert once.in_force(start, date(2027, 3, 9))
    assert not once.in_force(start, date(2027, 3, 10))
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"months": 13}, library.ContractTenor)


def test_a_negotiated_tenor_has_bounds_and_an_open_one_may_have_an_end() -> None:
    agreed = library.NegotiatedTenor(least_days=30, most_days=365)
    assert agreed.maturity_problem(START, START + timedelta(days=30)) is None
    assert "between 30 and 365" in str(agreed.maturity_problem(START, START + timedelta(days=29)))
    assert library.OpenTenor().last_day(START) is None
    assert library.OpenTenor(most_months=24).last_day(date(2026, 3, 1)) == date(2028, 2, 29)


@pytest.mark.parametrize(
    ("mode", "times", "before", "principal", "paid_out", "kept"),
    [
        ("principal_and_interest", None, 7, 103, 0, 0),
        ("principal", None, 7, 100, 3, 0),
        ("none", None, 0, 0, 0, 103),
        ("pay_out", None, 0, 0, 103, 0),
        ("principal", 2, 1, 100, 3, 0),
        ("principal", 2, 2, 0, 0, 103),
    ],
)
def test_renewal_at_maturity(
    mode: Literal["principal_and_interest", "principal", "none", "pay_out"],
    times: int | None,
    before: int,
    principal: int,
    paid_out: int,
    kept: int,
) -> None:
    day, tenor = date(2026, 8, 31), library.FixedTenor(months=6)
    found = library.Renewal(mode=mode, times=times).at_maturity(100, 3, day, tenor, None, before)
    assert (found.principal, found.paid_out, found.kept) == (principal, paid_out, kept)
    assert found.principal + found.paid_out + found.kept == 103
    assert found.maturity == (date(2027, 2, 28) if principal else None)


EARLY = library.EarlyAtDemandRate(
    partial_times=1, minimum_remaining={"CNY": Decimal(10000)}, minimum_withdrawal={"CNY": Decimal(1000)}
)


def test_a_part_withdrawn_early_bears_the_demand_rate_and_the_rest_goes_on() -> None:
    """400,000.00 for 90 days at 0.20 %: 200.00."""
    day = START + timedelta(days=90)
    found = EARLY.withdraw("CNY", MILLION, 400_000_00, START, day, DEMAND)
    assert (found.amount, found.interest.total, found.remaining) == (400_000_00, 200_00, 600_000_00)


@pytest.mark.parametrize(
    ("amount", "parts_before", "says"),
    [
        (400_000_00, 1, "1 times, it was 1 times"),
        (995_000_00, 0, "5000.00 CNY would remain: at least 10000.00 CNY"),
        (999_99, 0, "at least 1000.00 CNY may be withdrawn"),
        (1_000_000_01, 0, "at most all"),
        (0, 0, "more than 0"),
    ],
)
def test_an_early_withdrawal_that_breaks_a_rule_is_refused(amount: int, parts_before: int, says: str) -> None:
    with pytest.raises(EarlyWithdrawalRefused, match=says):
        EARLY.withdraw("CNY", MILLION, amount, START, START + timedelta(days=5), DEMAND, parts_before)


def test_all_of_it_may_be_withdrawn_after_a_part_was() -> None:
    found = EARLY.withdraw("CNY", MILLION, MILLION, START, START, DEMAND, parts_before=1)
    assert (found.interest.total, found.remaining) == (0, 0)


def test_a_deposit_held_to_maturity_gives_nothing_early() -> None:
    with pytest.raises(EarlyWithdrawalRefused, match="maturity"):
        library.NoEarlyWithdrawal().withdraw("CNY", MILLION, MILLION, START, START, DEMAND)
    part_only = library.EarlyAtDemandRate(whole=False)
    assert "as a whole" in str(part_only.problem("CNY", MILLION, MILLION, 0))


@pytest.mark.parametrize(
    ("kind", "bad", "says"),
    [
        (library.FixedTenor, {}, "exactly one"),
        (library.FixedTenor, {"months": 3, "days": 90}, "exactly one"),
        (library.NegotiatedTenor, {"least_days": 9, "most_days": 8}, "above most_days"),
        (library.Renewal, {"mode": "maybe"}, "maybe"),
        (library.TimeInterest, {"rate_key": "time.1y", "form": "weeks"}, "weeks"),
        (library.FloatingInterest, {"reference_key": "shibor.3m", "reset_months": 0}, ">= 1"),
        (
            library.FloatingInterest,
            {"reference_key": "shibor.3m", "reset_months": 3, "cap": "1", "floor": "2"},
            "above cap",
        ),
        (library.EarlyAtDemandRate, {"minimum_remaining": {"CNY": "-1"}}, "minimum_remaining.CNY"),
        (library.EarlyAtDemandRate, {"minimum_remaining": {"ZZZ": "1"}}, "ZZZ"),
        (library.EarlyAtDemandRate, {"minimum_remaining": {"JPY": "1.5"}}, "JPY has 0"),
        (library.MultipleRate, {"rate_key": "time.1y", "percent": "101"}, "between -100 and 100"),
    ],
)
def test_parameters_that_do_not_hold_are_refused(kind: type, bad: object, says: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=says):
        msgspec.convert(bad, kind)
