"""Every shipped condition behaves as its kind must, and no two are the same thing under two names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date, time, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any, get_args, get_type_hints

import msgspec
import pytest

from sycee.components import Condition, Kind, NoticeReason, Parameters, key_of, library, registry

TODAY = date(2026, 3, 2)
LATER = date(2026, 9, 30)
AMOUNTS = (1, 99, 10_000_00, 123_456_78, 500_000_00, 10_000_000_00, 999_999_999_99)
CONDITIONS: list[Condition] = [
    made.value
    for id in registry().conditions
    for made in registry().conditions.versions(id)
    if made.origin.text.name.startswith("sycee/components/library")
]
Check = Callable[[Any], None]
CHECKS: dict[Kind, Check] = {}


def rate_on(key: str, day: date) -> Decimal:
    return library.sample_rate_on(key, day)


def of_kind(kind: Kind) -> Callable[[Check], Check]:
    def keep(check: Check) -> Check:
        CHECKS[kind] = check
        return check

    return keep


@of_kind(Kind.CURRENCY)
def _currency(made: Any) -> None:
    assert made.accepts(1)
    assert not made.accepts(0)
    assert 0 <= made.exponent <= 3


@of_kind(Kind.DAY_COUNT)
def _day_count(made: Any) -> None:
    whole = made.line(TODAY, LATER, 10**8, Decimal("1.5"))
    parts = [made.line(a, b, 10**8, Decimal("1.5")) for a, b in pairwise((TODAY, date(2026, 5, 31), LATER))]
    assert whole.interest == sum(part.interest for part in parts) > 0


@of_kind(Kind.CALENDAR)
def _calendar(made: Any) -> None:
    for day in (date(2026, 1, 1) + timedelta(days=n) for n in range(364)):
        moved = made.adjust(day)
        assert abs((moved - day).days) <= 12
        assert made.adjust(moved) == moved


@of_kind(Kind.ROUNDING)
def _rounding(made: Any) -> None:
    for amount in AMOUNTS:
        assert made.round(Fraction(amount * made.unit)) == amount * made.unit
        assert abs(made.round(Fraction(amount, 7)) - Fraction(amount, 7)) < made.unit


@of_kind(Kind.TAX)
def _tax(made: Any) -> None:
    for residence in ("CN", "HK", "US"):
        for amount in AMOUNTS:
            found = made.tax(amount, residence, "enterprise")
            assert found.withheld + found.net == amount
            assert 0 <= found.withheld <= amount


@of_kind(Kind.SETTLEMENT)
def _settlement(made: Any) -> None:
    days = made.settlement_days(TODAY, date(2031, 3, 1))
    a_year = {"monthly": 12, "quarterly": 4, "semiannual": 2, "annual": 1}.get(made.cycle, 0)
    assert len(days) == a_year * 5
    assert all(made.credit_day(day) > day for day in days)


@of_kind(Kind.INTEREST)
def _interest(made: Any) -> None:
    terms = made.terms("CNY", "actual/360")
    spans = [library.BalanceSpan(TODAY, LATER, amount) for amount in sorted(AMOUNTS)]
    earned = [library.balance_interest([span], terms, rate_on).exact for span in spans]
    assert all(low <= high for low, high in pairwise([Fraction(0), *earned]))
    if isinstance(made, library.TimeInterest):
        rate = made.opening_rate("CNY", TODAY, rate_on)
        demand = made.overdue_rate("CNY", LATER, rate_on)
        kept = made.interest(10**9, TODAY, LATER, LATER, rate, demand).exact
        early = made.interest(10**9, TODAY, LATER + timedelta(days=1), LATER, rate, demand).exact
        assert (
            0
            < early
            < kept
            < made.interest(10**9, TODAY, LATER, LATER + timedelta(days=9), rate, demand).exact
        )
    if isinstance(made, library.FloatingInterest):
        rate = made.opening_rate("CNY", TODAY, rate_on)
        assert made.cap is None or rate <= made.cap
        assert made.floor is not None
        assert rate >= made.floor
    if isinstance(made, library.AgreementInterest):
        assert [tier.above for tier in terms.tiers] == [0, made.quota * 100]
        agreed = rate_on("CNY.agreement", TODAY) + made.spread
        problem = made.rate_problem(agreed, rate_on("CNY.demand", TODAY), rate_on("CNY.time.6m", TODAY))
        assert problem is None


@of_kind(Kind.RATE_SOURCE)
def _rate_source(made: Any) -> None:
    assert 0 < made.rate("CNY", TODAY, rate_on) < 5


@of_kind(Kind.TIERS)
def _tiers(made: Any) -> None:
    if isinstance(made, library.SpreadTiers):
        spreads = [made.spread(amount) for amount in sorted(AMOUNTS)]
        assert spreads == sorted(spreads)
        assert spreads[-1] > 0
    else:
        fees = [made.discounted(100_00, amount) for amount in sorted(AMOUNTS)]
        assert fees == sorted(fees, reverse=True)
        assert fees[-1] < 100_00


@of_kind(Kind.TENOR)
def _tenor(made: Any) -> None:
    if isinstance(made, library.NegotiatedTenor):
        for days in (made.least_days, made.most_days):
            assert made.maturity_problem(TODAY, TODAY + timedelta(days=days)) is None
        assert made.maturity_problem(TODAY, TODAY + timedelta(days=made.most_days + 1)) is not None
    elif isinstance(made, library.OpenTenor):
        last = made.last_day(TODAY)
        assert last is None or last > TODAY
    else:
        ends = [made.maturity(TODAY + timedelta(days=n)) for n in range(730)]
        assert ends == sorted(ends)
        assert all(end > TODAY + timedelta(days=n) for n, end in enumerate(ends))


@of_kind(Kind.RENEWAL)
def _renewal(made: Any) -> None:
    tenor = library.FixedTenor(months=3)
    for before in range(5):
        found = made.at_maturity(100_00, 3_00, TODAY, tenor, None, before)
        assert found.principal + found.paid_out + found.kept == 103_00
        assert bool(found.principal) == made.renews(before) == (found.maturity is not None)


@of_kind(Kind.NOTICE)
def _notice(made: Any) -> None:
    held = library.NoticeDeposit(TODAY, 10_000_000_00)
    given = library.Notice(LATER - timedelta(days=made.notice_days), LATER, 2_000_000_00)
    assert made.notice_problem("CNY", held, given) is None
    rates = library.NoticeRates(Decimal("1.10"), Decimal("0.20"))
    on_the_day = made.withdraw("CNY", held, LATER, given.amount, given, rates)
    without = made.withdraw("CNY", held, LATER, given.amount, None, rates)
    assert on_the_day.interest.exact * 20 == without.interest.exact * 110
    unused = made.not_used(held, given)
    assert (
        made.withdraw("CNY", unused, LATER, given.amount, given, rates).interest.exact
        < on_the_day.interest.exact
    )


@of_kind(Kind.EARLY_WITHDRAWAL)
def _early(made: Any) -> None:
    for amount in (20_000_000_00, 5_000_000_00):
        if made.problem("CNY", 20_000_000_00, amount, 0) is None:
            found = made.withdraw("CNY", 20_000_000_00, amount, TODAY, LATER, Decimal("0.20"))
            assert found.amount + found.remaining == 20_000_000_00
            assert found.interest.exact == Fraction(amount) * 212 * 20 / (100 * 100 * 360)
        else:
            with pytest.raises(library.EarlyWithdrawalRefused):
                made.withdraw("CNY", 20_000_000_00, amount, TODAY, LATER, Decimal("0.20"))
    assert made.problem("CNY", 100, 101, 0) is not None


@of_kind(Kind.DEPOSIT_FORM)
def _form(made: Any) -> None:
    minimums = made.quota_floor if made.form == "agreement" else made.minimum_opening
    problem = made.quota_problem if made.form == "agreement" else made.opening_problem
    for currency, least in minimums.items():
        unit = library.AccountCurrency(code=currency).exponent
        bound = int(least * 10**unit)
        assert problem(currency, bound) is None
        assert problem(currency, bound - 1) is not None
    assert problem("CNY", 100_000_000_00) is None or "CNY" not in minimums
    if made.form == "margin":
        assert made.action_problem("deduct", obligation=1, balance=100, amount=1) is not None
        assert made.needed(1_000_00) <= 1_000_00


@of_kind(Kind.ACCOUNT_CLASS)
def _account_class(made: Any) -> None:
    for operation in ("cash_in", "cash_out", "transfer_in", "transfer_out", "wages", "to_individual"):
        found = made.permits(operation, 60_000_00)
        assert found.allowed == (operation in made.operations)
        assert found.allowed or found.reason
    assert made.operations
    if made.account_class != "basic":
        assert made.opening_problem(basic_accounts=1, same_class=0) is None


@of_kind(Kind.ACCOUNTING)
def _accounting(made: Any) -> None:
    assert all(booking.debit != booking.credit for booking in made.bookings())


@of_kind(Kind.FEE)
def _fee(made: Any) -> None:
    charges = []
    for amount in sorted(AMOUNTS):
        found = made.charge(library.FeeUse(volume=amount % 1000 if "page" in key_of(made) else amount))
        assert found.amount == sum(line.charge for line in found.lines) >= 0
        assert made.charge(library.FeeUse(count=0)).amount == 0 or isinstance(made, library.BundleFee)
        charges.append(found.amount)
    if "page" not in key_of(made):
        assert charges == sorted(charges)
    assert made.applies(made.event, made.channel)
    free = isinstance(made, library.FreeOfCharge)
    assert (made.charge(library.FeeUse(count=10**6, volume=10**14)).amount == 0) == free


@of_kind(Kind.LIMIT)
def _limit(made: Any) -> None:
    fits = library.LimitUse(
        1,
        channel=made.channels[0] if made.channels else "online",
        counterparty="company" if made.counterparty == "any" else made.counterparty,
        direction=made.direction,
        currency=getattr(made, "currency", "CNY"),
    )
    assert made.concerns(fits)
    too_much = msgspec.structs.replace(fits, amount=10**16, used_count=10**9)
    refused = 0 if key_of(made).startswith("limit.minimum") else too_much.amount
    assert not made.check(msgspec.structs.replace(too_much, amount=refused)).allowed
    other = "in" if made.direction == "out" else "out"
    assert made.check(msgspec.structs.replace(too_much, direction=other)).allowed


@of_kind(Kind.CHANNEL)
def _channel(made: Any) -> None:
    noon = time(21) if made.opens > time(12) else time(12)
    assert all(made.problem(operation, noon) is None for operation in made.operations)
    assert made.problem("fly", noon) is not None


@of_kind(Kind.ELIGIBILITY)
def _eligibility(made: Any) -> None:
    assert made.problem(library.Applicant(), TODAY)
    right: dict[str, Any] = {
        "average_balances": {"CNY": 10**13},
        "registered_capital": 10**13,
        "group_members": 10**4,
        "risk_grade": "low",
        "due_diligence_until": date(2030, 1, 1),
        "established_on": date(2010, 1, 1),
        "customer_since": date(2010, 1, 1),
    }
    if getattr(made, "most_months", None) is not None:
        right |= {"established_on": TODAY, "customer_since": TODAY}
    if getattr(made, "most", None) is not None:
        right |= {"average_balances": {"CNY": 1}, "registered_capital": 1}
    for name, field in (("types", "customer_type"), ("allowed", None), ("needs", None)):
        values = getattr(made, name, ())
        if field and values:
            right[field] = values[0]
        elif name == "needs" and values:
            right["services"] = values
        elif values:
            right |= {"region": values[0], "industry": values[0]}
    right.setdefault("region", "CN")
    right.setdefault("industry", "A")
    assert made.problem(library.Applicant(**right), TODAY) is None


@of_kind(Kind.STATEMENT)
def _statement(made: Any) -> None:
    days = made.due_days(date(2026, 1, 1), date(2026, 12, 31))
    expected = {"daily": 365, "weekly": 52, "monthly": 12, "quarterly": 4, "semiannual": 2, "annual": 1}
    assert abs(len(days) - expected.get(made.cycle, 0)) <= (made.cycle == "weekly")
    assert made.makes(1)
    assert made.answer_by(TODAY) > TODAY


@of_kind(Kind.SWEEP)
def _sweep(made: Any) -> None:
    for balance in (0, *AMOUNTS):
        taken = made.amount_of(library.SweepState(balance, income=balance // 2))
        assert taken <= balance
        assert taken >= 0 or made.mode == "target_balance"
    assert made.amount_of(library.SweepState(10**13, income=10**13)) > 0


@of_kind(Kind.PROCESS)
def _process(made: Any) -> None:
    assert made.needed(made.events[0], 10**14)
    assert not made.needed("weather", 10**14)
    assert made.missing([], "me", TODAY)
    roles = [*getattr(made, "means", ()), *getattr(made, "roles", ())] or ["any"]
    on = TODAY - timedelta(days=getattr(made, "days", 0))
    everybody = [library.StepDone(made.step, f"person {n}", role, on) for n in range(10) for role in roles]
    assert made.missing(everybody, "me", TODAY) is None


def test_every_kind_is_shipped_and_checked() -> None:
    assert set(CHECKS) == set(Kind)
    shipped = {registry().capabilities[made.uses].kind for made in CONDITIONS}
    assert shipped == set(Kind)


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda made: f"{made.id}-{made.valid_from}")
def test_a_shipped_condition_behaves(condition: Condition) -> None:
    kind = registry().capabilities[condition.uses].kind
    CHECKS[kind](condition.parameters)


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda made: f"{made.id}-{made.valid_from}")
def test_a_shipped_condition_is_kept_and_read_back_unchanged(condition: Condition) -> None:
    data = msgspec.json.encode(condition.parameters)
    assert msgspec.json.decode(data, type=type(condition.parameters)) == condition.parameters


def test_no_two_shipped_conditions_are_the_same_but_for_their_names() -> None:
    same: dict[tuple[type[Parameters], bytes, date], list[str]] = defaultdict(list)
    for made in CONDITIONS:
        data = msgspec.json.encode(made.parameters, order="sorted")
        same[type(made.parameters), data, made.valid_from].append(made.id)
    assert [ids for ids in same.values() if len(ids) > 1] == []


def test_no_two_shipped_conditions_have_the_same_title() -> None:
    for language in ("en", "zh"):
        titles: dict[str, list[str]] = defaultdict(list)
        for made in CONDITIONS:
            kind = registry().capabilities[made.uses].kind
            titles[f"{kind}: {getattr(made.title, language)}"].append(made.id)
        assert {title: ids for title, ids in titles.items() if len(ids) > 1} == {}


def test_every_capability_of_the_library_is_used_by_a_condition() -> None:
    ours = {key for key, made in registry().capabilities.items() if made.module.startswith("sycee.")}
    assert ours - {made.uses for made in CONDITIONS} == set()


def described(annotation: Any) -> bool:
    metas = [meta for meta in getattr(annotation, "__metadata__", ()) if isinstance(meta, msgspec.Meta)]
    return any(meta.description for meta in metas) or any(map(described, get_args(annotation)))


def test_every_capability_and_parameter_says_what_it_is() -> None:
    for key, made in registry().capabilities.items():
        if made.module.startswith("sycee."):
            assert made.description, key
            hints = get_type_hints(made.parameters, include_extras=True)
            for field in msgspec.structs.fields(made.parameters):
                assert described(hints[field.name]), f"{key}: {field.name}"


def test_every_reason_on_a_line_has_words_in_both_languages() -> None:
    codes = {reason.value for reason in NoticeReason} | {"fixed_rate", "early_withdrawal", "after_maturity"}
    assert codes <= set(library.REASONS)
    assert all(english and chinese for english, chinese in library.REASONS.values())
