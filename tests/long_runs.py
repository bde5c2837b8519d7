"""How much the tests that search at random do: enough for every change by default, more with ``--long``."""

from __future__ import annotations

import os

LONG_RUNS = "SYCEE_LONG"  # the environment variable that asks for long runs; --long sets it


def is_long() -> bool:
    """Whether long runs were asked for."""
    return os.environ.get(LONG_RUNS, "") not in {"", "0"}


def rounds(usual: int, long: int) -> int:
    """How many rounds to make: ``usual`` ones, or ``long`` in a long run."""
    return long if is_long() else usual
