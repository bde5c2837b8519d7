"""Taking history over: transfers of an older system under their own ids and dates, oldest first."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import pytest

from sycee import ledger
from sycee.database import Database
from sycee.kernel.ids import account_number, uuid7
from sycee.ledger import AccountStatus, HistoricalTransfer, NewAccount, NewTransfer, NormalSide, TransferKind
from tests.ledger.reading_back import check_proofs

TODAY = date(2026, 11, 21)
OLD = datetime(2019, 3, 1, 9, 30, tzinfo=UTC)
VAULT, A, B, D = (account_number(cell, serial) for cell, serial in ((101, 1), (101, 2), (101, 3), (102, 1)))


def past(debit: int, credit: int, amount: int, days: int, **more: object) -> HistoricalTransfer:
    """A transfer so many days after 1 March 2019, 9:30 UTC."""
    booked_at = OLD + timedelta(days)
    return HistoricalTransfer(
        **{
            "id": uuid7(), "debit": debit, "credit": credit, "amount": amount, "currency": "CNY",
            "booked_at": booked_at, "business_date": booked_at.date(), **more,
        }  # type: ignore[arg-type]
    )  # fmt: skip


class Successor:
    """A new bank that takes an old one's books over."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def take_over(self, *transfers: HistoricalTransfer) -> list[str]:
        async with self.database.transaction() as tx:
            outcomes = await ledger.import_history(tx, transfers)
        return [one.code or one.status for one in outcomes]

    async def post(self, *transfers: NewTransfer) -> list[str]:
        async with self.database.transaction() as tx:
            outcomes = await ledger.post_transfers(tx, transfers)
        return [one.code or one.status for one in outcomes]

    async def balance(self, number: int, at: date | None = None) -> int:
        async with self.database.transaction() as tx:
            return (await ledger.balance(tx, number, at=at)).balance


@pytest.fixture
async def bank(database: Database) -> Successor:
    async with database.transaction() as tx:
        for cell in (101, 102):
            await ledger.create_cell(tx, cell, f"Cell {cell}", TODAY)
        await ledger.open_accounts(
            tx,
            [
                NewAccount(
                    number=VAULT, currency="CNY", subject="1003", normal_side=NormalSide.DEBIT, floor=None
                )
            ]
            + [NewAccount(number=number, currency="CNY", subject="2011") for number in (A, B, D)],
        )
    return Successor(database)


@pytest.fixture(autouse=True)
async def books_hold(bank: Successor) -> AsyncIterator[None]:
    yield
    await check_proofs(bank.database)


async def test_balances_at_old_dates_and_instants_read_as_they_were(bank: Successor) -> None:
    assert (
        await bank.take_over(past(VAULT, A, 500, 0), past(A, B, 200, 10), past(A, D, 50, 400))
        == ["posted"] * 3
    )
    live = NewTransfer(id=uuid7(), debit=A, credit=B, amount=1, currency="CNY")
    assert await bank.post(live) == ["posted"]
    expected = {-1: 0, 0: 500, 9: 500, 10: 300, 399: 300, 400: 250, 1000: 250}
    for days, balance in expected.items():
        assert await bank.balance(A, at=(OLD + timedelta(days)).date()) == balance
        assert await bank.balance(A, at=OLD + timedelta(days)) == balance
    assert await bank.balance(A, at=OLD + timedelta(10) - timedelta(microseconds=1)) == 500
    assert (await bank.balance(A), await bank.balance(B), await bank.balance(D)) == (249, 201, 50)


async def test_entries_statements_and_the_ledger_have_the_old_dates(bank: Successor) -> None:
    first = past(VAULT, A, 500, 0, reference="OLD-1", value_date=date(2019, 2, 27))
    await bank.take_over(first, past(A, D, 200, 31))
    async with bank.database.transaction() as tx:
        [newest, oldest] = (await ledger.entries(tx, A)).entries
        assert (oldest.transfer_id, oldest.booked_at, oldest.reference) == (first.id, OLD, "OLD-1")
        assert (oldest.business_date, oldest.value_date) == (OLD.date(), date(2019, 2, 27))
        assert (newest.counterparty, newest.value_date) == (D, newest.business_date)
        march = await ledger.statement(tx, A, date(2019, 3, 1), date(2019, 3, 31))
        april = await ledger.statement(tx, A, date(2019, 4, 1), date(2019, 4, 30))
        assert (march.opening, march.closing, april.opening, april.closing) == (0, 500, 500, 300)
        lines = await ledger.trial_balance(tx, on=date(2019, 3, 31), cell=101)
        assert {line.subject: (line.debit, line.credit) for line in lines} == {
            "1003": (500, 0),
            "2011": (0, 500),
        }


