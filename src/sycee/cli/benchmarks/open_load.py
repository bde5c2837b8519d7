"""Open-loop load on the API from a process of its own: requests leave by the clock, whatever comes back.

A client that waits for an answer before it sends again slows down with the server, and never sees the wait of
those who would have come meanwhile. Here each request has an instant at which it is due, and its latency is
counted from that instant, also when no connection was free to send it (coordinated omission corrected).

Run as ``python -m sycee.cli.benchmarks.open_load``: the order comes as JSON on standard input, the result
goes as JSON to standard output. It speaks HTTP/1.1 by hand, so that the server rather than the client gets
the processors.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import deque
from typing import cast

import msgspec
import uvloop

from sycee.cli.benchmarks.mixed_requests import Mix
from sycee.kernel.ending import within

_TICK_S = 0.002
_GRACE_S = 90.0  # for the answers to the last requests
_RETRY_AFTER = b"retry-after:"


class Phase(msgspec.Struct, frozen=True):
    """So many requests a second for so long; ``per_s`` 0 keeps ``clients`` busy, as fast as it goes."""

    name: str
    seconds: float
    per_s: float
    clients: int = 0


class OpenOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What to send where: phases one after another over at most ``connections``."""

    host: str
    port: int
    token: str
    accounts: list[int]
    list_of: int
    connections: int
    phases: list[Phase]


class Slot(msgspec.Struct, kw_only=True):
    """A second of the run, by when requests were due: what became of them."""

    phase: str
    due: int = 0
    accepted: int = 0
    shed: int = 0
    failed: int = 0
    latencies_ms: list[float] = []
    """Of what was accepted, from the instant at which it was due."""


class OpenResult(msgspec.Struct, kw_only=True):
    """The run second by second, with what was acknowledged: payments, and the first failure."""

    slots: list[Slot]
    payments: int = 0
    without_retry_after: int = 0
    first_failure: str = ""


class _Connection(asyncio.Protocol):
    """One connection with one request under way at most."""

    def __init__(self, load: _Load) -> None:
        self._load = load
        self._buffer = b""
        self._due = 0.0
        self._kind = ""
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        if self._kind:
            self._load.failed(self._due, f"connection lost: {error}")
        self._load.lost(self)

    def send(self, due: float, kind: str, request: bytes) -> None:
        assert self.transport is not None
        self._due, self._kind, self._buffer = due, kind, b""
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        lower = head.lower()
        length = lower.partition(b"content-length:")[2].partition(b"\r\n")[0]
        if len(body) < int(length):
            return
        kind, self._kind = self._kind, ""
        self._load.answered(self._due, kind, lower, body)
        self._load.free(self)


class _Load:
    def __init__(self, order: OpenOrder) -> None:
        self._order = order
        self._mix = Mix(order.host, order.port, order.token, order.accounts, order.list_of)
        self._free: list[_Connection] = []
        self._waiting: deque[float] = deque()
        self._open = 0
        self._under_way = 0
        self._started = 0.0
        self._phase = order.phases[0]
        self._phase_until = 0.0
        self._settled = asyncio.Event()
        self.result = OpenResult(slots=[])

    async def run(self) -> OpenResult:
        """Send everything when it is due, wait for the last answers, and sum up."""
        self._started = time.perf_counter()
        begins = self._started
        for phase in self._order.phases:
            self._phase, self._phase_until = phase, begins + phase.seconds
            if phase.per_s:
                await self._by_the_clock(phase, begins)
            else:
                await self._as_fast_as_it_goes(phase)
            begins += phase.seconds
        async with within(_GRACE_S):
            while self._under_way or self._waiting:
                self._settled.clear()
                await self._settled.wait()
        return self.result

    async def _by_the_clock(self, phase: Phase, begins: float) -> None:
        number, total = 0, round(phase.per_s * phase.seconds)
        while number < total:
            ready = min(total, int((time.perf_counter() - begins) * phase.per_s) + 1)
            for place in range(number, ready):
                due = begins + place / phase.per_s
                self._slot(due).due += 1
                self._send(due)
            number = ready
            await asyncio.sleep(_TICK_S)

    async def _as_fast_as_it_goes(self, phase: Phase) -> None:
        for _ in range(phase.clients):
            self._send_now()
        await asyncio.sleep(max(0.0, self._phase_until - time.perf_counter()))

    def _send_now(self) -> None:
        now = time.perf_counter()
        self._slot(now).due += 1
        self._send(now)

    def _send(self, due: float) -> None:
        self._under_way += 1
        if self._free:
            self._free.pop().send(due, *self._mix.next())
            return
        self._waiting.append(due)
        if self._open < self._order.connections:
            self._open += 1
            asyncio.get_running_loop().create_task(self._connect())

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            _, made = await loop.create_connection(
                lambda: _Connection(self), self._order.host, self._order.port
            )
        except OSError as error:
            self._open -= 1
            if self._waiting:
                self.failed(self._waiting.popleft(), f"no connection: {error}")
            return
        self.free(made)

    def free(self, connection: _Connection) -> None:
        """A connection has nothing under way: it takes what has waited longest."""
        if connection.transport is None:
            return
        if self._waiting:
            connection.send(self._waiting.popleft(), *self._mix.next())
        else:
            self._free.append(connection)

    def lost(self, connection: _Connection) -> None:
        """A connection is closed."""
        self._open -= 1
        if connection in self._free:
            self._free.remove(connection)

    def answered(self, due: float, kind: str, head: bytes, body: bytes) -> None:
        """Note an answer."""
        slot = self._slot(due)
        status = head[9:12]
        if status == b"200" and self._mix.is_good(kind, body):
            slot.accepted += 1
            slot.latencies_ms.append(round(1000 * (time.perf_counter() - due), 2))
            self.result.payments += self._mix.payments(kind)
            self._done()
        elif status in (b"503", b"429"):
            slot.shed += 1
            self.result.without_retry_after += _RETRY_AFTER not in head
            self._done()
        else:
            self.failed(due, (head[:40] + body[:200]).decode(errors="replace"))

    def failed(self, due: float, why: str) -> None:
        """Note a request that was not answered as it should be."""
        self._slot(due).failed += 1
        self.result.first_failure = self.result.first_failure or why
        self._done()

    def _done(self) -> None:
        self._under_way -= 1
        self._settled.set()
        if not self._phase.per_s and time.perf_counter() < self._phase_until:
            self._send_now()

    def _slot(self, due: float) -> Slot:
        place = int(due - self._started)
        slots = self.result.slots
        while len(slots) <= place:
            slots.append(Slot(phase=self._phase.name))
        return slots[place]


def main() -> None:
    """Do what standard input orders and print the result."""
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=OpenOrder)
    result = uvloop.run(_Load(order).run())
    sys.stdout.buffer.write(msgspec.json.encode(result))


if __name__ == "__main__":
    main()
