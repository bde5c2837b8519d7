"""Proving a backup by using it: a restore into a throw-away server, and the proofs of the books there."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import msgspec

from sycee.kernel.clock import now
from sycee.operations.backups.catalogue import Backup, Proof, Recovered, Verification
from sycee.operations.backups.errors import BackupDamaged, RecoveryFailed
from sycee.operations.backups.proofs import Keys, prove
from sycee.operations.backups.recovery import recovered
from sycee.operations.backups.repository import Backups
from sycee.operations.backups.windows import Plan, plan_restore


def verify_backup(
    backups: Backups,
    backup_id: str,
    *,
    keys: Keys | None = None,
    scratch: Path | None = None,
    say: Callable[[str], None] = lambda _step: None,
) -> Backup:
    """Restore a backup by itself into a throw-away server, prove the books there, and note the result.

    Raises BackupNotFound, BackupsBusy, NotEnoughRoom; what is wrong with the backup is in the result.
    """
    with backups.locked():
        backup = backups.get(backup_id)
        plan = Plan(backup, [], None)
        proved = msgspec.structs.replace(backup, verification=_try(backups, plan, keys, scratch, say))
        backups.keep(proved)
        return proved


def rehearse(
    backups: Backups,
    to: datetime | None,
    backup_id: str | None = None,
    *,
    keys: Keys | None = None,
    scratch: Path | None = None,
    say: Callable[[str], None] = lambda _step: None,
) -> Verification:
    """Do what a restore would do, archived log included, in a throw-away server, and prove the books there.

    Raises what ``plan_restore`` raises.
    """
    with backups.locked():
        return _try(backups, plan_restore(backups, to, backup_id), keys, scratch, say)


def _try(
    backups: Backups, plan: Plan, keys: Keys | None, scratch: Path | None, say: Callable[[str], None]
) -> Verification:
    started, at = time.monotonic(), now()
    position: Recovered | None = None
    proof: Proof | None = None
    error: str | None = None
    if backups.scratch.exists():  # alone here, so what lies there belonged to a process that was killed
        shutil.rmtree(backups.scratch)
    place = _throw_away_place(scratch or backups.scratch)
    try:
        with recovered(backups, plan, place, throw_away=True, say=say) as (server, position):
            proof = prove(server.url(), migrate=True, keys=keys, say=say)
    except (BackupDamaged, RecoveryFailed) as failure:
        error = f"{failure.detail} [{failure.code}]"
    finally:
        shutil.rmtree(place)
    passed = error is None and proof is not None and proof.passed
    return Verification(at, passed, round(time.monotonic() - started, 3), position, proof, error)


def _throw_away_place(scratch: Path) -> Path:
    scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Path(tempfile.mkdtemp(prefix="throw-away-", dir=scratch))