async def test_what_was_taken_over_is_not_taken_over_twice(bank: Successor) -> None:
    first, second = past(VAULT, A, 500, 0), past(A, B, 200, 10)
    assert await bank.take_over(first, second) == ["posted", "posted"]
    assert await bank.take_over(first, second) == ["duplicate", "duplicate"]
    other_day = HistoricalTransfer(
        **{name: getattr(first, name) for name in NewTransfer.__struct_fields__},
        booked_at=OLD + timedelta(1),
        business_date=first.business_date,
    )
    assert await bank.take_over(other_day) == ["id_reused"]


async def test_floors_do_not_refuse_facts_and_count_again_afterwards(bank: Successor) -> None:
    assert await bank.take_over(past(A, B, 70, 0)) == ["posted"]
    assert await bank.balance(A) == -70
    assert await bank.post(NewTransfer(id=uuid7(), debit=A, credit=B, amount=1, currency="CNY")) == [
        "insufficient_funds"
    ]


async def test_history_goes_in_by_date(bank: Successor) -> None:
    """Not before the last entry of either account, nor after now or the present business date."""
    assert await bank.take_over(past(VAULT, A, 100, 10)) == ["posted"]
    now = datetime.now(UTC)
    cases = [
        past(A, B, 1, 9),
        past(B, A, 1, 9),
        past(A, B, 1, 11, business_date=(OLD + timedelta(9)).date()),
        past(A, B, 1, 11, business_date=TODAY + timedelta(1)),
        past(A, B, 1, 11, booked_at=now + timedelta(hours=1), business_date=TODAY),
        past(VAULT, D, 1, 9),
    ]
    assert await bank.take_over(*cases) == ["out_of_order"] * len(cases)
    assert await bank.take_over(past(D, B, 1, 0)) == ["posted"]  # accounts that have no entries yet
    assert await bank.take_over(past(A, B, 1, 10), past(A, B, 1, 10)) == [
        "posted",
        "posted",
    ]  # of the same instant
    assert await bank.post(NewTransfer(id=uuid7(), debit=VAULT, credit=A, amount=1, currency="CNY")) == [
        "posted"
    ]
    assert await bank.take_over(past(A, B, 1, 20)) == ["out_of_order"]  # A has gone live


async def test_a_refused_fact_does_not_make_the_next_one_late(bank: Successor) -> None:
    too_much = past(VAULT, A, 10**14 + 1, 30)
    to_nobody = past(A, account_number(101, 77), 1, 30)
    assert await bank.take_over(too_much, to_nobody, past(VAULT, A, 1, 20)) == [
        "amount_out_of_range",
        "account_not_found",
        "posted",
    ]


async def test_a_fact_out_of_range_does_not_make_the_next_one_late(bank: Successor) -> None:
    full = [past(VAULT, A, 10**14, 0) for _ in range(10_000)]
    assert set(await bank.take_over(*full)) == {"posted"}
    assert await bank.take_over(past(VAULT, A, 1, 30), past(A, VAULT, 1, 20)) == [
        "balance_out_of_range",
        "posted",
    ]


async def test_a_closed_account_takes_no_history(bank: Successor) -> None:
    async with bank.database.transaction() as tx:
        await ledger.change_account(tx, B, status=AccountStatus.CLOSED, reason="test")
    assert await bank.take_over(past(VAULT, B, 1, 0)) == ["account_closed"]


@pytest.mark.parametrize(
    "more",
    [
        {"kind": TransferKind.PENDING},
        {"linked": True},
        {"booked_at": datetime(2019, 3, 1)},  # noqa: DTZ001 - no time zone is the point
    ],
)
async def test_history_is_made_of_plain_transfers_with_an_instant(
    bank: Successor, more: dict[str, object]
) -> None:
    with pytest.raises(ledger.InvalidTransfer):
        await bank.take_over(past(VAULT, A, 1, 0), past(VAULT, A, 1, 1, **more))
    assert await bank.balance(A) == 0


async def test_an_account_with_thousands_of_old_entries_reads_right_on_every_day(bank: Successor) -> None:
    days = 1_500
    made = [past(VAULT, A, 3, day) if day % 2 == 0 else past(A, B, 1, day) for day in range(days)]
    for place in range(0, days, 500):
        assert set(await bank.take_over(*made[place : place + 500])) == {"posted"}
    balance = 0
    async with bank.database.transaction() as tx:
        for day in range(days):
            balance += 3 if day % 2 == 0 else -1
            if day % 13 == 0 or day > days - 70:
                at = OLD + timedelta(day)
                assert (await ledger.balance(tx, A, at=at)).balance == balance
                assert (await ledger.balance(tx, A, at=at.date())).balance == balance
