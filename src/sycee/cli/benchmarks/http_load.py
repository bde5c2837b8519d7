"""Load on the API from a process of its own: connections that each have one request under way.

It speaks HTTP/1.1 by hand, with requests made beforehand, so that on a small machine the measured server and
not the measuring client gets the processors. Run as ``python -m sycee.cli.benchmarks.http_load``; the
order comes as JSON on standard input, the result goes as JSON to standard output.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import deque
from typing import cast

import msgspec
import uvloop

from sycee.kernel.ending import within
from sycee.kernel.ids import uuid7

_GRACE_S = 30.0  # for the answers to the last requests


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What to send: single transfers between the accounts at random, for some seconds; or ``payments``."""

    host: str
    port: int
    token: str
    connections: int
    seconds: float
    accounts: list[int]
    requests: int
    payments: bool = False


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What came back: how many in how long, the latencies at some quantiles, and what went wrong."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    worst_ms: float
    failures: int
    first_failure: str = ""


class _Connection(asyncio.Protocol):
    """Sends the next request as soon as the answer to the last one is complete."""

    def __init__(self, load: _Load) -> None:
        self._load = load
        self._buffer = b""
        self._sent_at = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._send()

    def connection_lost(self, error: Exception | None) -> None:
        self._load.ended(f"connection lost: {error}" if self._transport is not None else "")

    def _send(self) -> None:
        assert self._transport is not None
        request = self._load.next_request()
        if request is None:
            transport, self._transport = self._transport, None
            transport.close()
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        if len(body) < int(length):
            return
        self._load.answered(time.perf_counter() - self._sent_at, head, body)
        self._buffer = b""
        self._send()


class _Load:
    def __init__(self, order: Order) -> None:
        self._order = order
        self._requests = deque(_request(order, index) for index in range(order.requests))
        self._latencies: list[float] = []
        self._failures: list[str] = []
        self._open = order.connections
        self._over = asyncio.Event()
        self._until = 0.0

    async def run(self) -> Result:
        """Open the connections, let them send until time is up, and sum up."""
        started = time.perf_counter()
        self._until = started + self._order.seconds
        loop = asyncio.get_running_loop()
        for _ in range(self._order.connections):
            await loop.create_connection(lambda: _Connection(self), self._order.host, self._order.port)
        async with within(self._order.seconds + _GRACE_S):
            await self._over.wait()
        took = time.perf_counter() - started
        ordered = sorted(self._latencies)
        return Result(
            requests=len(ordered),
            seconds=took,
            p50_ms=1000 * ordered[len(ordered) // 2],
            p99_ms=1000 * ordered[len(ordered) * 99 // 100],
            worst_ms=1000 * ordered[-1],
            failures=len(self._failures),
            first_failure=self._failures[0] if self._failures else "",
        )

    def next_request(self) -> bytes | None:
        """The next request, None when time is up."""
        if time.perf_counter() >= self._until or not self._requests:
            return None
        return self._requests.popleft()

    def answered(self, latency_s: float, head: bytes, body: bytes) -> None:
        """Note an answer; anything but a posted transfer or a settled payment is a failure."""
        self._latencies.append(latency_s)
        if b" 200 " not in head[:16] or not (b'"posted"' in body or b'"settled"' in body):
            self._failures.append((head[:40] + body[:200]).decode(errors="replace"))

    def ended(self, failure: str) -> None:
        """Note that a connection is closed."""
        if failure:
            self._failures.append(failure)
        self._open -= 1
        if self._open == 0:
            self._over.set()


def _request(order: Order, index: int) -> bytes:
    debit = order.accounts[index * 7919 % len(order.accounts)]
    credit = order.accounts[(index * 7919 + 1 + index % 97) % len(order.accounts)]
    body = _payment(index, debit, credit) if order.payments else _transfer(index, debit, credit)
    head = (
        f"POST /v1/{'payments' if order.payments else 'transfers'} HTTP/1.1\r\n"
        f"Host: {order.host}:{order.port}\r\n"
        f"Authorization: Bearer {order.token}\r\n"
        "Content-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _payment(index: int, debit: int, credit: int) -> bytes:
    return (
        f'{{"payments":[{{"id":"{uuid7()}","debit_account":"{debit}","creditor_account":"{credit}",'
        f'"creditor_name":"Employee {index}",'
        f'"amount":{{"currency":"CNY","value":"{index % 90 + 1}.00"}}}}]}}'
    ).encode()


def _transfer(index: int, debit: int, credit: int) -> bytes:
    return (
        f'{{"transfers":[{{"id":"{uuid7()}","debit":"{debit}","credit":"{credit}",'
        f'"amount":{{"currency":"CNY","value":"{index % 90 + 1}.00"}}}}]}}'
    ).encode()


def main() -> None:
    """Do what standard input orders and print the result."""
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    result = uvloop.run(_Load(order).run())
    sys.stdout.buffer.write(msgspec.json.encode(result))


if __name__ == "__main__":
    main()
