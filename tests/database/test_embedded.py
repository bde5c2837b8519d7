"""The embedded server keeps its data, ends with whoever started it, and refuses what would harm it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import psycopg
import pytest

from sycee.database import (
    DataDirectoryFromOtherVersion,
    DataDirectoryInUse,
    EmbeddedServer,
    ServerNotStarted,
    running_url,
)
from sycee.database.data_directory import servers_on
from sycee.database.service_user import service_user

NewServer = Callable[[], EmbeddedServer]

# A Sycee process of its own: starts a server, says so, and waits to be killed.
STARTER = """
import sys, time
from pathlib import Path
from sycee.database import EmbeddedServer
server = EmbeddedServer(Path(sys.argv[1]), settings={"fsync": "off", "shared_buffers": "16MB"})
server.start()
print(server.url(), flush=True)
time.sleep(float(sys.argv[2]))
server.stop()
"""


@pytest.fixture
def new_server(data_dir: Path, server_settings: dict[str, str]) -> NewServer:
    return lambda: EmbeddedServer(data_dir, settings=server_settings)


def _note(server: EmbeddedServer, text: str) -> None:
    with psycopg.connect(server.url()) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS notes (note text)")
        connection.execute("INSERT INTO notes VALUES (%s)", (text,))


def _notes(server: EmbeddedServer) -> list[str]:
    with psycopg.connect(server.url()) as connection:
        return [note for (note,) in connection.execute("SELECT note FROM notes ORDER BY note")]


def _wait_until(happened: Callable[[], bool], within_s: float = 20.0) -> None:
    deadline = time.monotonic() + within_s
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def _start_elsewhere(data_dir: Path, seconds: float = 60.0) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(data_dir), str(seconds)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("postgresql://")
    return process


def test_a_second_start_finds_the_data_again(new_server: NewServer) -> None:
    with new_server() as server:
        _note(server, "kept")
    with new_server() as server:
        assert _notes(server) == ["kept"]


def test_one_object_can_be_started_and_stopped_again(new_server: NewServer) -> None:
    server = new_server()
    for _ in range(2):
        server.start()
        server.start()
        assert server.is_running
        server.stop()
        server.stop()
        assert not server.is_running


def test_nothing_runs_after_a_stop(new_server: NewServer) -> None:
    with new_server() as server:
        assert servers_on(server.cluster)
        guard = psutil.Process(server.guard_pid)
    assert servers_on(server.cluster) == []
    assert not guard.is_running()


def test_a_stop_does_not_wait_for_clients(new_server: NewServer) -> None:
    with new_server() as server:
        connection = psycopg.connect(server.url())
        connection.execute("SELECT 1")
        server.stop(timeout_s=10)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
        connection.close()


def test_what_was_committed_survives_a_crash(new_server: NewServer) -> None:
    server = new_server()
    server.start()
    for round_ in range(2):
        _note(server, f"committed {round_}")
        server.kill()
        assert servers_on(server.cluster) == []
        server.start()
    assert _notes(server) == ["committed 0", "committed 1"]
    server.stop()


def test_a_pid_file_whose_number_went_to_another_process_is_no_obstacle(new_server: NewServer) -> None:
    server = new_server()
    server.start()
    left = (server.cluster / "postmaster.pid").read_text().splitlines()
    server.kill()
    with subprocess.Popen(["sleep", "60"]) as somebody:
        (server.cluster / "postmaster.pid").write_text("\n".join([str(somebody.pid), *left[1:]]) + "\n")
        server.start()
        server.stop()
        somebody.kill()


def test_a_second_server_on_the_same_data_is_refused(new_server: NewServer) -> None:
    with new_server() as first:
        with pytest.raises(DataDirectoryInUse, match=str(os.getpid())):
            new_server().start()
        assert first.is_running
        _note(first, "undisturbed")


def test_another_process_finds_the_running_server_by_its_data_directory(data_dir: Path) -> None:
    assert running_url(data_dir) is None
    elsewhere = _start_elsewhere(data_dir)
    url = running_url(data_dir)
    assert url is not None
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    with pytest.raises(DataDirectoryInUse, match=str(elsewhere.pid)):
        EmbeddedServer(data_dir).start()
    elsewhere.kill()
    elsewhere.communicate()
    _wait_until(lambda: servers_on(data_dir / "postgres") == [])
    assert running_url(data_dir) is None


def test_the_server_ends_when_its_starter_is_killed_and_starts_again_at_once(
    data_dir: Path, new_server: NewServer
) -> None:
    elsewhere = _start_elsewhere(data_dir)
    elsewhere.kill()
    elsewhere.communicate()
    with new_server() as server:  # waits for the old one to be gone
        _note(server, "ours")
    assert servers_on(server.cluster) == []


def test_the_server_ends_when_its_guard_is_killed(new_server: NewServer) -> None:
    with new_server() as server:
        os.kill(server.guard_pid, signal.SIGKILL)
        _wait_until(lambda: servers_on(server.cluster) == [])


def test_an_interrupt_at_the_terminal_does_not_reach_the_server(new_server: NewServer) -> None:
    with new_server() as server:
        ours = os.getpgid(0)
        for process in [server.guard_pid, *servers_on(server.cluster)]:
            assert os.getpgid(process) != ours


def test_data_of_another_version_are_refused_and_left_alone(new_server: NewServer) -> None:
    with new_server() as server:
        pass
    version = server.cluster / "PG_VERSION"
    version.write_text("15\n")
    with pytest.raises(DataDirectoryFromOtherVersion, match="PostgreSQL 15"):
        server.start()
    version.write_text("18\n")
    with server:
        assert server.is_running


def test_a_cluster_that_was_left_half_made_is_made_anew(data_dir: Path, new_server: NewServer) -> None:
    half = data_dir / "postgres.new" / "base"
    half.mkdir(parents=True)
    with new_server() as server:
        assert server.is_running
    assert not half.exists()


def test_a_server_that_cannot_start_says_why(data_dir: Path) -> None:
    server = EmbeddedServer(data_dir, settings={"fsync": "off", "max_connections": "many"})
    with pytest.raises(ServerNotStarted, match="max_connections"):
        server.start()
    assert not server.is_running
    with EmbeddedServer(data_dir, settings={"fsync": "off"}) as server:
        assert server.is_running


def test_a_long_path_gets_a_short_socket(data_dir: Path, server_settings: dict[str, str]) -> None:
    deep = data_dir / ("银行" * 20) / "spaces and 'quotes'"
    with EmbeddedServer(deep, settings=server_settings) as server:
        _note(server, "reached")
        socket_dir = Path(server.tool_environment()["PGHOST"])
        assert len(os.fsencode(socket_dir)) < 80
        assert running_url(deep) == server.url()
    assert not socket_dir.exists()


def test_the_socket_is_closed_to_other_users(server: EmbeddedServer) -> None:
    assert Path(server.tool_environment()["PGHOST"]).stat().st_mode & 0o077 == 0
    assert server.cluster.stat().st_mode & 0o077 == 0


def test_the_loopback_port_asks_for_a_password(data_dir: Path, server_settings: dict[str, str]) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with EmbeddedServer(data_dir, settings=server_settings, port=port) as server:
        with psycopg.connect(server.tcp_url()) as connection:
            assert connection.info.host == "127.0.0.1"
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(f"postgresql://sycee@127.0.0.1:{port}/sycee")
        assert (data_dir / "password").stat().st_mode & 0o077 == 0


def test_without_a_port_nothing_listens_on_tcp(server: EmbeddedServer) -> None:
    listening = [
        connection
        for pid in servers_on(server.cluster)
        for connection in psutil.Process(pid).net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert listening == []


def test_commits_are_durable_unless_a_test_says_otherwise(data_dir: Path) -> None:
    with EmbeddedServer(data_dir) as server, psycopg.connect(server.url()) as connection:
        for name in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
            assert connection.execute(f"SHOW {name}".encode()).fetchone() == ("on",), name
        assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)


def test_the_tools_of_postgresql_find_the_server(server: EmbeddedServer) -> None:
    assert server.run_tool("psql", "-Atc", "SELECT current_database()").stdout == "sycee\n"
    with pytest.raises(subprocess.CalledProcessError):
        server.run_tool("psql", "-c", "nonsense")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_an_ordinary_user_runs_a_server_directly(data_dir: Path) -> None:
    user = service_user()
    user.take(data_dir)
    source = Path(__file__).parents[2] / "src"
    for path in (data_dir, source, Path(sys.executable), Path(sys.executable).resolve(), Path(os.__file__)):
        user.let_reach(path)
    environment = {"PYTHONPATH": str(source), "PATH": os.environ["PATH"]}
    if user.run([sys.executable, "-c", "import psycopg, sycee"], env=environment).returncode:
        pytest.skip("this installation is closed to other users")
    done = user.run(
        [sys.executable, "-c", STARTER, data_dir, "0"],
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    assert (data_dir / "postgres").stat().st_uid == user.user
    # Root goes on with those data as the user that they belong to.
    with EmbeddedServer(data_dir, settings={"fsync": "off"}) as server:
        assert psutil.Process(servers_on(server.cluster)[0]).uids().real == user.user


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can copy files to itself")
def test_data_that_root_copied_become_the_servers(data_dir: Path, new_server: NewServer) -> None:
    with new_server() as server:
        _note(server, "copied")
    for path in [server.cluster, *server.cluster.rglob("*")]:
        os.chown(path, 0, 0)
    with new_server() as server:
        assert _notes(server) == ["copied"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts a server as somebody else")
def test_directories_above_are_opened_to_the_server_alone(
    data_dir: Path, server_settings: dict[str, str]
) -> None:
    closed = data_dir / "closed"
    closed.mkdir(mode=0o700)
    with EmbeddedServer(closed / "bank", settings=server_settings) as server:
        assert server.is_running
    assert closed.stat().st_mode & 0o007 == 0
    shutil.rmtree(closed)
