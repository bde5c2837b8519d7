"""Which rail a payment goes by, when, and what that costs.

A normal payment goes the cheapest way, an urgent one the way that takes it first; what is as good goes by the
rail of the lower rank. Every choice says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from sycee.database import Transaction
from sycee.kernel import clock
from sycee.payments.orders.new_payments import Urgency
from sycee.payments.routing.rails import Rail, rails_on
from sycee.payments.routing.terms import local_day


class RailAsk(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be sent: minor units of a currency, to a bank (its code), from an instant on (None: now).

    ``only`` names the one rail that it may go by.
    """

    amount: int
    currency: str
    urgency: Urgency = Urgency.NORMAL
    at: datetime | None = None
    agent: str | None = None
    only: str | None = None


class RailChoice(msgspec.Struct, frozen=True, kw_only=True):
    """The rail, when it takes the payment, and the fee in minor units.

    No rail when none takes it. ``why`` says so.
    """

    rail: str | None
    send_at: datetime | None
    fee: int
    why: str


async def choose_rails(tx: Transaction, asks: Sequence[RailAsk]) -> list[RailChoice]:
    """A choice for each, in order, by the terms in force on its local day."""
    now = clock.now()
    known: dict[object, list[Rail]] = {}
    choices = []
    for ask in asks:
        at = ask.at or now
        day = local_day(at)
        if (day, ask.currency) not in known:
            known[day, ask.currency] = await rails_on(tx, day, ask.currency)
        choices.append(choose(known[day, ask.currency], ask, at))
    return choices


def choose(rails: Sequence[Rail], ask: RailAsk, at: datetime) -> RailChoice:
    """The choice among rails, which come in the order of their rank."""
    refused: list[str] = []
    found: list[tuple[datetime, int, int, Rail]] = []
    for rank, rail in enumerate(rails):
        if ask.only not in {None, rail.rail}:
            continue
        why = rail.terms.refuses(ask.amount, ask.urgency)
        send_at = rail.terms.takes_at(at) if why is None else None
        if send_at is None:
            refused.append(f"{rail.rail} {why or 'has no day known on which it is open'}")
        else:
            found.append((send_at, rail.terms.fee(ask.amount), rank, rail))
    if not found:
        return RailChoice(
            rail=None,
            send_at=None,
            fee=0,
            why="; ".join(refused) or f"no rail carries {ask.currency}",
        )
    urgent = ask.urgency is Urgency.URGENT
    send_at, fee, _, rail = min(
        found, key=lambda one: (one[0], one[1], one[2]) if urgent else (one[1], one[0], one[2])
    )
    others = [f"{other.rail} costs {cost}" for _, cost, _, other in found if other is not rail]
    why = f"{rail.rail} is the {'first to take it' if urgent else 'cheapest'} at {fee} minor units"
    return RailChoice(rail=rail.rail, send_at=send_at, fee=fee, why="; ".join([why, *others, *refused]))
