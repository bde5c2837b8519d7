"""Interest on daily balances: tiers, quotas, rate changes; against a plain sum over days."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sycee.components import InterestTerms, RateTier, library
from sycee.components.library.balance_interest import tier_parts
from sycee.components.library.interest_methods import Tier
from sycee.components.library.rate_sources import weighted_rate

START = date(2026, 1, 1)
CHANGE = date(2026, 2, 10)
DAY = timedelta(days=1)


def rate_on(key: str, day: date) -> Decimal:
    """Demand falls from 0.25 to 0.20, the agreement rate from 1.15 to 0.90."""
    before, after = {"CNY.demand": ("0.25", "0.20"), "CNY.agreement": ("1.15", "0.90")}[key]
    return Decimal(before if day < CHANGE else after)


def tiered(*tiers: tuple[str, str | None, str], **more: object) -> InterestTerms:
    made = tuple(Tier(above=Decimal(a), rate_key=k, spread=Decimal(s)) for a, k, s in tiers)
    return library.TieredInterest(tiers=made, **more).terms("CNY")  # type: ignore[arg-type]


DEMAND = tiered(("0", "demand", "0"))
STEPS = (("0", "demand", "0"), ("1000000", "demand", "0.10"), ("5000000", "demand", "0.30"))


def span(first: int, days: int, balance: int) -> library.BalanceSpan:
    start = START + timedelta(days=first)
    return library.BalanceSpan(start, start + timedelta(days=days - 1), balance)


def test_a_change_of_rate_splits_the_period() -> None:
    """40 days at 0.25 and 20 at 0.20 on 3,600,000.00: 1,000.00 + 400.00."""
    found = library.balance_interest([span(0, 60, 3_600_000_00)], DEMAND, rate_on)
    assert [(line.days, line.rate) for line in found.lines] == [(40, Decimal("0.25")), (20, Decimal("0.20"))]
    assert found.total == 1_400_00


def test_the_settlement_days_rate_may_go_for_all_of_the_period() -> None:
    """60 days at 0.20 on 3,600,000.00: 1,200.00."""
    terms = tiered(("0", "demand", "0"), rate_rule="settlement_day")
    found = library.balance_interest([span(0, 60, 3_600_000_00)], terms, rate_on)
    assert [(line.days, line.rate) for line in found.lines] == [(60, Decimal("0.20"))]
    assert found.total == 1_200_00
    earlier = library.balance_interest([span(0, 60, 3_600_000_00)], terms, rate_on, settled_on=START)
    assert earlier.total == 1_500_00


def test_parts_bear_their_own_rate_and_a_whole_bears_the_rate_it_reaches() -> None:
    """6,000,000.00 for 36 days: 1m at 0.25, 4m at 0.35, 1m at 0.55 is 2,200.00; all at 0.55 is 3,300.00."""
    balance = [span(0, 36, 6_000_000_00)]
    assert library.balance_interest(balance, tiered(*STEPS), rate_on).total == 2_200_00
    assert library.balance_interest(balance, tiered(*STEPS, tiering="whole"), rate_on).total == 3_300_00


def test_a_tier_begins_at_its_bound() -> None:
    terms = tiered(*STEPS, tiering="whole")
    assert [tier.spread for tier, _ in tier_parts(1_000_000_00, terms)] == [Decimal("0.10")]
    assert [tier.spread for tier, _ in tier_parts(999_999_99, terms)] == [Decimal(0)]


def test_an_overdraft_bears_its_own_rate_or_nothing() -> None:
    plain = tiered(("0", "demand", "0"))
    assert library.balance_lines([span(0, 10, -100_00)], plain, rate_on) == ()
    overdraft = Tier(above=Decimal(0), rate_key="demand", spread=Decimal("5.75"))
    terms = tiered(("0", "demand", "0"), overdraft=overdraft)
    found = library.balance_interest([span(0, 10, -360_000_00)], terms, rate_on)
    assert found.total == -600_00


def test_no_interest_is_no_interest() -> None:
    terms = library.NoInterest().terms("CNY")
    assert library.balance_interest([span(0, 90, 10**12)], terms, rate_on).exact == 0


def test_a_fixed_rate_may_begin_above_a_balance() -> None:
    """0.80 % on what exceeds 1,000,000.00: 2,000,000.00 for 90 days is 4,000.00."""
    method = library.FixedInterest(percent=Decimal("0.80"), bears_from=Decimal(1000000))
    found = library.balance_interest([span(0, 90, 3_000_000_00)], method.terms("CNY"), rate_on)
    assert found.total == 4_000_00
    assert library.FixedInterest(percent=Decimal("0.80")).terms("CNY").tiers == (
        RateTier(0, None, Decimal("0.80")),
    )


@pytest.mark.parametrize(
    ("agreement", "fits"),
    [("0.90", True), ("0.20", False), ("0.10", False), ("1.15", False), ("1.20", False)],
)
def test_an_agreement_rate_lies_between_demand_and_six_months(agreement: str, *, fits: bool) -> None:
    method = library.AgreementInterest(quota=Decimal(100000))
    problem = method.rate_problem(Decimal(agreement), Decimal("0.20"), Decimal("1.15"))
    assert (problem is None) == fits


def test_the_quota_is_part_of_the_terms_in_the_accounts_own_currency() -> None:
    method = library.AgreementInterest(quota=Decimal(50000), spread=Decimal("0.05"))
    assert method.terms("JPY").tiers == (
        RateTier(0, "JPY.demand"),
        RateTier(50000, "JPY.agreement", Decimal("0.05")),
    )


balances = st.integers(0, 10**13)
tables = st.sampled_from(
    [DEMAND, tiered(*STEPS), library.AgreementInterest(quota=Decimal(100000)).terms("CNY")]
)


@given(balance=balances, terms=tables)
def test_the_parts_of_a_balance_are_the_balance(balance: int, terms: InterestTerms) -> None:
    assert sum(part for _, part in tier_parts(balance, terms)) == balance


@given(low=balances, more=balances, terms=tables)
def test_a_larger_balance_never_earns_less(low: int, more: int, terms: InterestTerms) -> None:
    least = library.balance_interest([span(20, 40, low)], terms, rate_on).exact
    assert library.balance_interest([span(20, 40, low + more)], terms, rate_on).exact >= least


@given(balance=balances, first=st.integers(1, 60), second=st.integers(1, 60), terms=tables)
def test_cutting_a_period_creates_no_interest(
    balance: int, first: int, second: int, terms: InterestTerms
) -> None:
    whole = library.balance_interest([span(0, first + second, balance)], terms, rate_on)
    cut = library.balance_interest([span(first, second, balance), span(0, first, balance)], terms, rate_on)
    assert cut.exact == whole.exact


@given(st.lists(st.tuples(st.integers(1, 20), balances), max_size=8), tables)
def test_lines_are_what_a_plain_sum_over_days_comes_to(
    history: list[tuple[int, int]], terms: InterestTerms
) -> None:
    """The plain sum: each day's balance cut by hand at the bounds of the tiers, over 36,000 per cent days."""
    spans, first, expected = [], 0, Fraction(0)
    for days, balance in history:
        spans.append(span(first, days, balance))
        first += days
    bounds = [tier.above for tier in terms.tiers] + [10**18]
    for held in spans:
        day = held.start
        while day <= held.end:
            for place, tier in enumerate(terms.tiers):
                part = max(0, min(held.balance, bounds[place + 1]) - bounds[place])
                rate = rate_on(tier.rate_key or "", day) + tier.spread
                expected += Fraction(part) * Fraction(rate) / 36000
            day += DAY
    found = library.balance_interest(spans, terms, rate_on)
    assert found.exact == expected
    assert sum((line.interest for line in found.lines), Fraction(0)) == expected
    assert all(line.start <= line.end and line.balance > 0 for line in found.lines)


