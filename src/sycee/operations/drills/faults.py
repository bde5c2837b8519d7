"""What is broken in a drill, and how much time the bank has to go on."""

from __future__ import annotations

import asyncio
import random

from sycee.operations.cluster import Centre, ClusterState, LocalCluster, switch_over
from sycee.operations.drills.records import Fault

BARS_S: dict[Fault, float] = {"postgres": 5.0, "centre": 25.0}
"""In how many seconds the bank takes writes again when its leader is struck."""

TEXTS: dict[Fault, str] = {
    "postgres": "PostgreSQL in {centre} is killed",
    "centre": "everything in {centre} is killed",
    "isolate": "{centre} is cut off from the others",
    "switchover": "{centre} is told to hand over",
}


def victim(cluster: LocalCluster, state: ClusterState, fault: Fault, leader: bool | None) -> Centre:
    """The centre to strike: the leader, another, or (None) any of them. A switchover is the leader's."""
    names = [one.name for one in state.centres]
    if leader or (fault == "switchover" and leader is None):
        names = [state.leader or names[0]]
    elif leader is not None:
        names = [name for name in names if name != state.leader]
    return cluster.plan.centre(random.choice(names))


async def strike(cluster: LocalCluster, fault: Fault, centre: Centre) -> None:
    """Break it. Raises IsolationImpossible, SwitchoverRefused."""
    if fault == "postgres":
        await asyncio.to_thread(cluster.kill_postgres, centre)
    elif fault == "centre":
        await asyncio.to_thread(cluster.kill, centre)
    elif fault == "isolate":
        await asyncio.to_thread(cluster.network.cut_off, centre)
    else:
        await switch_over(cluster)
