"""Many connections posting at once: the outcome equals some serial order, and every id is posted once.

Each list carries a marker transfer in every cell it touches, between accounts that refuse nothing. The
positions of what it posted tell the order of the lists in each cell; a list that was told of an id or a
hold comes after the one that made or resolved it. If these orders fit together into one, the model
replays it, and has to come to the same outcomes, balances and entries.
"""

from __future__ import annotations

import asyncio
import random
from graphlib import TopologicalSorter
from itertools import chain, pairwise
from uuid import UUID

import pytest
from msgspec.structs import replace

from sycee import ledger
from sycee.database import Database, Transaction
from sycee.kernel.ids import account_number, uuid7
from sycee.ledger import NewAccount, NewTransfer, Outcome, TransferKind
from tests.ledger.histories import CELLS
from tests.ledger.model_records import Judged, ModelAccount
from tests.ledger.playing import NUMBERS, Player
from tests.ledger.reading_back import check_all
from tests.long_runs import rounds

SENDERS = 8
MARKERS = {cell: (account_number(cell, 900), account_number(cell, 901)) for cell in CELLS}
POSTED = {"posted", "pending", "voided"}
Sent = tuple[list[NewTransfer], list[Outcome]]


class Crowd:
    """Senders that post at the same bank at once, and what each was answered."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.player = Player(database)
        self.sent: list[Sent] = []
        self.cells: dict[UUID, set[int]] = {}  # of every ordinary or pending transfer

    async def begin(self) -> None:
        """Open the bank, with two accounts a cell for the markers."""
        await self.player.begin()
        new = [
            NewAccount(number=number, currency="CNY", subject="9001", floor=None)
            for number in chain.from_iterable(MARKERS.values())
        ]
        async with self.database.transaction() as tx:
            await ledger.open_accounts(tx, new)
        for one in new:
            self.player.books.open(one.number or 0, ModelAccount("CNY", 1, None, "9001"))

    async def post(self, transfers: list[NewTransfer]) -> list[Outcome]:
        """Post a list with its markers: in the cells of its accounts, not of the holds it acts on."""
        self.cells |= {one.id: {one.debit // 10**15, one.credit // 10**15} for one in transfers if one.debit}
        of_reversals = [one.target for one in transfers if one.kind is TransferKind.REVERSAL and one.target]
        cells = set().union(
            *(self.cells[id] for id in [one.id for one in transfers if one.debit] + of_reversals)
        )
        markers = [
            NewTransfer(id=uuid7(), debit=MARKERS[cell][0], credit=MARKERS[cell][1], amount=1, currency="CNY")
            for cell in cells or {101}
        ]
        full = [*transfers, *markers]

        async def command(tx: Transaction) -> list[Outcome]:
            return await ledger.post_transfers(tx, full)

        outcomes = await self.database.run(command, timeout_s=60)
        self.sent.append((full, outcomes))
        return outcomes

    async def serial_order(self) -> list[Sent]:
        """The lists in an order that agrees with that of every cell. Raises CycleError if there is none."""
        async with self.database.transaction() as tx:
            cursor = await tx.execute("SELECT id, cell FROM transfers ORDER BY cell, position")
            found: list[tuple[UUID, int]] = await cursor.fetchall()
        posted = self._places_of_posted()
        order: TopologicalSorter[int] = TopologicalSorter(dict.fromkeys(range(len(self.sent)), ()))
        for cell in CELLS:
            places = [posted[id] for id, its_cell in found if its_cell == cell and id in posted]
            for before, after in pairwise(places):
                if before != after:
                    order.add(after, before)
        self._order_by_answers(order, posted)
        return [self.sent[place] for place in order.static_order()]

    def _places_of_posted(self) -> dict[UUID, int]:
        return {
            outcome.id: place
            for place, (_, outcomes) in enumerate(self.sent)
            for outcome in outcomes
            if outcome.status in POSTED
        }

    def _order_by_answers(self, order: TopologicalSorter[int], posted: dict[UUID, int]) -> None:
        """Who was told of something comes after it, who was told there is no such thing, before."""
        resolved = {
            one.target: posted[one.id]
            for full, _ in self.sent
            for one in full
            if one.kind in {TransferKind.POST, TransferKind.VOID} and one.id in posted
        }
        for place, (full, outcomes) in enumerate(self.sent):
            for one, outcome in zip(full, outcomes, strict=True):
                code = outcome.code or outcome.status
                if code in {"duplicate", "id_reused"} and posted[one.id] != place:
                    order.add(place, posted[one.id])
                if code in {"already_posted", "already_voided"} and resolved[one.target] != place:
                    order.add(place, resolved[one.target])
                if code == "target_not_found" and one.target in posted and posted[one.target] != place:
                    order.add(posted[one.target], place)

    async def check(self) -> None:
        """Replay the serial order on the model; everything is as the model says."""
        for full, outcomes in await self.serial_order():
            judged = self.player.books.post(full, self.player.began)
            assert [Judged(one.status, one.code, one.first) for one in outcomes] == judged
        await self.player.compare()
        await check_all(self.player, page=50, chosen=tuple(range(len(NUMBERS))), instants=False)
        posted = [one.id for _, outcomes in self.sent for one in outcomes if one.status in POSTED]
        assert len(posted) == len(set(posted))


@pytest.fixture
async def crowd(database: Database) -> Crowd:
    made = Crowd(database)
    await made.begin()
    return made


def move(debit: int, credit: int, amount: int, **more: object) -> NewTransfer:
    return NewTransfer(
        id=uuid7(),
        debit=NUMBERS[debit],
        credit=NUMBERS[credit],
        amount=amount,
        currency="CNY",
        **more,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("seed", range(rounds(6, 400)))
async def test_lists_of_every_kind_sent_at_once_equal_some_serial_order(crowd: Crowd, seed: int) -> None:
    holds: list[NewTransfer] = []
    seen: list[NewTransfer] = []

    def drawn(dice: random.Random) -> NewTransfer:
        what = dice.choice("ttttttpppvvooagr")
        if what == "a" and seen:
            return replace(dice.choice(seen), linked=False)
        if what == "g" and seen:
            return replace(dice.choice(seen), linked=False, amount=dice.randint(13, 15))
        acts = {"v": TransferKind.VOID, "o": TransferKind.POST, "r": TransferKind.REVERSAL}
        of_interest = seen if what == "r" else holds
        if what in acts and of_interest:
            return NewTransfer(id=uuid7(), kind=acts[what], target=dice.choice(of_interest[-6:]).id)
        debit, credit = dice.sample([0, 0, 1, 2, 3, 4, 4, 6], 2)
        kind = TransferKind.PENDING if what == "p" else TransferKind.TRANSFER
        return move(debit, credit, dice.randint(1, 9), kind=kind, linked=dice.random() < 0.1)

    async def sender(number: int) -> None:
        dice = random.Random(seed * 1_000 + number)
        for _ in range(8):
            made = [drawn(dice) for _ in range(dice.choice([1, 2, 5, 12, 70]))]
            made[-1] = replace(made[-1], linked=False)
            seen.extend(one for one in made if one.kind is TransferKind.TRANSFER)
            holds.extend(one for one in made if one.kind is TransferKind.PENDING)
            await crowd.post(made)

    await asyncio.gather(*(sender(number) for number in range(SENDERS)))
    await crowd.check()


async def test_no_update_of_a_hot_account_is_lost(crowd: Crowd) -> None:
    async def sender(number: int) -> None:
        for turn in range(20):
            there, back = move(4, 0, 3), move(0, 4, 2)  # both directions, in either order
            await crowd.post([there, back] if (number + turn) % 2 else [back, there])

    await asyncio.gather(*(sender(number) for number in range(SENDERS)))
    async with crowd.database.transaction() as tx:
        assert (await ledger.balance(tx, NUMBERS[0])).balance == 20 + SENDERS * 20
    await crowd.check()


async def test_transfers_across_cells_in_opposite_directions_meet_no_deadlock(crowd: Crowd) -> None:
    async def sender(number: int) -> None:
        for _ in range(10):
            ends = [(0, 2), (2, 3), (3, 0)][number % 3]
            debit, credit = ends if number % 2 else ends[::-1]
            across = (
                [move(4, debit, 1), move(debit, credit, 1)]
                if debit != 2
                else [move(4, 2, 1), move(2, credit, 1)]
            )
            await crowd.post(across)

    await asyncio.gather(*(sender(number) for number in range(SENDERS)))
    await crowd.check()


async def test_money_there_once_goes_out_once(crowd: Crowd) -> None:
    """Everybody wants the same 20 at once: one gets it."""
    outcomes = await asyncio.gather(*(crowd.post([move(0, 6, 20)]) for _ in range(SENDERS * 2)))
    assert sorted(one[0].code or one[0].status for one in outcomes) == ["insufficient_funds"] * (
        SENDERS * 2 - 1
    ) + ["posted"]
    await crowd.check()


async def test_an_id_sent_by_several_at_once_is_posted_once(crowd: Crowd) -> None:
    for size in (1, 30, 80):
        made = [move(4, 0, 1) for _ in range(size)]
        outcomes = await asyncio.gather(*(crowd.post(made) for _ in range(SENDERS)))
        for place in range(size):
            statuses = [one[place].status for one in outcomes]
            assert sorted(statuses) == ["duplicate"] * (SENDERS - 1) + ["posted"]
    await crowd.check()


async def test_an_id_sent_into_several_cells_at_once_is_posted_in_one(crowd: Crowd) -> None:
    routes = {101: (4, 0), 102: (5, 2)}

    async def sender(cell: int, ids: list[UUID]) -> list[Outcome]:
        made = [replace(move(*routes[cell], 1), id=id) for id in ids]
        if cell == 102:  # which meets them the other way round: somebody may have to give way
            made.reverse()
        return await crowd.post(made)

    for _ in range(8):
        ids = [uuid7() for _ in range(6)]
        outcomes = await asyncio.gather(*(sender(cell, ids) for cell in routes for _ in range(2)))
        for id in ids:
            answers = [one.code or one.status for list_ in outcomes for one in list_ if one.id == id]
            assert sorted(answers) == ["duplicate", "id_reused", "id_reused", "posted"]
    await crowd.check()


async def test_a_hold_resolved_by_many_at_once_is_resolved_once(crowd: Crowd) -> None:
    for _ in range(10):
        hold = move(0, 2, 1, kind=TransferKind.PENDING)
        acts = [
            NewTransfer(id=uuid7(), kind=kind, target=hold.id)
            for kind in (TransferKind.POST, TransferKind.VOID) * 4
        ]
        # The hold itself is sent at the same time: who comes before it finds no target.
        answers = await asyncio.gather(crowd.post([hold]), *(crowd.post([act]) for act in acts))
        done = [one[0].status for one in answers[1:] if one[0].status in POSTED]
        assert len(done) <= 1
    await crowd.check()
