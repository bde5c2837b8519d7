"""Interest over HTTP, end to end: rates released, money paid in, days closed, and every posting explained."""

from __future__ import annotations

import csv
import io
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
import pytest_asyncio

from sycee import products
from sycee.components import InterestTerms, RateTier, library, registry
from sycee.database import Database
from sycee.identity import Scope
from sycee.kernel.ids import uuid7
from sycee.products import InterestAccounting, InterestStart, NewRate
from tests.api.wire import BANK, PAYER, UNKNOWN, Client, money, post, transfer
from tests.products.interest.bank_days import close, release

TODAY = date(2026, 3, 31)
DEMAND = RateTier(rate_key="CNY.demand")
AGREEMENT = (DEMAND, RateTier(above=10_000_000, rate_key="CNY.agreement"))
NOBODYS = "00000000-0000-0000-0000-000000000000"
Opened = Callable[..., Awaitable[str]]


@pytest_asyncio.fixture
async def opened(bank: Database, client: Client) -> Opened:
    """Opens an account that bears interest from a day on, and pays in with that value date."""
    await release(bank, ("CNY.demand", "2020-01-01", "0.20"), ("CNY.agreement", "2020-01-01", "0.90"))

    async def open_one(
        value: str,
        start: date,
        *tiers: RateTier,
        cycle: Any = "quarterly",
        accounting: InterestAccounting | None = None,
    ) -> str:
        body = {"accounts": [{"currency": "CNY", "subject": "2011", "cell": 101}]}
        response = await client.post("/v1/accounts", json=body)
        number: str = response.json()["accounts"][0]["number"]
        terms = InterestTerms("CNY", "actual/360", "split", "parts", tiers or (DEMAND,))
        async with bank.transaction() as tx:
            (id,) = await products.define_terms(tx, [terms], accounting)
            await products.start_interest(
                tx, [InterestStart(account=int(number), terms=id, start=start, cycle=cycle)]
            )
        (outcome,) = await post(
            client, transfer(value, debit=BANK, credit=number, value_date=start.isoformat())
        )
        assert outcome["status"] == "posted", outcome
        return number

    return open_one


async def closed(bank: Database, *days: date) -> None:
    """Close from one day to the next of these, and check the books of interest after each."""
    for day, following in pairwise(days):
        assert await close(bank, day, following) == []
        assert [one for one in await products.check_interest(bank) if not one.passed] == []


async def asked(client: Client, path: str, **params: Any) -> dict[str, Any]:
    response = await client.get(f"/v1/accounts/{path}", params=params)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def posted(client: Client, number: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await asked(client, f"{number}/interest-postings"))["postings"]
    return found


async def table(client: Client, path: str) -> list[list[str]]:
    response = await client.get(f"/v1/accounts/{path}", headers={"Accept": "text/csv"})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"].startswith('attachment; filename="interest-')
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))


async def test_demand_and_agreement_deposits_pay_the_worked_figures(
    client: Client, bank: Database, opened: Opened
) -> None:
    demand = await opened("1000000.00", date(2026, 3, 21))
    agreement = await opened("2600000.00", date(2026, 5, 22), *AGREEMENT)
    await closed(bank, TODAY, date(2026, 4, 1), date(2026, 5, 22), date(2026, 6, 21))

    (posting,) = await posted(client, demand)
    assert (posting["kind"], posting["start"], posting["through"]) == (
        "settlement",
        "2026-03-21",
        "2026-06-20",
    )
    assert (posting["exact"], posting["amount"], posting["net"]) == (
        "511.1111111111",
        money("511.11"),
        money("511.11"),
    )
    assert (posting["booked_on"], posting["value_date"]) == ("2026-06-21", "2026-06-21")
    assert (await asked(client, demand))["balance"] == money("1000511.11")

    (posting,) = await posted(client, agreement)
    explained = await asked(client, f"{agreement}/interest-postings/{posting['id']}")
    assert explained["posting"] == posting
    assert [
        (line["balance"]["value"], line["days"], line["rate"], line["days_of_year"], line["interest"])
        for line in explained["lines"]
    ] == [
        ("100000.00", 30, "0.20", 360, "16.6666666667"),
        ("2500000.00", 30, "0.90", 360, "1875.0000000000"),
    ]
    assert (explained["exact"], explained["earned"]) == ("1891.6666666667", money("1891.67"))
    assert (explained["posted_before"], explained["before"]) == (None, [])


