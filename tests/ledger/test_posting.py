"""Posting: outcomes, holds, linked groups, reversals, and what they do to balances."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import pytest

from sycee import ledger
from sycee.database import Database
from sycee.kernel.ids import uuid7
from sycee.ledger import NewAccount, NewTransfer, NormalSide, TransferKind

TODAY = date(2026, 11, 21)


class Bank:
    """Two cells with funded accounts; a, b, c in cell 101, d in cell 102, vault in 101."""

    def __init__(self, database: Database, numbers: list[int]) -> None:
        self.database = database
        self.a, self.b, self.c, self.d, self.vault = numbers

    async def post(self, *transfers: NewTransfer, **options: bool) -> list[str]:
        outcomes = await self.outcomes(*transfers, **options)
        return [outcome.code or outcome.status for outcome in outcomes]

    async def outcomes(self, *transfers: NewTransfer, **options: bool) -> list[ledger.Outcome]:
        async with self.database.transaction() as tx:
            return await ledger.post_transfers(tx, transfers, **options)

    async def available(self, number: int) -> int:
        async with self.database.transaction() as tx:
            return (await ledger.get_account(tx, number)).available

    async def balance(self, number: int) -> int:
        async with self.database.transaction() as tx:
            return (await ledger.get_account(tx, number)).balance


def move(debit: int, credit: int, amount: int, **more: object) -> NewTransfer:
    return NewTransfer(id=uuid7(), debit=debit, credit=credit, amount=amount, currency="CNY", **more)  # type: ignore[arg-type]


def act(kind: TransferKind, target: NewTransfer, **more: object) -> NewTransfer:
    return NewTransfer(id=uuid7(), kind=kind, target=target.id, **more)  # type: ignore[arg-type]


@pytest.fixture
async def bank(database: Database) -> Bank:
    async with database.transaction() as tx:
        await ledger.create_cell(tx, 101, "Shanghai", TODAY)
        await ledger.create_cell(tx, 102, "Beijing", TODAY)
        opened = await ledger.open_accounts(
            tx,
            [NewAccount(currency="CNY", subject="2011", cell=cell) for cell in (101, 101, 101, 102)]
            + [
                NewAccount(currency="CNY", subject="1003", cell=101, normal_side=NormalSide.DEBIT, floor=None)
            ],
        )
        bank = Bank(database, [account.number for account in opened])
        await ledger.post_transfers(tx, [move(bank.vault, bank.a, 1000)])
    return bank


@pytest.fixture(autouse=True)
async def books_hold(bank: Bank) -> AsyncIterator[None]:
    yield
    broken = [check for check in await ledger.check_books(bank.database) if not check.passed]
    assert not broken
    assert not (await ledger.verify_seals(bank.database)).breaks


async def test_a_transfer_moves_its_amount(bank: Bank) -> None:
    assert await bank.post(move(bank.a, bank.b, 300)) == ["posted"]
    assert [await bank.balance(n) for n in (bank.a, bank.b)] == [700, 300]


async def test_order_of_the_list_is_the_order_of_effect(bank: Bank) -> None:
    got = await bank.post(move(bank.b, bank.c, 5), move(bank.a, bank.b, 5), move(bank.b, bank.c, 5))
    assert got == ["insufficient_funds", "posted", "posted"]


async def test_a_transfer_across_cells_nets_to_zero_between_them(bank: Bank) -> None:
    assert await bank.post(move(bank.a, bank.d, 400), move(bank.d, bank.b, 150)) == ["posted", "posted"]
    assert [await bank.balance(n) for n in (bank.a, bank.b, bank.d)] == [600, 150, 250]
    async with bank.database.transaction() as tx:
        [entry, *_] = (await ledger.entries(tx, bank.d, newest_first=False)).entries
    assert (entry.counterparty, entry.balance) == (bank.a, 400)


async def test_part_of_a_hold_is_posted_and_the_rest_given_back(bank: Bank) -> None:
    hold = move(bank.a, bank.d, 800, kind=TransferKind.PENDING)
    assert await bank.post(hold, move(bank.a, bank.b, 300)) == ["pending", "insufficient_funds"]
    assert (await bank.available(bank.a), await bank.balance(bank.a)) == (200, 1000)
    over = act(TransferKind.POST, hold, amount=801)
    part = act(TransferKind.POST, hold, amount=500)
    assert await bank.post(over, part, act(TransferKind.VOID, hold)) == [
        "exceeds_pending",
        "posted",
        "already_posted",
    ]
    assert (await bank.available(bank.a), await bank.balance(bank.d)) == (500, 500)


async def test_a_hold_made_and_resolved_in_one_list(bank: Bank) -> None:
    hold = move(bank.a, bank.b, 10, kind=TransferKind.PENDING)
    got = await bank.post(hold, act(TransferKind.VOID, hold), act(TransferKind.POST, hold))
    assert got == ["pending", "voided", "already_voided"]
    assert await bank.available(bank.a) == 1000


async def test_expired_holds_are_given_back(bank: Bank) -> None:
    hold = move(
        bank.a, bank.b, 10, kind=TransferKind.PENDING, expires_at=datetime.now(UTC) + timedelta(seconds=0.2)
    )
    assert await bank.post(hold) == ["pending"]
    await bank.database.run(lambda tx: tx.execute("SELECT pg_sleep(0.3)"))
    assert await bank.post(act(TransferKind.POST, hold)) == ["already_expired"]
    assert await bank.database.run(ledger.expire_holds) == 1
    assert await bank.available(bank.a) == 1000
    async with bank.database.transaction() as tx:
        assert (await ledger.get_transfer(tx, hold.id)).state == "expired"


async def test_the_same_id_is_answered_with_the_first_outcome(bank: Bank) -> None:
    first = move(bank.a, bank.b, 10, reference="R1")
    assert await bank.post(first, first) == ["posted", "duplicate"]
    [again] = await bank.outcomes(first)
    assert (again.status, again.first) == ("duplicate", "posted")
    other = NewTransfer(id=first.id, debit=bank.a, credit=bank.b, amount=11, currency="CNY", reference="R1")
    assert await bank.post(other) == ["id_reused"]
    elsewhere = NewTransfer(
        id=first.id, debit=bank.d, credit=bank.b, amount=10, currency="CNY", reference="R1"
    )
    assert await bank.post(elsewhere) == ["id_reused"]
    assert await bank.balance(bank.b) == 10


async def test_linked_transfers_succeed_or_fail_together(bank: Bank) -> None:
    chain = [move(bank.a, bank.b, 900, linked=True), move(bank.b, bank.c, 901)]
    after = move(bank.a, bank.c, 1000)
    assert await bank.post(*chain, after) == ["linked_failed", "insufficient_funds", "posted"]
    assert await bank.post(move(bank.c, bank.a, 1, linked=True)) == ["linked_chain_open"]
    assert await bank.balance(bank.c) == 1000


async def test_an_atomic_list_is_one_group(bank: Bank) -> None:
    assert await bank.post(move(bank.a, bank.b, 1), move(bank.b, bank.c, 2), atomic=True) == [
        "linked_failed",
        "insufficient_funds",
    ]
    assert await bank.balance(bank.a) == 1000


async def test_a_dry_run_posts_nothing(bank: Bank) -> None:
    assert await bank.post(move(bank.a, bank.b, 1), move(bank.a, bank.b, 1000), dry_run=True) == [
        "posted",
        "insufficient_funds",
    ]
    assert await bank.balance(bank.a) == 1000


async def test_a_reversal_gives_back_once(bank: Bank) -> None:
    paid = move(bank.a, bank.d, 100)
    back = act(TransferKind.REVERSAL, paid)
    assert await bank.post(paid, back, act(TransferKind.REVERSAL, paid)) == [
        "posted",
        "posted",
        "already_reversed",
    ]
    assert await bank.post(act(TransferKind.REVERSAL, back)) == ["target_not_reversible"]
    assert [await bank.balance(n) for n in (bank.a, bank.d)] == [1000, 0]


@pytest.mark.parametrize(
    ("status", "out", "into"),
    [
        (ledger.AccountStatus.DEBIT_BLOCKED, "debit_blocked", "posted"),
        (ledger.AccountStatus.CREDIT_BLOCKED, "posted", "credit_blocked"),
        (ledger.AccountStatus.FROZEN, "account_frozen", "account_frozen"),
        (ledger.AccountStatus.DORMANT, "account_dormant", "posted"),
    ],
)
async def test_a_status_blocks_its_sides(
    bank: Bank, status: ledger.AccountStatus, out: str, into: str
) -> None:
    async with bank.database.transaction() as tx:
        await ledger.post_transfers(tx, [move(bank.vault, bank.b, 10)])
        await ledger.change_account(tx, bank.b, status=status, reason="test")
    assert await bank.post(move(bank.b, bank.a, 1), move(bank.a, bank.b, 1)) == [out, into]


@pytest.mark.parametrize(
    "status",
    [
        ledger.AccountStatus.DEBIT_BLOCKED,
        ledger.AccountStatus.FROZEN,
        ledger.AccountStatus.DORMANT,
    ],
)
async def test_a_hold_that_is_owed_is_posted_whatever_became_of_its_account(
    bank: Bank, status: ledger.AccountStatus
) -> None:
    hold = move(bank.b, bank.a, 7, kind=TransferKind.PENDING)
    async with bank.database.transaction() as tx:
        await ledger.post_transfers(tx, [move(bank.vault, bank.b, 10), hold])
        await ledger.change_account(tx, bank.b, status=status, reason="test")
        refused, other = await ledger.post_transfers(
            tx, [act(TransferKind.POST, hold), move(bank.b, bank.a, 1)]
        )
        assert {refused.status, other.status} == {"rejected"}
        owed = [act(TransferKind.POST, hold), move(bank.b, bank.a, 1)]
        told = await ledger.post_transfers(tx, owed, owed=True)
    assert [outcome.status for outcome in told] == ["posted", "rejected"]
    assert await bank.balance(bank.b) == 3


async def test_refusals_say_what_was_wrong(bank: Bank) -> None:
    stranger = 101_000000009999_99_3
    assert await bank.post(
        move(bank.a, stranger, 1),
        move(bank.a, bank.a, 1),
        move(bank.a, bank.b, 0),
        move(bank.a, bank.b, -5),
        move(bank.a, bank.b, 10**14 + 1),
        NewTransfer(id=uuid7(), debit=bank.a, credit=bank.b, amount=1, currency="EUR"),
        act(TransferKind.POST, move(bank.a, bank.b, 1)),
        move(bank.a, bank.b, 1),
    ) == [
        "account_not_found",
        "same_account",
        "invalid_amount",
        "invalid_amount",
        "amount_out_of_range",
        "currency_mismatch",
        "target_not_found",
        "posted",
    ]
