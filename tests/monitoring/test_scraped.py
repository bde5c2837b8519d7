"""A real Prometheus scrapes a real bank: every expression of dashboard and alerts finds what it asks for."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from sycee import operations, payments
from sycee.database import Database
from sycee.operations import Targets, monitoring_files
from tests.api.served import Served
from tests.api.small_bank import found_bank, issue_tokens
from tests.api.wire import UNKNOWN, transfer
from tests.long_runs import rounds
from tests.monitoring.watched import figure, free_ports, needs_prometheus, panels, prometheus, rules, until

_NAMES = re.compile(r"\b(?:sycee|process)_\w+")
# Only a server with standbys has these; tests/database/test_doctor.py has one.
WITH_STANDBYS = {"sycee_replication_lag_seconds", "sycee_replication_lag_bytes"}


# What they count has labels that come with the trouble: a status of 500, an id reused, a sweep that failed.
TROUBLE = {"SyceeApiErrors", "SyceeIdReused", "SyceeSweepFailing"}


@contextmanager
def worker(database_url: str, directory: Path, port: int) -> Iterator[None]:
    """A worker process that tells metrics."""
    environ = {
        **os.environ,
        "SYCEE_DATABASE_URL": database_url,
        "SYCEE_DATA_DIR": str(directory),
    }
    command = [sys.executable, "-m", "sycee.main", "worker", "--metrics-port", str(port)]
    with (directory / "worker.log").open("wb") as log:
        process = subprocess.Popen(command, env=environ, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        assert process.wait(30) == 0, (directory / "worker.log").read_text()


async def busy(bank: Database) -> None:
    """A day that was closed, and a rail that is connected and does not answer."""
    await operations.close_day(bank, 101, by="test")
    async with bank.transaction() as tx:
        await payments.rails.connect_rail(
            tx, "HVPS", url="http://127.0.0.1:9", participant="102100099996", by="test"
        )


@needs_prometheus
async def test_every_panel_and_every_alert_finds_its_figures_in_a_real_bank(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    bank = await found_bank(database)
    tokens = await issue_tokens(bank)
    await busy(bank)
    processes = rounds(1, 2)
    first = free_ports(processes + 1)
    api = [f"127.0.0.1:{first + number}" for number in range(processes)]
    workers = [f"127.0.0.1:{first + processes}"]
    for name, content in monitoring_files(Targets(api=api, workers=workers, interval_s=1)).items():
        (tmp_path / name).write_bytes(content)
    settings = {"SYCEE_WORKERS": str(processes), "SYCEE_API_METRICS_PORT": str(first)}
    with (
        Served(database_url, tmp_path / "server.log", **settings) as served,
        worker(database_url, tmp_path, first + processes),
        prometheus(tmp_path) as asked,
        httpx.Client(base_url=served.url, headers={"Authorization": f"Bearer {tokens['admin']}"}) as client,
    ):
        until(lambda: asked.query("sycee_queue_items") or None, "the worker has not looked")
        for target in (*api, *workers):
            assert asked.query(f'up{{instance="{target}"}}')[0]["value"][1] == "1"

        def traffic() -> bool | None:
            for one in (transfer("0.01"), transfer("0.01", credit=UNKNOWN)):
                assert client.post("/v1/transfers", json={"transfers": [one]}).status_code == 200
            return (
                True
                if asked.query('rate(sycee_transfer_outcomes_total{code="account_not_found"}[1m])')
                else None
            )

        until(traffic, "no traffic was seen")
        known = {found["metric"] for found in asked.ask("targets/metadata")}
        wanted = {**panels(), **{name: [figure(expression)] for name, expression in rules().items()}}
        stems = {re.sub("_total$", "", name) for name in known}
        for title, expressions in wanted.items():
            for expression in expressions:
                asked_for = expression.replace("$__rate_interval", "1m")
                named = {re.sub("_(total|bucket|sum|count)$", "", name) for name in _NAMES.findall(asked_for)}
                assert named <= stems, f"{title}: there is no {named - stems}"
                found = bool(asked.query(asked_for))
                assert found or title in TROUBLE or named & WITH_STANDBYS, (
                    f"{title} finds nothing: {asked_for}"
                )
        healths = {
            rule["name"]: rule["health"] for group in asked.ask("rules")["groups"] for rule in group["rules"]
        }
        assert set(healths.values()) == {"ok"}
        assert healths.keys() == rules().keys()