async def test_notice_and_time_deposits_pay_the_worked_figures(
    client: Client, bank: Database, opened: Opened
) -> None:
    paid_on = date(2026, 5, 22)
    noticed_on, placed_on = paid_on - timedelta(days=45), date(2025, 5, 12)
    notice = await opened("5000000.00", noticed_on, RateTier(), cycle="none")
    time = await opened("3000000.00", placed_on, RateTier(), cycle="none")
    await closed(bank, TODAY, paid_on)
    rates = {"CNY.demand": Decimal("0.20"), "CNY.notice.7d": Decimal("1.10"), "CNY.time.1y": Decimal("1.35")}

    product = registry().resolve("notice-7d", noticed_on)
    drawn = product.one("notice").withdraw(
        "CNY",
        library.NoticeDeposit(noticed_on, 5_000_000_00),
        paid_on,
        5_000_000_00,
        library.Notice(paid_on - timedelta(days=7), paid_on, 5_000_000_00),
        product.one("interest").rates("CNY", paid_on, lambda key, _: rates[key]),
    )
    product = registry().resolve("time-1y", placed_on)
    matured = product.one("interest").interest(
        3_000_000_00,
        placed_on,
        product.one("tenor").maturity(placed_on),
        paid_on,
        rates["CNY.time.1y"],
        rates["CNY.demand"],
    )
    for number, value, reckoned in (
        (notice, "5000000.00", drawn.interest),
        (time, "3000000.00", matured),
    ):
        await post(client, transfer(value, debit=number, credit=PAYER))
        lines = [
            products.InterestLine(one.start, one.end, one.days, one.balance, one.rate, one.interest)
            for one in reckoned.lines
        ]
        async with bank.transaction() as tx:
            await products.pay_interest(
                tx, int(number), id=uuid7(), to=int(PAYER), through=paid_on - timedelta(days=1), lines=lines
            )

    (posting,) = await posted(client, notice)
    assert (posting["kind"], posting["amount"], posting["paid_to"]) == ("product", money("6875.00"), PAYER)
    (posting,) = await posted(client, time)
    explained = await asked(client, f"{time}/interest-postings/{posting['id']}")
    assert [(line["days"], line["rate"], line["interest"]) for line in explained["lines"]] == [
        (360, "1.35", "40500.0000000000"),
        (10, "0.20", "166.6666666667"),
    ]
    assert explained["earned"] == explained["net"] == money("40666.67")
    assert (await asked(client, PAYER))["balance"] == money("8048541.67")
    await closed(bank, paid_on, date(2026, 5, 23))


async def test_what_is_accrued_is_told_through_the_last_close_or_any_day(
    client: Client, bank: Database, opened: Opened
) -> None:
    number = await opened("2600000.00", TODAY, *AGREEMENT)
    none = await asked(client, f"{number}/interest")
    assert (none["start"], none["through"]) == ("2026-03-31", "2026-03-30")
    assert (none["exact"], none["amount"], none["lines"]) == ("0.0000000000", money("0.00"), [])
    await closed(bank, TODAY, date(2026, 4, 2))
    found = await asked(client, f"{number}/interest")
    assert (found["account"], found["currency"], found["through"]) == (number, "CNY", "2026-04-01")
    assert (found["exact"], found["amount"]) == ("126.1111111111", money("126.11"))
    ahead = await asked(client, f"{number}/interest", through="2026-04-29")
    assert (ahead["exact"], ahead["amount"]) == ("1891.6666666667", money("1891.67"))


async def test_a_corrected_rate_posts_the_difference_and_explains_it(
    client: Client, bank: Database, opened: Opened
) -> None:
    number = await opened("1000000.00", date(2026, 3, 21))
    await closed(bank, TODAY, date(2026, 6, 21))
    async with bank.transaction() as tx:
        rates = [NewRate("CNY.demand", date(2026, 5, 20), Decimal("0.25"))]
        proposal = await products.propose_rates(tx, rates, by="a")
        assert await products.release_rates(tx, proposal.id, by="b") == 1
    await closed(bank, date(2026, 6, 21), date(2026, 6, 22))
    correction, settlement = await posted(client, number)
    assert (correction["kind"], correction["corrects"]) == ("correction", settlement["id"])
    assert (correction["amount"], correction["reason"]) == (money("44.45"), "rate_corrected")

    path = f"{number}/interest-postings/{correction['id']}"
    explained = await asked(client, path)
    # 60 days at 0.20 and 32 at 0.25: 333.33… + 222.22…, rounded once
    assert [(line["days"], line["rate"]) for line in explained["lines"]] == [(60, "0.20"), (32, "0.25")]
    assert (explained["exact"], explained["earned"]) == ("555.5555555556", money("555.56"))
    assert (explained["posted_before"], explained["before"]) == (money("511.11"), [settlement])
    assert explained["difference"] == money("44.45")
    assert await table(client, path) == [
        ["item 项目", "from 起", "to 止", "days 天数", "balance 余额 (CNY)", "rate % 年利率",
         "days of year 年天数", "interest 利息 (CNY)"],
        ["interest 利息", "2026-03-21", "2026-05-19", "60", "1000000.00", "0.20", "360", "333.3333333333"],
        ["interest 利息", "2026-05-20", "2026-06-20", "32", "1000000.00", "0.25", "360", "222.2222222222"],
        ["sum 合计", "", "", "", "", "", "", "555.5555555556"],
        ["rounded 四舍五入", "", "", "", "", "", "", "555.56"],
        ["posted before, 2026-06-21 已入账", "", "", "", "", "", "", "-511.11"],
        ["difference 差额", "", "", "", "", "", "", "44.45"],
        ["paid 实付", "", "", "", "", "", "", "44.45"],
    ]  # fmt: skip


