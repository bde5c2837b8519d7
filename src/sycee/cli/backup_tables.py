"""How backups look on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sycee.cli.output import Column, facts, out, table

if TYPE_CHECKING:
    from sycee.operations import backups


def show_backups(found: Sequence[backups.Window]) -> None:
    """The list of backups, each with the instants that it leads to."""
    rows = []
    for one in found:
        backup, checked = one.backup, one.backup.verification
        until = _time(one.latest) if one.latest else "its own end"
        rows.append(
            [
                backup.id,
                backup.kind,
                backup.state,
                _time(checked.at) if checked else "",
                f"{backup.bytes / 2**20:,.1f}",
                f"{backup.took_s:,.1f}",
                backup.stop_lsn,
                _time(one.earliest),
                f"{until} (then {one.missing} is missing)" if one.missing else until,
                backup.label,
            ]
        )
    columns: list[str | Column] = ["backup", "kind", "state", "verified at", Column("MiB", right=True)]
    columns += [Column("seconds", right=True), "position", "leads from", "to before", "label"]
    out.print(table("Backups", columns, rows))


def show_backup(backup: backups.Backup) -> None:
    """One backup and its proof."""
    pairs: list[tuple[str, object]] = [
        ("backup", backup.id),
        ("kind", f"{backup.kind}, on {backup.parent}" if backup.parent else backup.kind),
        ("state", backup.state),
        ("position", backup.stop_lsn),
        ("size", f"{backup.bytes / 2**20:,.1f} MiB in {backup.files} files"),
        ("taken in", f"{backup.took_s:.1f} s"),
    ]
    if (done := backup.verification) is not None:
        pairs.append(("verified in", f"{done.took_s:.1f} s"))
        if done.recovered is not None and done.proof is not None:
            pairs += _proved(done.recovered, done.proof)
    out.print(facts("Backup", pairs))


def show_restoration(done: backups.Restoration) -> None:
    """A bank that was restored."""
    pairs: list[tuple[str, object]] = [
        ("bank", done.into),
        ("from backup", done.backup),
        ("asked for", _time(done.to) if done.to else "as late as there is log"),
        ("keys", ", ".join(done.keys) or "none brought along"),
        ("took", f"{done.recovered.restore_s:.1f} s to copy, {done.recovered.recovery_s:.1f} s to replay"),
    ]
    if done.proof is not None:
        pairs += _proved(done.recovered, done.proof)
    out.print(facts("Restored", pairs))


def show_standing(found: backups.Standing) -> None:
    """How well the bank is protected."""
    slot = found.slot
    pairs: list[tuple[str, object]] = [
        ("newest backup", f"{found.newest}, {found.newest_state}" if found.newest else "none"),
        ("can be restored to", f"{_time(found.earliest)} and later" if found.earliest else "nothing"),
        ("and before", _time(found.latest) if found.latest else "no log leads beyond the backups"),
        ("log is received", "yes" if found.archiving else "no"),
        (
            "the server keeps",
            f"{(slot.kept_bytes or 0) / 2**20:,.1f} MiB for it ({slot.wal_status})" if slot else "",
        ),
        ("backups", f"{found.backups}, {found.base_bytes / 2**20:,.0f} MiB"),
        ("archived log", f"{found.wal_bytes / 2**20:,.0f} MiB"),
    ]
    out.print(facts("Backups", pairs))


def _proved(recovered: backups.Recovered, proof: backups.Proof) -> list[tuple[str, object]]:
    last = recovered.last_transaction_at
    pairs: list[tuple[str, object]] = [
        ("recovered to", recovered.lsn),
        ("last transaction", _time(last) if last else "the backup's own end"),
    ]
    if proof.pending:
        return [*pairs, ("books", f"not proved: {', '.join(proof.pending)} still to come")]
    failed = [one.name for one in proof.checks if not one.passed]
    seals = f"{proof.batches} batches with {proof.transfers} transfers"
    return [
        *pairs,
        ("books", f"{len(proof.checks)} checks hold" if not failed else f"FAILED: {'; '.join(failed)}"),
        ("seals", f"{seals}, {'intact' if not proof.breaks else 'BROKEN: ' + '; '.join(proof.breaks)}"),
        ("proved in", f"{proof.took_s:.1f} s"),
    ]


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
