"""The ids of the transfers that a payment makes, so that each is made once however often it is asked for.

The transfer that pays, or holds the funds, has the payment's own id. What follows has an id made of the
payment's and of what it does: the first half is the payment's, which keeps them side by side in an index,
the rest is a digest (a UUID of version 8 or of the payment's own version: RFC 9562 leaves that to the first
half).
"""

from __future__ import annotations

from hashlib import sha256
from uuid import UUID

_LOW = (1 << 64) - 1
_VARIANT = 0b10 << 62


def follow_up(payment: UUID, what: str) -> UUID:
    """The id of a transfer that follows: ``fee``, ``settle``, ``void``, ``return:<id>``, ..."""
    digest = sha256(payment.bytes + what.encode()).digest()
    low = int.from_bytes(digest[:8], "big") >> 2 | _VARIANT
    return UUID(int=payment.int & ~_LOW | low)
