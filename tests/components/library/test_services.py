"""Channels and their hours, who may have a product, statements, and the steps before an event."""

from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sycee.components import library
from sycee.components.library.eligibility import (
    CompanyAgeEligibility,
    CustomerTypeEligibility,
    DueDiligenceEligibility,
    IndustryEligibility,
    RegionEligibility,
    RiskGradeEligibility,
    ServicesEligibility,
    SizeEligibility,
)
from sycee.components.library.process_steps import (
    EvidenceStep,
    SecondPersonStep,
    SignatureStep,
    WaitingStep,
)

TODAY = date(2026, 3, 2)
COUNTER = library.ChannelAccess(
    channel="counter",
    operations=("pay", "cash_out"),
    opens=time(9),
    closes=time(17),
    business_days=True,
    authentication=("seal",),
    two_persons_for=("cash_out",),
)


@pytest.mark.parametrize(
    ("operation", "at", "business_day", "says"),
    [
        ("pay", time(9), True, None),
        ("pay", time(16, 59, 59), True, None),
        ("pay", time(17), True, "from 09:00 to 17:00"),
        ("pay", time(8, 59), True, "from 09:00 to 17:00"),
        ("pay", time(12), False, "on business days"),
        ("remit", time(12), True, "does not offer remit"),
    ],
)
def test_a_channel_serves_what_it_offers_while_it_is_open(
    operation: str, at: time, says: str | None, *, business_day: bool
) -> None:
    found = COUNTER.problem(operation, at, business_day=business_day)
    assert (found is None) if says is None else (says in str(found))


def test_a_channel_without_hours_never_closes() -> None:
    online = library.ChannelAccess(channel="online", operations=("pay",), authentication=("token",))
    assert online.open_at(time(0))
    assert online.open_at(time(23, 59, 59), business_day=False)


APPLICANT = library.Applicant(
    customer_type="enterprise",
    established_on=date(2024, 3, 2),
    customer_since=date(2026, 1, 2),
    risk_grade="medium",
    due_diligence_until=date(2026, 4, 1),
    region="440305",
    industry="C39",
    registered_capital=10_000_000_00,
    average_balances={"CNY": 500_000_00},
    group_members=3,
    services=("basic_account",),
)


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        (CustomerTypeEligibility(types=("enterprise",)), None),
        (CustomerTypeEligibility(types=("fund", "insurer")), "one of fund, insurer"),
        (CompanyAgeEligibility(least_months=24), None),
        (CompanyAgeEligibility(least_months=25), "at least 25"),
        (CompanyAgeEligibility(most_months=23), "at most 23"),
        (CompanyAgeEligibility(least_months=3, counted_from="customer_since"), "2 months since 2026-01-02"),
        (RiskGradeEligibility(highest="medium"), None),
        (RiskGradeEligibility(highest="low"), "low or lower"),
        (DueDiligenceEligibility(days_left=30), None),
        (DueDiligenceEligibility(days_left=31), "valid until 2026-04-01"),
        (RegionEligibility(allowed=("44",)), None),
        (RegionEligibility(allowed=("31",)), "one of 31"),
        (RegionEligibility(refused=("4403",)), "is refused"),
        (IndustryEligibility(allowed=("C",), refused=("C31",)), None),
        (IndustryEligibility(allowed=("C",), refused=("C39",)), "is refused"),
        (SizeEligibility(measure="registered_capital", least=Decimal(10000000)), None),
        (SizeEligibility(measure="registered_capital", most=Decimal(9999999)), "at most 9999999.00 CNY"),
        (SizeEligibility(measure="average_balance", least=Decimal(500001)), "at least 500001.00 CNY"),
        (SizeEligibility(measure="group_members", least=Decimal(4)), "at least 4"),
        (ServicesEligibility(needs=("basic_account",)), None),
        (ServicesEligibility(needs=("basic_account", "online")), "online is needed first"),
    ],
)
def test_who_may_have_a_product(condition: library.Eligibility, says: str | None) -> None:
    found = condition.problem(APPLICANT, TODAY)
    assert (found is None) if says is None else (says in str(found))


