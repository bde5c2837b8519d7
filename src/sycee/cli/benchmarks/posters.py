"""Processes that post: each its own Python, its own connection, its own lists.

A process is told what to do over a pipe. It makes its lists first, says that it is ready, and starts when
it is told to: making the load is not part of what is measured, encoding it and reading the outcomes is.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any

import msgspec

from sycee.database import Database
from sycee.kernel.ids import uuid7
from sycee.ledger import NewTransfer, post_transfers


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """Lists to post: ``lists`` of ``length`` between random accounts of ``debits`` and ``credits``.

    With ``other_debits`` half of the transfers go from those instead.
    """

    url: str
    lists: int
    length: int
    debits: Sequence[int]
    credits: Sequence[int]
    other_debits: Sequence[int] = ()
    seed: int = 0

    def make(self) -> list[list[NewTransfer]]:
        """The lists: amounts of 0.01 to 10.00."""
        rng = random.Random(self.seed)
        made = []
        for _ in range(self.lists):
            debits = rng.choices(self.debits, k=self.length)
            if self.other_debits:
                debits[::2] = rng.choices(self.other_debits, k=len(debits[::2]))
            credits = rng.choices(self.credits, k=self.length)
            made.append([self._transfer(rng, *pair) for pair in zip(debits, credits, strict=True)])
        return made

    def _transfer(self, rng: random.Random, debit: int, credit: int) -> NewTransfer:
        while credit == debit:
            credit = rng.choice(self.credits)
        return NewTransfer(
            id=uuid7(), debit=debit, credit=credit, amount=rng.randint(1, 1000), currency="CNY"
        )


class Posters:
    """A number of posting processes."""

    def __init__(self, count: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipes: list[Connection] = []
        self._processes = []
        for _ in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=_live, args=(theirs,), daemon=True)
            process.start()
            self._pipes.append(ours)
            self._processes.append(process)

    def close(self) -> None:
        """End the processes."""
        for pipe in self._pipes:
            pipe.send(None)
        for process in self._processes:
            process.join(10)

    def post(self, loads: Sequence[Load]) -> float:
        """Let each process post its load, all at once; transfers a second, from start to the last one done."""
        used = self._pipes[: len(loads)]
        for pipe, load in zip(used, loads, strict=True):
            pipe.send(load)
        for pipe in used:
            _receive(pipe)
        started = time.perf_counter()
        for pipe in used:
            pipe.send("go")
        for pipe in used:
            _receive(pipe)
        return sum(load.lists * load.length for load in loads) / (time.perf_counter() - started)


def _receive(pipe: Connection) -> Any:
    answer = pipe.recv()
    if isinstance(answer, Exception):
        raise answer
    return answer


def _live(pipe: Connection) -> None:
    asyncio.run(_serve(pipe))


async def _serve(pipe: Connection) -> None:
    databases: dict[str, Database] = {}
    while (load := pipe.recv()) is not None:
        try:
            if load.url not in databases:
                databases[load.url] = await Database.open(load.url, min_size=1, max_size=1)
            lists = load.make()
            pipe.send("ready")
            pipe.recv()
            await _post_all(databases[load.url], lists)
            pipe.send("done")
        except Exception as error:
            pipe.send(RuntimeError(f"{type(error).__name__}: {error}"))
    for database in databases.values():
        await database.close()


async def _post_all(database: Database, lists: Sequence[Sequence[NewTransfer]]) -> None:
    for transfers in lists:
        post: Callable[[Any], Any] = lambda tx, transfers=transfers: post_transfers(tx, transfers)  # noqa: E731
        for outcome in await database.run(post):
            if outcome.status != "posted":
                raise RuntimeError(f"{outcome.status} {outcome.code}: the load should be all posted")
