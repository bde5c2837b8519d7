"""Backups of a bank that works on: killed half-way, in steps, of damaged books, and those no longer kept."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import psutil
import pytest

from sycee.operations.backups import (
    Archiving,
    ArchivingStopped,
    BackupDamaged,
    BackupFailed,
    BackupKind,
    BackupNotFound,
    Backups,
    BackupsBusy,
    BackupsOfAnotherBank,
    BackupState,
    NoBackups,
    NothingWouldRemain,
    create_backup,
    prune,
    rehearse,
    restore,
    standing,
    verify_backup,
    windows,
)
from tests.long_runs import rounds
from tests.operations.backups.bank import PROCESSES, Bank, transfers

_DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def bank() -> Iterator[Bank]:
    directory = Path(tempfile.mkdtemp(prefix="sycee-test-"))
    made = Bank(directory).found()
    made.post(3)
    yield made
    made.server.stop()
    shutil.rmtree(directory)


@pytest.fixture
def backups(data_dir: Path, bank: Bank) -> Iterator[Backups]:
    """A directory for backups of the bank, empty."""
    bank.backups = Backups(data_dir / "backups")
    yield bank.backups
    bank.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots")


def _create(root: Path, url: str) -> None:
    from sycee.operations.backups import Source

    create_backup(Backups(root), Source(url))


def test_a_backup_that_is_killed_half_way_is_never_listed(bank: Bank, backups: Backups) -> None:
    for turn in range(rounds(1, 20)):
        process = PROCESSES.Process(target=_create, args=(backups.root, bank.server.url()))
        process.start()
        deadline = time.monotonic() + 30
        while not list(backups.base.glob(f"*.part/data/{'base' if turn % 2 else 'PG_VERSION'}")):
            assert time.monotonic() < deadline
            assert process.is_alive()
        process.kill()
        process.join()
        assert backups.every() == []
        assert len(backups.unfinished()) == 1
        # Its PostgreSQL program ends with it, and goes on with nothing.
        mine = [
            p
            for p in psutil.process_iter(["cmdline"])
            if str(backups.root) in " ".join(p.info["cmdline"] or [])
        ]
        assert psutil.wait_procs(mine, timeout=10)[1] == []
    whole = create_backup(backups, bank.source)
    assert [one.id for one in backups.every()] == [whole.id]
    assert backups.unfinished() == []


def test_a_receiver_that_is_killed_again_and_again_leaves_no_gap(bank: Bank, backups: Backups) -> None:
    receiver = bank.receive()
    create_backup(backups, bank.source)
    acknowledged: set[object] = set()
    for _ in range(rounds(2, 30)):
        receiver.kill()  # and with it, unasked, pg_receivewal
        receiver.join()
        acknowledged |= set(bank.post(3))
        bank.execute("SELECT pg_switch_wal()")
        acknowledged |= set(bank.post(3))
        receiver = bank.receive()
    receiver.kill()
    receiver.join()
    found = rehearse(backups, None)
    assert found.passed
    assert found.proof is not None
    everything = transfers(bank.server.url())
    assert acknowledged <= everything
    assert found.proof.transfers == len(everything)


def test_log_that_the_server_no_longer_has_ends_the_receiver_until_told_to_leave_a_gap(
    bank: Bank, backups: Backups
) -> None:
    receiver = bank.receive()
    before = create_backup(backups, bank.source)
    receiver.kill()
    receiver.join()
    bank.execute("SELECT pg_drop_replication_slot('sycee_backup')")
    for _ in range(2):
        bank.post(1)
        bank.execute("SELECT pg_switch_wal()")
        bank.execute("CHECKPOINT")
    archiving = Archiving(backups=backups, find=bank.server.url)
    with pytest.raises(ArchivingStopped, match="already been removed"):
        archiving.run()
    stretch = archiving._prepare(bank.source, new=True)
    assert len(list(backups.wal.iterdir())) == 2
    receiver = bank.receive()
    try:
        after = create_backup(backups, bank.source)
        bank.post(1)
        bank.wait_until_received()
        assert list(stretch.iterdir())
        state = standing(backups, bank.server.url(), max_age=_DAY)
        assert any(before.id in problem and "is missing" in problem for problem in state.problems)
        assert state.newest == after.id
    finally:
        receiver.kill()
        receiver.join()


def test_an_incremental_backup_is_restored_with_what_it_stands_on(
    bank: Bank, backups: Backups, data_dir: Path
) -> None:
    with pytest.raises(BackupFailed, match="summarize_wal"):
        create_backup(backups, bank.source, incremental=True)
    bank.execute("ALTER SYSTEM SET summarize_wal = on")
    bank.execute("SELECT pg_reload_conf()")
    try:
        full = create_backup(backups, bank.source)
        bank.post(5)
        small = create_backup(backups, bank.source, incremental=True)
        assert (small.kind, small.parent) == (BackupKind.INCREMENTAL, full.id)
        assert small.bytes < full.bytes / 2
        found = verify_backup(backups, small.id)
        assert found.verification is not None
        assert found.verification.proof is not None
        assert found.verification.proof.transfers == len(transfers(bank.server.url()))
        # Pruning keeps what a kept one stands on; a restore without it is refused.
        assert prune(backups, 1).kept == [full.id, small.id]
        shutil.rmtree(backups.base / full.id)
        with pytest.raises(BackupDamaged, match=f"needs {full.id}"):
            restore(backups, data_dir / "restored")
    finally:
        bank.execute("ALTER SYSTEM RESET summarize_wal")
        bank.execute("SELECT pg_reload_conf()")


def test_a_copy_of_a_bank_does_nothing_that_the_bank_is_configured_to_do(
    bank: Bank, backups: Backups, data_dir: Path
) -> None:
    """A standby that commits wait for, and a command that restores: neither is there for a copy."""
    bank.execute("ALTER SYSTEM SET synchronous_standby_names = 'elsewhere'")
    bank.execute(f"ALTER SYSTEM SET restore_command = 'touch {data_dir / 'called'}'")
    try:
        taken = verify_backup(backups, create_backup(backups, bank.source).id)
        restore(backups, data_dir / "restored", proving=False)
    finally:
        bank.execute("ALTER SYSTEM RESET ALL")
    assert taken.state is BackupState.VERIFIED
    assert not (data_dir / "called").exists()
    # The bank itself, restored, has its settings again.
    kept = (data_dir / "restored" / "postgres" / "postgresql.auto.conf").read_text()
    assert "synchronous_standby_names = 'elsewhere'" in kept


def test_books_that_were_tampered_with_fail_the_proof_of_their_backup(bank: Bank, backups: Backups) -> None:
    bank.execute("UPDATE transfers SET amount = amount + 1 WHERE position = 1")
    try:
        taken = verify_backup(backups, create_backup(backups, bank.source).id)
    finally:
        bank.execute("UPDATE transfers SET amount = amount - 1 WHERE position = 1")
    assert taken.state is BackupState.FAILED
    assert taken.verification is not None
    assert taken.verification.proof is not None
    assert taken.verification.proof.breaks == ["cell 101, batch 1: its transfers or its seal were changed"]
    failed = {check.name for check in taken.verification.proof.checks if not check.passed}
    assert "balances equal the sum of entries" in failed
    with pytest.raises(NothingWouldRemain):
        prune(backups, 1)
    with pytest.raises(BackupNotFound, match="no usable backup"):
        rehearse(backups, None)


def test_pruning_keeps_the_newest_verified_and_all_since_with_the_log_they_need(
    bank: Bank, backups: Backups
) -> None:
    receiver = bank.receive()
    try:
        old = create_backup(backups, bank.source)
        bank.post(2)
        bank.execute("SELECT pg_switch_wal()")
        with pytest.raises(NothingWouldRemain):
            prune(backups, 1)
        kept = create_backup(backups, bank.source)
        assert verify_backup(backups, kept.id).state is BackupState.VERIFIED
        newest = create_backup(backups, bank.source)
        bank.post(2)
        bank.wait_until_received()
    finally:
        receiver.kill()
        receiver.join()
    before = sorted(path.name for path in backups.wal.glob("*/*"))
    planned = prune(backups, 1, dry_run=True)
    assert (planned.backups, planned.kept) == ([old.id], [kept.id, newest.id])
    assert sorted(path.name for path in backups.wal.glob("*/*")) == before
    assert prune(backups, 1) == planned
    assert [one.id for one in backups.every()] == [kept.id, newest.id]
    assert planned.segments == len(before) - len(list(backups.wal.glob("*/*"))) > 0
    assert [one.missing for one in windows(backups)] == [None, None]
    with pytest.raises(BackupNotFound):
        backups.get(old.id)


def test_a_directory_belongs_to_one_bank_and_one_worker_at_a_time(bank: Bank, backups: Backups) -> None:
    with pytest.raises(NoBackups):
        backups.every()
    identity = bank.source.identify()
    backups.require(msgspec.structs.replace(identity, system_identifier=identity.system_identifier + 1))
    with pytest.raises(BackupsOfAnotherBank):
        create_backup(backups, bank.source)
    with backups.locked(), pytest.raises(BackupsBusy):
        create_backup(backups, bank.source)


def test_the_standing_says_what_is_wrong(bank: Bank, backups: Backups) -> None:
    create_backup(backups, bank.source)
    found = standing(backups, bank.server.url(), max_age=timedelta(0))
    assert [problem.partition(":")[0].split(", ")[-1] for problem in found.problems] == [
        "is older than 0 hours",
        "is unverified",
        "no write-ahead log is being received",
    ]
