"""The line to one rail: HTTP, messages as XML. It knows what was answered, and says when nothing was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import httpx
import msgspec

from sycee.payments.errors import RailReportNotFound, RailUnavailable
from sycee.payments.iso20022 import InvalidMessage
from sycee.payments.iso20022.reading import message_name, parse
from sycee.payments.rails.connections import RailConnection
from sycee.payments.rails.outbox import Letter

TIMEOUT_S = 30.0
XML = {"content-type": "application/xml"}


class NotTaken(Exception):
    """The rail refuses a message as a piece of writing."""


class Delivery(msgspec.Struct, frozen=True):
    """A message that the rail hands out, and the number under which it is told that we have it."""

    delivery: int
    letter: Letter


class RailLink:
    """The line to one rail; give it a client of your own, or let it make one."""

    def __init__(self, connection: RailConnection, client: httpx.AsyncClient | None = None) -> None:
        self._client = client or httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False)
        self._base = f"{connection.url}/rails/{connection.rail}/participants/{connection.participant}"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the line."""
        await self._client.aclose()

    async def deliver(self, letter: Letter) -> None:
        """Bring a message to the rail.

        Raises NotTaken when the rail says that it cannot read it, RailUnavailable when it is not known
        whether the rail has it.
        """
        answer = await self._call("POST", "messages", content=letter.body, headers=XML)
        if answer.status_code in {400, 409, 413, 415, 422}:
            raise NotTaken(_said(answer))
        _require(answer)

    async def collect(self, limit: int = 100) -> list[Delivery]:
        """What waits for us; it is handed out again until ``taken``. Raises RailUnavailable."""
        answer = _require(await self._call("GET", "messages", params={"limit": limit}))
        return _read_deliveries(answer)

    async def taken(self, deliveries: Sequence[Delivery]) -> None:
        """Tell the rail that we have these. Raises RailUnavailable."""
        numbers = {"deliveries": [delivery.delivery for delivery in deliveries]}
        _require(await self._call("POST", "messages/taken", json=numbers))

    async def once_more(self, uetr: UUID) -> list[Letter]:
        """The payments and returns that the rail ever sent us about a UETR. Raises RailUnavailable."""
        answer = _require(await self._call("GET", f"messages/about/{uetr}"))
        return [delivery.letter for delivery in _read_deliveries(answer)]

    async def report_pages(self, day: date) -> int:
        """How many pages the rail's report of a date has. Raises RailReportNotFound, RailUnavailable."""
        answer = await self._call("GET", f"reports/{day}")
        if answer.status_code == 404:
            raise RailReportNotFound(_said(answer))
        return int(_require(answer).json()["pages"])

    async def report_page(self, day: date, page: int, *, max_bytes: int) -> bytes:
        """A page of it, from 1. Raises RailUnavailable; InvalidMessage as soon as it is longer than that."""
        body = bytearray()
        try:
            async with self._client.stream("GET", f"{self._base}/reports/{day}/{page}") as answer:
                if not answer.is_success:
                    await answer.aread()
                _require(answer)
                async for piece in answer.aiter_bytes():
                    body += piece
                    if len(body) > max_bytes:
                        raise InvalidMessage(
                            f"page {page} has more than {max_bytes} bytes: what is longer comes on more pages"
                        )
        except httpx.HTTPError as error:
            raise RailUnavailable(f"{type(error).__name__}: {error}") from error
        return bytes(body)

    async def _call(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            return await self._client.request(method, f"{self._base}/{path}", **more)
        except httpx.HTTPError as error:
            raise RailUnavailable(f"{type(error).__name__}: {error}") from error


def _require(answer: httpx.Response) -> httpx.Response:
    if not answer.is_success:
        raise RailUnavailable(_said(answer))
    return answer


def _said(answer: httpx.Response) -> str:
    return f"HTTP {answer.status_code}: {answer.text[:300]}"


def _read_deliveries(answer: httpx.Response) -> list[Delivery]:
    return [
        Delivery(item["delivery"], Letter(item["message_id"], _name(body), body))
        for item in answer.json()
        for body in (item["body"].encode(),)
    ]


def _name(body: bytes) -> str:
    """What a message is, for people; what cannot be read is found out when it is processed."""
    try:
        return message_name(parse(body)) or ""
    except InvalidMessage:
        return ""
