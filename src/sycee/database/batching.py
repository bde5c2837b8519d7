"""Group commit: single commands that arrive together are carried out together.

A batcher hands whatever has queued while the last batch ran to the same set-wise handler that
takes a list of ten thousand. There is no fixed delay: an idle batcher starts at once, a busy one
makes larger batches, so throughput rises with load instead of falling.

What one caller submits stays whole and in order, in one batch. Callers share a transaction but
not their fate: when a handler fails, the batch is halved until whoever is to blame fails alone.
That means a handler runs again with some of the same commands after a failure: it must be all or
nothing, as a database transaction is.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from contextvars import Context
from types import TracebackType
from typing import Generic, Self, TypeVar

from sycee.kernel import tracing
from sycee.kernel.errors import Unavailable

C = TypeVar("C")
R = TypeVar("R")


class TooBusy(Unavailable):
    """Too much is waiting already; try again shortly"""

    code = "too_busy"


class ShuttingDown(Unavailable):
    """The service is being stopped"""

    code = "shutting_down"


class _Submission(Generic[C, R]):
    """What one caller waits for."""

    __slots__ = ("commands", "origin", "outcomes")

    def __init__(self, commands: Sequence[C], outcomes: asyncio.Future[list[R]]) -> None:
        self.commands = commands
        self.outcomes = outcomes
        self.origin = tracing.here()


class _Lane(Generic[C, R]):
    """Submissions that wait, first come first served, and how many batches of the lane are running."""

    __slots__ = ("running", "waiting")

    def __init__(self) -> None:
        self.waiting: deque[_Submission[C, R]] = deque()
        self.running = 0


class Batcher(Generic[C, R]):
    """Collects commands into batches for ``handler(commands) -> outcomes``, one outcome each, in order.

    ``max_items``    commands in a batch at most; a larger single submission is a batch of its own
    ``concurrency``  batches of one lane in flight at once; more than 1 gives up order between callers
    ``max_waiting``  commands that may queue over all lanes; beyond it ``submit`` raises TooBusy
    ``name``         what traces call its batches, which are linked to the requests that they serve

    A lane is any hashable key, for example a cell: each has a queue of its own, and lanes do not
    wait for each other. A batcher belongs to the event loop in which it is first used.
    """

    def __init__(
        self,
        handler: Callable[[list[C]], Awaitable[Sequence[R]]],
        max_items: int,
        *,
        concurrency: int = 1,
        max_waiting: int = 100_000,
        name: str = "commands",
    ) -> None:
        if max_items < 1 or concurrency < 1 or max_waiting < 1:
            raise ValueError("max_items, concurrency and max_waiting are at least 1")
        self._handler = handler
        self._max_items = max_items
        self._concurrency = concurrency
        self._max_waiting = max_waiting
        self._name = name
        self._lanes: dict[Hashable, _Lane[C, R]] = {}
        self._waiting = 0
        self._batches: set[asyncio.Task[None]] = set()
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def waiting(self) -> int:
        """Commands that are queued and not yet handed to the handler."""
        return self._waiting

    @property
    def running(self) -> int:
        """Lanes that have a batch under way."""
        return len(self._batches)

    async def submit(self, commands: Sequence[C], lane: Hashable = None) -> list[R]:
        """Carry out the commands in one batch and return their outcomes, in order.

        Raises TooBusy or ShuttingDown without having done anything, or what the handler raised.
        A caller that is cancelled while it waits withdraws its commands if their batch has not
        started; once it has, they are carried out all the same and nobody hears of it.
        """
        if self._closed:
            raise ShuttingDown
        if not commands:
            return []
        if self._waiting and self._waiting + len(commands) > self._max_waiting:
            raise TooBusy(f"{self._waiting} commands are waiting already")
        outcomes: asyncio.Future[list[R]] = asyncio.get_running_loop().create_future()
        queue = self._lanes.setdefault(lane, _Lane())
        queue.waiting.append(_Submission(commands, outcomes))
        self._waiting += len(commands)
        if queue.running < self._concurrency:
            self._start(lane, queue)
        return await outcomes

    async def close(self) -> None:
        """Take nothing new, carry out what is queued, and return when it is done."""
        self._closed = True
        while self._batches:
            await asyncio.wait(self._batches)

    def _start(self, key: Hashable, lane: _Lane[C, R]) -> None:
        # The task takes its commands when it first runs, so callers of the same turn of the loop join in. It
        # works for many, so it has a context of its own, not that of the caller who came first.
        lane.running += 1
        batch = asyncio.create_task(self._run_lane(key, lane), context=Context())
        self._batches.add(batch)
        batch.add_done_callback(self._batches.discard)

    async def _run_lane(self, key: Hashable, lane: _Lane[C, R]) -> None:
        """Run one batch after another until nothing waits in the lane."""
        try:
            while batch := self._take(lane):
                try:
                    await self._carry_out(batch)
                finally:
                    for submission in batch:
                        submission.outcomes.cancel()  # of no effect on those that are answered
        finally:
            lane.running -= 1
            if not lane.running:
                self._abandon_waiting(lane)  # nothing is left unless the loop itself is ending
                self._lanes.pop(key, None)

    def _abandon_waiting(self, lane: _Lane[C, R]) -> None:
        while lane.waiting:
            submission = lane.waiting.popleft()
            self._waiting -= len(submission.commands)
            submission.outcomes.cancel()

    def _take(self, lane: _Lane[C, R]) -> list[_Submission[C, R]]:
        """The next batch: whole submissions, no more than ``max_items`` unless a single one is larger."""
        batch: list[_Submission[C, R]] = []
        size = 0
        while lane.waiting:
            submission = lane.waiting[0]
            if batch and size + len(submission.commands) > self._max_items:
                break
            lane.waiting.popleft()
            self._waiting -= len(submission.commands)
            if submission.outcomes.cancelled():
                continue
            batch.append(submission)
            size += len(submission.commands)
        return batch

    async def _carry_out(self, batch: list[_Submission[C, R]]) -> None:
        """Hand a batch to the handler; on failure halve it until single submissions fail alone."""
        commands = [command for submission in batch for command in submission.commands]
        try:
            with tracing.span(
                f"batch of {self._name}",
                links=[one.origin for one in batch if one.origin is not None],
                attributes={"sycee.commands": len(commands), "sycee.callers": len(batch)},
            ):
                outcomes = await self._handler(commands)
        except Exception as error:
            # Where the database itself is away, asking again for every half would only add to its load.
            if len(batch) == 1 or isinstance(error, Unavailable):
                _fail(batch, error)
                return
        else:
            _answer(batch, outcomes)
            return
        middle = len(batch) // 2
        await self._carry_out(batch[:middle])
        await self._carry_out(batch[middle:])


def _fail(batch: list[_Submission[C, R]], error: Exception) -> None:
    for submission in batch:
        if not submission.outcomes.done():
            submission.outcomes.set_exception(error)


def _answer(batch: list[_Submission[C, R]], outcomes: Sequence[R]) -> None:
    expected = sum(len(submission.commands) for submission in batch)
    if len(outcomes) != expected:
        # The work is done, so this is no reason to do it again.
        _fail(batch, RuntimeError(f"the handler gave {len(outcomes)} outcomes for {expected} commands"))
        return
    start = 0
    for submission in batch:
        end = start + len(submission.commands)
        if not submission.outcomes.done():
            submission.outcomes.set_result(list(outcomes[start:end]))
        start = end
