"""Backups: base backups, continuous archiving, and restoring to an instant, each proved by the books.

Made of PostgreSQL's own programs (``pg_basebackup``, ``pg_receivewal``, ``pg_combinebackup``,
``pg_verifybackup``); what is here is when they are run, what is known of what they made, and the proof: a
backup counts as verified when a server was restored from it and its books held.
"""

from sycee.operations.backups.archiving import HEARTBEAT_S, SLOT, Archiving, mark_time
from sycee.operations.backups.catalogue import (
    Backup,
    BackupKind,
    BackupState,
    CellPosition,
    Proof,
    Recovered,
    Verification,
)
from sycee.operations.backups.errors import (
    ArchivingStopped,
    BackupDamaged,
    BackupFailed,
    BackupNotFound,
    BackupsBusy,
    BackupsOfAnotherBank,
    InvalidRestoreTime,
    NoBackups,
    NotEnoughRoom,
    NothingWouldRemain,
    RecoveryFailed,
    RestorePlaceNotEmpty,
    RestoreTimeUnreachable,
    WalDamaged,
    WalMissing,
)
from sycee.operations.backups.proofs import trusted_keys
from sycee.operations.backups.pruning import Pruned, prune
from sycee.operations.backups.repository import Backups
from sycee.operations.backups.restoring import Restoration, restore
from sycee.operations.backups.source import Source
from sycee.operations.backups.standing import Slot, Standing, standing
from sycee.operations.backups.taking import create_backup
from sycee.operations.backups.verifying import rehearse, verify_backup
from sycee.operations.backups.windows import Window, parse_time, windows

__all__ = [
    "HEARTBEAT_S",
    "SLOT",
    "Archiving",
    "ArchivingStopped",
    "Backup",
    "BackupDamaged",
    "BackupFailed",
    "BackupKind",
    "BackupNotFound",
    "BackupState",
    "Backups",
    "BackupsBusy",
    "BackupsOfAnotherBank",
    "CellPosition",
    "InvalidRestoreTime",
    "NoBackups",
    "NotEnoughRoom",
    "NothingWouldRemain",
    "Proof",
    "Pruned",
    "Recovered",
    "RecoveryFailed",
    "Restoration",
    "RestorePlaceNotEmpty",
    "RestoreTimeUnreachable",
    "Slot",
    "Source",
    "Standing",
    "Verification",
    "WalDamaged",
    "WalMissing",
    "Window",
    "create_backup",
    "mark_time",
    "parse_time",
    "prune",
    "rehearse",
    "restore",
    "standing",
    "trusted_keys",
    "verify_backup",
    "windows",
]
