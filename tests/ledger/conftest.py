"""The ledger's tests: helpers whose assertions pytest is to explain."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("tests.ledger.playing", "tests.ledger.reading_back")
