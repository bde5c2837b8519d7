"""A cluster of three centres for the tests of this folder, started once."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sycee.client import Credentials
from sycee.operations.cluster import (
    LocalCluster,
    Network,
    bring_up,
    can_separate,
    can_set_clocks,
    keep_plan,
    new_plan,
)


class Running:
    """A cluster that runs, with the bank in it."""

    def __init__(self, cluster: LocalCluster, credentials: Credentials) -> None:
        self.cluster = cluster
        self.credentials = credentials


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    """The cluster; every test leaves it whole."""
    directory = Path(tempfile.mkdtemp(prefix="sycee-cluster-"))
    network: Network = "namespaces" if can_separate() else "loopback"
    plan = new_plan("test", 3, network, own_clocks=can_set_clocks())
    cluster = LocalCluster(directory, plan, keep_plan(directory, plan))
    try:
        yield Running(cluster, asyncio.run(bring_up(cluster, lambda _step: None)))
    finally:
        cluster.stop()
        shutil.rmtree(directory)
