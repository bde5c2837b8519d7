"""``sycee backup``: take backups, receive write-ahead log, prove both by restoring, and bring a bank back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sycee.cli.backup_tables import show_backup, show_backups, show_restoration, show_standing
from sycee.cli.books import books
from sycee.cli.options import BackupDir, DatabaseUrl, DataDir, Json, local_settings
from sycee.cli.output import err, hint, out, plain, print_json, progress, refuse
from sycee.cli.signals import stop_by_signal
from sycee.database import running_url
from sycee.kernel.settings import Settings

if TYPE_CHECKING:
    from sycee.operations import backups

app = typer.Typer(
    no_args_is_help=True, help="Take backups, archive what is posted since, and bring a bank back from both."
)

Scratch = Annotated[
    Path | None,
    typer.Option(
        "--scratch",
        help="Where throw-away servers lie while they run. Default: in the directory of the backups.",
        file_okay=False,
    ),
]
Slot = Annotated[str, typer.Option("--slot", help="Replication slot of the receiver, one per archive.")]
Chosen = Annotated[
    str | None, typer.Argument(metavar="[BACKUP]", help="Id of the backup. Default: the newest.")
]
To = Annotated[
    str | None,
    typer.Option(
        "--to",
        metavar="TIME",
        help="The instant, with its zone: 2026-03-31T23:15:00+08:00. Default: as late as there is log.",
    ),
]


@app.command("create")
def create(
    incremental: Annotated[
        bool, typer.Option("--incremental", help="Only what changed since the newest backup.")
    ] = False,
    label: Annotated[str, typer.Option("--label", help="What it is taken for.")] = "",
    verify: Annotated[
        bool, typer.Option("--verify/--no-verify", help="Restore it into a throw-away server at once.")
    ] = True,
    scratch: Scratch = None,
    backup_dir: BackupDir = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """Take a backup beside live traffic, and prove it by restoring it: books are checked, seals verified.

    Ends with 1 when the proof fails.
    """
    from sycee.operations import backups  # noqa: PLC0415 - brings the domains, for the proofs

    settings = local_settings(data_dir, database_url, backup_dir=backup_dir)
    place = backups.Backups(settings.backups)
    with stop_by_signal(), _steps("taking a backup") as say:
        with books(settings) as url:
            taken = backups.create_backup(place, backups.Source(url), incremental=incremental, label=label)
        if verify:
            keys = backups.trusted_keys(settings.data_dir)
            taken = backups.verify_backup(place, taken.id, keys=keys, scratch=scratch, say=say)
    _show_proved(taken, json)


@app.command("verify")
def verify(
    backup: Chosen = None,
    to: To = None,
    with_archive: Annotated[
        bool,
        typer.Option("--with-archive", help="Replay the archived log too, to its end or --to an instant."),
    ] = False,
    scratch: Scratch = None,
    backup_dir: BackupDir = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Restore a backup into a throw-away server and prove the books there, without touching the bank.

    By itself, which the list tells from then on; with --to or --with-archive as a restore would, to rehearse
    it. Ends with 1 when the proof fails.
    """
    from sycee.operations import backups  # noqa: PLC0415 - brings the domains, for the proofs

    settings = local_settings(data_dir, backup_dir=backup_dir)
    place, moment = backups.Backups(settings.backups), _moment(to)
    keys = backups.trusted_keys(settings.data_dir)
    with stop_by_signal(), _steps("verifying") as say:
        if moment is not None or with_archive:
            found = backups.rehearse(place, moment, backup, keys=keys, scratch=scratch, say=say)
            _show_rehearsed(found, json)
        else:
            name = backup or place.newest().id
            proved = backups.verify_backup(place, name, keys=keys, scratch=scratch, say=say)
            _show_proved(proved, json)


