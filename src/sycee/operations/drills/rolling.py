"""A rolling upgrade: every program in every centre is started anew, one centre after the other.

Followers come first; then the lead is handed over in order, and the last centre follows. So a new version is
brought in (its packages are installed before, its migrations only add), and no request fails.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sycee.operations.cluster import (
    BANK_MODULES,
    Centre,
    LocalCluster,
    cluster_state,
    restart_postgres,
    switch_over,
    wait_until,
)

_BACK_WITHIN_S = 120.0


async def roll(cluster: LocalCluster, tell: Callable[[str], None]) -> None:
    """Start everything anew. Raises ClusterNotReady, SwitchoverRefused."""
    state = await cluster_state(cluster)
    names = [one.name for one in state.centres if not one.leads]
    for name in names:
        await _renew(cluster, cluster.plan.centre(name))
        tell(f"{name} runs anew")
    last = cluster.plan.centre(str(state.leader))
    handed = await switch_over(cluster)
    tell(f"{handed.leader} leads")
    await wait_until(cluster, lambda now: now.is_whole, "all centres are in step", within_s=_BACK_WITHIN_S)
    await _renew(cluster, last)
    tell(f"{last.name} runs anew")


async def _renew(cluster: LocalCluster, centre: Centre) -> None:
    """The bank's programs first: those of the other centres go on, whatever its database does."""
    for unit in BANK_MODULES:
        await asyncio.to_thread(cluster.restart_unit, centre, unit)
    await restart_postgres(cluster, centre)
    await wait_until(cluster, lambda now: now.serves, f"{centre.name} serves", within_s=_BACK_WITHIN_S)