@pytest.mark.parametrize(
    ("rates", "quoted"),
    [
        ([(100, "0.20"), (300, "1.00")], "0.8"),
        ([], "0"),
        ([(0, "5")], "0"),
        ([(1, "1"), (2, "2")], "1.666667"),
    ],
)
def test_a_weighted_rate_is_for_quoting(rates: list[tuple[int, str]], quoted: str) -> None:
    assert weighted_rate([(amount, Decimal(rate)) for amount, rate in rates]) == Decimal(quoted)


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"tiers": []}, "length"),
        ({"tiers": [{"above": "1"}]}, "0 first"),
        ({"tiers": [{"above": "0"}, {"above": "0"}]}, "ascending"),
        ({"tiers": [{"above": "0"}, {"above": "5"}, {"above": "3"}]}, "ascending"),
        ({"tiers": [{"above": "-1"}]}, "0 or more"),
        ({"tiers": [{"above": "0", "spread": "101"}]}, "between"),
        ({"tiers": [{"above": "0", "spread": "0.1234567"}]}, "decimals"),
        ({"tiers": [{"above": "0", "rate_key": "CNY.demand"}]}, "regex"),
        ({"tiers": [{"above": "0"}], "rate_rule": "average"}, "average"),
        ({"tiers": [{"above": "0"}], "colour": "red"}, "colour"),
    ],
)
def test_tiers_that_do_not_hold_are_refused(bad: object, says: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=says):
        msgspec.convert(bad, library.TieredInterest)


def test_a_quota_below_its_floor_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match=r"quota is 5000: .* at least 10000"):
        msgspec.convert({"quota": "5000", "quota_floor": "10000"}, library.AgreementInterest)
