"""``sycee backup`` as an operator types it, on the demo bank: from the first backup to the restored bank."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import COMMAND, Say, Up, environment


@pytest.fixture
def backups(data_dir: Path) -> Path:
    return data_dir / "backups"


@pytest.fixture
def receiver(running: Up, backups: Path) -> Iterator[subprocess.Popen[str]]:
    """``sycee backup archive`` as a service would run it."""
    process = subprocess.Popen(
        [*COMMAND, "backup", "archive", "--backups", str(backups)],
        env=environment(running.data_dir),
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert "receiving" in process.stderr.readline()
    yield process
    if process.poll() is None:
        process.kill()
    process.wait()
    process.stderr.close()


def test_a_bank_is_backed_up_watched_and_restored(
    say: Say, running: Up, backups: Path, data_dir: Path, receiver: subprocess.Popen[str]
) -> None:
    place = ["--backups", backups]
    made = say("backup", "create", "--label", "first", "--json", *place)
    assert made.code == 0, made.err
    assert made.json["verification"]["passed"] is True
    assert made.json["verification"]["recovered"]["lsn"]
    deadline = time.monotonic() + 30
    while (found := say("backup", "list", "--json", *place).json["backups"][0])["latest"] is None:
        assert time.monotonic() < deadline
        time.sleep(0.5)
    assert found["backup"]["manifest_sha256"] == made.json["manifest_sha256"]
    shown = say("backup", "list", *place)
    assert made.json["id"] in shown.out and "verified" in shown.out and "first" in shown.out
    well = say("backup", "status", "--json", *place)
    assert (well.code, well.json["problems"]) == (0, [])
    into = data_dir / "new"
    done = say("backup", "restore", "--json", "--keys", running.data_dir, "--data-dir", into, *place)
    assert done.code == 0, done.err
    assert done.json["keys"] == ["seal-keys.pem", "identity-keys.txt"]
    assert say("ledger", "verify", "--data-dir", into).code == 0
    receiver.send_signal(signal.SIGINT)
    assert receiver.wait(20) == 0
    ill = say("backup", "status", *place)
    assert ill.code == 1
    assert "no write-ahead log is being received" in ill.err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["list"], 1, "[no_backups]"),
        (["status"], 1, "[no_backups]"),
        (["verify"], 1, "[no_backups]"),
        (["restore", "--data-dir", "{empty}"], 1, "[no_backups]"),
        (["restore", "--to", "2026-11-22T12:00:00", "--data-dir", "{empty}"], 1, "in which zone"),
        (["restore", "--to", "tonight", "--data-dir", "{empty}"], 1, "[invalid_restore_time]"),
        (["restore"], 1, "[restore_place_not_empty]"),
        (["restore", "--keys", "{empty}/none"], 2, "does not exist"),
        (["prune", "--keep", "0"], 2, "greater than or equal to 1"),
        (["prune"], 2, "--keep"),
        (["create", "--data-dir", "{empty}"], 1, "[no_bank_yet]"),
        (["create", "--database-url", "postgresql://nobody@127.0.0.1:1/none"], 1, "[database_unavailable]"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(
    say: Say, data_dir: Path, arguments: list[str], code: int, said: str
) -> None:
    empty = data_dir / "empty"
    words = [word.format(empty=empty) for word in arguments]
    answer = say("backup", *words, "--backups", data_dir / "none")
    assert answer.code == code, answer.err
    assert said in answer.err
    assert "Traceback" not in answer.err
