"""What is broken in a drill, and how much time the bank has to go on."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable

import psycopg

from sycee.operations.cluster import (
    Centre,
    ClusterNotReady,
    ClusterState,
    LocalCluster,
    set_clock,
    switch_over,
)
from sycee.operations.drills.records import Fault
from sycee.operations.drills.rolling import roll

GOES_ON: tuple[Fault, ...] = ("switchover", "upgrade", "clock")
"""Faults through which the bank goes on; their price is the longest silence meanwhile."""

CLOCK_OFF_S, _WRONG_FOR_S = 3600.0, 5.0

BARS_S: dict[Fault, float] = {"postgres": 5.0, "centre": 25.0}
"""In how many seconds the bank takes writes again when its leader is struck."""

TEXTS: dict[Fault, str] = {
    "postgres": "PostgreSQL in {centre} is killed",
    "centre": "everything in {centre} is killed",
    "isolate": "{centre} is cut off from the others",
    "switchover": "{centre} is told to hand over",
    "clock": "the clock of the database in {centre} is an hour fast",
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
    elif fault == "clock":
        await _set_wrong(cluster, centre, tell)
    else:
        await switch_over(cluster)


def _clock_off_s(cluster: LocalCluster) -> float:
    """How far the clock of the database that leads is ahead of this machine's."""
    with psycopg.connect(cluster.url) as connection:
        row = connection.execute("SELECT extract(epoch FROM clock_timestamp())").fetchone()
    assert row is not None
    return float(row[0]) - time.time()


async def _set_wrong(cluster: LocalCluster, centre: Centre, tell: Callable[[str], None]) -> None:
    """Let the leader's clock run ahead for a while, then hand over to one that is right: time goes back."""
    set_clock(cluster.files(centre), CLOCK_OFF_S)
    off_s = await asyncio.to_thread(_clock_off_s, cluster)
    if abs(off_s - CLOCK_OFF_S) > _WRONG_FOR_S:
        raise ClusterNotReady(f"the clock of {centre.name} was set wrong, and is off by {off_s:.0f} s")
    tell(f"the database's clock is {off_s:.0f} s ahead")
    await asyncio.sleep(_WRONG_FOR_S)
    handed = await switch_over(cluster)
    off_s = await asyncio.to_thread(_clock_off_s, cluster)
    tell(f"{handed.leader} leads, whose clock is {off_s:.0f} s ahead: for the bank time went back")
    await asyncio.sleep(_WRONG_FOR_S)
    set_clock(cluster.files(centre), 0.0)
    tell(f"the clock of {centre.name} is set right")
