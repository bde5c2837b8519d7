"""Settlement days, the one rounding, tax; and the bookings of a product."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sycee.components import library
from sycee.components.library.lines import RoundingMode
from sycee.components.library.settlements import Cycle

PERIODIC: tuple[Cycle, ...] = ("monthly", "quarterly", "semiannual", "annual")
days = st.dates(date(2020, 1, 1), date(2040, 1, 1))
cycles = st.builds(library.SettlementCycle, cycle=st.sampled_from(PERIODIC), day=st.integers(1, 31))


@pytest.mark.parametrize(
    ("cycle", "day", "settled"),
    [
        ("quarterly", 20, ["2026-03-20", "2026-06-20", "2026-09-20", "2026-12-20"]),
        ("semiannual", 20, ["2026-06-20", "2026-12-20"]),
        ("semiannual", 31, ["2026-06-30", "2026-12-31"]),
        ("annual", 31, ["2026-12-31"]),
        ("at_maturity", 20, []),
        ("none", 20, []),
    ],
)
def test_interest_is_settled_in_the_last_month_of_the_cycle(
    cycle: Cycle, day: int, settled: list[str]
) -> None:
    rule = library.SettlementCycle(cycle=cycle, day=day)
    found = rule.settlement_days(date(2026, 1, 1), date(2026, 12, 31))
    assert [day.isoformat() for day in found] == settled


def test_a_month_without_the_day_settles_on_its_last() -> None:
    rule = library.SettlementCycle(cycle="monthly", day=31)
    found = rule.settlement_days(date(2028, 1, 31), date(2028, 4, 30))
    assert [day.day for day in found] == [31, 29, 31, 30]


def test_what_is_settled_on_the_20th_is_credited_on_the_21st() -> None:
    rule = library.SettlementCycle(cycle="quarterly")
    assert rule.is_settlement_day(date(2026, 3, 20))
    assert not rule.is_settlement_day(date(2026, 3, 21))
    assert rule.next_settlement(date(2026, 3, 19)) == date(2026, 3, 20)
    assert rule.next_settlement(date(2026, 3, 20)) == date(2026, 6, 20)
    assert rule.credit_day(date(2026, 3, 20)) == date(2026, 3, 21)
    assert library.SettlementCycle(cycle="at_maturity").next_settlement(date(2026, 3, 20)) is None


def test_periods_run_from_the_day_after_one_settlement_to_the_next() -> None:
    rule = library.SettlementCycle(cycle="quarterly")
    assert rule.periods(date(2026, 3, 2), date(2026, 9, 30)) == (
        (date(2026, 3, 2), date(2026, 3, 20)),
        (date(2026, 3, 21), date(2026, 6, 20)),
        (date(2026, 6, 21), date(2026, 9, 20)),
        (date(2026, 9, 21), date(2026, 9, 30)),
    )


@given(cycles, days, st.integers(0, 2000))
def test_periods_share_out_every_day_once(rule: library.SettlementCycle, start: date, length: int) -> None:
    end = start + timedelta(days=length)
    day = start
    for first, last in rule.periods(start, end):
        assert first == day <= last
        assert rule.settlement_days(first, last) in {(), (last,)}
        day = last + timedelta(days=1)
    assert day == end + timedelta(days=1)


@given(cycles, days)
def test_the_next_settlement_day_is_the_first_one_later(rule: library.SettlementCycle, day: date) -> None:
    following = rule.next_settlement(day)
    assert following is not None
    assert rule.settlement_days(day + timedelta(days=1), following) == (following,)


@pytest.mark.parametrize(
    ("mode", "half", "odd_half", "third", "negative_half"),
    [
        ("half_up", 1, 2, 0, -1),
        ("half_even", 0, 2, 0, 0),
        ("down", 0, 1, 0, 0),
        ("up", 1, 2, 1, -1),
    ],
)
def test_rounding_modes(mode: RoundingMode, half: int, odd_half: int, third: int, negative_half: int) -> None:
    rule = library.Rounding(mode=mode)
    found = [rule.round(Fraction(*f)) for f in ((1, 2), (3, 2), (1, 3), (-1, 2))]
    assert found == [half, odd_half, third, negative_half]


@given(st.fractions(-(10**9), 10**9), st.sampled_from(get_args(RoundingMode)), st.sampled_from([1, 10, 100]))
def test_rounding_stays_within_a_unit_and_treats_debts_as_claims(
    exact: Fraction, mode: RoundingMode, unit: int
) -> None:
    rule = library.Rounding(mode=mode, unit=unit)
    rounded = rule.round(exact)
    assert rounded % unit == 0
    assert abs(rounded - exact) < unit
    assert rule.round(-exact) == -rounded
    assert rule.round(Fraction(rounded)) == rounded


def test_only_the_sum_is_rounded() -> None:
    """Three thirds of a fen are one fen; rounded one by one they would be none."""
    line = library.InterestLine(date(2026, 1, 1), date(2026, 1, 1), 1, 1, Decimal(1), Fraction(1, 3), "test")
    found = library.Rounding().reckon((line, line, line))
    assert found.exact == 1
    assert found.total == 1
    assert library.round_minor(line.interest) == 0


def test_a_resident_enterprise_has_nothing_withheld() -> None:
    assert library.NoTax().tax(1_000_00) == library.TaxedInterest(
        1_000_00, 0, 1_000_00, Decimal(0), "nothing is withheld"
    )


WITHHOLDING = library.WithholdingTax(
    percent=Decimal(10),
    exempt_residences=("CN",),
    exempt_types=("central_bank",),
    treaties=(library.Treaty(residence="HK", percent=Decimal(7)),),
)


@pytest.mark.parametrize(
    ("interest", "residence", "kind", "withheld"),
    [
        (1_000_00, "US", "enterprise", 100_00),
        (1_000_00, "HK", "enterprise", 70_00),
        (1_000_00, "CN", "enterprise", 0),
        (1_000_00, "US", "central_bank", 0),
        (5, "US", "enterprise", 1),
        (4, "US", "enterprise", 0),
        (0, "US", "enterprise", 0),
    ],
)
def test_tax_by_residence_and_type(interest: int, residence: str, kind: str, withheld: int) -> None:
    assert WITHHOLDING.tax(interest, residence, kind).withheld == withheld


@given(st.integers(0, 10**13), st.sampled_from(["US", "HK", "CN"]))
def test_what_is_withheld_and_what_is_paid_are_the_interest(interest: int, residence: str) -> None:
    found = WITHHOLDING.tax(interest, residence)
    assert found.withheld + found.net == interest
    assert 0 <= found.withheld <= interest


def test_a_treaty_never_raises_the_tax() -> None:
    with pytest.raises(msgspec.ValidationError, match="no more than the common rate, 10"):
        msgspec.convert(
            {"percent": "10", "treaties": [{"residence": "XX", "percent": "11"}]}, library.WithholdingTax
        )


def test_every_booking_of_a_product_goes_between_two_of_its_subjects() -> None:
    subjects = library.AccountingSubjects(
        principal="2011.04",
        interest_expense="6411.04",
        interest_payable="2231.04",
        fee_income="6021.04",
        tax_payable="2221.04",
    )
    assert [(b.event, b.debit, b.credit) for b in subjects.bookings()] == [
        ("accrual", "6411.04", "2231.04"),
        ("settlement", "2231.04", "2011.04"),
        ("tax", "2231.04", "2221.04"),
        ("fee", "2011.04", "6021.04"),
    ]


@pytest.mark.parametrize("subject", ["2231.04", "20 11", "", "科目"])
def test_subjects_are_written_as_the_ledger_writes_them_and_each_has_one_role(subject: str) -> None:
    given_subjects = {
        "principal": subject,
        "interest_expense": "6411.04",
        "interest_payable": "2231.04",
        "fee_income": "6021.04",
        "tax_payable": "2221.04",
    }
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(given_subjects, library.AccountingSubjects)


def test_a_currency_knows_its_decimals_and_the_least_it_books() -> None:
    yuan = library.AccountCurrency(code="CNY", cash=True, least_posting=Decimal("0.05"))
    assert (yuan.exponent, yuan.domestic) == (2, True)
    assert yuan.accepts(5)
    assert not yuan.accepts(4)
    assert not library.AccountCurrency(code="JPY").accepts(0)
    assert not library.AccountCurrency(code="JPY").domestic
    with pytest.raises(msgspec.ValidationError, match="ZZZ"):
        msgspec.convert({"code": "ZZZ"}, library.AccountCurrency)
