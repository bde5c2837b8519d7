"""A key file for every test of identity."""

from __future__ import annotations

from pathlib import Path

import pytest

from sycee.identity import KeyFile
from tests.identity.people import keys_in


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    """The keys that this test's secrets are encrypted with."""
    return keys_in(tmp_path)
