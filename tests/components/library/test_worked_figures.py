"""The worked figures of corporate deposits, to the fen: figures reckoned by hand, not by this code."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from sycee.components import InterestTerms, RateTier, library, registry

START = date(2026, 3, 2)
RATES = {
    "CNY.demand": Decimal("0.20"),
    "CNY.agreement": Decimal("0.90"),
    "CNY.notice.7d": Decimal("1.10"),
    "CNY.time.1y": Decimal("1.35"),
}


def rate_on(key: str, day: date) -> Decimal:
    del day
    return RATES[key]


def held(balance: int, days: int) -> list[library.BalanceSpan]:
    return [library.BalanceSpan(START, START + timedelta(days=days - 1), balance)]


def terms_of(product: str) -> InterestTerms:
    resolved = registry().resolve(product, START)
    terms = resolved.one("interest").terms("CNY", resolved.one("day_count").convention)
    assert isinstance(terms, InterestTerms)
    return terms


def test_demand_deposit_of_a_million_for_92_days_earns_511_11() -> None:
    found = library.balance_interest(held(1_000_000_00, 92), terms_of("basic-account"), rate_on)
    assert found.total == 511_11
    assert [(line.days, line.balance, line.rate) for line in found.lines] == [
        (92, 1_000_000_00, Decimal("0.20"))
    ]
    assert found.exact == Fraction(1_000_000_00 * 92 * 20, 100 * 100 * 360)


def test_agreement_deposit_settles_both_parts_as_one_sum() -> None:
    terms = terms_of("agreement-deposit")
    assert terms.tiers == (RateTier(0, "CNY.demand"), RateTier(100_000_00, "CNY.agreement"))
    found = library.balance_interest(held(2_600_000_00, 30), terms, rate_on)
    below, above = found.lines
    assert (below.balance, above.balance) == (100_000_00, 2_500_000_00)
    assert library.round_minor(below.interest) == 16_67
    assert above.interest == 1_875_00
    assert found.total == 1_891_67


def test_seven_day_notice_withdrawn_on_the_notified_day_earns_6875() -> None:
    product = registry().resolve("notice-7d", START)
    rule, interest = product.one("notice"), product.one("interest")
    day = START + timedelta(days=45)
    notice = library.Notice(day - timedelta(days=7), day, 5_000_000_00)
    found = rule.withdraw(
        "CNY",
        library.NoticeDeposit(START, 5_000_000_00),
        day,
        5_000_000_00,
        notice,
        interest.rates("CNY", day, rate_on),
    )
    assert found.interest.total == 6_875_00
    assert found.closes
    assert found.reasons == (library.NoticeReason.ON_NOTIFIED_DAY,)


def test_one_year_time_deposit_paid_ten_days_late_earns_40666_67() -> None:
    product = registry().resolve("time-1y", START)
    interest = product.one("interest")
    maturity = product.one("tenor").maturity(START)
    assert maturity == date(2027, 3, 2)
    rate = interest.opening_rate("CNY", START, rate_on)
    found = interest.interest(
        3_000_000_00, START, maturity, maturity + timedelta(days=10), rate, Decimal("0.20")
    )
    whole, late = found.lines
    assert whole.interest == 40_500_00
    assert (whole.months, whole.days) == (12, 360)
    assert (late.start, late.end, late.days) == (maturity, date(2027, 3, 11), 10)
    assert library.round_minor(late.interest) == 166_67
    assert found.total == 40_666_67


def test_the_same_time_deposit_by_all_actual_days_earns_five_days_more() -> None:
    """365 days at 1.35 % / 360 is 41,062.50; with ten days late 41,229.17."""
    interest = registry().condition("time.1y.actual-days", START).parameters
    assert isinstance(interest, library.TimeInterest)
    maturity = date(2027, 3, 2)
    found = interest.interest(
        3_000_000_00, START, maturity, maturity + timedelta(days=10), Decimal("1.35"), Decimal("0.20")
    )
    assert found.lines[0].interest == 41_062_50
    assert found.total == 41_229_17
