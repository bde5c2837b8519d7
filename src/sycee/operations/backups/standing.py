"""How well a bank is protected at this moment: what could be restored, and what is wrong with that."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from sycee.database import DatabaseUnavailable
from sycee.kernel.clock import now
from sycee.operations.backups.archiving import HEARTBEAT_S, LOCK, SLOT
from sycee.operations.backups.catalogue import BackupState
from sycee.operations.backups.repository import Backups, size_of
from sycee.operations.backups.source import Source
from sycee.operations.backups.windows import windows

_LATE = timedelta(seconds=12 * HEARTBEAT_S)


class Slot(msgspec.Struct, frozen=True):
    """What the server keeps for the receiver: how much, and whether it still has all of it."""

    active: bool
    wal_status: str | None
    kept_bytes: int | None


class Standing(msgspec.Struct, frozen=True):
    """The state of the backups; ``problems`` is empty when all is well.

    ``earliest`` and ``latest``: the bounds of what can be restored to; ``slot`` is None when the database
    does not answer, or has none.
    """

    at: datetime
    problems: list[str]
    backups: int
    newest: str | None
    newest_at: datetime | None
    newest_state: BackupState | None
    earliest: datetime | None
    latest: datetime | None
    archiving: bool
    slot: Slot | None
    base_bytes: int
    wal_bytes: int


def standing(backups: Backups, url: str | None, *, max_age: timedelta, slot: str = SLOT) -> Standing:
    """Look at backups, archive and (where ``url`` answers) the server. Raises NoBackups, BackupDamaged."""
    at = now()
    found = windows(backups)
    usable = [one for one in found if one.backup.state is not BackupState.FAILED]
    newest = found[-1].backup if found else None
    archiving = backups.is_locked(LOCK)
    kept, problems = _slot(url, slot)
    if newest is None:
        problems.append("there is no backup")
    else:
        if at - newest.ended_at > max_age:
            hours = max_age / timedelta(hours=1)
            problems.append(f"the newest backup, {newest.id}, is older than {hours:g} hours")
        if newest.state is not BackupState.VERIFIED:
            problems.append(f"the newest backup, {newest.id}, is {newest.state}")
    problems += [
        f"segment {one.missing} is missing: backup {one.backup.id} leads no further than before it"
        for one in usable
        if one.missing
    ][-1:]
    latest = usable[-1].latest if usable else None
    if not archiving:
        problems.append("no write-ahead log is being received: `sycee backup archive` does that")
    elif newest is not None and (latest is None or at - latest > _LATE):
        problems.append("the write-ahead log that was received is more than a minute old")
    return Standing(
        at=at,
        problems=problems,
        backups=len(found),
        newest=newest.id if newest else None,
        newest_at=newest.ended_at if newest else None,
        newest_state=newest.state if newest else None,
        earliest=usable[0].earliest if usable else None,
        latest=latest,
        archiving=archiving,
        slot=kept,
        base_bytes=sum(one.backup.bytes for one in found),
        wal_bytes=size_of(backups.wal)[0],
    )


def _slot(url: str | None, name: str) -> tuple[Slot | None, list[str]]:
    if url is None:
        return None, ["the database does not run"]
    try:
        with Source(url).connection() as connection:
            row = connection.execute(
                """
                SELECT active, wal_status, pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint
                FROM pg_replication_slots WHERE slot_name = %s
                """,
                (name,),
            ).fetchone()
    except DatabaseUnavailable as error:
        return None, [f"the database does not answer: {error.detail}"]
    if row is None:
        return None, []
    lost = row[1] in {"unreserved", "lost"}
    problem = f"the server no longer keeps what the receiver lacks (slot {name}: {row[1]})"
    return Slot(*row), [problem] if lost else []
