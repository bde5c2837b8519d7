"""What is broken in a drill, and how much time the bank has to go on."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

from sycee.operations.cluster import Centre, ClusterState, LocalCluster, switch_over
from sycee.operations.drills.records import Fault
from sycee.operations.drills.rolling import roll

IN_ORDER: tuple[Fault, ...] = ("switchover", "upgrade")
"""Faults that are none: the operator's own doing, whose price is the longest silence meanwhile."""

BARS_S: dict[Fault, float] = {"postgres": 5.0, "centre": 25.0}
"""In how many seconds the bank takes writes again when its leader is struck."""

TEXTS: dict[Fault, str] = {
    "postgres": "PostgreSQL in {centre} is killed",
    "centre": "everything in {centre} is killed",
    "isolate": "{centre} is cut off from the others",
    "switchover": "{centre} is told to hand over",
    "upgrade": "every centre is started anew, one after the other; {centre} leads",
}


def victim(cluster: LocalCluster, state: ClusterState, fault: Fault, leader: bool | None) -> Centre:
    """The centre to strike: the leader, another, or (None) any of them. A switchover is the leader's."""
    names = [one.name for one in state.centres]
    if leader or (leader is None and fault in ("switchover", "upgrade")):
        names = [state.leader or names[0]]
    elif leader is not None:
        names = [name for name in names if name != state.leader]
    return cluster.plan.centre(random.choice(names))


async def strike(cluster: LocalCluster, fault: Fault, centre: Centre, tell: Callable[[str], None]) -> None:
    """Break it. Raises IsolationImpossible, SwitchoverRefused, ClusterNotReady."""
    if fault == "postgres":
        await asyncio.to_thread(cluster.kill_postgres, centre)
    elif fault == "centre":
        await asyncio.to_thread(cluster.kill, centre)
    elif fault == "isolate":
        await asyncio.to_thread(cluster.network.cut_off, centre)
    elif fault == "upgrade":
        await roll(cluster, tell)
    else:
        await switch_over(cluster)
