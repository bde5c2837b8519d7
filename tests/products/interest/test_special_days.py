"""Days, rates and accounts that are out of the ordinary, with figures worked out by hand.

Unless a test says otherwise 1,000,000.00 lie on the account: 10.00 a day at 0.36 %, actual/360.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from sycee import ledger, products
from sycee.components import InterestTerms, RateTier
from sycee.database import Database
from sycee.ledger import AccountStatus
from tests.products.interest.bank_days import (
    CELL,
    DEMAND,
    MILLION,
    bear,
    close,
    live,
    open_two,
    pay_in,
    release,
    terms,
)


def day(text: str) -> date:
    return date.fromisoformat(text)


async def bank(
    database: Database,
    start: str,
    wanted: InterestTerms,
    *,
    cycle: str = "quarterly",
    amount: int = MILLION,
    rate: str = "0.36",
) -> tuple[int, int]:
    """A bank that opens on ``start`` with an interest-bearing account, and the cash its money came from."""
    await release(database, ("CNY.demand", "2020-01-01", rate))
    async with database.transaction() as tx:
        account, cash = await open_two(tx, day(start))
        await bear(tx, account, day(start), wanted, cycle)
        if amount:
            await pay_in(tx, account, cash, amount)
    return account, cash


async def accrued(database: Database, account: int, through: str) -> Fraction:
    async with database.transaction() as tx:
        return (await products.accrued_interest(tx, account, day(through))).exact


async def postings(database: Database, account: int) -> list[products.InterestPosting]:
    async with database.transaction() as tx:
        return (await products.interest_postings(tx, account))[::-1]


async def balance(database: Database, account: int) -> int:
    async with database.transaction() as tx:
        return (await ledger.get_account(tx, account)).balance


async def test_a_leap_day_earns_as_any_other(database: Database) -> None:
    account, _ = await bank(database, "2028-02-28", terms(DEMAND))
    await live(database, day("2028-02-28"), day("2028-02-29"))
    assert await accrued(database, account, "2028-02-29") == 2000


async def test_actual_actual_weighs_the_days_of_a_leap_year_by_366(database: Database) -> None:
    account, _ = await bank(
        database, "2027-12-31", InterestTerms("CNY", "actual/actual", "split", "parts", (DEMAND,))
    )
    await live(database, day("2027-12-31"), day("2028-01-01"))
    yearly = MILLION * Fraction("0.0036")
    assert await accrued(database, account, "2028-01-01") == yearly / 365 + yearly / 366


async def test_a_month_has_thirty_days_in_30e_360_february_too(database: Database) -> None:
    account, _ = await bank(
        database, "2026-02-27", InterestTerms("CNY", "30E/360", "split", "parts", (DEMAND,))
    )
    await live(database, day("2026-02-27"), day("2026-03-01"))
    # 27 February to 2 March: 30 days for the month, 25 back
    assert await accrued(database, account, "2026-03-01") == 5 * 1000


async def test_the_31st_is_the_last_day_of_a_shorter_month(database: Database) -> None:
    account, _ = await bank(database, "2026-01-31", terms(DEMAND), amount=MILLION)
    async with database.transaction() as tx:
        await tx.execute(
            "UPDATE interest_positions SET cycle = 1, cycle_day = 31,"
            " due = interest_next_due(1::smallint, 31::smallint, first - 1)"
        )
    await live(database, day("2026-01-31"), day("2026-04-30"))
    throughs = [posting.through for posting in await postings(database, account)]
    assert throughs == [day("2026-01-31"), day("2026-02-28"), day("2026-03-31"), day("2026-04-30")]


@pytest.mark.parametrize(
    ("rule", "earned"),
    [
        ("split", 91 * 1000 + 2000),  # the new rate goes for the 20th alone
        ("settlement_day", 92 * 2000),  # and for all of the quarter
    ],
)
async def test_a_rate_that_changes_on_the_day_of_settlement(
    database: Database, rule: str, earned: int
) -> None:
    account, _ = await bank(database, "2026-03-21", terms(DEMAND, rule=rule))
    await release(database, ("CNY.demand", "2026-06-20", "0.72"))
    assert await close(database, day("2026-03-21"), day("2026-06-20")) == []
    assert await close(database, day("2026-06-20")) == []
    (posting,) = await postings(database, account)
    assert (posting.through, posting.amount) == (day("2026-06-20"), earned)


async def test_a_rate_that_is_released_late_is_caught_up_with(database: Database) -> None:
    account, _ = await bank(database, "2026-05-01", terms(RateTier(rate_key="CNY.agreement")))
    failures = await close(database, day("2026-05-01"))
    assert {(failure.account, failure.code) for failure in failures} == {(account, "rate_unknown")}
    await release(database, ("CNY.agreement", "2026-01-01", "0.36"))
    assert await close(database, day("2026-05-02")) == []
    assert await accrued(database, account, "2026-05-02") == 2000


async def test_money_that_comes_half_a_year_late_ends_as_if_it_had_come_in_time(database: Database) -> None:
    late, cash = await bank(database, "2026-03-21", terms(DEMAND), amount=0, rate="3.60")
    async with database.transaction() as tx:
        (opened,) = await ledger.open_accounts(
            tx, [ledger.NewAccount(currency="CNY", subject="2011", cell=CELL)]
        )
        prompt = opened.number
        await bear(tx, prompt, day("2026-03-21"), terms(DEMAND))
        await pay_in(tx, prompt, cash, MILLION)
    for first, following in (("03-21", "06-20"), ("06-20", "06-21"), ("06-21", "09-20"), ("09-20", "09-21")):
        assert await close(database, day(f"2026-{first}"), day(f"2026-{following}")) == []
    # 92 days of 100.00, then 92 days of 100.92
    assert await balance(database, prompt) == MILLION + 920_000 + 928_464
    assert await balance(database, late) == 0

    async with database.transaction() as tx:
        await pay_in(tx, late, cash, MILLION, day("2026-03-21"))
    await live(database, day("2026-09-21"), day("2026-09-23"))
    assert await balance(database, late) == MILLION + 920_000 + 928_464
    made = [(one.kind, one.through, one.amount) for one in await postings(database, late)]
    assert made == [
        ("settlement", day("2026-06-20"), 0),
        ("settlement", day("2026-09-20"), 0),
        ("correction", day("2026-06-20"), 920_000),
        ("correction", day("2026-09-20"), 920_000),
        ("correction", day("2026-09-20"), 8_464),  # on the interest of the quarter before
    ]
    through = "2026-09-23"
    assert await accrued(database, late, through) == await accrued(database, prompt, through)


async def test_a_corrected_rate_posts_the_difference_of_what_was_settled(database: Database) -> None:
    account, _ = await bank(database, "2026-03-21", terms(DEMAND))
    assert await close(database, day("2026-03-21"), day("2026-06-20")) == []
    assert await close(database, day("2026-06-20")) == []
    await release(database, ("CNY.demand", "2026-06-11", "0.72"))  # ten days of the quarter at twice the rate
    assert await close(database, day("2026-06-21")) == []
    settlement, correction = await postings(database, account)
    assert (settlement.amount, correction.amount) == (92_000, 10_000)
    assert (correction.kind, correction.corrects) == ("correction", settlement.id)
    assert correction.exact == 102_000
    assert correction.value_date == settlement.value_date == day("2026-06-21")


async def test_interest_that_rounds_to_nothing_is_settled_without_a_transfer(database: Database) -> None:
    account, _ = await bank(database, "2026-03-21", terms(DEMAND), amount=1)
    assert await close(database, day("2026-03-21"), day("2026-06-21")) == []
    (posting,) = await postings(database, account)
    assert (posting.amount, posting.transfer) == (0, None)
    assert posting.exact == Fraction(92 * Decimal("0.0036")) / 360
    assert await balance(database, account) == 1


async def test_an_overdraft_is_charged(database: Database) -> None:
    overdrawn = InterestTerms(
        "CNY", "actual/360", "split", "parts", (DEMAND,), overdraft=RateTier(spread=Decimal("7.20"))
    )
    account, cash = await bank(database, "2026-05-21", overdrawn, cycle="monthly", amount=0)
    async with database.transaction() as tx:
        await ledger.change_account(tx, account, reason="Overdraft agreed", floor=-2 * MILLION)
        await pay_in(tx, cash, account, MILLION)
    assert await close(database, day("2026-05-21"), day("2026-06-21")) == []
    (posting,) = await postings(database, account)
    assert posting.amount == -31 * 20_000  # 31 days of 200.00
    assert await balance(database, account) == -MILLION - 31 * 20_000


async def test_an_account_that_takes_no_credits_waits_and_holds_up_nobody(database: Database) -> None:
    account, cash = await bank(database, "2026-03-21", terms(DEMAND))
    async with database.transaction() as tx:
        (opened,) = await ledger.open_accounts(
            tx, [ledger.NewAccount(currency="CNY", subject="2011", cell=CELL)]
        )
        await bear(tx, opened.number, day("2026-03-21"), terms(DEMAND))
        await pay_in(tx, opened.number, cash, MILLION)
        await ledger.change_account(tx, account, reason="Court order", status=AccountStatus.CREDIT_BLOCKED)
    failures = await close(database, day("2026-03-21"), day("2026-06-21"))
    assert [(failure.account, failure.code) for failure in failures] == [(account, "credit_blocked")]
    assert await balance(database, opened.number) == MILLION + 92_000
    assert await postings(database, account) == []

    async with database.transaction() as tx:
        await ledger.change_account(tx, account, reason="Lifted", status=AccountStatus.OPEN)
    assert await close(database, day("2026-06-21")) == []
    (posting,) = await postings(database, account)
    assert (posting.amount, posting.value_date, posting.booked_on) == (
        92_000,
        day("2026-06-21"),
        day("2026-06-22"),
    )


async def test_an_account_that_breaks_its_block_is_left_out_alone(database: Database) -> None:
    account, cash = await bank(database, "2026-03-21", terms(DEMAND))
    async with database.transaction() as tx:
        opened = await ledger.open_accounts(
            tx, [ledger.NewAccount(currency="CNY", subject="2011", cell=CELL)] * 9
        )
        for one in opened:
            await bear(tx, one.number, day("2026-03-21"), terms(DEMAND))
            await pay_in(tx, one.number, cash, MILLION)
        broken = opened[4].number
        # somebody has put a posting there under the id that the settlement will have
        await tx.execute(
            "INSERT INTO interest_postings (cell, account, id, kind, start, through, units, amount, paid_to,"
            " booked_on, value_date, lines)"
            " SELECT %s, %s, interest_transfer_id('2026-06-21', 0, 0, %s), 2, '2026-01-01', '2026-01-02',"
            " 0, 0, %s, '2026-01-02', '2026-01-02', '[]'",
            (CELL, broken, broken, broken),
        )
    failures = await close(database, day("2026-03-21"), day("2026-06-21"))
    assert [(failure.account, failure.code) for failure in failures] == [(broken, "interest_failed")]
    for number in [account, *(one.number for one in opened)]:
        assert await balance(database, number) == MILLION + (0 if number == broken else 92_000)


async def settled_now(database: Database, account: int, through: str) -> products.InterestPosting | None:
    async with database.transaction() as tx:
        return await products.settle_interest(tx, account, day(through))


@pytest.mark.parametrize("rule", ["split", "settlement_day"])
async def test_a_rate_that_begins_on_the_day_on_which_an_account_is_settled_by_hand(
    database: Database, rule: str
) -> None:
    account, _ = await bank(database, "2026-04-01", terms(DEMAND, rule=rule))
    await live(database, day("2026-04-01"), day("2026-04-09"))
    await release(database, ("CNY.demand", "2026-04-10", "0.72"))
    posting = await settled_now(database, account, "2026-04-10")  # a day that no close has come to
    assert posting is not None
    assert posting.amount == (9 * 1000 + 2000 if rule == "split" else 10 * 2000)
    await live(database, day("2026-04-10"), day("2026-04-11"))
    assert [check.detail for check in await products.check_interest(database) if not check.passed] == []


async def test_where_one_rate_goes_for_all_days_it_is_a_new_one_after_a_settlement_amid_holidays(
    database: Database,
) -> None:
    account, _ = await bank(database, "2026-06-19", terms(DEMAND, rule="settlement_day"))
    await release(database, ("CNY.demand", "2026-06-22", "0.72"))
    assert await close(database, day("2026-06-19"), day("2026-06-24")) == []
    (posting,) = await postings(database, account)
    assert (posting.through, posting.amount) == (day("2026-06-20"), 2 * 1000)
    assert await accrued(database, account, "2026-06-23") == 3 * 2000  # 21 June too
    assert [check.detail for check in await products.check_interest(database) if not check.passed] == []
