"""The rounds of the worker at one rail: write what goes out, deliver it, collect what comes, let it act.

Every step is a transaction of its own, and every one may be the last: whatever is killed in between, the
next round of any worker goes on from what is written. Nothing here remembers anything.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial

from sycee.database import Database, DatabaseUnavailable, Transaction
from sycee.kernel import tracing
from sycee.payments.errors import RailUnavailable
from sycee.payments.iso20022 import InvalidMessage, UnsupportedMessage
from sycee.payments.rails.connections import RailConnection
from sycee.payments.rails.items import ask_soon
from sycee.payments.rails.kept import screen_again
from sycee.payments.rails.link import Delivery, NotTaken, RailLink
from sycee.payments.rails.outbox import (
    Letter,
    Pace,
    claim_letters,
    delivered,
    keep_letters,
    next_to_process,
    not_delivered,
    not_processed,
    not_taken,
    processed,
    told_of,
)
from sycee.payments.rails.taking import NotYet, take_letter
from sycee.payments.rails.writing import BATCH, write_enquiries, write_payments, write_recalls

logger = logging.getLogger("sycee.rails")

CARRIED_AT_ONCE = 20
"""Messages that are claimed, and then delivered one after another."""

COLLECTED_AT_ONCE = 100


class RailWorker:
    """Works at one rail. Several may, in any number of processes."""

    def __init__(
        self, database: Database, connection: RailConnection, link: RailLink, pace: Pace | None = None
    ) -> None:
        self._database = database
        self._connection = connection
        self._rail = connection.rail
        self._link = link
        self._pace = pace or Pace()

    async def round(self) -> int:
        """Do everything that is due once; how much there was. A rail that is silent is left for later."""
        done = await self.write()
        for step in (self.deliver, self.collect):
            try:
                done += await step()
            except RailUnavailable as error:
                logger.warning("%s does not answer: %s", self._rail, error.detail)
        return done + await self.process()

    async def write(self) -> int:
        """Write payments, recalls and enquiries into messages; screen again what came in unscreened."""
        done = 0
        for write in (
            partial(write_payments, connection=self._connection, limit=BATCH),
            partial(write_recalls, connection=self._connection),
            partial(write_enquiries, connection=self._connection, pace=self._pace),
            partial(screen_again, connection=self._connection),
        ):
            done += await self._database.run(write)
        return done

    async def deliver(self) -> int:
        """Bring messages to the rail. Raises RailUnavailable when the first that failed says so."""
        letters = await self._database.run(
            partial(claim_letters, rail=self._rail, pace=self._pace, limit=CARRIED_AT_ONCE)
        )
        for place, letter in enumerate(letters):
            await self._carry(letter, letters[place + 1 :])
        return len(letters)

    async def _carry(self, letter: Letter, others: Sequence[Letter]) -> None:
        """Bring one message; when the rail is silent, let the others that were claimed with it go."""
        try:
            with tracing.span(
                "rail message delivered", kind="client", attributes=told_of(self._rail, letter)
            ):
                await self._link.deliver(letter)
        except NotTaken as answer:
            logger.error("%s cannot read %s: %s", self._rail, letter.message_id, answer)  # noqa: TRY400 - no defect here
            await self._run(not_taken, letter.message_id, str(answer))
        except RailUnavailable as error:
            for one in (letter, *others):
                await self._run(not_delivered, one.message_id, error.detail, self._pace)
            raise
        else:
            await self._run(delivered, [letter.message_id])

    async def collect(self) -> int:
        """Take what waits for us: kept first, then acknowledged. Raises RailUnavailable."""
        found: list[Delivery] = await self._link.collect(COLLECTED_AT_ONCE)
        if found:
            await self._run(keep_letters, [delivery.letter for delivery in found])
            await self._link.taken(found)
        return len(found)

    async def process(self) -> int:
        """Let every message that is due have its effect, each in a transaction of its own."""
        done = 0
        async with self._database.transaction() as tx:
            row = await (await tx.execute("SELECT clock_timestamp()")).fetchone()
        assert row is not None
        while await self._process_one(row[0]):
            done += 1
        return done

    async def _process_one(self, due: datetime) -> bool:
        current: list[Letter] = []

        async def command(tx: Transaction) -> bool:
            letter = await next_to_process(tx, self._rail, due)
            if letter is None:
                return False
            current[:] = [letter]
            with tracing.span("rail message taken", kind="consumer", attributes=told_of(self._rail, letter)):
                await take_letter(tx, self._connection, letter)
            await processed(tx, self._rail, letter.message_id)
            return True

        try:
            return await self._database.run(command)
        except NotYet as early:
            await self._later(current[0], early)
        except DatabaseUnavailable:
            raise
        except (InvalidMessage, UnsupportedMessage) as problem:
            await self._failed(current, problem.detail, unreadable=True)
        except Exception as error:  # whatever it is, it keeps this message from its effect and no other
            if not current:
                raise
            logger.exception("%s: message %s has no effect yet", self._rail, current[0].message_id)
            await self._failed(current, f"{type(error).__name__}: {error}")
        return True

    async def _failed(self, current: list[Letter], why: str, *, unreadable: bool = False) -> None:
        work = partial(not_processed, unreadable=unreadable)
        await self._run(work, current[0].message_id, why, self._pace)

    async def _later(self, letter: Letter, early: NotYet) -> None:
        """The message waits, and the rail is asked about what it waits for."""

        async def command(tx: Transaction) -> None:
            await not_processed(tx, self._rail, letter.message_id, str(early), self._pace)
            await ask_soon(tx, early.items)

        await self._database.run(command)

    async def _run(self, work: Callable[..., Awaitable[object]], *arguments: object) -> None:
        async def command(tx: Transaction) -> None:
            await work(tx, self._rail, *arguments)

        await self._database.run(command)
