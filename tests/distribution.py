"""Which tests go to which worker, and in what order: only how long the suite takes depends on it.

A file's tests stay together (``--dist loadfile``), for they share fixtures. So do the files below that share
the bank of ``sycee up --demo``, which every worker that needs it starts for itself. What takes longest
begins first, so that at the end no worker is left alone with it.
"""

from __future__ import annotations

import pytest
from xdist.scheduler import LoadFileScheduling

SHARE_THE_DEMO_BANK = frozenset(
    f"tests/cli/test_{name}_commands.py" for name in ("customer", "day", "receipt", "role")
) | {"tests/cli/test_commands.py"}

LONGEST_FIRST = (
    "tests/operations/cluster/test_cluster.py",
    "tests/api/test_schemathesis.py",
    "tests/cli/test_up.py",
    "tests/ledger/test_model.py",
    "tests/api/test_server_process.py",
    "tests/cli/test_soak.py",
    "tests/api/test_failover_http.py",
    "tests/api/test_rolling_restart.py",
    "tests/operations/backups/test_lost_bank.py",
    "tests/operations/backups/test_living_bank.py",
    "tests/monitoring/test_scraped.py",
    "tests/tracing/test_traces.py",
    *sorted(SHARE_THE_DEMO_BANK),
    "tests/api/test_walls_http.py",
    "tests/cli/test_demo.py",
    "tests/products/interest/test_model.py",
    "tests/database/test_embedded.py",
    "tests/payments/drills/test_killed_at_random.py",
    "tests/payments/drills/test_salaries.py",
    "tests/payments/rails/test_killed.py",
    "tests/payments/rails/test_misbehaviour.py",
)
_PLACES = {name: place for place, name in enumerate(LONGEST_FIRST)}


def place_of(item: pytest.Item) -> int:
    """Where the item's file stands among the longest; the others stand behind them as they were."""
    return _PLACES.get(item.nodeid.partition("::")[0], len(_PLACES))


class ByFile(LoadFileScheduling):  # type: ignore[misc]  # it ships no types
    """A file for a worker at a time, and those that share the demo bank for one worker."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return "the demo bank" if file in SHARE_THE_DEMO_BANK else file
