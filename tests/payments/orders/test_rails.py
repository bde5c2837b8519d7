"""Rails as dated data: what each takes and when, what it costs, and which is chosen."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from psycopg.errors import CheckViolation

from sycee import payments
from sycee.database import Database
from sycee.kernel import clock
from sycee.payments import (
    FeeTier,
    InvalidRailTerms,
    RailAsk,
    RailChoice,
    RailTerms,
    Urgency,
    Window,
)
from sycee.payments.routing.proposals import decide_terms, propose_terms
from tests.payments.conftest import Bank
from tests.payments.orders.conftest import Desk, pay_away

CHINA = ZoneInfo("Asia/Shanghai")
YUAN = 100


def at(day: str, hour: str) -> datetime:
    """An instant in China."""
    return datetime.fromisoformat(f"{day}T{hour}:00").replace(tzinfo=CHINA)


async def choose(database: Database, yuan: int, when: datetime, urgency: str = "normal") -> RailChoice:
    ask = RailAsk(amount=yuan * YUAN, currency="CNY", at=when, urgency=Urgency(urgency))
    async with database.transaction() as tx:
        (choice,) = await payments.choose_rails(tx, [ask])
    return choice


# 2026-11-18 is a Wednesday; 2026-10-01 to 07 are holidays, and Sunday 2026-09-20 is worked in their stead.
@pytest.mark.parametrize(
    ("day", "hour", "opens"),
    [
        ("2026-11-18", "09:00", "2026-11-18T09:00"),
        ("2026-11-18", "17:14", "2026-11-18T17:14"),
        ("2026-11-18", "17:15", "2026-11-18T20:30"),
        ("2026-11-18", "23:00", "2026-11-18T23:00"),
        ("2026-11-20", "18:00", "2026-11-22T20:30"),
        ("2026-11-21", "10:00", "2026-11-22T20:30"),
        ("2026-09-19", "12:00", "2026-09-19T20:30"),
        ("2026-09-20", "12:00", "2026-09-20T12:00"),
        ("2026-10-02", "12:00", "2026-10-07T20:30"),
    ],
)
async def test_the_high_value_system_takes_payments_from_the_evening_before_to_a_quarter_past_five(
    database: Database, day: str, hour: str, opens: str
) -> None:
    choice = await choose(database, 5_000_000, at(day, hour))
    assert (choice.rail, choice.send_at) == ("HVPS", datetime.fromisoformat(opens).replace(tzinfo=CHINA))


async def test_a_day_whose_holidays_are_not_decreed_is_not_promised(database: Database) -> None:
    choice = await choose(database, 5_000_000, at("2040-03-01", "09:00"))
    assert choice.rail is None
    assert "HVPS has no day known on which it is open" in choice.why
    assert "BEPS takes less" in choice.why


@pytest.mark.parametrize(
    ("yuan", "urgency", "rail", "fee"),
    [
        (10_000, "normal", "BEPS", 2_50),
        (10_001, "normal", "BEPS", 5_00),
        (1_000_000, "normal", "BEPS", 10_00),
        (1_000_001, "normal", "HVPS", 20_00),
        (10_000_000, "normal", "HVPS", 200_00),
        (900_000_000, "normal", "HVPS", 200_00),
        (50_000, "urgent", "IBPS", 10_00),
        (50_001, "urgent", "HVPS", 10_00),
    ],
)
async def test_the_cheapest_way_for_normal_payments_the_quickest_for_urgent_ones(
    database: Database, yuan: int, urgency: str, rail: str, fee: int
) -> None:
    choice = await choose(database, yuan, at("2026-11-18", "09:00"), urgency)
    assert (choice.rail, choice.fee) == (rail, fee), choice.why


async def test_an_urgent_payment_waits_for_no_window_that_another_rail_spares_it(database: Database) -> None:
    sunday = at("2026-11-22", "09:00")
    assert (await choose(database, 50_000, sunday, "urgent")).send_at == sunday
    late = await choose(database, 50_001, sunday, "urgent")
    assert (late.rail, late.send_at) == ("HVPS", at("2026-11-22", "20:30"))


async def test_a_currency_that_no_rail_carries_has_no_way(database: Database) -> None:
    async with database.transaction() as tx:
        (choice,) = await payments.choose_rails(tx, [RailAsk(amount=1, currency="USD")])
    assert (choice.rail, choice.why) == (None, "no rail carries USD")


async def _in_force(desk: Desk, rail: str, terms: RailTerms, valid_from: date) -> None:
    given = {"valid_from": valid_from, "by": "one", "reason": "for the tests"}
    made = await desk.call(propose_terms, rail, "CNY", terms, **given)
    with pytest.raises(CheckViolation, match="rail_terms_two_persons"):
        await desk.call(decide_terms, made.id, "released", by="one")
    await desk.call(decide_terms, made.id, "released", by="other")


async def test_new_terms_count_from_their_day_on(bank: Bank, desk: Desk) -> None:
    raised = RailTerms(cap=2_000_000 * YUAN, fees=(FeeTier(price=8_00),))
    await _in_force(desk, "BEPS", raised, date(2026, 12, 1))
    before = await choose(bank.database, 1_500_000, at("2026-11-30", "09:00"))
    after = await choose(bank.database, 1_500_000, at("2026-12-01", "09:00"))
    assert (before.rail, after.rail, after.fee) == ("HVPS", "BEPS", 8_00)


async def test_outside_the_window_a_payment_is_queued_with_its_funds_held(
    bank: Bank, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    payer = await bank.open("CNY", 3_000_000 * YUAN)
    monkeypatch.setattr(clock, "now", lambda: at("2026-11-22", "09:00"))
    wanted = [pay_away(payer, 1_000_001 * YUAN) for _ in range(2)]
    for outcome in await desk.submit(*wanted):
        assert (str(outcome.state), outcome.rail) == ("queued", "HVPS")
        assert outcome.send_at == at("2026-11-22", "20:30")
    assert await desk.available(payer) == 3_000_000 * YUAN - 2 * (1_000_001 * YUAN + 20_00)
    assert await desk.call(payments.payments_to_send, "HVPS", 10) == []
    (cancelled,) = await desk.call(payments.cancel_payments, [wanted[1].id], by="maker")
    assert cancelled.code is None
    assert await desk.available(payer) == 3_000_000 * YUAN - 1_000_001 * YUAN - 20_00
    monkeypatch.setattr(clock, "now", lambda: at("2026-11-22", "20:30"))
    (item,) = await desk.call(payments.payments_to_send, "HVPS", 10)
    assert item.payment.id == wanted[0].id


@pytest.mark.parametrize(
    "terms",
    [
        RailTerms(cap=0),
        RailTerms(windows=(Window(opens=time(18), closes=time(8)),)),
        RailTerms(windows=(Window(opens=time(8), closes=time(18), opens_day=-2),)),
        RailTerms(fees=(FeeTier(up_to=5), FeeTier(up_to=5), FeeTier())),
        RailTerms(fees=(FeeTier(), FeeTier(up_to=5))),
        RailTerms(fees=(FeeTier(up_to=5),)),
        RailTerms(cap=6, fees=(FeeTier(up_to=5),)),
        RailTerms(fees=(FeeTier(price=-1),)),
    ],
)
def test_terms_that_cannot_hold_are_refused(terms: RailTerms) -> None:
    with pytest.raises(InvalidRailTerms):
        terms.check()


def test_a_share_of_the_amount_is_rounded_half_up_and_bounded() -> None:
    tier = FeeTier(parts_per_million=20, least=5, most=200_00)
    assert [tier.fee(amount) for amount in (0, 274_999, 275_000, 324_999, 325_000, 10**12)] == [
        5,
        5,
        6,
        6,
        7,
        200_00,
    ]
