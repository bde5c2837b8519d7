"""Restricted accounts: their product moves, opens and closes them; everybody else is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from sycee import ledger
from sycee.database import Database
from sycee.kernel.ids import account_number, uuid7
from sycee.ledger import (
    AccountIsRestricted,
    AccountStatus,
    HistoricalTransfer,
    NewAccount,
    NewTransfer,
    TransferKind,
)

VAULT, OPEN, DEPOSIT, AWAY = (
    account_number(101, 1),
    account_number(101, 2),
    account_number(101, 3),
    account_number(102, 4),
)


@pytest.fixture
async def bank(database: Database) -> AsyncIterator[Database]:
    """A vault without floor, 1000 on an open account, 500 on a product's, and one in another cell."""
    async with database.transaction() as tx:
        for cell in (101, 102):
            await ledger.create_cell(tx, cell, "Test", date(2026, 1, 1))
        await ledger.open_accounts(
            tx,
            [
                NewAccount(number=VAULT, currency="CNY", subject="1003", floor=None),
                NewAccount(number=OPEN, currency="CNY", subject="2011"),
                NewAccount(number=DEPOSIT, currency="CNY", subject="2013", restricted=True),
                NewAccount(number=AWAY, currency="CNY", subject="2013", restricted=True),
            ],
        )
        funded = await ledger.post_transfers(
            tx, [move(VAULT, OPEN, 1000), move(VAULT, DEPOSIT, 500)], restricted=True
        )
        assert [one.status for one in funded] == ["posted", "posted"]
    yield database
    assert all(check.passed for check in await ledger.check_books(database))


def move(debit: int, credit: int, amount: int, **more: Any) -> NewTransfer:
    return NewTransfer(id=uuid7(), debit=debit, credit=credit, amount=amount, currency="CNY", **more)


def act(kind: TransferKind, target: NewTransfer) -> NewTransfer:
    return NewTransfer(id=uuid7(), kind=kind, target=target.id)


async def post(bank: Database, *transfers: NewTransfer, **how: Any) -> list[str]:
    async with bank.transaction() as tx:
        return [one.code or one.status for one in await ledger.post_transfers(tx, transfers, **how)]


async def balance(bank: Database, number: int) -> int:
    async with bank.transaction() as tx:
        return (await ledger.get_account(tx, number)).balance


async def change(bank: Database, number: int, status: AccountStatus, *, product: bool = False) -> None:
    async with bank.transaction() as tx:
        await ledger.change_account(tx, number, status=status, reason="test", restricted=product)


@pytest.mark.parametrize("others", [0, 100])
async def test_only_a_product_moves_a_restricted_account(bank: Database, others: int) -> None:
    ordinary = [move(VAULT, OPEN, 1) for _ in range(others)]
    asked = [move(DEPOSIT, OPEN, 5), move(OPEN, DEPOSIT, 5), move(OPEN, AWAY, 5)]
    assert await post(bank, *ordinary, *asked) == ["posted"] * others + ["account_restricted"] * 3
    assert await balance(bank, DEPOSIT) == 500
    assert await post(bank, *asked, restricted=True) == ["posted"] * 3
    assert await balance(bank, DEPOSIT) == 500
    assert await balance(bank, AWAY) == 5


async def test_a_product_too_finds_no_more_than_there_is(bank: Database) -> None:
    assert await post(bank, move(DEPOSIT, OPEN, 501), restricted=True) == ["insufficient_funds"]


async def test_what_the_product_did_is_answered_to_others_as_a_duplicate(bank: Database) -> None:
    paid = move(DEPOSIT, OPEN, 5)
    assert await post(bank, paid, restricted=True) == ["posted"]
    assert await post(bank, paid) == ["duplicate"]


async def test_holds_on_a_restricted_account_are_made_posted_and_voided_by_its_product(
    bank: Database,
) -> None:
    hold, other = (move(DEPOSIT, OPEN, 100, kind=TransferKind.PENDING) for _ in range(2))
    assert await post(bank, hold) == ["account_restricted"]
    assert await post(bank, hold, other, restricted=True) == ["pending", "pending"]
    for kind in (TransferKind.POST, TransferKind.VOID):
        assert await post(bank, act(kind, hold)) == ["account_restricted"]
    done = await post(bank, act(TransferKind.POST, hold), act(TransferKind.VOID, other), restricted=True)
    assert done == ["posted", "voided"]
    assert await balance(bank, DEPOSIT) == 400


