"""Plays a drawn history twice, on the database and on the model, and compares the two at every step."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from hypothesis import currently_in_test_context, note, reject
from msgspec.structs import asdict, replace

from sycee import ledger
from sycee.database import Database, Transaction
from sycee.kernel.ids import account_number
from sycee.ledger import AccountStatus, HistoricalTransfer, NewAccount, NewTransfer, NormalSide, TransferKind
from tests.ledger.histories import (
    CELLS,
    FUNDED,
    NOWHERE,
    PALETTE,
    Advance,
    Change,
    Import,
    Order,
    Post,
    Step,
    Wait,
)
from tests.ledger.model import Books
from tests.ledger.model_records import Judged, Key

TODAY = date(2026, 11, 21)
SOON = timedelta(milliseconds=60)
ACTS = {"post": TransferKind.POST, "void": TransferKind.VOID, "reversal": TransferKind.REVERSAL}
NUMBERS = tuple(account_number(cell, 500 + place) for place, (cell, _) in enumerate(PALETTE))
_ALL_TABLES = [
    "transfers",
    "holds",
    "reversals",
    "entry_marks",
    "day_seals",
    "batches",
    "gl_totals",
    "intercell_accounts",
    "account_changes",
    "account_profiles",
    "accounts",
    "account_serials",
    "cells",
]


class Player:
    """A bank of three cells, in a database that is empty when it begins, beside its model."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.books = Books(dict.fromkeys(CELLS, TODAY))
        self.made: list[NewTransfer] = []
        self.listed = 0  # how many of those made were in lists before the present one
        self.instants: list[tuple[int, datetime]] = []  # after which list, and when
        self.began = datetime.now(UTC)
        self.between: dict[int, Key] = {}
        self._serials = count(1)

    async def begin(self, *, funded: bool = True) -> None:
        """Clear the database and open the accounts of PALETTE."""
        async with self.database.transaction() as tx:
            # Emptying a few rows is much faster than TRUNCATE.
            await tx.execute("; ".join(f"DELETE FROM {table}" for table in _ALL_TABLES).encode())
            for cell in CELLS:
                await ledger.create_cell(tx, cell, f"Cell {cell}", TODAY)
            await ledger.open_accounts(
                tx,
                [
                    NewAccount(
                        number=number,
                        currency=one.currency,
                        subject=one.subject,
                        floor=one.floor,
                        normal_side=NormalSide.CREDIT if one.sign == 1 else NormalSide.DEBIT,
                    )
                    for number, (_, one) in zip(NUMBERS, PALETTE, strict=True)
                ],
            )
        for number, (_, account) in zip(NUMBERS, PALETTE, strict=True):
            self.books.open(number, account)
        if funded:
            orders = [
                Order("transfer", debit, credit, amount, 0, False, 0) for debit, credit, amount in FUNDED
            ]
            await self.post([self._transfer(order) for order in orders])

    async def play(self, steps: Sequence[Step]) -> None:
        """Take every step, comparing after each."""
        for step in steps:
            match step:
                case Post(orders, atomic, dry_run, restricted):
                    made = [self._live(self._transfer(order)) for order in orders]
                    await self.post(made, atomic=atomic, dry_run=dry_run, restricted=restricted)
                case Change(account, status, floor, restricted):
                    await self._change(NUMBERS[account], status, floor, restricted=restricted)
                case Advance(cell, days):
                    await self._advance(cell, self.books.dates[cell] + timedelta(days))
                case Wait(sweep):
                    await asyncio.sleep(SOON.total_seconds())
                    if sweep:
                        await self._sweep()
                case Import(orders):
                    await self._import(orders)

    # Steps.

    async def post(
        self,
        transfers: list[NewTransfer],
        *,
        atomic: bool = False,
        dry_run: bool = False,
        restricted: bool = False,
    ) -> None:
        """Post a list on both, and compare."""
        self.listed = len(self.made)
        if currently_in_test_context():
            note(f"{atomic=} {dry_run=} {restricted=}" + "".join(f"\n  {transfer}" for transfer in transfers))
        before = datetime.now(UTC)
        async with self.database.transaction() as tx:
            outcomes = await ledger.post_transfers(
                tx, transfers, atomic=atomic, dry_run=dry_run, restricted=restricted
            )
        after = datetime.now(UTC)
        expiries = [one.expires_at for one in self.made if one.expires_at]
        if any(before <= expiry <= after for expiry in expiries):
            reject()  # whether the list came before the expiry or after cannot be told
        judged = self.books.post(transfers, before, atomic=atomic, dry_run=dry_run, by_product=restricted)
        assert [Judged(one.status, one.code, one.first) for one in outcomes] == judged
        assert [one.id for one in outcomes] == [one.id for one in transfers]
        await self.compare()

    async def _change(
        self, number: int, status: AccountStatus | None, floor: int | None, *, restricted: bool
    ) -> None:
        account = self.books.accounts[number]
        expected: type[Exception] | None = None
        if account.status is AccountStatus.CLOSED:
            expected = ledger.AccountIsClosed
        elif not restricted and self.books.is_left_to_its_product(number, status):
            expected = ledger.AccountIsRestricted
        elif status is AccountStatus.CLOSED and not self.books.can_close(number):
            expected = ledger.AccountNotEmpty
        new_floor = account.floor if floor is None else floor
        with pytest.raises(expected) if expected else nullcontext():
            async with self.database.transaction() as tx:
                await ledger.change_account(
                    tx, number, status=status, floor=new_floor, reason="history", restricted=restricted
                )
        if expected is None:
            self.books.change(number, status=status, floor=floor)

    async def _advance(self, cell: int, to: date) -> None:
        async with self.database.transaction() as tx:
            await ledger.advance_business_date(tx, cell, to)
        self.books.dates[cell] = to

    async def _sweep(self) -> None:
        now = datetime.now(UTC)
        async with self.database.transaction() as tx:
            number = await ledger.expire_holds(tx)
            cursor = await tx.execute("SELECT id, resolved_by FROM holds WHERE state = 3 ORDER BY expires_at")
            swept: list[tuple[UUID, UUID]] = await cursor.fetchall()
        new = [(hold, id) for hold, id in swept if id not in self.books.transfers]
        assert number == len(new)
        assert {hold for hold, _ in new} == set(self.books.due(now))
        made = [NewTransfer(id=id, kind=TransferKind.EXPIRY, target=hold) for hold, id in new]
        if made:
            assert {one.status for one in self.books.post(made, now)} == {"expired"}
        await self.compare()

    async def _import(self, orders: tuple[tuple[int, int, Order], ...]) -> None:
        transfers = []
        for minutes, days, order in orders:
            made = self._transfer(order)
            if made.kind is not TransferKind.TRANSFER or made.linked:
                made = replace(made, kind=TransferKind.TRANSFER, linked=False)
            if not isinstance(made, HistoricalTransfer):
                made = HistoricalTransfer(
                    **asdict(made),
                    booked_at=self.began - timedelta(minutes=minutes, microseconds=minutes),
                    business_date=TODAY - timedelta(days),
                )
            self.made[-1] = made
            transfers.append(made)
        async with self.database.transaction() as tx:
            outcomes = await ledger.import_history(tx, transfers)
        judged = self.books.post(transfers, datetime.now(UTC))
        assert [Judged(one.status, one.code, one.first) for one in outcomes] == judged
        await self.compare()

    # Orders.

    def _transfer(self, order: Order) -> NewTransfer:
        if order.what in {"again", "reuse"} and self.made:
            before = self.made[-1 - order.back % len(self.made)]
            made = self._again(before, order) if order.what == "again" else self._reuse(before, order)
        elif order.what in ACTS:
            made = self._act(order)
        else:
            made = self._new(order)
        self.made.append(made)
        return made

    @staticmethod
    def _live(transfer: NewTransfer) -> NewTransfer:
        """A transfer of history that is said again, but live."""
        return NewTransfer(**{name: getattr(transfer, name) for name in NewTransfer.__struct_fields__})

    def _new_id(self) -> UUID:
        return UUID(int=next(self._serials) * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128)

    def _new(self, order: Order) -> NewTransfer:
        places = [order.debit, order.credit]
        if order.twist != 9:  # mostly what could be meant: two accounts, in one currency
            places[1] += order.debit == order.credit
            if set(places) & {7, 8} and max(places) < len(PALETTE):
                places = [7, 8] if order.debit < order.credit else [8, 7]
        debit, credit = ((*NUMBERS, *NOWHERE, 0)[place] for place in places)
        currency = PALETTE[places[0]][1].currency if places[0] < len(PALETTE) else "CNY"
        made = NewTransfer(
            id=self._new_id(),
            kind=TransferKind.PENDING if order.what == "pending" else TransferKind.TRANSFER,
            debit=debit,
            credit=credit,
            amount=order.amount,
            currency={16: "USD", 17: "", 18: "ZZZ"}.get(order.twist, currency),
            linked=order.linked,
            value_date={14: TODAY + timedelta(2), 15: TODAY}.get(order.twist),
            reference="R" if order.twist == 12 else None,
            description="why" if order.twist == 13 else None,
        )
        if order.what != "pending":
            return made
        now = datetime.now(UTC) + timedelta(microseconds=next(self._serials))  # no two expire together
        later = {19: SOON, 20: SOON, 21: SOON, 22: timedelta(hours=1), 23: timedelta(hours=-1)}.get(
            order.twist
        )
        return replace(made, expires_at=now + later) if later else made

    def _act(self, order: Order) -> NewTransfer:
        """An act on a pending transfer, or on one that was posted; at times on something else."""
        wanted = (
            {TransferKind.TRANSFER, TransferKind.POST} if order.what == "reversal" else {TransferKind.PENDING}
        )
        fitting = [one for one in self.made if one.kind in wanted or order.twist == 11]
        if order.twist not in {10, 11}:  # mostly what could be meant: not what was refused or is done
            fitting = [one for one in fitting if self._may_be_open(one)]
            if not fitting:
                return self._new(order._replace(what="transfer" if order.what == "reversal" else "pending"))
        target = fitting[-1 - order.back % len(fitting)].id if fitting else None
        whole = order.what != "post" or order.twist < 4
        return NewTransfer(
            id=self._new_id(),
            kind=ACTS[order.what],
            amount=None if whole and order.twist != 10 else order.amount,
            target=None if order.twist == 23 else target,
            currency={20: "CNY", 21: "USD"}.get(order.twist, ""),
            linked=order.linked,
            reference="R" if order.twist == 12 else None,
            value_date=TODAY + timedelta(1) if order.twist == 14 else None,
        )

    def _may_be_open(self, transfer: NewTransfer) -> bool:
        """Whether it is in the books and not undone; or may be, because its list is only being made."""
        known = self.books.transfers.get(transfer.id)
        if known is None:
            return transfer in self.made[self.listed :]
        hold = self.books.holds.get(transfer.id)
        return hold.state == "pending" if hold else known.reversed_by is None

    @staticmethod
    def _again(before: NewTransfer, order: Order) -> NewTransfer:
        """The same, perhaps with something left out that the books know, or said that was left out."""
        changes: dict[int, dict[str, Any]] = {
            1: {"value_date": None},
            2: {"amount": None},
            3: {"value_date": before.value_date or TODAY},
        }
        return replace(before, linked=order.linked, **changes.get(order.twist, {}))

    @staticmethod
    def _reuse(before: NewTransfer, order: Order) -> NewTransfer:
        """The same id with other content."""
        changes = (
            {"amount": (before.amount or 1) % 12 + 1},
            {"credit": NUMBERS[order.credit % len(NUMBERS)]},
            {"reference": "other"},
            {"description": "other"},
            {"value_date": TODAY + timedelta(9)},
            {"currency": "USD"},
            {"kind": list(TransferKind)[order.twist % 5]},
            {"expires_at": datetime(2099, 1, 1, tzinfo=UTC)},
            {"target": UUID(int=1)},
        )[order.twist % 9]
        return replace(before, linked=order.linked, **changes)

    # Comparing.

    async def compare(self) -> None:
        """Every balance, hold and total of the database is the model's."""
        async with self.database.transaction() as tx:
            assert await self._accounts(tx) == {
                key: (one.balance, one.held, one.incoming, one.entries, one.status, one.floor)
                for key, one in self.books.accounts.items()
            }
            cursor = await tx.execute("SELECT id, state, resolved_by FROM holds")
            states = ("pending", "posted", "voided", "expired")
            holds = {id: (states[state], resolved_by) for id, state, resolved_by in await cursor.fetchall()}
            assert holds == self.books.holds
            cursor = await tx.execute(
                "SELECT cell, business_date, subject, currency, debits, credits FROM gl_totals"
            )
            assert {tuple(row[:4]): tuple(row[4:]) for row in await cursor.fetchall()} == self.books.totals
        self.instants.append((self.books.lists, datetime.now(UTC)))

    async def _accounts(self, tx: Transaction) -> dict[Key, tuple[object, ...]]:
        found = await ledger.list_accounts(tx, limit=1_000)
        if any(one.number not in self.books.accounts and one.number not in self.between for one in found):
            cursor = await tx.execute("SELECT number, cell, other, currency FROM intercell_accounts")
            self.between = {number: ("between", *rest) for number, *rest in await cursor.fetchall()}
        return {
            self.between.get(one.number, one.number): (
                one.balance,
                one.held,
                one.incoming,
                one.entries,
                one.status,
                one.floor,
            )
            for one in found
        }
