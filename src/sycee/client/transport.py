"""HTTP with retries that are safe.

Everything the SDK sends may be sent twice: reads change nothing, transfers carry ids made here, and
every other POST carries an ``Idempotency-Key``. So a request whose answer was lost is sent again,
unchanged, until it is answered or ``retry_for_s`` is over: after a failover, while workers are replaced, and
when the bank has more to do than it takes on (429, 503). With back-off and full jitter, on top of the
``Retry-After`` that the bank asks for, so that many clients do not come back in step after an outage.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Mapping
from typing import TypeVar

import httpx
import msgspec

from sycee.client.approval_records import Approval
from sycee.client.errors import ApiProblem, Unreachable, UnreadableReply, WaitsForApproval, problem_from

RETRY_STATUSES = frozenset({429, 502, 503, 504})
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 3.0
# A server that has never answered is more likely not started than failing over: say so soon.
FIRST_CONTACT_S = 3.0

_ACCEPTED = 202

Reply = TypeVar("Reply")
Params = Mapping[str, str | int | float | bool | None]

_encoder = msgspec.json.Encoder()


class Transport:
    """One connection pool to one bank, with one token."""

    def __init__(self, url: str, token: str | None, *, timeout_s: float, retry_for_s: float) -> None:
        self.url = url.rstrip("/")
        self._retry_for_s = retry_for_s
        self._answered = False
        headers = {"User-Agent": "sycee-python", "Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._http = httpx.AsyncClient(
            base_url=self.url,
            headers=headers,
            timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, 5.0)),
            # The bank is named by the caller; a proxy of the environment has no business in between.
            trust_env=False,
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    async def call(
        self,
        method: str,
        path: str,
        reply: type[Reply],
        *,
        params: Params | None = None,
        body: object = None,
        key: str | None = None,
        timeout_s: float | None = None,
    ) -> Reply:
        """Send ``body`` as JSON and read the answer as ``reply``.

        ``key`` is the Idempotency-Key of a POST that is not keyed by ids in its body. ``timeout_s`` is for
        work that may take longer than a client usually waits for an answer.
        Raises ApiProblem when the bank refuses, Unreachable when nothing answers in time.
        """
        headers = {} if body is None else {"Content-Type": "application/json"}
        content = None if body is None else _encoder.encode(body)
        response = await self.send(
            method, path, params=params, content=content, headers=headers, key=key, timeout_s=timeout_s
        )
        return self.read(response, reply)

    async def change(
        self, method: str, path: str, reply: type[Reply], *, body: object, key: str | None = None
    ) -> Reply:
        """As ``call``, for what others may have to agree to first: then it raises WaitsForApproval."""
        headers = {"Content-Type": "application/json"}
        response = await self.send(method, path, content=_encoder.encode(body), headers=headers, key=key)
        if response.status_code == _ACCEPTED:
            raise WaitsForApproval(self.read(response, Approval))
        return self.read(response, reply)

    def read(self, response: httpx.Response, reply: type[Reply]) -> Reply:
        """An answer's JSON as ``reply``. Raises UnreadableReply."""
        try:
            return msgspec.json.decode(response.content, type=reply)
        except msgspec.DecodeError as error:
            raise UnreadableReply(
                f"{response.url} answered with something that is not the bank's: {error}"
            ) from error

    async def send(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        key: str | None = None,
        anonymous: bool = False,
        timeout_s: float | None = None,
    ) -> httpx.Response:
        """Send raw bytes; the answer has a success status. Raises as ``call`` does.

        ``anonymous`` leaves the token out.
        """
        sent = dict(headers or {})
        if key is not None:
            sent["Idempotency-Key"] = key
        given = {name: value for name, value in (params or {}).items() if value is not None}
        started = time.monotonic()
        attempt = 0
        while True:
            failure: Exception
            try:
                request = self._http.build_request(
                    method,
                    path,
                    params=given or None,
                    content=content,
                    headers=sent,
                    timeout=self._http.timeout if timeout_s is None else timeout_s,
                )
                if anonymous:
                    request.headers.pop("Authorization", None)
                response = await self._http.send(request)
            except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
                raise Unreachable(f"{self.url!r} is not an address of a bank: {error}") from error
            except httpx.TransportError as error:
                failure, asked_pause_s = error, 0.0
            else:
                self._answered = True
                if response.is_success:
                    return response
                problem = problem_from(response)
                if not _worth_repeating(problem):
                    raise problem
                failure, asked_pause_s = problem, _asked_pause_s(response)
            patience_s = self._retry_for_s if self._answered else min(self._retry_for_s, FIRST_CONTACT_S)
            # On top of what the bank asks for: those who were told the same do not come back together.
            pause_s = asked_pause_s + _jittered_pause_s(attempt)
            if time.monotonic() - started + pause_s > patience_s:
                raise self._final(failure) from failure
            await asyncio.sleep(pause_s)
            attempt += 1

    async def follow(self, path: str, after: str | None) -> AsyncIterator[tuple[str, bytes]]:
        """Server-sent events of a path: the id and the data of each; cut off, it goes on after the last id.

        Raises ApiProblem when the bank refuses, Unreachable when nothing answers in time.
        """
        place, failed_at, attempt = after, time.monotonic(), 0
        while True:
            try:
                async with self._http.stream("GET", path, headers=_last_seen(place)) as response:
                    if not response.is_success:
                        await response.aread()
                        problem = problem_from(response)
                        if not _worth_repeating(problem):
                            raise problem
                        failure: Exception = problem
                    else:
                        async for id, data in _events(response):
                            place, attempt = id, 0
                            yield id, data
                        failed_at, failure = time.monotonic(), Unreachable("the stream has ended")
            except httpx.TransportError as error:
                failure = error
                failed_at = time.monotonic() if attempt == 0 else failed_at
            if time.monotonic() - failed_at > self._retry_for_s:
                raise self._final(failure) from failure
            await asyncio.sleep(_jittered_pause_s(attempt))
            attempt += 1

    def _final(self, failure: Exception) -> Exception:
        if not isinstance(failure, httpx.TransportError):
            return failure
        reason = str(failure) or type(failure).__name__
        return Unreachable(f"no bank answers at {self.url} ({reason})", url=self.url)


def _last_seen(place: str | None) -> dict[str, str]:
    headers = {"Accept": "text/event-stream"}
    return headers if place is None else {**headers, "Last-Event-ID": place}


async def _events(response: httpx.Response) -> AsyncIterator[tuple[str, bytes]]:
    """The id and the data of each event of a stream; comments are passed over."""
    said: dict[str, str] = {}
    async for line in response.aiter_lines():
        if line:
            name, _, value = line.partition(":")
            said[name] = value.removeprefix(" ")
        else:
            if "data" in said and "id" in said:
                yield said["id"], said["data"].encode()
            said = {}


def _worth_repeating(problem: ApiProblem) -> bool:
    # The second: our own first attempt, whose answer was lost, is still being worked on.
    return problem.status in RETRY_STATUSES or problem.code == "idempotency_in_progress"


def _jittered_pause_s(attempt: int) -> float:
    ceiling = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(attempt, 10))
    return random.uniform(FIRST_PAUSE_S / 4, ceiling)


def _asked_pause_s(response: httpx.Response) -> float:
    """The pause a server asks for in Retry-After (its number form only; the date form is passed over)."""
    try:
        return max(0.0, min(float(response.headers.get("Retry-After", "0")), 60.0))
    except ValueError:
        return 0.0
