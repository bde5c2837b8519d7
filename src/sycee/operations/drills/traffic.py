"""Traffic that goes on whatever happens: transfers fall due each second, others answered or not."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from itertools import pairwise

from sycee.client import ApiProblem, Money, NewTransfer, Sycee, Unreachable
from sycee.kernel.ids import uuid7
from sycee.operations.drills.entrance import CentreDown, Entrance
from sycee.operations.drills.records import Request

_PATIENCE_S = 90.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 2.0
_AMOUNT = Money.parse("1.00 CNY")


class Traffic:
    """Transfers between accounts, each asked for until it is answered or its client's patience is over."""

    def __init__(self, entrance: Entrance, accounts: Sequence[str], rate_per_s: float) -> None:
        self.requests: list[Request] = []
        self._entrance = entrance
        self._accounts = accounts
        self._rate = rate_per_s
        self._begun = time.monotonic()
        self._stopped = False

    @property
    def now_s(self) -> float:
        """Seconds since the traffic began."""
        return time.monotonic() - self._begun

    async def run(self) -> None:
        """Send until ``stop``, then wait for the answers to what was sent."""
        self._begun = time.monotonic()
        async with asyncio.TaskGroup() as group:
            number = 0
            while not self._stopped:
                due_s = number / self._rate
                await asyncio.sleep(max(0.0, due_s - self.now_s))
                request = Request(id=uuid7(), scheduled_s=due_s)
                self.requests.append(request)
                group.create_task(self._send(request))
                number += 1

    def first_answer(self, since_s: float) -> float | None:
        """When the first was answered of those that fell due later than ``since_s``."""
        answered: list[float] = []
        for request in reversed(self.requests):
            if request.scheduled_s <= since_s:
                break
            if request.answered_s is not None:
                answered.append(request.answered_s)
        return min(answered, default=None)

    def longest_silence(self, from_s: float, to_s: float) -> float:
        """The longest time in a span in which nothing was answered."""
        answers = (one.answered_s for one in self.requests if one.answered_s is not None)
        moments = [from_s, *sorted(moment for moment in answers if from_s < moment < to_s), to_s]
        return max(later - earlier for earlier, later in pairwise(moments))

    def stop(self) -> None:
        """Let no new request begin."""
        self._stopped = True

    async def _send(self, request: Request) -> None:
        debit, credit = random.sample(self._accounts, 2)
        transfer = NewTransfer(id=request.id, debit=debit, credit=credit, amount=_AMOUNT)

        async def call(bank: Sycee) -> None:
            (outcome,) = await bank.post([transfer])
            if not outcome.accepted:
                raise _Refused(f"{outcome.code}: {outcome.detail}")

        pause_s = _FIRST_PAUSE_S
        while True:
            request.attempts += 1
            try:
                await self._entrance.ask(call)
            except _Refused as error:
                request.error = str(error)
                return
            except (CentreDown, Unreachable, ApiProblem) as error:
                final = isinstance(error, ApiProblem) and error.status != 503
                if final or self.now_s - request.scheduled_s > _PATIENCE_S:
                    request.error = f"{type(error).__name__}: {error}"
                    return
            else:
                request.answered_s = self.now_s
                return
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


class _Refused(Exception):
    """The books refused a transfer that nothing is wrong with."""
