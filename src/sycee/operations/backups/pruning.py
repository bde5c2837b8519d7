"""Retention: the backups that are no longer kept, and the write-ahead log that only they needed."""

from __future__ import annotations

import msgspec

from sycee.kernel.errors import InvalidInput
from sycee.operations.backups.catalogue import Backup, BackupState
from sycee.operations.backups.errors import NothingWouldRemain
from sycee.operations.backups.repository import Backups
from sycee.operations.backups.wal import Archive, Segment


class Pruned(msgspec.Struct, frozen=True):
    """What was (or, looked at beforehand, would be) removed, and what it frees."""

    backups: list[str]
    unfinished: list[str]
    segments: int
    freed_bytes: int
    kept: list[str]


def prune(backups: Backups, keep: int, *, dry_run: bool = False) -> Pruned:
    """Keep the newest ``keep`` backups that were verified, all that came since, and what those need.

    Write-ahead log older than the oldest kept one is removed. Raises NothingWouldRemain when no backup was
    verified: what is not known to work is no reason to remove what may.
    """
    if keep < 1:
        raise InvalidInput(f"{keep} backups cannot be kept: at least 1")
    with backups.locked():
        every = backups.every()
        kept = _kept(backups, every, keep)
        gone = [one for one in every if one.id not in kept]
        segments = _older(backups, [one for one in every if one.id in kept])
        unfinished = backups.unfinished()
        pruned = Pruned(
            backups=[one.id for one in gone],
            unfinished=[path.name for path in unfinished],
            segments=len(segments),
            freed_bytes=sum(one.bytes for one in gone) + sum(one.path.stat().st_size for one in segments),
            kept=[one.id for one in every if one.id in kept],
        )
        if not dry_run:
            for backup in reversed(gone):  # an incremental one before what it needs
                backups.remove(backups.base / backup.id)
            for path in unfinished:
                backups.remove(path)
            for segment in segments:
                segment.path.unlink()
        return pruned


def _kept(backups: Backups, every: list[Backup], keep: int) -> set[str]:
    verified = [one for one in every if one.state is BackupState.VERIFIED]
    if not verified:
        raise NothingWouldRemain(
            f"none of the {len(every)} backups in {backups.root} was verified, so none is removed",
            hint="`sycee backup verify` restores the newest and proves its books",
        )
    oldest = verified[-keep:][0]
    needed = [one for one in every if one.id >= oldest.id]
    return {link.id for one in needed for link in backups.chain(one)}


def _older(backups: Backups, kept: list[Backup]) -> list[Segment]:
    archive = Archive(backups)
    first = min(archive.number_of(one.start_lsn) for one in kept)
    return [segment for number, found in archive.segments.items() if number < first for segment in found]
