"""A small bank lived day by day: customers in two cells, their traffic, deposits, rates that change.

Everything is drawn from one seed and the date, so that the same year can be lived again.
"""

from __future__ import annotations

import random
from collections import Counter as Tally
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from uuid import UUID, uuid5

from sycee import ledger, operations, products
from sycee.components import calendar
from sycee.database import Database
from sycee.kernel.errors import SyceeError
from sycee.ledger import NewTransfer, TransferKind
from tests.operations.small_bank import NAMESPACE
from tests.products.deposits.counter import Holder, a_holder, open_bank, release_rates, yuan

CELLS = (101, 102)
CHINA = calendar("CN")
PLACED = (
    ("notice-1d", 500_000),
    ("notice-7d", 600_000),
    ("time-3m", 50_000),
    ("time-1y", 30_000),
    ("large-cd-1m", 10_000_000),
)
# Released on the day itself: a new rate from then on, and a correction of days that are over.
NEW_RATES = {(1, 26): "0.15", (3, 9): "0.25", (6, 8): "0.20", (9, 21): "0.10", (11, 16): "0.15"}
CORRECTIONS = {(3, 25): ((3, 2), "0.18"), (7, 1): ((6, 12), "0.22"), (10, 12): ((9, 1), "0.12")}


class Year:
    """The bank and what happens in it."""

    def __init__(self, database: Database, seed: int, vault: int, holders: list[Holder]) -> None:
        self.database = database
        self.seed = seed
        self.vault = vault
        self.holders = holders
        self.deposits: list[UUID] = []
        self.waiting: list[UUID] = []  # pending transfers
        self.tally: Tally[str] = Tally()

    @classmethod
    async def begin(cls, database: Database, seed: int, on: date) -> Year:
        """The bank on its first day."""
        async with database.transaction() as tx:
            vault = await open_bank(tx, on)
            holders = [
                await a_holder(tx, vault, f"Customer {number} Ltd", cell=CELLS[number % 2])
                for number in range(4)
            ]
        return cls(database, seed, vault, holders)

    @property
    def accounts(self) -> list[int]:
        """The customers' settlement accounts."""
        return [number for holder in self.holders for number in (holder.basic, holder.general)]

    async def live(self, day: date) -> None:
        """A day of the bank, up to its close."""
        dice = random.Random(f"{self.seed} {day}")
        await self._rates(day)
        await self._traffic(day, dice, 30)
        if dice.random() < 0.5:
            act = dice.choice([self._place, self._place, self._give_notice, self._withdraw, self._withdraw])
            await self._try(act, day, dice)

    async def _rates(self, day: date) -> None:
        key = (day.month, day.day)
        async with self.database.transaction() as tx:
            if key in NEW_RATES:
                await release_rates(tx, day, demand=NEW_RATES[key])
            if key in CORRECTIONS:
                (month, first), rate = CORRECTIONS[key]
                await release_rates(tx, date(day.year, month, first), demand=rate)

    async def _traffic(self, day: date, dice: random.Random, count: int) -> None:
        made = []
        for place in range(count):
            debit, credit = dice.sample([*self.accounts, self.vault], 2)
            draw = dice.random()
            kind = TransferKind.PENDING if draw < 0.05 else TransferKind.TRANSFER
            back, ahead = timedelta(days=dice.randint(1, 15)), timedelta(days=dice.randint(1, 6))
            value = day - back if 0.05 < draw < 0.10 else day + ahead if 0.10 < draw < 0.13 else None
            new = NewTransfer(
                id=uuid5(NAMESPACE, f"{self.seed} {day} {place}"),
                kind=kind,
                debit=debit,
                credit=credit,
                amount=dice.randint(1, yuan(200_000_000)),
                currency="CNY",
                value_date=value,
            )
            made.append(new)
            if kind is TransferKind.PENDING:
                self.waiting.append(new.id)
        while len(self.waiting) > 3:
            target = self.waiting.pop(0)
            act = dice.choice([TransferKind.POST, TransferKind.VOID])
            made.append(NewTransfer(id=uuid5(target, "act"), kind=act, target=target))
        outcomes = await self.database.run(lambda tx: ledger.post_transfers(tx, made))
        self.tally.update(outcome.status for outcome in outcomes)

    async def _try(
        self, act: Callable[[date, random.Random], Awaitable[None]], day: date, dice: random.Random
    ) -> None:
        name = act.__name__.strip("_")
        try:
            await act(day, dice)
            self.tally[name] += 1
        except SyceeError as error:  # a rule of the bank: nothing has happened
            self.tally[f"{name} refused: {error.code}"] += 1

    async def _place(self, day: date, dice: random.Random) -> None:
        product, least = dice.choice(PLACED)
        holder = dice.choice(self.holders)
        request = products.Placement(
            id=uuid5(NAMESPACE, f"{self.seed} {day} placed"),
            source=holder.general,
            amount=yuan(least + dice.randint(0, 9_999_999)),
            product=product,
            signers=(holder.signer,),
        )
        async with self.database.transaction() as tx:
            await products.place(tx, request, by="teller")
        self.deposits.append(request.id)

    def _some_deposit(self, dice: random.Random) -> UUID:
        return dice.choice(self.deposits or [NAMESPACE])

    async def _signer(self, deposit: products.Deposit) -> Holder:
        return next(one for one in self.holders if one.id == deposit.customer)

    async def _give_notice(self, day: date, dice: random.Random) -> None:
        async with self.database.transaction() as tx:
            deposit = await products.get_deposit(tx, self._some_deposit(dice))
            holder = await self._signer(deposit)
            request = products.NoticeRequest(
                id=uuid5(NAMESPACE, f"{self.seed} {day} notice"), deposit=deposit.id, signers=(holder.signer,)
            )
            await products.give_notice(tx, request, by="teller")

    async def _withdraw(self, day: date, dice: random.Random) -> None:
        async with self.database.transaction() as tx:
            deposit = await products.get_deposit(tx, self._some_deposit(dice))
            holder = await self._signer(deposit)
            amount = dice.choice([None, yuan(100_000 + dice.randint(0, 200_000))])
            request = products.Withdrawal(
                id=uuid5(NAMESPACE, f"{self.seed} {day} withdrawn"),
                deposit=deposit.id,
                amount=amount,
                to=holder.basic,
                signers=(holder.signer,),
            )
            await products.withdraw(tx, request, by="teller")

    async def close(self, cell: int, to: date) -> operations.DayRun:
        """The end of the day of a cell; the books are proved in the last one."""
        return await operations.close_day(self.database, cell, by="night", to=to, check=cell == CELLS[-1])
