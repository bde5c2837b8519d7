"""A client within a centre that is cut off: it asks that centre alone, for as long as it is told.

Run as a script in the centre's network, with an ``Order`` as JSON on standard input; prints a ``Told`` as
JSON. It asks the API, and PostgreSQL itself.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from uuid import UUID

import msgspec
import psycopg

from sycee import ledger
from sycee.client import Money, NewTransfer, Sycee
from sycee.database import Database
from sycee.kernel.ending import within
from sycee.kernel.errors import SyceeError
from sycee.kernel.ids import parse_account_number, uuid7

_EACH_WITHIN_S, _PAUSE_S = 2.0, 0.2


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What to ask: ``database_url`` names the centre's PostgreSQL alone."""

    api_url: str
    database_url: str
    token: str | None
    debit: str
    credit: str
    seconds: float


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """The transfers that were asked for, and those of them that were acknowledged."""

    asked: list[UUID] = msgspec.field(default_factory=list)
    acknowledged: list[UUID] = msgspec.field(default_factory=list)


async def ask(order: Order) -> Told:
    """Ask both until the time is over."""
    told = Told()
    until = time.monotonic() + order.seconds
    await asyncio.gather(_ask_api(order, told, until), _ask_database(order, told, until))
    return told


async def _ask_api(order: Order, told: Told, until: float) -> None:
    async with Sycee(order.api_url, order.token, timeout_s=_EACH_WITHIN_S, retry_for_s=0.0) as bank:
        while time.monotonic() < until:
            transfer = NewTransfer(
                id=uuid7(), debit=order.debit, credit=order.credit, amount=Money.parse("1.00 CNY")
            )
            told.asked.append(transfer.id)
            try:
                (outcome,) = await bank.post([transfer])
            except SyceeError:
                await asyncio.sleep(_PAUSE_S)
            else:
                told.acknowledged.extend([transfer.id] if outcome.accepted else [])


async def _ask_database(order: Order, told: Told, until: float) -> None:
    debit, credit = parse_account_number(order.debit), parse_account_number(order.credit)
    while time.monotonic() < until:
        transfer = ledger.NewTransfer(id=uuid7(), debit=debit, credit=credit, amount=100, currency="CNY")
        told.asked.append(transfer.id)
        try:
            async with (
                within(_EACH_WITHIN_S),
                await Database.open(order.database_url, timeout_s=1.0) as database,
            ):
                async with database.transaction() as tx:
                    await ledger.post_transfers(tx, [transfer])
                told.acknowledged.append(transfer.id)
        except (SyceeError, psycopg.Error, TimeoutError):
            await asyncio.sleep(_PAUSE_S)


if __name__ == "__main__":
    logging.getLogger("psycopg").setLevel(logging.CRITICAL)  # that connections break is what is wanted
    answer = asyncio.run(ask(msgspec.json.decode(sys.stdin.buffer.read(), type=Order)))
    sys.stdout.buffer.write(msgspec.json.encode(answer))