@app.command("archive")
def archive(
    new_stretch: Annotated[
        bool,
        typer.Option(
            "--new-stretch", help="Begin at what the server has now, leaving a gap to what was received."
        ),
    ] = False,
    slot: Slot = "sycee_backup",
    backup_dir: BackupDir = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Receive write-ahead log as it is written, until Ctrl-C: so what is posted after a backup is kept too.

    Goes on by itself when the database was away. Run it as a service, on another machine if there is one.
    """
    from sycee.operations import backups  # noqa: PLC0415 - brings the domains

    settings = local_settings(data_dir, database_url, backup_dir=backup_dir)
    archiving = backups.Archiving(
        backups=backups.Backups(settings.backups), find=_finder(settings), slot=slot, say=_say
    )
    with stop_by_signal():
        try:
            archiving.run(new_stretch=new_stretch)
        except KeyboardInterrupt:
            err.print("[dim]· stopped[/dim]")


@app.command("list")
def list_backups(backup_dir: BackupDir = None, data_dir: DataDir = None, json: Json = False) -> None:
    """List every whole backup: what it is, whether it was proved, and which instants it leads to."""
    from sycee.operations import backups  # noqa: PLC0415 - brings the domains

    place = backups.Backups(local_settings(data_dir, backup_dir=backup_dir).backups)
    found = backups.windows(place)
    unfinished = [path.name for path in place.unfinished()]
    if json:
        print_json({"backups": found, "unfinished": unfinished})
        return
    show_backups(found)
    if unfinished:
        hint(f"not finished, and no backup: {', '.join(unfinished)}; the next backup removes it")


@app.command("status")
def status(
    max_age_h: Annotated[
        float, typer.Option("--max-age", min=0.01, help="Hours that the newest backup may be old.")
    ] = 26.0,
    slot: Slot = "sycee_backup",
    backup_dir: BackupDir = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """Say how well the bank is protected now. Ends with 1 when something is wrong, and says what."""
    from sycee.operations import backups  # noqa: PLC0415 - brings the domains

    settings = local_settings(data_dir, database_url, backup_dir=backup_dir)
    found = backups.standing(
        backups.Backups(settings.backups), _finder(settings)(), max_age=timedelta(hours=max_age_h), slot=slot
    )
    if json:
        print_json(found)
    else:
        show_standing(found)
    if found.problems:
        refuse("; ".join(found.problems))
        raise typer.Exit(1)


@app.command("restore")
def restore(
    to: To = None,
    backup: Annotated[
        str | None,
        typer.Option("--backup", help="Id of the backup to begin from. Default: the newest before."),
    ] = None,
    keys: Annotated[
        Path | None,
        typer.Option(
            "--keys",
            help="Directory with copies of seal-keys.pem and identity-keys.txt, which come along.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    proving: Annotated[
        bool,
        typer.Option("--prove/--no-prove", help="Check the books and verify the seals before it is done."),
    ] = True,
    backup_dir: BackupDir = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Restore the bank into an empty --data-dir, as it was at an instant; `sycee up` serves it from there.

    Ends with 1 when the restored books do not prove.
    """
    from sycee.operations import backups  # noqa: PLC0415 - brings the domains, for the proofs

    settings = local_settings(data_dir, backup_dir=backup_dir)
    place, moment = backups.Backups(settings.backups), _moment(to)
    with stop_by_signal(), _steps("restoring") as say:
        done = backups.restore(
            place, settings.data_dir, moment, backup, keys_from=keys, proving=proving, say=say
        )
    print_json(done) if json else show_restoration(done)
    if not done.keys:
        hint(
            "put the bank's seal-keys.pem and identity-keys.txt there before `sycee up`, or it makes new ones"
        )
    if done.proof is not None and done.proof.pending:
        hint(
            "the books are of an earlier version: `sycee database migrate`, then `sycee ledger check`"
            " and `sycee ledger verify`"
        )
    elif done.proof is not None and not done.proof.passed:
        refuse("the restored books do not hold: see what failed, and do not open the bank on them")
        raise typer.Exit(1)


@app.command("prune")
def prune(
    keep: Annotated[int, typer.Option("--keep", min=1, help="Verified backups to keep.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
    backup_dir: BackupDir = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Remove backups older than the newest verified ones, and the log that only they needed."""
    from sycee.operations import backups  # noqa: PLC0415 - brings the domains

    place = backups.Backups(local_settings(data_dir, backup_dir=backup_dir).backups)
    done = backups.prune(place, keep, dry_run=dry_run)
    if json:
        print_json({"dry_run": dry_run, **plain(done)})
        return
    verb = "would remove" if dry_run else "removed"
    out.print(
        f"{verb} {len(done.backups)} backups and {done.segments} segments of log,"
        f" {done.freed_bytes / 2**20:,.0f} MiB; {len(done.kept)} backups are kept"
    )


def _moment(to: str | None) -> datetime | None:
    from sycee.operations import backups  # noqa: PLC0415 - as in the commands

    return None if to is None else backups.parse_time(to)


def _finder(settings: Settings) -> Callable[[], str | None]:
    return lambda: settings.database_url or running_url(settings.data_dir)


def _say(step: str) -> None:
    err.print(f"[dim]· {step}[/dim]", soft_wrap=True)


@contextmanager
def _steps(first: str) -> Iterator[Callable[[str], None]]:
    """Tells the steps of long work: in the progress bar of a terminal, as lines elsewhere."""
    with progress(first, None) as step:
        yield lambda text: step(0, text=text)


def _show_proved(backup: backups.Backup, json: bool) -> None:
    print_json(backup) if json else show_backup(backup)
    if backup.verification is not None and not backup.verification.passed:
        refuse(f"backup {backup.id} does not prove: {_why(backup.verification)}")
        raise typer.Exit(1)


def _show_rehearsed(found: backups.Verification, json: bool) -> None:
    if json:
        print_json(found)
    elif found.recovered is not None:
        at = found.recovered.last_transaction_at
        out.print(f"restored to {found.recovered.lsn}, last transaction {at}, in {found.took_s:.1f} s")
    if not found.passed:
        refuse(f"the rehearsal failed: {_why(found)}")
        raise typer.Exit(1)


def _why(verification: backups.Verification) -> str:
    if verification.error is not None:
        return verification.error
    assert verification.proof is not None
    failed = [f"{one.name}: {one.detail}" for one in verification.proof.checks if not one.passed]
    return "; ".join(failed + verification.proof.breaks)
