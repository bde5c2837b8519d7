"""The one mover: payments go on through their states, a list at a time, and every step is written down.

Which state may follow which is checked in the database. Whoever moves payments holds their rows from the
moment they were judged to the commit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from sycee.database import Int2Array, Int4Array, TextArray, Transaction, UuidArray
from sycee.kernel import clock
from sycee.payments.orders.records import Payment, read_payments
from sycee.payments.orders.states import NUMBERS, PaymentState


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """A payment on its way: through ``through`` (in the order of life) to ``to``; who moves it, and why."""

    payment: UUID
    to: PaymentState
    actor: str
    through: tuple[PaymentState, ...] = ()
    reason_code: str | None = None
    text: str | None = None

    def passed(self) -> int:
        """The states as bits."""
        states = sum(1 << NUMBERS[state] for state in self.through)
        return states | 1 << NUMBERS[self.to]


class Moved(msgspec.Struct, frozen=True):
    """What became of a move, or of a report about a payment: how the payment stands, or why nothing was done.

    ``again`` says that it had been done before. Codes: ``payment_not_found``, ``not_possible`` (the state
    does not allow it), and those with which the books refuse.
    """

    payment: UUID
    state: PaymentState | None
    code: str | None = None
    detail: str | None = None
    again: bool = False


async def lock_payments(tx: Transaction, ids: Sequence[UUID]) -> dict[UUID, Payment]:
    """The payments of these ids that there are, held until the commit."""
    return await read_payments(tx, ids, lock=True)


async def move_payments(tx: Transaction, moves: Sequence[Move]) -> None:
    """Move payments whose funds stay where they are or were moved by the caller; each once in a list.

    Raises psycopg's RaiseException for a way that no payment may go: the caller has judged before.
    """
    if moves:
        await write_moves(tx, moves, await lock_payments(tx, [move.payment for move in moves]))


async def write_moves(tx: Transaction, moves: Sequence[Move], held: Mapping[UUID, Payment]) -> None:
    """The same, for payments that the caller holds."""
    if not moves:
        return
    reason_codes = [move.reason_code for move in moves]
    texts = [move.text for move in moves]
    await tx.execute(
        "SELECT payments_move(%b, %b, %b, %b, %b, %b, %b)",
        (
            clock.now(),
            Int2Array([held[move.payment].cell for move in moves]),
            UuidArray([move.payment for move in moves]),
            Int4Array([move.passed() for move in moves]),
            TextArray([move.actor for move in moves]),
            TextArray(reason_codes) if any(reason_codes) else None,
            TextArray(texts) if any(texts) else None,
        ),
        binary=True,
    )


def missing(id: UUID) -> Moved:
    """What is said of a payment that is not there."""
    return Moved(id, None, "payment_not_found", f"there is no payment {id}")


def impossible(payment: Payment, what: str) -> Moved:
    """What is said when a payment's state does not allow something."""
    return Moved(payment.id, payment.state, "not_possible", f"the payment is {payment.state}: {what}")


def once(ids: Sequence[UUID]) -> list[UUID]:
    """The ids, each the first time it occurs."""
    return list(dict.fromkeys(ids))
