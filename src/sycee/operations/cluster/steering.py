"""What an operator does with a cluster: wait until it is well, hand the lead over, take a centre back in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import httpx

from sycee.operations.cluster.errors import ClusterNotReady, SwitchoverRefused
from sycee.operations.cluster.local import LocalCluster
from sycee.operations.cluster.plan import OPERATOR, PATRONI_PORT, Centre
from sycee.operations.cluster.state import CentreState, ClusterState, cluster_state

_LOOK_EVERY_S = 0.25
_ORDERS_WITHIN_S = 60.0

Wanted = Callable[[ClusterState], bool]


async def wait_until(cluster: LocalCluster, wanted: Wanted, what: str, *, within_s: float) -> ClusterState:
    """The cluster's state as soon as it is as wanted. Raises ClusterNotReady, saying how it is instead."""
    deadline = time.monotonic() + within_s
    while True:
        state = await cluster_state(cluster)
        if wanted(state):
            return state
        if time.monotonic() > deadline:
            raise ClusterNotReady(
                f"{what} not within {within_s:g} seconds: {describe(state)}",
                hint=f"the logs are in {cluster.directory}/<centre>/",
            )
        await asyncio.sleep(_LOOK_EVERY_S)


def describe(state: ClusterState) -> str:
    """A cluster's state in one line."""
    return "; ".join(f"{one.name} {_condition(one)}" for one in state.centres)


def _condition(centre: CentreState) -> str:
    if not centre.alive:
        return "does not run"
    if centre.isolated:
        return "is isolated"
    if centre.role is None:
        return "is not known to the others"
    return f"is {centre.role} ({centre.state})"


async def switch_over(cluster: LocalCluster, to: Centre | None = None) -> ClusterState:
    """Hand the lead to another centre (None: to the one that is best prepared), in order; nothing is lost.

    Raises SwitchoverRefused with Patroni's words, ClusterNotReady.
    """
    state = await cluster_state(cluster)
    if state.leader is None:
        raise ClusterNotReady(f"nobody leads, so nobody can hand over: {describe(state)}")
    if to is not None and to.name == state.leader:
        raise SwitchoverRefused(f"{to.name} leads already")
    order: dict[str, Any] = {"leader": state.leader}
    if to is not None:
        order["candidate"] = to.name
    leader = cluster.plan.centre(state.leader)
    said = await _order(cluster, leader, "switchover", order)
    if said.is_error:
        raise SwitchoverRefused(f"Patroni refuses: {said.text.strip()}")
    return await wait_until(
        cluster,
        lambda now: now.takes_writes and now.leader != leader.name,
        "another centre leads",
        within_s=_ORDERS_WITHIN_S,
    )


async def restart_postgres(cluster: LocalCluster, centre: Centre) -> None:
    """Start a centre's PostgreSQL anew, in order. Raises ClusterNotReady with Patroni's words."""
    said = await _order(cluster, centre, "restart", {})
    if said.is_error:
        raise ClusterNotReady(f"PostgreSQL in {centre.name} was not started anew: {said.text.strip()}")


async def _order(cluster: LocalCluster, centre: Centre, what: str, order: dict[str, Any]) -> httpx.Response:
    async with httpx.AsyncClient(timeout=_ORDERS_WITHIN_S, trust_env=False) as client:
        return await client.post(
            f"http://{centre.address}:{PATRONI_PORT}/{what}",
            json=order,
            auth=(OPERATOR, cluster.passwords.operator),
        )


async def take_back(cluster: LocalCluster, centre: Centre, *, within_s: float = 120.0) -> ClusterState:
    """Mend a centre's line, start what was killed in it, and wait until it holds commits again (or leads).

    Raises ClusterNotReady.
    """
    cluster.network.put_up()
    if cluster.network.is_cut_off(centre):
        cluster.network.join(centre)
    cluster.start_centre(centre)

    def is_back(state: ClusterState) -> bool:
        found = next(one for one in state.centres if one.name == centre.name)
        return state.takes_writes and (found.leads or found.holds_commits)

    return await wait_until(cluster, is_back, f"{centre.name} follows", within_s=within_s)
