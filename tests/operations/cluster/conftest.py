"""A cluster of three centres for the tests of this folder, started once."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sycee.client import Credentials
from sycee.operations.cluster import LocalCluster, bring_up, can_separate, keep_plan, new_plan


class Running:
    """A cluster that runs, with the bank in it."""

    def __init__(self, cluster: LocalCluster, credentials: Credentials) -> None:
        self.cluster = cluster
        self.credentials = credentials


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    """The cluster; every test leaves it whole."""
    directory = Path(tempfile.mkdtemp(prefix="sycee-cluster-"))
    plan = new_plan("test", 3, "namespaces" if can_separate() else "loopback")
    cluster = LocalCluster(directory, plan, keep_plan(directory, plan))
    try:
        yield Running(cluster, asyncio.run(bring_up(cluster, lambda _step: None)))
    finally:
        cluster.stop()
        shutil.rmtree(directory)
