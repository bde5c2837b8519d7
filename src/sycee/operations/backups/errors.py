"""What can go wrong with backups: what is refused, and why."""

from __future__ import annotations

from sycee.kernel.errors import BusinessRule, Conflict, InvalidInput, NotFound, SyceeError, Unavailable


class NoBackups(NotFound):
    """There are no backups in this directory"""

    code = "no_backups"


class BackupNotFound(NotFound):
    """There is no such backup"""

    code = "backup_not_found"


class BackupsOfAnotherBank(Conflict):
    """The directory holds the backups of another database"""

    code = "backups_of_another_bank"


class BackupsBusy(Conflict):
    """Another process works on these backups"""

    code = "backups_busy"


class BackupFailed(Unavailable):
    """The backup could not be taken"""

    code = "backup_failed"


class BackupDamaged(BusinessRule):
    """The backup is not what was written"""

    code = "backup_damaged"


class ArchivingStopped(Unavailable):
    """Write-ahead log can no longer be received without a gap"""

    code = "archiving_stopped"


class WalMissing(BusinessRule):
    """The archive lacks write-ahead log that this restore needs"""

    code = "wal_missing"


class WalDamaged(BusinessRule):
    """The archive holds write-ahead log that is not this database's"""

    code = "wal_damaged"


class InvalidRestoreTime(InvalidInput):
    """That is not a time to restore to"""

    code = "invalid_restore_time"


class RestoreTimeUnreachable(BusinessRule):
    """The backups do not reach that time"""

    code = "restore_time_unreachable"


class RestorePlaceNotEmpty(Conflict):
    """A restore overwrites nothing"""

    code = "restore_place_not_empty"


class NotEnoughRoom(Conflict):
    """There is not enough room"""

    code = "not_enough_room"


class RecoveryFailed(SyceeError):
    """The database could not be recovered from the backup"""

    code = "recovery_failed"


class NothingWouldRemain(BusinessRule):
    """What would be removed is all that a restore could begin from"""

    code = "nothing_would_remain"
