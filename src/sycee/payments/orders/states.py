"""The states of a payment, in the order of its life.

A payment goes through some of them in one move (received, validated, approved, screened and settled at once,
say). Since the numbers follow the life, what it went through is kept as a set of bits.
"""

from __future__ import annotations

from enum import StrEnum


class PaymentState(StrEnum):
    """Where a payment stands; the order is that of the numbers in the database.

    ``received`` waits for the supervisor of its account; ``approved`` waits for its day, or for a screening
    that could not be done; ``stopped`` is a hit in screening that a person decides; ``held`` and ``queued``
    have the funds held, for now or for the next window of the rail.
    """

    RECEIVED = "received"
    VALIDATED = "validated"
    APPROVED = "approved"
    STOPPED = "stopped"
    SCREENED = "screened"
    HELD = "held"
    QUEUED = "queued"
    SENT = "sent"
    SETTLED = "settled"
    REJECTED = "rejected"
    RETURNED = "returned"
    RECALLED = "recalled"
    CANCELLED = "cancelled"


STATES: tuple[PaymentState, ...] = tuple(PaymentState)
NUMBERS: dict[PaymentState, int] = {state: number for number, state in enumerate(STATES)}
FINAL = frozenset(
    {PaymentState.REJECTED, PaymentState.RETURNED, PaymentState.RECALLED, PaymentState.CANCELLED}
)
"""Where nothing more happens, but for further returns of a payment that came back in part."""


def bits(*states: PaymentState) -> int:
    """The states as a set of bits."""
    return sum(1 << NUMBERS[state] for state in states)


def passed(number: int) -> list[PaymentState]:
    """The states of a set of bits, in the order of life."""
    return [state for place, state in enumerate(STATES) if number >> place & 1]


TAKEN_IN = bits(PaymentState.RECEIVED, PaymentState.VALIDATED, PaymentState.APPROVED)
"""What every payment that needs nobody's yes has gone through when it is submitted."""
