"""Which instants a bank can be brought back to, and from which backup."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from sycee.operations.backups.catalogue import Backup, BackupState
from sycee.operations.backups.errors import (
    BackupNotFound,
    InvalidRestoreTime,
    RestoreTimeUnreachable,
    WalMissing,
)
from sycee.operations.backups.repository import Backups
from sycee.operations.backups.wal import Archive, Segment


class Window(msgspec.Struct, frozen=True):
    """A backup with the instants that it leads to: its own end, and all before ``latest``."""

    backup: Backup
    earliest: datetime
    latest: datetime | None
    missing: str | None


class Plan(msgspec.Struct, frozen=True):
    """What a restore begins from, and what it replays: to an instant, or (None) as far as there is log."""

    backup: Backup
    segments: list[Segment]
    to: datetime | None


def parse_time(text: str) -> datetime:
    """An instant as people write it. Raises InvalidRestoreTime, for one without a zone too."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InvalidRestoreTime(
            f"{text!r} is not a time; write it as 2026-03-31T23:15:00+08:00, or with Z for UTC"
        ) from None
    if found.tzinfo is None:
        raise InvalidRestoreTime(
            f"{text!r} does not say in which zone: write {found.isoformat()}+08:00, or {found.isoformat()}Z"
        )
    return found


def windows(backups: Backups) -> list[Window]:
    """The instants that each backup leads to, the oldest first."""
    archive = Archive(backups)
    found = []
    for backup in backups.every():
        reach = archive.reach(backup)
        found.append(Window(backup, backup.ended_at, reach.latest, reach.missing))
    return found


def plan_restore(backups: Backups, to: datetime | None, backup_id: str | None = None) -> Plan:
    """Choose what to restore: the newest backup from before ``to`` that is not known to fail, or a named one.

    Raises BackupNotFound, InvalidRestoreTime, RestoreTimeUnreachable naming the earliest and the latest
    instant there is, WalMissing naming the segment.
    """
    if to is not None and to.tzinfo is None:
        raise InvalidRestoreTime(f"{to.isoformat()} does not say in which zone")
    archive = Archive(backups)
    if backup_id is not None:
        candidates: Sequence[Backup] = [backups.get(backup_id)]
    else:
        usable = [one for one in backups.every() if one.state is not BackupState.FAILED]
        candidates = [one for one in usable if archive.is_of_the_line(one)]
    if not candidates:
        raise BackupNotFound(f"there is no usable backup in {backups.root}")
    if to is None:
        backups.chain(candidates[-1])
        reach = archive.reach(candidates[-1])
        archive.check(reach.segments)
        return Plan(candidates[-1], reach.segments, None)
    before = [one for one in reversed(candidates) if one.ended_at <= to]
    for backup in before:
        reach = archive.reach(backup)
        if reach.latest is not None and to < reach.latest:
            backups.chain(backup)
            needed = archive.until(reach.segments, to)
            archive.check(needed)
            return Plan(backup, needed, to)
    for backup in before:
        reach = archive.reach(backup)
        if reach.missing:
            raise WalMissing(
                f"{_shown(to)} cannot be reached from backup {backup.id}: segment {reach.missing} of"
                f" write-ahead log is missing, which leaves everything before"
                f" {_shown(reach.latest or backup.ended_at)}"
            )
    raise _unreachable(archive, candidates, to)


def _unreachable(archive: Archive, candidates: Sequence[Backup], to: datetime) -> RestoreTimeUnreachable:
    latest = archive.reach(candidates[-1]).latest
    until = (
        f"the latest before {_shown(latest)}" if latest else "and no write-ahead log leads beyond a backup"
    )
    return RestoreTimeUnreachable(
        f"{_shown(to)} cannot be reached: the earliest possible time is"
        f" {_shown(candidates[0].ended_at)}, {until}",
        earliest=candidates[0].ended_at,
        latest=latest,
        hint="without --to the bank is restored as far as there is write-ahead log",
    )


def _shown(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
