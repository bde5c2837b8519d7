"""A drill: traffic, a fault, the way back, the proof."""

from __future__ import annotations

import asyncio
import statistics
import sys
from collections.abc import Callable, Sequence
from datetime import date
from uuid import UUID

import msgspec

from sycee.client import Credentials, NewAccount, Sycee
from sycee.database import Database
from sycee.kernel.errors import Unavailable
from sycee.operations.cluster import (
    Centre,
    LocalCluster,
    api_url,
    cluster_state,
    take_back,
    wait_until,
)
from sycee.operations.cluster.plan import POSTGRES_PORT
from sycee.operations.drills import inside
from sycee.operations.drills.entrance import Entrance
from sycee.operations.drills.faults import BARS_S, GOES_ON, TEXTS, strike, victim
from sycee.operations.drills.proving import prove
from sycee.operations.drills.records import DrillReport, Event, Fault, FaultReport, Moment, Proof, Request
from sycee.operations.drills.traffic import Traffic

_CELL, _ACCOUNTS = 990, 40
_LATE_S, _MOMENT_S = 1.0, 0.5
_WRITING_WITHIN_S, _WHOLE_WITHIN_S, _LOOK_EVERY_S = 90.0, 180.0, 0.05
_ISOLATED_FOR_S = 30.0

Say = Callable[[str], None]


class NotRecovered(Unavailable):
    """The bank did not come back by itself"""

    code = "not_recovered"


class DrillOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What a drill breaks, one after the other, under so much traffic.

    ``leader``: whether the leader is struck, another centre, or (None) any. ``calm_s`` is how long the
    traffic runs undisturbed before, between and after.
    """

    drill: str
    faults: tuple[Fault, ...]
    leader: bool | None = True
    rate_per_s: float = 50.0
    calm_s: float = 5.0


class Drill:
    """A drill on a cluster that runs and is whole."""

    def __init__(self, cluster: LocalCluster, credentials: Credentials, order: DrillOrder, say: Say) -> None:
        self._cluster = cluster
        self._token = credentials.token
        self._order = order
        self._tell = say
        self._events: list[Event] = []
        self._faults: list[FaultReport] = []
        self._asked: list[UUID] = []
        self._told: list[UUID] = []

    async def run(self) -> DrillReport:
        """Do it all. Raises ClusterNotReady, NotRecovered, IsolationImpossible."""
        await self._until_served()
        urls = [api_url(self._cluster, centre.name) for centre in self._cluster.plan.centres]
        async with Sycee(urls[0], self._token) as bank:
            accounts = await _open_accounts(bank)
        async with Entrance(urls, self._token) as entrance:
            traffic = Traffic(entrance, accounts, self._order.rate_per_s)
            going = asyncio.create_task(traffic.run())
            try:
                await asyncio.sleep(self._order.calm_s)
                for fault in self._order.faults:
                    await self._one(traffic, fault, accounts)
                    await asyncio.sleep(self._order.calm_s)
            finally:
                traffic.stop()
                await going
        asked = [*self._asked, *(request.id for request in traffic.requests)]
        answered = [request.id for request in traffic.requests if request.answered_s is not None]
        async with await Database.open(self._cluster.url) as database:
            proof = await prove(database, accounts, asked, [*self._told, *answered])
        return self._report(traffic.requests, proof)

    async def _one(self, traffic: Traffic, fault: Fault, accounts: Sequence[str]) -> None:
        state = await cluster_state(self._cluster)
        centre = victim(self._cluster, state, fault, self._order.leader)
        led = centre.name == state.leader
        at_s = traffic.now_s
        self._say(at_s, TEXTS[fault].format(centre=centre.name))
        await strike(self._cluster, fault, centre, lambda text: self._say(traffic.now_s, text))
        struck_s = traffic.now_s
        inquiry = None
        if fault == "isolate":
            inquiry = asyncio.create_task(self._ask_inside(centre, accounts))
        again_s = await self._writing_again(traffic, struck_s)
        recovery_s = traffic.longest_silence(at_s, again_s) if fault in GOES_ON else again_s - at_s
        self._say(again_s, f"writing again after {recovery_s:.1f} s")
        told = inside.Told() if inquiry is None else await inquiry
        self._asked += told.asked
        self._told += told.acknowledged
        await take_back(self._cluster, centre, within_s=_WHOLE_WITHIN_S)
        await self._until_served()
        whole_s = traffic.now_s
        self._say(whole_s, f"{centre.name} is back, all centres are in step")
        self._faults.append(
            FaultReport(
                fault=fault,
                centre=centre.name,
                led=led,
                at_s=at_s,
                recovery_s=recovery_s,
                bar_s=BARS_S.get(fault),
                whole_after_s=whole_s - at_s,
                minority_asked=len(told.asked),
                minority_acknowledged=len(told.acknowledged),
            )
        )

    async def _until_served(self) -> None:
        await wait_until(
            self._cluster, lambda now: now.serves, "every centre serves", within_s=_WHOLE_WITHIN_S
        )

    def _say(self, at_s: float, text: str) -> None:
        self._events.append(Event(at_s, text))
        self._tell(f"{at_s:6.1f} s  {text}")

    async def _writing_again(self, traffic: Traffic, since_s: float) -> float:
        """When the first request that was due after the fault was acknowledged."""
        while traffic.now_s < since_s + _WRITING_WITHIN_S:
            if (answered_s := traffic.first_answer(since_s)) is not None:
                return answered_s
            await asyncio.sleep(_LOOK_EVERY_S)
        raise NotRecovered(f"no write was acknowledged within {_WRITING_WITHIN_S:g} seconds of the fault")

    async def _ask_inside(self, centre: Centre, accounts: Sequence[str]) -> inside.Told:
        """What a client in the isolated centre is told, who reaches that centre alone."""
        base = self._cluster.url.partition("@")[0]
        order = inside.Order(
            api_url=api_url(self._cluster, centre.name),
            database_url=f"{base}@{centre.address}:{POSTGRES_PORT}/sycee?connect_timeout=1",
            token=self._token,
            debit=accounts[0],
            credit=accounts[1],
            seconds=_ISOLATED_FOR_S,
        )
        command = self._cluster.network.within(centre, [sys.executable, inside.__file__])
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        said, _ = await process.communicate(msgspec.json.encode(order))
        return msgspec.json.decode(said, type=inside.Told)

    def _report(self, requests: Sequence[Request], proof: Proof) -> DrillReport:
        latencies = sorted(one.latency_s for one in requests if one.latency_s is not None)
        errors = [request.error for request in requests if request.error is not None]
        quantiles = statistics.quantiles(latencies, n=100) if len(latencies) > 1 else [0.0] * 99
        kept = all(fault.passed for fault in self._faults)
        return DrillReport(
            drill=self._order.drill,
            passed=proof.holds and kept and not errors,
            recovery_s=max((fault.recovery_s for fault in self._faults), default=0.0),
            acknowledged=proof.acknowledged,
            lost=proof.lost,
            doubled=proof.doubled,
            errors_seen_by_clients=len(errors),
            seals_ok=proof.seals_ok,
            books_ok=proof.books_ok,
            requests=len(requests),
            late=sum(latency > _LATE_S for latency in latencies),
            rate_per_s=self._order.rate_per_s,
            p50_ms=1000 * quantiles[49],
            p99_ms=1000 * quantiles[98],
            longest_ms=1000 * max(latencies, default=0.0),
            centres=len(self._cluster.plan.centres),
            faults=tuple(self._faults),
            breaks=proof.breaks,
            events=tuple(self._events),
            timeline=_timeline(requests),
            first_error=errors[0] if errors else None,
        )


def _timeline(requests: Sequence[Request]) -> tuple[Moment, ...]:
    """What was answered in each half second, and how late."""
    spans: dict[int, list[float]] = {}
    for request in requests:
        if request.answered_s is not None and request.latency_s is not None:
            spans.setdefault(int(request.answered_s / _MOMENT_S), []).append(request.latency_s)
    moments = []
    for number in range(max(spans, default=-1) + 1):
        latencies = sorted(spans.get(number, []))
        moments.append(
            Moment(
                at_s=number * _MOMENT_S,
                answered=len(latencies),
                p50_ms=_at(latencies, 0.5),
                p99_ms=_at(latencies, 0.99),
            )
        )
    return tuple(moments)


def _at(ordered: Sequence[float], share: float) -> float | None:
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


async def _open_accounts(bank: Sycee) -> list[str]:
    """Accounts of the drill alone, in a cell of its own, without floors."""
    if _CELL not in {cell.cell for cell in await bank.cells()}:
        await bank.create_cell(_CELL, "Drills", date.today())  # noqa: DTZ011 - the cell's first business date
    wanted = [
        NewAccount(currency="CNY", subject="2011", cell=_CELL, floor=None, name="Drill")
        for _ in range(_ACCOUNTS)
    ]
    return [account.number for account in await bank.open_accounts(wanted)]
