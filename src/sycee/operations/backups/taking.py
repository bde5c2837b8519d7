"""Taking a base backup, beside live traffic: under a name that nobody lists, until it is whole.

``pg_basebackup`` brings the write-ahead log that the backup itself needs, so that each can be restored
alone, and a manifest with the SHA-256 of every file. Whatever kills this process before the last rename
leaves a directory that is no backup; the next one removes it.
"""

from __future__ import annotations

import time
from pathlib import Path

import msgspec

from sycee.operations.backups.catalogue import Backup, BackupKind
from sycee.operations.backups.errors import BackupDamaged, BackupFailed
from sycee.operations.backups.programs import run_program
from sycee.operations.backups.repository import PART, Backups, sha256, size_of, stamp, sync_directory
from sycee.operations.backups.source import Identity, Source


class _WalRange(msgspec.Struct, frozen=True):
    timeline: int = msgspec.field(name="Timeline")
    start: str = msgspec.field(name="Start-LSN")
    end: str = msgspec.field(name="End-LSN")


class Manifest(msgspec.Struct, frozen=True):
    """What PostgreSQL's manifest says of a backup as a whole."""

    system: int = msgspec.field(name="System-Identifier")
    ranges: list[_WalRange] = msgspec.field(name="WAL-Ranges")


def create_backup(backups: Backups, source: Source, *, incremental: bool = False, label: str = "") -> Backup:
    """Take a base backup and list it, not verified yet.

    ``incremental``: only the blocks that changed since the newest backup, which it needs from then on.
    Raises BackupFailed, BackupsBusy, BackupsOfAnotherBank, DatabaseUnavailable.
    """
    with backups.locked():
        identity = source.identify()
        backups.require(identity)
        parent = _parent(backups, identity) if incremental else None
        for left in backups.unfinished():
            backups.remove(left)
        id = stamp(identity.at)
        part = backups.base / (id + PART)
        (part / "data").mkdir(parents=True, mode=0o700)
        part.chmod(0o700)
        started = time.monotonic()
        try:
            _copy(backups, source, part, parent)
        except BackupFailed:
            backups.remove(part)
            raise
        took_s = time.monotonic() - started
        manifest = read_manifest(part / "data" / "backup_manifest")
        size, files = size_of(part / "data")
        backup = Backup(
            id=id,
            kind=BackupKind.INCREMENTAL if parent else BackupKind.FULL,
            parent=parent.id if parent else None,
            label=label,
            system_identifier=manifest.system,
            postgresql=identity.version,
            timeline=manifest.ranges[-1].timeline,
            start_lsn=manifest.ranges[0].start,
            stop_lsn=manifest.ranges[-1].end,
            started_at=identity.at,
            ended_at=source.now(),
            took_s=round(took_s, 3),
            bytes=size,
            files=files,
            manifest_sha256=sha256(part / "data" / "backup_manifest"),
            user=identity.user,
            dbname=identity.dbname,
        )
        backups.keep(backup, part)
        part.rename(backups.base / id)
        sync_directory(backups.base)
        return backup


def read_manifest(path: Path) -> Manifest:
    """A backup's manifest. Raises BackupDamaged."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError) as error:
        raise BackupDamaged(f"the manifest {path} cannot be read: {error}") from error


def _parent(backups: Backups, identity: Identity) -> Backup:
    if not identity.summarizes_wal:
        raise BackupFailed(
            "an incremental backup needs the server to note what changes:"
            " ALTER SYSTEM SET summarize_wal = on, reload, and take a full backup first"
        )
    return backups.newest()


def _copy(backups: Backups, source: Source, part: Path, parent: Backup | None) -> None:
    arguments = [f"--pgdata={part}/data", f"--dbname={source.conninfo}", "--no-password", "--checkpoint=fast"]
    arguments += ["--wal-method=stream", "--manifest-checksums=SHA256", "--label=sycee backup"]
    if parent is not None:
        arguments.append(f"--incremental={backups.data(parent) / 'backup_manifest'}")
    run_program("pg_basebackup", *arguments, failed=BackupFailed, secrets=source.secrets)
