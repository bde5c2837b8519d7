"""``sycee up``: starts everything, stops everything, and finds its data again."""

from __future__ import annotations

import signal
import socket
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.cli.conftest import copied


def processes_of(up: Any) -> list[psutil.Process]:
    """Every process that belongs to a running ``sycee up``."""
    return psutil.Process(up.process.pid).children(recursive=True)


def left_over(processes: list[psutil.Process], within_s: float = 10.0) -> list[psutil.Process]:
    """Those that are still running after a while."""
    return psutil.wait_procs(processes, timeout=within_s)[1]


@pytest.fixture
def up(start_up: Callable[..., Any], begun: Path, data_dir: Path) -> Iterator[Any]:
    copied(begun, data_dir)
    started = start_up(data_dir)
    try:
        started.wait_until_ready()
        yield started
    finally:
        if started.process.poll() is None:
            started.stop()
        started.output.unlink()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_every_process_quickly_and_quietly(up: Any, number: signal.Signals) -> None:
    family = processes_of(up)
    assert {"postgres"} <= {process.name() for process in family}
    before = len(up.text)
    started = time.monotonic()
    assert up.stop(number) == 0
    assert time.monotonic() - started < 8
    assert left_over(family, 2.0) == []
    assert "Traceback" not in up.text
    assert up.text[before:].strip() == "· stopped"


def test_a_kill_of_up_itself_stops_everything_too(up: Any) -> None:
    family = processes_of(up)
    up.process.kill()
    up.process.wait()
    assert left_over(family) == []


def test_a_database_that_died_ends_up_with_a_clear_line(up: Any) -> None:
    family = processes_of(up)
    for process in family:
        if process.name() == "postgres":
            process.kill()
    assert up.process.wait(20) == 1
    assert left_over(family) == []
    assert "database_stopped" in up.text
    assert "Traceback" not in up.text


@pytest.mark.parametrize(
    ("module", "code"), [("sycee.main.serving", "api_failed"), ("sycee.main.worker", "worker_failed")]
)
def test_a_part_that_died_ends_up_with_a_clear_line(up: Any, module: str, code: str) -> None:
    family = processes_of(up)
    part = next(process for process in family if module in process.cmdline())
    part.kill()
    assert up.process.wait(20) == 1
    assert left_over(family) == []
    assert code in up.text


def test_no_worker_is_started_where_none_is_wanted(
    start_up: Callable[..., Any], begun: Path, data_dir: Path
) -> None:
    copied(begun, data_dir)
    started = start_up(data_dir, "--no-worker")
    try:
        started.wait_until_ready()
        assert not any("sycee.main.worker" in process.cmdline() for process in processes_of(started))
    finally:
        started.stop()
        started.output.unlink()


def test_a_second_start_finds_data_and_token_again(
    start_up: Callable[..., Any], sycee: Callable[..., Any], data_dir: Path
) -> None:
    first = start_up(data_dir)
    first.wait_until_ready()
    assert "shown this once" in first.text
    token = next(word for word in first.text.split() if word.startswith("syc_"))
    issued = sycee(data_dir, "token", "list", "--json").json["tokens"]
    assert sycee(data_dir, "database", "status").code == 0
    assert first.stop() == 0
    second = start_up(data_dir)
    second.wait_until_ready()
    try:
        assert token not in second.text
        assert "shown this once" not in second.text
        assert sycee(data_dir, "token", "list", "--json").json["tokens"] == issued
        assert sycee(data_dir, "account", "list", "--json").code == 0
    finally:
        second.stop()
        first.output.unlink()
        second.output.unlink()


def test_the_token_is_kept_for_its_owner_only(up: Any) -> None:
    assert stat.S_IMODE((up.data_dir / "credentials.json").stat().st_mode) == 0o600


def test_a_port_that_is_taken_is_said_before_anything_is_started(
    sycee_alone: Callable[..., Any], data_dir: Path
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = sycee_alone(data_dir, "up", "--port", str(taken.getsockname()[1]))
    assert said.code == 1
    assert "cannot listen on 127.0.0.1:" in said.err
    assert "--port" in said.err
    assert list(data_dir.iterdir()) == []


def test_a_second_up_on_the_same_data_is_refused(up: Any, sycee_alone: Callable[..., Any]) -> None:
    said = sycee_alone(up.data_dir, "up", "--port", str(up.port + 1 if up.port < 65535 else 1024))
    assert said.code == 1
    assert "data_directory_in_use" in said.err
    assert sycee_alone(up.data_dir, "account", "list").code == 0