async def test_the_books_give_back_what_has_expired(bank: Database) -> None:
    soon = datetime.now(UTC) + timedelta(milliseconds=300)
    hold = move(DEPOSIT, OPEN, 100, kind=TransferKind.PENDING, expires_at=soon)
    assert await post(bank, hold, restricted=True) == ["pending"]
    async with bank.transaction() as tx:
        await tx.execute("SELECT pg_sleep(0.4)")
        assert await ledger.expire_holds(tx) == 1
        assert (await ledger.get_account(tx, DEPOSIT)).held == 0


async def test_only_its_product_reverses_a_move_of_a_restricted_account(bank: Database) -> None:
    paid = move(OPEN, DEPOSIT, 5)
    assert await post(bank, paid, restricted=True) == ["posted"]
    assert await post(bank, act(TransferKind.REVERSAL, paid)) == ["account_restricted"]
    assert await post(bank, act(TransferKind.REVERSAL, paid), restricted=True) == ["posted"]


async def test_history_does_not_move_a_restricted_account(bank: Database) -> None:
    async with bank.transaction() as tx:
        [outcome] = await ledger.import_history(
            tx,
            [
                HistoricalTransfer(
                    id=uuid7(),
                    debit=VAULT,
                    credit=AWAY,
                    amount=1,
                    currency="CNY",
                    booked_at=datetime.now(UTC),
                    business_date=date(2026, 1, 1),
                )
            ],
        )
    assert outcome.code == "account_restricted"


async def test_a_linked_group_falls_with_its_restricted_member(bank: Database) -> None:
    asked = [move(OPEN, VAULT, 1), move(OPEN, DEPOSIT, 5)]
    assert await post(bank, *asked, atomic=True) == ["linked_failed", "account_restricted"]


async def test_a_frozen_restricted_account_is_restored_to_restricted_and_to_nothing_else(
    bank: Database,
) -> None:
    await change(bank, DEPOSIT, AccountStatus.FROZEN)
    assert await post(bank, move(DEPOSIT, OPEN, 5), restricted=True) == ["account_frozen"]
    for status in (AccountStatus.OPEN, AccountStatus.CLOSED):
        with pytest.raises(AccountIsRestricted):
            await change(bank, DEPOSIT, status)
    await change(bank, DEPOSIT, AccountStatus.RESTRICTED)
    assert await post(bank, move(DEPOSIT, OPEN, 5)) == ["account_restricted"]


async def test_an_ordinary_account_is_restricted_by_a_product_alone(bank: Database) -> None:
    with pytest.raises(AccountIsRestricted):
        await change(bank, OPEN, AccountStatus.RESTRICTED)
    await change(bank, OPEN, AccountStatus.RESTRICTED, product=True)
    assert await post(bank, move(VAULT, OPEN, 1)) == ["account_restricted"]
    await change(bank, OPEN, AccountStatus.OPEN, product=True)
    assert await post(bank, move(VAULT, OPEN, 1)) == ["posted"]
    await change(bank, OPEN, AccountStatus.FROZEN)
    await change(bank, OPEN, AccountStatus.OPEN)


async def test_a_product_closes_its_account_when_it_is_empty(bank: Database) -> None:
    with pytest.raises(ledger.AccountNotEmpty):
        await change(bank, DEPOSIT, AccountStatus.CLOSED, product=True)
    assert await post(bank, move(DEPOSIT, OPEN, 500), restricted=True) == ["posted"]
    await change(bank, DEPOSIT, AccountStatus.CLOSED, product=True)
    with pytest.raises(ledger.AccountIsClosed):
        await change(bank, DEPOSIT, AccountStatus.RESTRICTED, product=True)


async def test_an_account_that_exists_unrestricted_is_not_the_one_asked_for(bank: Database) -> None:
    async with bank.transaction() as tx:
        asked = NewAccount(number=DEPOSIT, currency="CNY", subject="2013", restricted=True)
        assert [one.number for one in await ledger.open_accounts(tx, [asked])] == [DEPOSIT]
    with pytest.raises(ledger.AccountExists, match="restricted"):
        async with bank.transaction() as tx:
            await ledger.open_accounts(tx, [NewAccount(number=DEPOSIT, currency="CNY", subject="2013")])


async def test_posting_is_one_function(bank: Database) -> None:
    """A migration that left the function of before would make every call ambiguous."""
    async with bank.transaction() as tx:
        cursor = await tx.execute(
            "SELECT count(*) FROM pg_proc WHERE proname IN (%s, %s)", ("ledger_post", "ledger_post_exactly")
        )
        assert await cursor.fetchone() == (2,)