@pytest.mark.parametrize(
    "condition",
    [
        CustomerTypeEligibility(types=("enterprise",)),
        CompanyAgeEligibility(),
        RiskGradeEligibility(highest="high"),
        DueDiligenceEligibility(),
        RegionEligibility(refused=("KP",)),
        IndustryEligibility(refused=("J",)),
        SizeEligibility(measure="group_members"),
        ServicesEligibility(needs=("online",)),
    ],
)
def test_what_the_bank_does_not_know_never_passes(condition: library.Eligibility) -> None:
    assert condition.problem(library.Applicant(), TODAY) is not None


def test_all_that_stands_against_an_applicant_is_told_at_once() -> None:
    conditions = [
        RiskGradeEligibility(highest="low"),
        CustomerTypeEligibility(types=("enterprise",)),
        ServicesEligibility(needs=("online",)),
    ]
    assert len(library.problems(conditions, APPLICANT, TODAY)) == 2


@pytest.mark.parametrize(
    ("cycle", "expected"),
    [
        ("daily", [f"2026-03-{day:02}" for day in range(1, 32)]),
        ("weekly", ["2026-03-06", "2026-03-13", "2026-03-20", "2026-03-27"]),
        ("monthly", ["2026-03-31"]),
        ("quarterly", ["2026-03-31"]),
        ("semiannual", []),
        ("on_request", []),
    ],
)
def test_statements_fall_due_at_the_end_of_their_cycle(cycle: str, expected: list[str]) -> None:
    rule = msgspec.convert({"cycle": cycle}, library.StatementCycle)
    found = rule.due_days(date(2026, 3, 1), date(2026, 3, 31))
    assert [day.isoformat() for day in found] == expected


def test_balances_are_confirmed_by_a_cycle_of_their_own() -> None:
    rule = library.StatementCycle(cycle="daily", confirmation="semiannual", answer_days=30, empty=False)
    assert rule.confirmation_days(date(2026, 1, 1), date(2026, 12, 31)) == (
        date(2026, 6, 30),
        date(2026, 12, 31),
    )
    assert rule.answer_by(date(2026, 6, 30)) == date(2026, 7, 30)
    assert not rule.makes(0)
    assert rule.makes(1)


@given(
    st.sampled_from(["daily", "weekly", "monthly", "quarterly", "semiannual", "annual"]),
    st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    st.integers(0, 900),
    st.integers(0, 900),
)
def test_statement_days_do_not_depend_on_where_one_looks_from(
    cycle: str, start: date, first: int, second: int
) -> None:
    rule = msgspec.convert({"cycle": cycle}, library.StatementCycle)
    middle = start + timedelta(days=first)
    end = middle + timedelta(days=second)
    parts = rule.due_days(start, middle) + rule.due_days(middle + timedelta(days=1), end)
    assert rule.due_days(start, end) == parts


# Steps


def done(step: str, by: str, role: str = "", on: date = TODAY) -> library.StepDone:
    return library.StepDone(step, by, role, on)


EVIDENCE = EvidenceStep(step="licence", events=("signing",), evidence="business licence", valid_days=30)
SECOND = SecondPersonStep(step="checked", events=("signing",), persons=2, roles=("manager",), order=60)
SIGNED = SignatureStep(
    step="signed", events=("signing",), signatures=2, means=("seal", "electronic"), order=40
)
WAITED = WaitingStep(step="opened", events=("payment",), days=3)


