"""A server that a test may crash."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sycee.database import EmbeddedServer, migrations


@pytest.fixture
def crashing(data_dir: Path) -> Iterator[EmbeddedServer]:
    """A server of the test's own, as durable as a bank's."""
    settings = {"shared_buffers": "64MB", "max_wal_size": "128MB", "huge_pages": "off"}
    with EmbeddedServer(data_dir, settings=settings) as server:
        migrations.upgrade(server.url())
        yield server
