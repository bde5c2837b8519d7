"""Screening: whoever judges payments before their funds move, and what happens when nobody can.

It fails closed. A screener that raises, is late, or answers for fewer payments than it was asked about lets
none of them pass: they wait, with the reason, and are screened again later.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum
from uuid import UUID

import msgspec

from sycee.database import Transaction
from sycee.kernel.ending import within

LATE_AFTER_S = 10.0
"""How long a list of payments may be screened."""


class Verdict(StrEnum):
    """What screening says: go on, stop for a person to decide, or wait until it can be judged."""

    PASS = "pass"  # noqa: S105 - no password
    STOP = "stop"
    WAIT = "wait"


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """A payment as it is screened. ``amount`` is in minor units; ``customer`` is who pays.

    ``incoming`` ones come from another bank: the payer is then who the message says.
    """

    id: UUID
    customer: UUID | None
    incoming: bool = False
    debtor_name: str = ""
    debtor_account: str
    debtor_agent: str | None = None
    creditor_account: str
    creditor_name: str
    creditor_agent: str | None
    amount: int
    currency: str
    purpose: str
    remittance: str

    @property
    def names(self) -> tuple[str, ...]:
        """The names in it that are not simply our customer's: the payee's, or those that a message brings."""
        if not self.incoming:
            return (self.creditor_name,)
        return (self.debtor_name, self.creditor_name) if self.creditor_name else (self.debtor_name,)


class Screened(msgspec.Struct, frozen=True):
    """A verdict with its reason: a stable code, and a sentence."""

    verdict: Verdict
    code: str | None = None
    detail: str | None = None


PASSED = Screened(Verdict.PASS)
Screener = Callable[[Transaction, Sequence[Subject]], Awaitable[Sequence[Screened]]]
_screeners: list[Screener] = []


def register_screener(screener: Screener, *, first: Screener | None = None) -> None:
    """Let a screener judge every payment from now on; ``first`` is one that it replaces."""
    if first is not None and first in _screeners:
        _screeners.remove(first)
    if screener not in _screeners:
        _screeners.append(screener)


def forget_screener(screener: Screener) -> None:
    """Let a screener judge no more. Without any, nothing passes."""
    if screener in _screeners:
        _screeners.remove(screener)


async def screen(tx: Transaction, subjects: Sequence[Subject]) -> list[Screened]:
    """The verdict on each, in order: the strictest that any screener gives."""
    if not subjects:
        return []
    if not _screeners:
        waits = Screened(Verdict.WAIT, "screening_unavailable", "nobody is there to screen payments")
        return [waits] * len(subjects)
    verdicts = [PASSED] * len(subjects)
    for screener in _screeners:
        verdicts = list(map(_stricter, verdicts, await _asked(tx, screener, subjects)))
    return verdicts


_STRICTNESS = {Verdict.PASS: 0, Verdict.WAIT: 1, Verdict.STOP: 2}


def _stricter(one: Screened, other: Screened) -> Screened:
    return other if _STRICTNESS[other.verdict] > _STRICTNESS[one.verdict] else one


async def _asked(tx: Transaction, screener: Screener, subjects: Sequence[Subject]) -> Sequence[Screened]:
    """What one screener says, or that it could not."""
    try:
        # What fails inside must not spoil the transaction of the payments.
        async with tx.transaction(), within(LATE_AFTER_S):
            found = await screener(tx, subjects)
    except TimeoutError:
        problem = Screened(Verdict.WAIT, "screening_late", f"screening took over {LATE_AFTER_S:g} seconds")
    except Exception as error:
        if tx.broken:
            raise
        problem = Screened(Verdict.WAIT, "screening_failed", f"screening failed: {type(error).__name__}")
    else:
        if len(found) == len(subjects):
            return found
        problem = Screened(
            Verdict.WAIT,
            "screening_incomplete",
            f"screening answered for {len(found)} payments of {len(subjects)}",
        )
    return [problem] * len(subjects)