async def test_tax_is_withheld_and_shown(client: Client, bank: Database, opened: Opened) -> None:
    taxed = InterestAccounting(tax_rate=Decimal(20))
    number = await opened("1000000.00", date(2026, 3, 21), accounting=taxed)
    await closed(bank, TODAY, date(2026, 6, 21))
    (posting,) = await posted(client, number)
    assert (posting["amount"], posting["tax"], posting["net"]) == (
        money("511.11"),
        money("102.22"),
        money("408.89"),
    )
    rows = await table(client, f"{number}/interest-postings/{posting['id']}")
    assert [(row[0], row[-1]) for row in rows[-3:]] == [
        ("rounded 四舍五入", "511.11"),
        ("tax 代扣税", "-102.22"),
        ("paid 实付", "408.89"),
    ]


async def test_what_is_accrued_comes_as_a_table_too(client: Client, bank: Database, opened: Opened) -> None:
    number = await opened("2600000.00", TODAY, *AGREEMENT)
    await closed(bank, TODAY, date(2026, 4, 1))
    rows = await table(client, f"{number}/interest")
    assert [row[-1] for row in rows[1:]] == ["0.5555555556", "62.5000000000", "63.0555555556", "63.06"]


async def test_postings_are_listed_newest_first_in_pages(
    client: Client, bank: Database, opened: Opened
) -> None:
    number = await opened("1000000.00", TODAY, cycle="monthly")
    await closed(bank, TODAY, date(2026, 4, 21), date(2026, 5, 21), date(2026, 6, 21))
    everything = await posted(client, number)
    assert [one["through"] for one in everything] == ["2026-06-20", "2026-05-20", "2026-04-20"]
    collected: list[Any] = []
    params: dict[str, Any] = {"limit": 2}
    while True:
        page = await asked(client, f"{number}/interest-postings", **params)
        collected += page["postings"]
        if page["next"] is None:
            break
        params["cursor"] = page["next"]
    assert collected == everything


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"{PAYER}/interest", 404, "not_interest_bearing"),
        (f"{UNKNOWN}/interest", 404, "account_not_found"),
        ("7/interest", 400, "invalid_account_number"),
        (f"{PAYER}/interest?through=2026-13-01", 400, "invalid_parameter"),
        (f"{PAYER}/interest?through=2200-01-01", 400, "date_out_of_range"),
        (f"{PAYER}/interest?through=1600-01-01", 400, "date_out_of_range"),
        (f"{UNKNOWN}/interest-postings", 404, "account_not_found"),
        (f"{PAYER}/interest-postings?cursor=!", 400, "invalid_cursor"),
        (f"{PAYER}/interest-postings/{NOBODYS}", 404, "interest_posting_not_found"),
        (f"{UNKNOWN}/interest-postings/{NOBODYS}", 404, "account_not_found"),
        (f"{PAYER}/interest-postings/7", 400, "invalid_identifier"),
    ],
)
async def test_bad_questions_are_refused(client: Client, path: str, status: int, code: str) -> None:
    response = await client.get(f"/v1/accounts/{path}")
    assert (response.status_code, response.json()["code"]) == (status, code)


async def test_days_without_a_rate_cannot_be_reckoned(client: Client, opened: Opened) -> None:
    number = await opened("1.00", TODAY, RateTier(rate_key="CNY.nowhere"))
    response = await client.get(f"/v1/accounts/{number}/interest?through=2026-03-31")
    assert (response.status_code, response.json()["code"]) == (400, "invalid_interest")


async def test_a_format_that_is_not_spoken_is_refused(client: Client, opened: Opened) -> None:
    number = await opened("1.00", TODAY)
    response = await client.get(f"/v1/accounts/{number}/interest", headers={"Accept": "application/pdf"})
    assert (response.status_code, response.json()["code"]) == (406, "not_acceptable")


@pytest.mark.parametrize("path", ["interest", "interest-postings", f"interest-postings/{NOBODYS}"])
async def test_interest_is_seen_with_the_scope_of_agreements(
    anonymous: Client, tokens: dict[str, str], path: str
) -> None:
    headers = {"Authorization": f"Bearer {tokens[Scope.BOOKS_READ]}"}
    response = await anonymous.get(f"/v1/accounts/{PAYER}/{path}", headers=headers)
    assert (response.status_code, response.json()["code"]) == (403, "insufficient_scope")
    headers = {"Authorization": f"Bearer {tokens[Scope.AGREEMENTS_READ]}"}
    assert (await anonymous.get(f"/v1/accounts/{PAYER}/{path}", headers=headers)).status_code in (200, 404)