@pytest.mark.parametrize(
    ("step", "steps_done", "says"),
    [
        (EVIDENCE, [], "business licence is missing"),
        (EVIDENCE, [done("licence", "a", on=date(2026, 1, 1))], "60 days old"),
        (EVIDENCE, [done("licence", "a", on=date(2026, 1, 31))], None),
        (EVIDENCE, [done("licence", "a", on=date(2026, 3, 3))], "missing"),
        (SECOND, [done("checked", "me", "manager"), done("checked", "b", "manager")], "1 of 2"),
        (SECOND, [done("checked", "b", "manager"), done("checked", "b", "manager")], "1 of 2"),
        (SECOND, [done("checked", "b", "manager"), done("checked", "c", "teller")], "1 of 2"),
        (SECOND, [done("checked", "b", "manager"), done("checked", "c", "manager")], None),
        (SIGNED, [done("signed", "li", "seal"), done("signed", "li", "electronic")], "1 of 2"),
        (SIGNED, [done("signed", "li", "seal"), done("signed", "wu", "video")], "1 of 2"),
        (SIGNED, [done("signed", "li", "seal"), done("signed", "wu", "electronic")], None),
        (WAITED, [], "has not begun"),
        (WAITED, [done("opened", "a", on=date(2026, 2, 28))], "2 of 3 days"),
        (WAITED, [done("opened", "a", on=date(2026, 2, 27))], None),
    ],
)
def test_what_is_missing_of_a_step(
    step: library.ProcessStep, steps_done: list[library.StepDone], says: str | None
) -> None:
    found = step.missing(steps_done, "me", TODAY)
    assert (found is None) if says is None else (says in str(found))


def test_whoever_acts_is_never_the_second_person() -> None:
    alone = SecondPersonStep(step="checked", events=("payment",))
    assert alone.missing([done("checked", "me")], "me", TODAY) is not None
    assert alone.missing([done("checked", "me")], "somebody else", TODAY) is None


def test_steps_are_asked_in_their_order_and_only_for_their_events_and_amounts() -> None:
    large = SecondPersonStep(step="released", events=("payment",), above=Decimal(1000), order=5)
    steps = [SECOND, SIGNED, EVIDENCE, WAITED, large]
    missing = library.missing_steps(steps, "signing", 0, [], "me", TODAY)
    assert [line.partition(":")[0] for line in missing] == ["signed", "licence", "checked"]
    assert len(library.missing_steps(steps, "payment", 1_000_00, [], "me", TODAY)) == 1
    assert len(library.missing_steps(steps, "payment", 1_000_01, [], "me", TODAY)) == 2


@pytest.mark.parametrize(
    ("kind", "bad", "says"),
    [
        (
            library.ChannelAccess,
            {"channel": "x", "operations": ["pay", "pay"], "authentication": ["token"]},
            "each once",
        ),
        (
            library.ChannelAccess,
            {
                "channel": "x",
                "operations": ["pay"],
                "authentication": ["token"],
                "two_persons_for": ["place"],
            },
            "does not offer",
        ),
        (
            library.ChannelAccess,
            {
                "channel": "x",
                "operations": ["pay"],
                "authentication": ["token"],
                "opens": "17:00:00",
                "closes": "09:00:00",
            },
            "later than opens",
        ),
        (library.ChannelAccess, {"channel": "x", "operations": [], "authentication": ["token"]}, "length"),
        (CompanyAgeEligibility, {"least_months": 5, "most_months": 4}, "below least_months"),
        (RegionEligibility, {}, "one of them is expected"),
        (IndustryEligibility, {}, "one of them is expected"),
        (CustomerTypeEligibility, {"types": []}, "length"),
        (SizeEligibility, {"measure": "height"}, "height"),
        (library.StatementCycle, {"cycle": "hourly"}, "hourly"),
        (library.StatementCycle, {"cycle": "weekly", "weekday": 7}, "<= 6"),
        (SecondPersonStep, {"step": "checked", "events": ["signing"], "persons": 0}, ">= 1"),
        (WaitingStep, {"step": "Opened", "events": ["signing"], "days": 1}, "regex"),
    ],
)
def test_parameters_that_do_not_hold_are_refused(kind: type, bad: object, says: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=says):
        msgspec.convert(bad, kind)
