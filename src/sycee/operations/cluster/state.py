"""How a cluster is: who leads, who follows and how far behind, asked of the centres themselves."""

from __future__ import annotations

import asyncio
import ssl
from functools import cache
from typing import Any, Literal

import httpx
import msgspec

from sycee.operations.cluster.local import LocalCluster
from sycee.operations.cluster.plan import API_PORT, ETCD_PORT, PATRONI_PORT, Centre

_ANSWERS_WITHIN_S = 1.5
_HOLDING = {"sync_standby", "quorum_standby"}
_FOLLOWING = {"streaming", "in archive recovery", "running"}

Answer = Literal["ready", "not_ready", "silent"]


class CentreState(msgspec.Struct, frozen=True, kw_only=True):
    """A centre: what runs in it, and what it is to the others.

    ``role`` and ``state`` are Patroni's words (leader, quorum_standby, replica; running, streaming, …), None
    where nobody knows. ``lag_bytes`` is what of the leader's log it has not replayed yet.
    """

    name: str
    address: str
    alive: bool
    isolated: bool
    role: str | None
    state: str | None
    timeline: int | None
    lag_bytes: int | None
    etcd: Answer
    api: Answer

    @property
    def leads(self) -> bool:
        """Whether it takes the writes."""
        return self.role == "leader"

    @property
    def follows(self) -> bool:
        """Whether it receives what the leader writes."""
        return not self.leads and self.role is not None and self.state in _FOLLOWING and self.alive

    @property
    def holds_commits(self) -> bool:
        """Whether it is one of those of which a quorum holds a commit before it is acknowledged."""
        return self.role in _HOLDING and self.follows and self.state == "streaming"


class ClusterState(msgspec.Struct, frozen=True, kw_only=True):
    """A cluster at one moment. ``leader`` is None while none is known."""

    name: str
    leader: str | None
    synchronous: int
    centres: tuple[CentreState, ...]

    @property
    def takes_writes(self) -> bool:
        """Whether a commit can be acknowledged: there is a leader, and enough others hold what it writes."""
        holding = sum(centre.holds_commits for centre in self.centres)
        return self.leader is not None and holding >= self.synchronous

    @property
    def is_whole(self) -> bool:
        """Whether it takes writes, and every centre leads or holds commits."""
        return self.takes_writes and all(one.leads or one.holds_commits for one in self.centres)

    @property
    def serves(self) -> bool:
        """Whether it is whole, and the bank's API is ready in every centre."""
        return self.is_whole and all(one.api == "ready" for one in self.centres)


async def cluster_state(cluster: LocalCluster) -> ClusterState:
    """Ask every centre at once; whoever does not answer in a second and a half is silent."""
    plan = cluster.plan
    async with httpx.AsyncClient(timeout=_ANSWERS_WITHIN_S, trust_env=False, verify=_tls()) as client:
        answers = await asyncio.gather(*(_ask(client, centre) for centre in plan.centres))
    members = _freshest([members for members, _, _ in answers])
    lines = await asyncio.gather(
        *(asyncio.to_thread(cluster.network.is_cut_off, centre) for centre in plan.centres)
    )
    centres = []
    for centre, cut_off, (_, etcd, api) in zip(plan.centres, lines, answers, strict=True):
        member = members.get(centre.name, {})
        lag = member.get("replay_lag", member.get("lag"))
        centres.append(
            CentreState(
                name=centre.name,
                address=centre.address,
                alive=cluster.is_running(centre),
                isolated=cut_off,
                role=member.get("role"),
                state=member.get("state"),
                timeline=member.get("timeline"),
                lag_bytes=lag if isinstance(lag, int) else None,
                etcd=etcd,
                api=api,
            )
        )
    leading = (one.name for one in centres if one.leads and one.alive and one.state == "running")
    return ClusterState(
        name=plan.name, leader=next(leading, None), synchronous=plan.synchronous, centres=tuple(centres)
    )


@cache
def _tls() -> ssl.SSLContext:
    # Made once: it takes longer to make than all the centres take to answer.
    return ssl.create_default_context()


async def _ask(client: httpx.AsyncClient, centre: Centre) -> tuple[dict[str, Any] | None, Answer, Answer]:
    """What a centre's Patroni says of all members, and whether its etcd and its API are well."""
    base = f"http://{centre.address}"
    said, etcd, api = await asyncio.gather(
        _get(client, f"{base}:{PATRONI_PORT}/cluster"),
        _get(client, f"{base}:{ETCD_PORT}/health"),
        _get(client, f"{base}:{API_PORT}/v1/health"),
    )
    members = said.json() if said is not None and said.status_code == httpx.codes.OK else None
    return members, _answer(etcd), _answer(api)


async def _get(client: httpx.AsyncClient, url: str) -> httpx.Response | None:
    try:
        return await client.get(url)
    except httpx.HTTPError:
        return None


def _answer(response: httpx.Response | None) -> Answer:
    if response is None:
        return "silent"
    return "ready" if response.status_code == httpx.codes.OK else "not_ready"


def _freshest(said: list[dict[str, Any] | None]) -> dict[str, dict[str, Any]]:
    """The members by name, as the one sees them who knows of the latest timeline."""
    known = [{member["name"]: member for member in one["members"]} for one in said if one is not None]

    def newest(members: dict[str, dict[str, Any]]) -> tuple[int, bool]:
        timelines = [member.get("timeline", 0) for member in members.values()]
        return max((one for one in timelines if isinstance(one, int)), default=0), _has_leader(members)

    return max(known, key=newest, default={})


def _has_leader(members: dict[str, dict[str, Any]]) -> bool:
    return any(member.get("role") == "leader" for member in members.values())
