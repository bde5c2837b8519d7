"""Lock-outs: after five failed attempts a login waits, longer after each further one.

An attempt is counted before it is looked at, and taken back when it succeeds: so however many are made at
once, no more than five get an answer. Logins that nobody has are counted like the others.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sycee.database import Transaction
from sycee.identity.errors import LockedOut
from sycee.kernel.clock import now

FREE_ATTEMPTS = 5
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
FORGOTTEN_AFTER = timedelta(hours=24)
"""Failures so long ago do not count any more."""


def pause_after(failures: int) -> timedelta | None:
    """How long a login waits after so many failures in a row: 30 s after five, twice as long each time."""
    if failures < FREE_ATTEMPTS:
        return None
    doublings: int = min(failures - FREE_ATTEMPTS, 20)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


async def count_attempt(tx: Transaction, login: str) -> int:
    """Count an attempt as failed, beforehand; the number in a row with it. Raises LockedOut."""
    moment = now()
    await tx.execute(
        "INSERT INTO login_attempts (login, failures, last_at) VALUES (%s, 0, %s) ON CONFLICT DO NOTHING",
        (login, moment),
    )
    cursor = await tx.execute(
        "SELECT failures, locked_until, last_at FROM login_attempts WHERE login = %s FOR UPDATE", (login,)
    )
    row = await cursor.fetchone()
    assert row is not None
    failures, locked_until, last_at = row
    moment = now()  # having waited for others
    if locked_until is not None and locked_until > moment:
        raise _locked_out(locked_until, moment)
    if moment - last_at > FORGOTTEN_AFTER:
        failures = 0
    failures += 1
    pause = pause_after(failures)
    await tx.execute(
        "UPDATE login_attempts SET failures = %s, locked_until = %s, last_at = %s WHERE login = %s",
        (failures, moment + pause if pause else None, moment, login),
    )
    return int(failures)


async def take_attempt_back(tx: Transaction, login: str) -> None:
    """Make an attempt not count: it was right as far as it went."""
    await tx.execute(
        """
        UPDATE login_attempts SET failures = greatest(failures - 1, 0), locked_until = NULL WHERE login = %s
        """,
        (login,),
    )


async def forget_failures(tx: Transaction, login: str) -> None:
    """Begin anew: the attempt succeeded, or somebody in charge says so."""
    await tx.execute("DELETE FROM login_attempts WHERE login = %s", (login,))


async def forget_old_failures(tx: Transaction) -> int:
    """Delete what does not count any more, logins of nobody above all; how many."""
    cursor = await tx.execute("DELETE FROM login_attempts WHERE last_at < now() - %s", (FORGOTTEN_AFTER,))
    return cursor.rowcount


def _locked_out(until: datetime, moment: datetime) -> LockedOut:
    seconds = max(1, round((until - moment).total_seconds() + 0.5))
    return LockedOut(f"too many attempts failed; the next is looked at in {seconds} s", retry_after_s=seconds)
