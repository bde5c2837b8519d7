"""Lock-outs: after five failed attempts from an address a login waits there, longer after each further one.

An attempt is counted before it is looked at, and taken back when it succeeds: so however many are made at
once, no more than five get an answer. Logins that nobody has are counted like the others. So that nobody is
locked out by somebody else's guesses, a login waits everywhere only after fifty failures from anywhere, and
not where its person signed in of late.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sycee.database import Transaction
from sycee.identity.addresses import counted_as
from sycee.identity.errors import LockedOut
from sycee.kernel.clock import now

FREE_ATTEMPTS = 5
FREE_EVERYWHERE = 50
"""Failures in a row, whatever the addresses, after which a login waits wherever it is not at home."""

EVERYWHERE = "*"
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
FORGOTTEN_AFTER = timedelta(hours=24)
"""Failures so long ago do not count any more."""


def pause_after(failures: int) -> timedelta | None:
    """How long a login waits after so many failures in a row: 30 s after five, twice as long each time."""
    if failures < FREE_ATTEMPTS:
        return None
    doublings: int = min(failures - FREE_ATTEMPTS, 20)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


async def count_attempt(tx: Transaction, login: str, address: str, *, at_home: bool) -> int:
    """Count an attempt as failed, beforehand; the number in a row from there with it. Raises LockedOut.

    ``at_home`` says that its person signed in from that address of late: what others do elsewhere does not
    make it wait.
    """
    await tx.execute(
        "INSERT INTO login_attempts (login, address, failures, last_at)"
        " VALUES (%s, %s, 0, %s), (%s, %s, 0, %s) ON CONFLICT DO NOTHING",
        (login, counted_as(address), now(), login, EVERYWHERE, now()),
    )
    cursor = await tx.execute(
        "SELECT address, failures, locked_until, last_at FROM login_attempts"
        " WHERE login = %s AND address = ANY(%s) ORDER BY address FOR UPDATE",
        (login, [counted_as(address), EVERYWHERE]),
    )
    rows = {row[0]: row[1:] for row in await cursor.fetchall()}
    moment = now()  # having waited for others
    for place, (_, locked_until, _) in rows.items():
        minded = place != EVERYWHERE or not at_home
        if minded and locked_until is not None and locked_until > moment:
            raise _locked_out(locked_until, moment)
    counted = {}
    for place, (failures, _, last_at) in rows.items():
        counted[place] = 1 if moment - last_at > FORGOTTEN_AFTER else failures + 1
        beyond = FREE_EVERYWHERE - FREE_ATTEMPTS if place == EVERYWHERE else 0
        pause = pause_after(counted[place] - beyond)
        await tx.execute(
            "UPDATE login_attempts SET failures = %s, locked_until = %s, last_at = %s"
            " WHERE login = %s AND address = %s",
            (counted[place], moment + pause if pause else None, moment, login, place),
        )
    return int(counted[counted_as(address)])


async def take_attempt_back(tx: Transaction, login: str, address: str) -> None:
    """Make an attempt not count: it was right as far as it went."""
    await tx.execute(
        "UPDATE login_attempts SET failures = greatest(failures - 1, 0), locked_until = NULL"
        " WHERE login = %s AND address = ANY(%s)",
        (login, [counted_as(address), EVERYWHERE]),
    )


async def forget_failures(tx: Transaction, login: str, address: str | None = None) -> None:
    """Begin anew: an attempt from an address succeeded, or (None) somebody in charge says so.

    What failed elsewhere still counts after a success: whoever guesses there has gained nothing by it.
    """
    if address is None:
        await tx.execute("DELETE FROM login_attempts WHERE login = %s", (login,))
        return
    await tx.execute(
        "WITH own AS (DELETE FROM login_attempts WHERE login = %s AND address = %s RETURNING failures)"
        " UPDATE login_attempts a SET failures = greatest(a.failures - own.failures, 0), locked_until = NULL"
        " FROM own WHERE a.login = %s AND a.address = %s",
        (login, counted_as(address), login, EVERYWHERE),
    )
    await tx.execute(
        "DELETE FROM login_attempts WHERE login = %s AND address = %s AND failures = 0", (login, EVERYWHERE)
    )


async def forget_old_failures(tx: Transaction) -> int:
    """Delete what does not count any more, logins of nobody above all; how many."""
    cursor = await tx.execute("DELETE FROM login_attempts WHERE last_at < now() - %s", (FORGOTTEN_AFTER,))
    return cursor.rowcount


def _locked_out(until: datetime, moment: datetime) -> LockedOut:
    seconds = max(1, round((until - moment).total_seconds() + 0.5))
    return LockedOut(f"too many attempts failed; the next is looked at in {seconds} s", retry_after_s=seconds)
