"""Bringing a database back from a backup: its files, the log to replay, and a server that replays it.

The server is one of its own on a directory of its own, reached through a socket in it and by no port; so a
bank that runs beside is never touched. It recovers under a configuration of ours, whatever the bank's says,
and hands the bank's back in the end: an archive command or a standby that the bank waits for must not be
used by a copy of it.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path

import psycopg

from sycee.database import EmbeddedServer, ServerNotStarted
from sycee.operations.backups.catalogue import Backup, Recovered
from sycee.operations.backups.errors import BackupDamaged, NotEnoughRoom, RecoveryFailed
from sycee.operations.backups.programs import run_program
from sycee.operations.backups.repository import Backups, sha256
from sycee.operations.backups.wal import Archive, Segment
from sycee.operations.backups.windows import Plan

_PATIENCE_S = 7 * 24 * 3600.0
_CONFIGURATION = ("postgresql.conf", "postgresql.auto.conf", "pg_hba.conf", "pg_ident.conf")
_OWN = {
    "postgresql.conf": "include_if_exists = 'sycee.conf'\n",
    "postgresql.auto.conf": "",
    "pg_hba.conf": "local all all trust\n",
    "pg_ident.conf": "",
}
_RECOVERY_SETTINGS = {
    "restore_command": "false",  # everything there is lies in pg_wal already
    "recovery_target_timeline": "latest",
    "recovery_target_action": "promote",
    "hot_standby": "off",  # nobody reads meanwhile, so the bank's limits on connections do not bind
    "max_logical_replication_workers": "0",  # a copy subscribes to nothing
}
_THROW_AWAY = {"fsync": "off", "full_page_writes": "off", "shared_buffers": "256MB", "huge_pages": "off"}
_SPARE_BYTES = 64 * 1024 * 1024


@contextmanager
def recovered(
    backups: Backups, plan: Plan, place: Path, *, throw_away: bool, say: Callable[[str], None]
) -> Iterator[tuple[EmbeddedServer, Recovered]]:
    """A server on ``place``, recovered as planned, for the length of a block; stopped after it.

    ``throw_away``: nothing of it is to last. Raises BackupDamaged, NotEnoughRoom, RecoveryFailed.
    """
    started = time.monotonic()
    chain = backups.chain(plan.backup)
    staged = _newest_of_each(plan.segments)
    _require_room(place, chain, staged)
    for backup in chain:
        say(f"verifying the files of {backup.id}")
        verify_files(backups, backup)
    say("copying the data")
    cluster = place / "postgres"
    _combine([backups.data(backup) for backup in chain], cluster, throw_away=throw_away)
    _stage(backups, staged, cluster)
    kept = _configure(cluster)
    restored = time.monotonic()
    say("replaying write-ahead log")
    server = EmbeddedServer(
        place, settings=_settings(plan, throw_away), user=plan.backup.user, dbname=plan.backup.dbname
    )
    try:
        server.start(timeout_s=_PATIENCE_S)
    except ServerNotStarted as error:
        raise RecoveryFailed(error.detail) from error
    try:
        found = _position(server, restored - started, time.monotonic() - restored)
        yield server, found
    finally:
        server.stop()
    _give_back(cluster, kept)


def verify_files(backups: Backups, backup: Backup) -> None:
    """Compare every file of a backup with its manifest, and the manifest with the catalogue.

    Raises BackupDamaged, naming what differs.
    """
    manifest = backups.data(backup) / "backup_manifest"
    if not manifest.exists() or sha256(manifest) != backup.manifest_sha256:
        raise BackupDamaged(f"{manifest} is not the manifest that backup {backup.id} was taken with")
    run_program("pg_verifybackup", "--quiet", backups.data(backup), failed=BackupDamaged)


def _require_room(place: Path, chain: Sequence[Backup], staged: Sequence[Segment]) -> None:
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    needed = sum(one.bytes for one in chain) + sum(one.path.stat().st_size for one in staged) + _SPARE_BYTES
    if (free := shutil.disk_usage(place).free) < needed:
        raise NotEnoughRoom(f"{place} has {free >> 20:,} MiB free, and {needed >> 20:,} MiB are needed")


def _combine(data: Sequence[Path], cluster: Path, *, throw_away: bool) -> None:
    arguments = ["--no-sync"] if throw_away else []
    run_program(
        "pg_combinebackup", *data, f"--output={cluster}", "--no-manifest", *arguments, failed=BackupDamaged
    )


def _newest_of_each(segments: Sequence[Segment]) -> list[Segment]:
    """Without a segment that was received anew from its beginning; the same on two timelines are two."""
    return list({segment.name: segment for segment in segments}.values())


def _stage(backups: Backups, segments: Sequence[Segment], cluster: Path) -> None:
    """Put the log to replay where the server looks for it: copies, for it writes over them later."""
    for segment in segments:
        shutil.copyfile(segment.path, cluster / "pg_wal" / segment.name)
    if segments:
        for history in Archive(backups).histories:
            shutil.copyfile(history, cluster / "pg_wal" / history.name)


def _configure(cluster: Path) -> dict[str, bytes | None]:
    """Put our own configuration in the place of the bank's; returns what was there."""
    kept: dict[str, bytes | None] = {}
    for name in _CONFIGURATION:
        path = cluster / name
        kept[name] = path.read_bytes() if path.exists() else None
        path.write_text(_OWN[name])
    (cluster / "standby.signal").unlink(missing_ok=True)
    (cluster / "recovery.signal").touch()
    return kept


def _give_back(cluster: Path, kept: dict[str, bytes | None]) -> None:
    owner = cluster.stat()
    for name, content in kept.items():
        path = cluster / name
        if content is None:
            path.unlink()
        else:
            path.write_bytes(content)
            if os.geteuid() == 0:
                os.chown(path, owner.st_uid, owner.st_gid)


def _settings(plan: Plan, throw_away: bool) -> dict[str, str]:
    settings = dict(_RECOVERY_SETTINGS)
    if throw_away:
        settings.update(_THROW_AWAY)
    if plan.to is not None:
        settings["recovery_target_time"] = plan.to.astimezone(UTC).isoformat(sep=" ")
    return settings


def _position(server: EmbeddedServer, restore_s: float, recovery_s: float) -> Recovered:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        row = connection.execute(
            """
            SELECT pg_last_wal_replay_lsn()::text, pg_last_xact_replay_timestamp(),
                   pg_walfile_name(pg_current_wal_insert_lsn())
            """
        ).fetchone()
    assert row is not None
    return Recovered(
        lsn=row[0],
        last_transaction_at=row[1] and row[1].astimezone(UTC),
        timeline=int(row[2][:8], 16),
        restore_s=round(restore_s, 3),
        recovery_s=round(recovery_s, 3),
    )
