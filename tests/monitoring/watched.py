"""What the files of the monitoring say, taken apart; and a Prometheus to load them."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msgspec
import pytest

T = TypeVar("T")

needs_prometheus = pytest.mark.skipif(
    shutil.which("prometheus") is None or shutil.which("promtool") is None,
    reason="no prometheus and promtool on the PATH; Debian: apt-get install prometheus",
)
KEPT = files("sycee.operations.monitoring")
DASHBOARD: dict[str, Any] = msgspec.json.decode(KEPT.joinpath("dashboard.json").read_bytes())
ALERTS = KEPT.joinpath("alerts.yml").read_text(encoding="utf-8")
_RULE = re.compile(r"- alert: (\w+)\n +expr: (.+)\n")
_LIMIT = re.compile(r"(.+) (?:>|<|==) [\d.]+")
_PATIENCE_S = 60.0


def rules() -> dict[str, str]:
    """Every alert's expression by its name."""
    found = dict(_RULE.findall(ALERTS))
    assert len(found) == ALERTS.count("alert:")
    return found


def figure(expression: str) -> str:
    """What an alert's expression compares with its limit."""
    found = _LIMIT.fullmatch(expression)
    assert found is not None, expression
    return found[1]


def panels() -> dict[str, list[str]]:
    """The expressions of each panel of the dashboard by its title."""
    return {
        panel["title"]: [target["expr"] for target in panel["targets"]]
        for panel in DASHBOARD["panels"]
        if panel["type"] != "row"
    }


def free_ports(count: int) -> int:
    """The first of so many ports in a row on which nobody listens."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            first = int(probe.getsockname()[1])
        try:
            for port in range(first, first + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            continue
        return first


def until(found: Callable[[], T | None], what: str) -> T:
    """What is found in the end."""
    deadline = time.monotonic() + _PATIENCE_S
    while (value := found()) is None:
        assert time.monotonic() < deadline, what
        time.sleep(0.1)
    return value


class Prometheus:
    """A real one, asked over HTTP."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=f"{url}/api/v1", timeout=10)

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def ask(self, path: str, **parameters: str) -> Any:
        """Its answer's data; None while it does not answer."""
        try:
            answer = self._client.get(path, params=parameters)
        except httpx.TransportError:
            return None
        if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:  # it reads its own log first
            return None
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """What an expression evaluates to now."""
        found: list[dict[str, Any]] = self.ask("query", query=expression)["result"]
        return found


@contextmanager
def prometheus(directory: Path) -> Iterator[Prometheus]:
    """Prometheus on the configuration in a directory, once it has scraped every target."""
    port = free_ports(1)
    command = ["prometheus", f"--config.file={directory / 'prometheus.yml'}"]
    command += [f"--storage.tsdb.path={directory / 'data'}", f"--web.listen-address=127.0.0.1:{port}"]
    with (directory / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    asked = Prometheus(f"http://127.0.0.1:{port}")
    try:

        def all_up() -> bool | None:
            found = asked.ask("targets")
            states = [target["health"] for target in found["activeTargets"]] if found else []
            return True if states and set(states) == {"up"} else None

        until(all_up, (directory / "prometheus.log").read_text())
        yield asked
    finally:
        asked.close()
        process.terminate()
        process.wait(30)
