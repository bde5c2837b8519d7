"""A bank loses its data directory, and comes back as it was at an instant: all acknowledged before, no more.

One history for all tests: two backups with transfers before, between and after, log received by a real
process throughout; then the server is killed and its directory removed.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from sycee import ledger
from sycee.database import EmbeddedServer, Transaction
from sycee.ledger import SEAL_KEYS_FILE, SealKeys
from sycee.operations.backups import (
    Backup,
    BackupDamaged,
    BackupNotFound,
    Backups,
    BackupsOfAnotherBank,
    BackupState,
    InvalidRestoreTime,
    RestorePlaceNotEmpty,
    RestoreTimeUnreachable,
    WalDamaged,
    WalMissing,
    create_backup,
    mark_time,
    rehearse,
    restore,
    verify_backup,
    windows,
)
from tests.conftest import FAST
from tests.operations.backups.bank import TODAY, Bank, Command, post, transfers


class Lost(msgspec.Struct, frozen=True):
    """What is left of the bank, and what is known of its last day."""

    backups: Backups
    first: Backup
    second: Backup
    noted: datetime
    before: frozenset[UUID]
    every: frozenset[UUID]
    latest: datetime
    keys: Path


@pytest.fixture(scope="module")
def lost() -> Iterator[Lost]:
    directory = Path(tempfile.mkdtemp(prefix="sycee-test-"))
    bank = Bank(directory).found()
    keys = SealKeys.at(directory / "safe" / SEAL_KEYS_FILE)
    receiver = bank.receive()
    try:
        acknowledged = bank.post(5)
        bank.run(_next_day_signed(keys))
        first = create_backup(bank.backups, bank.source)
        acknowledged += bank.post(20)
        bank.execute("SELECT pg_switch_wal()")
        acknowledged += bank.post(5)
        noted, before = bank.now(), frozenset(acknowledged)
        acknowledged += bank.post(10)
        bank.execute("SELECT pg_switch_wal()")
        acknowledged += bank.post(3)
        second = create_backup(bank.backups, bank.source)
        acknowledged += bank.post(7)
        mark_time(bank.source)
        latest = bank.now()
        bank.wait_until_received()
        bank.server.kill()
        shutil.rmtree(bank.server.data_dir)
    finally:
        receiver.kill()
        receiver.join()
    yield Lost(
        bank.backups, first, second, noted, before, frozenset(acknowledged), latest, directory / "safe"
    )
    shutil.rmtree(directory)


@pytest.fixture
def into(data_dir: Path) -> Path:
    return data_dir / "restored"


@pytest.fixture
def copied(lost: Lost, data_dir: Path) -> Backups:
    """The backups once more, to be damaged: the same files, so what is changed is put in their place."""
    shutil.copytree(lost.backups.root, data_dir / "copied", copy_function=os.link)
    return Backups(data_dir / "copied")


def put(path: Path, content: bytes | bytearray) -> None:
    """Put another file in the place of one, which others may share."""
    path.unlink()
    path.write_bytes(content)


def change_byte(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    put(path, content)


def _next_day_signed(keys: SealKeys) -> Command:
    async def command(tx: Transaction) -> None:
        await ledger.advance_business_date(tx, 101, TODAY + timedelta(1))
        await ledger.sign_days(tx, keys)

    return command


def test_a_bank_is_restored_to_an_instant_with_all_that_was_acknowledged_before_and_no_more(
    lost: Lost, into: Path
) -> None:
    done = restore(lost.backups, into, lost.noted, keys_from=lost.keys)
    assert done.proof is not None
    assert done.proof.passed
    assert (done.proof.transfers, done.proof.signed_days) == (len(lost.before), 1)
    assert [one.position for one in done.proof.cells] == [len(lost.before)]
    assert done.recovered.last_transaction_at is not None
    assert done.recovered.last_transaction_at <= lost.noted
    assert (into / SEAL_KEYS_FILE).read_bytes() == (lost.keys / SEAL_KEYS_FILE).read_bytes()
    # It comes up as any bank does, posts, and stands on a timeline of its own.
    with EmbeddedServer(into, settings=FAST) as server:
        assert transfers(server.url()) == lost.before
        more = post(server.url(), 2)
        assert transfers(server.url()) == lost.before | set(more)
    assert done.recovered.timeline == lost.first.timeline + 1


def test_without_a_time_a_bank_is_restored_to_the_last_that_was_received(lost: Lost, into: Path) -> None:
    done = restore(lost.backups, into, proving=False)
    assert done.backup == lost.second.id
    with EmbeddedServer(into, settings=FAST) as server:
        assert transfers(server.url()) == lost.every


def test_an_older_backup_leads_as_far_as_the_newest(lost: Lost) -> None:
    found = rehearse(lost.backups, None, lost.first.id)
    assert found.passed
    assert found.proof is not None
    assert found.proof.transfers == len(lost.every)
    assert list(lost.backups.scratch.iterdir()) == []


def test_the_list_says_which_instants_each_backup_leads_to(lost: Lost) -> None:
    first, second = windows(lost.backups)
    assert (first.earliest, second.earliest) == (lost.first.ended_at, lost.second.ended_at)
    assert first.earliest < lost.noted < second.earliest
    assert first.latest == second.latest
    assert second.latest is not None
    assert abs(second.latest - lost.latest) < timedelta(seconds=2)


@pytest.mark.parametrize("days", [-1, 1])
def test_a_time_outside_is_refused_with_the_earliest_and_the_latest_there_is(
    lost: Lost, into: Path, days: int
) -> None:
    with pytest.raises(RestoreTimeUnreachable) as refused:
        restore(lost.backups, into, lost.noted + timedelta(days))
    window = windows(lost.backups)[-1]
    assert window.latest is not None
    for bound in (lost.first.ended_at, window.latest):
        assert bound.astimezone(UTC).isoformat() in refused.value.detail
    assert list(into.iterdir()) == []


def test_a_bank_that_went_back_is_backed_up_in_the_same_place_and_what_it_left_stays_left(
    copied: Backups, lost: Lost, data_dir: Path
) -> None:
    bank = Bank(data_dir)
    bank.backups = copied
    restore(copied, bank.server.data_dir, lost.noted, proving=False)
    bank.server.start()
    receiver = bank.receive(new_stretch=True)
    try:
        more = bank.post(4)
        third = create_backup(copied, bank.source)
        more += bank.post(4)
        noted = bank.now()
        bank.post(2)
        mark_time(bank.source)
        bank.wait_until_received()
    finally:
        receiver.kill()
        receiver.join()
        bank.server.kill()
    assert third.timeline > lost.first.timeline
    # The second backup was taken after the instant that the bank went back to: it leads nowhere now.
    assert [one.backup.id for one in windows(copied) if one.latest] == [lost.first.id, third.id]
    found = rehearse(copied, noted, lost.first.id)
    assert found.proof is not None
    assert found.proof.passed
    assert found.proof.transfers == len(lost.before) + len(more)
    into = data_dir / "again"
    restore(copied, into, noted, proving=False)
    with EmbeddedServer(into, settings=FAST) as server:
        assert transfers(server.url()) == lost.before | set(more)


def test_a_backup_of_another_database_is_refused(copied: Backups, lost: Lost, into: Path) -> None:
    repository = msgspec.structs.replace(copied.repository(), system_identifier=1)
    put(copied.root / "repository.json", msgspec.json.encode(repository))
    with pytest.raises(BackupsOfAnotherBank):
        restore(copied, into, None, lost.first.id)
    assert list(into.iterdir()) == []


def test_a_time_without_a_zone_is_refused(lost: Lost, into: Path) -> None:
    with pytest.raises(InvalidRestoreTime):
        restore(lost.backups, into, lost.noted.replace(tzinfo=None))


def test_a_named_backup_leads_to_nothing_from_before_it(lost: Lost, into: Path) -> None:
    with pytest.raises(RestoreTimeUnreachable):
        restore(lost.backups, into, lost.noted, lost.second.id)
    with pytest.raises(BackupNotFound):
        restore(lost.backups, into, None, "../base")


def test_a_restore_overwrites_nothing(lost: Lost, into: Path) -> None:
    into.mkdir()
    (into / "somebodys.txt").write_text("precious")
    with pytest.raises(RestorePlaceNotEmpty, match=r"somebodys\.txt"):
        restore(lost.backups, into, lost.noted)
    assert [path.name for path in into.iterdir()] == ["somebodys.txt"]


def test_a_restore_that_fails_leaves_an_empty_directory(copied: Backups, lost: Lost, into: Path) -> None:
    (copied.data(lost.first) / "global" / "pg_control").unlink()
    with pytest.raises(BackupDamaged, match="pg_control"):
        restore(copied, into, lost.noted)
    assert list(into.iterdir()) == []


def test_a_changed_byte_of_a_backup_is_found_before_it_is_used(
    copied: Backups, lost: Lost, into: Path
) -> None:
    table = next((copied.data(lost.first) / "base").glob("*/1259"))
    change_byte(table, 4000)
    with pytest.raises(BackupDamaged, match="1259"):
        restore(copied, into, lost.noted)
    # Its verification says so, and is believed from then on: the backup is no more chosen by itself.
    found = verify_backup(copied, lost.first.id)
    assert found.state is BackupState.FAILED
    assert found.verification is not None
    assert "backup_damaged" in (found.verification.error or "")
    with pytest.raises(RestoreTimeUnreachable):
        restore(copied, into, lost.noted)


def test_a_manifest_made_anew_over_changed_files_is_not_believed(
    copied: Backups, lost: Lost, into: Path
) -> None:
    manifest = copied.data(lost.first) / "backup_manifest"
    put(manifest, manifest.read_bytes() + b"\n")
    with pytest.raises(BackupDamaged, match="is not the manifest"):
        restore(copied, into, lost.noted)


def _segments(backups: Backups) -> list[Path]:
    return sorted(path for path in backups.wal.glob("*/*") if len(path.name) == 24)


def test_a_gap_in_the_log_is_refused_by_the_name_of_the_segment(
    copied: Backups, lost: Lost, into: Path
) -> None:
    gone = _segments(copied)[-1]
    later = windows(copied)[-1].latest
    gone.unlink()
    found = windows(copied)
    assert found[0].missing == gone.name
    with pytest.raises(WalMissing, match=gone.name):
        restore(copied, into, lost.second.ended_at - timedelta(milliseconds=1))
    # What lies before the gap is still within reach, and what a later backup leads to.
    assert later is not None
    assert found[0].latest is not None
    assert lost.noted < found[0].latest < later


def test_log_of_another_database_is_refused(copied: Backups, lost: Lost, into: Path) -> None:
    segment = _segments(copied)[-1]
    change_byte(segment, 24)  # of the system identifier on its first page
    with pytest.raises(WalDamaged, match="is of database"):
        restore(copied, into, None, lost.first.id)
    # What lies behind the instant is not needed to come there.
    assert restore(copied, into, lost.noted, proving=False).backup == lost.first.id


def test_log_that_is_not_what_its_name_says_is_refused(copied: Backups, lost: Lost, into: Path) -> None:
    one, other = _segments(copied)[-2:]
    put(other, one.read_bytes())
    with pytest.raises(WalDamaged, match="its name says"):
        restore(copied, into, None, lost.first.id)
