"""Restoring a bank into an empty directory, from which `sycee up --data-dir` serves it again.

The database is recovered below ``restoring/`` and moved into its place in the end, so a restore that was
killed half-way leaves nothing that could be taken for a bank.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import msgspec

from sycee.identity import KEY_FILE
from sycee.kernel.clock import now
from sycee.ledger import SEAL_KEYS_FILE
from sycee.operations.backups.catalogue import Proof, Recovered
from sycee.operations.backups.errors import RestorePlaceNotEmpty
from sycee.operations.backups.proofs import prove, trusted_keys
from sycee.operations.backups.recovery import recovered
from sycee.operations.backups.repository import Backups, sync_directory, write_whole
from sycee.operations.backups.windows import plan_restore

_BESIDE = frozenset({"lost+found"})  # of a file system of its own
_RESTORING = "restoring"
_KEY_FILES = (SEAL_KEYS_FILE, KEY_FILE)


class Restoration(msgspec.Struct, frozen=True):
    """A bank that was restored: from what, to where, how far, and what its books proved."""

    at: datetime
    into: str
    backup: str
    to: datetime | None
    recovered: Recovered
    proof: Proof | None
    keys: list[str]


def restore(
    backups: Backups,
    into: Path,
    to: datetime | None = None,
    backup_id: str | None = None,
    *,
    keys_from: Path | None = None,
    proving: bool = True,
    say: Callable[[str], None] = lambda _step: None,
) -> Restoration:
    """Restore the bank as it was at ``to`` (None: as far as there is log) into an empty directory.

    ``keys_from``: a directory with copies of the bank's key files, which come along. Raises
    RestorePlaceNotEmpty, what ``plan_restore`` raises, BackupDamaged, NotEnoughRoom, RecoveryFailed. Books
    that do not prove are told of, and left in place.
    """
    into = into.expanduser().absolute()
    _require_empty(into)
    trusted = trusted_keys(keys_from) if keys_from is not None else None
    with backups.locked():
        plan = plan_restore(backups, to, backup_id)
        place = into / _RESTORING
        try:
            with recovered(backups, plan, place, throw_away=False, say=say) as (server, position):
                proof = prove(server.url(), migrate=False, keys=trusted, say=say) if proving else None
            server.cluster.rename(into / "postgres")
        finally:
            if place.exists():
                shutil.rmtree(place)
        keys = _bring_keys(keys_from, into)
        done = Restoration(now(), str(into), plan.backup.id, to, position, proof, keys)
        write_whole(into / "restored.json", msgspec.json.format(msgspec.json.encode(done), indent=2))
        sync_directory(into)
        return done


def _require_empty(into: Path) -> None:
    into.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = sorted(path.name for path in into.iterdir() if path.name not in _BESIDE)
    if found == [_RESTORING]:
        raise RestorePlaceNotEmpty(f"{into} holds a restore that did not end: remove it, or take another")
    if found:
        raise RestorePlaceNotEmpty(
            f"{into} is not empty; it holds {', '.join(found[:3])}{' and more' if len(found) > 3 else ''}",
            hint="a restore overwrites nothing: name an empty directory, or move what is there away",
        )


def _bring_keys(source: Path | None, into: Path) -> list[str]:
    brought = [name for name in _KEY_FILES if source is not None and (source / name).exists()]
    for name in brought:
        assert source is not None
        write_whole(into / name, (source / name).read_bytes())
    return brought
