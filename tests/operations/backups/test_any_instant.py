"""Any instant of live posting can be restored: all acknowledged before is there, nothing asked for later."""

from __future__ import annotations

import random
import shutil
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg

from sycee.database import DatabaseUnavailable, EmbeddedServer
from sycee.operations.backups import create_backup, mark_time, restore, windows
from tests.conftest import FAST
from tests.long_runs import rounds
from tests.operations.backups.bank import Bank, post, transfers

_POSTERS = 3
_INSTANTS = rounds(1, 25)


class Poster(threading.Thread):
    """Posts one transfer after another, and notes when each was asked for and when it was acknowledged."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.url = url
        self.done: list[tuple[datetime, UUID, datetime]] = []
        self.enough = threading.Event()

    def run(self) -> None:
        while not self.enough.is_set():
            asked = datetime.now(UTC)
            try:
                [id] = post(self.url, 1)
            except (DatabaseUnavailable, psycopg.Error):
                return
            self.done.append((asked, id, datetime.now(UTC)))


def test_any_instant_of_live_posting_has_all_that_was_acknowledged_before_and_nothing_asked_for_later(
    data_dir: Path,
) -> None:
    bank = Bank(data_dir).found()
    posters = [Poster(bank.server.url()) for _ in range(_POSTERS)]
    receiver = bank.receive()
    try:
        for poster in posters:
            poster.start()
        create_backup(bank.backups, bank.source)
        began = bank.now()
        threading.Event().wait(rounds(1, 20))
        ended = bank.now()
        for poster in posters:
            poster.enough.set()
        for poster in posters:
            poster.join()
        mark_time(bank.source)
        bank.wait_until_received()
    finally:
        receiver.kill()
        receiver.join()
        bank.server.kill()
    history = [one for poster in posters for one in poster.done]
    dice = random.Random(20261122)
    for turn in range(_INSTANTS):
        instant = began + timedelta(seconds=dice.random() * (ended - began).total_seconds())
        into = data_dir / f"restored-{turn}"
        restore(bank.backups, into, instant, proving=turn == 0)
        with EmbeddedServer(into, settings=FAST) as server:
            there = transfers(server.url())
        shutil.rmtree(into)
        assert {id for _, id, acknowledged in history if acknowledged < instant} <= there
        assert not {id for asked, id, _ in history if asked > instant} & there
    assert any(asked > began for asked, _, _ in history), "nothing was posted beside"


def test_a_bank_restored_to_the_last_goes_on_in_the_same_stretch_of_log(data_dir: Path) -> None:
    bank = Bank(data_dir).found()
    receiver = bank.receive()
    first = create_backup(bank.backups, bank.source)
    acknowledged = bank.post(3)
    bank.wait_until_received()
    bank.server.kill()
    shutil.rmtree(bank.server.data_dir)
    # The receiver waits for the database meanwhile, and goes on with the one that was restored.
    restore(bank.backups, bank.server.data_dir, proving=False)
    bank.server.start()
    try:
        bank.wait_until_received()
        acknowledged += bank.post(3)
        mark_time(bank.source)
        noted = bank.now()
        mark_time(bank.source)
        bank.wait_until_received()
    finally:
        receiver.kill()
        receiver.join()
        bank.server.kill()
    assert len(list(bank.backups.wal.iterdir())) == 1
    [window] = windows(bank.backups)
    assert window.backup.id == first.id
    restore(bank.backups, data_dir / "again", noted, proving=False)
    with EmbeddedServer(data_dir / "again", settings=FAST) as server:
        assert transfers(server.url()) == set(acknowledged)
