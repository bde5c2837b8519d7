"""Sending: what is due at an endpoint is claimed, posted, and what came of it written down.

A claim is a date in the future: whoever is killed between sending and writing leaves the delivery to be sent
again when the claim is over, under the same webhook-id. Of one subject only the first that waits is claimed,
so its events arrive in order. While an endpoint fails it is tried with one delivery at a time, after growing
pauses, and nothing of what waits behind is used up.
"""

from __future__ import annotations

import asyncio
import random
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

import httpx
import msgspec

from sycee.database import Database, Transaction
from sycee.identity import KeyFile
from sycee.kernel import clock
from sycee.kernel.ending import within
from sycee.kernel.errors import SyceeError
from sycee.operations.webhooks.addresses import webhook_target
from sycee.operations.webhooks.records import (
    DELIVERY_COLUMNS,
    ENDPOINT_COLUMNS,
    Delivery,
    Endpoint,
    delivery_of,
    endpoint_of,
)
from sycee.operations.webhooks.secrets import signed_headers, valid_secrets

AT_ONCE = 16
"""Deliveries that one endpoint is sent side by side."""

GONE = 410
"""With this status an endpoint says that it wants to hear no more."""

_LONGEST_PAUSE_S = 12 * 3600.0
_LONGEST_QUIET_S = 300.0
_GROWTH = 4.0
_JITTER = 0.2
_LONGEST_PROBLEM = 300


_CLAIM = (
    "UPDATE webhook_deliveries AS d SET due_at = clock_timestamp() + %s"  # noqa: S608 - names of ours only
    " FROM (SELECT w.cell, w.id FROM webhook_deliveries w"
    "       WHERE w.cell = %s AND w.endpoint = %s AND w.state = 'waiting' AND w.due_at <= clock_timestamp()"
    "       AND NOT EXISTS (SELECT FROM webhook_deliveries b WHERE b.cell = w.cell"
    "           AND b.endpoint = w.endpoint AND b.subject = w.subject AND b.state = 'waiting'"
    "           AND b.position < w.position)"
    "       ORDER BY w.due_at, w.position LIMIT %s FOR NO KEY UPDATE SKIP LOCKED) AS found"
    f" WHERE d.cell = found.cell AND d.id = found.id RETURNING {DELIVERY_COLUMNS}"
).encode()


class WebhookPace(msgspec.Struct, frozen=True, kw_only=True):
    """How long a response is waited for, when a failed delivery is tried again, and when one gives up.

    With what is set here a delivery is tried twelve times in the course of some three days: the first pause
    is ``retry_s``, each further one four times as long, up to twelve hours, a fifth more or less by chance.
    An endpoint at which nothing arrives for ``disable_after_s`` is disabled.
    """

    timeout_s: float = 10.0
    retry_s: float = 5.0
    attempts: int = 12
    disable_after_s: float = 5 * 86_400.0

    @property
    def lease_s(self) -> float:
        """How long a delivery is left alone by others while one is at it."""
        return self.timeout_s * 2 + 1.0

    def pause(self, attempts: int) -> timedelta:
        """The pause after so many attempts at a delivery."""
        return _about(min(self.retry_s * _GROWTH ** (attempts - 1), _LONGEST_PAUSE_S))

    def quiet(self, failures: int) -> timedelta:
        """How long an endpoint is left alone after so many failures in a row."""
        return _about(min(self.retry_s * 2.0 ** min(failures - 1, 30), _LONGEST_QUIET_S))


def _about(seconds: float) -> timedelta:
    return timedelta(seconds=seconds * random.uniform(1 - _JITTER, 1 + _JITTER))


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What came of an attempt: the status of the response, or the problem that there was in its stead."""

    began_at: datetime
    duration_ms: int
    status: int | None = None
    problem: str | None = None

    @property
    def arrived(self) -> bool:
        """Whether the other side took it."""
        return self.status is not None and 200 <= self.status < 300


async def due_webhooks(tx: Transaction) -> list[UUID]:
    """The endpoints at which something is due, and that are not left alone for now."""
    cursor = await tx.execute(
        "SELECT e.id FROM webhook_endpoints e WHERE e.state = 'active'"
        " AND coalesce(e.quiet_until <= clock_timestamp(), true)"
        " AND EXISTS (SELECT FROM webhook_deliveries d WHERE d.cell = e.cell AND d.endpoint = e.id"
        "             AND d.state = 'waiting' AND d.due_at <= clock_timestamp())"
    )
    return [id for (id,) in await cursor.fetchall()]


class WebhookSender:
    """Sends what is due; any number may be at it at once, and any may be killed at any time."""

    def __init__(
        self, database: Database, keys: KeyFile, pace: WebhookPace, *, anywhere: bool = False
    ) -> None:
        self._database = database
        self._keys = keys
        self._pace = pace
        self._anywhere = anywhere
        # No connection is kept: one that was made to an address for one name must not serve another. No
        # proxy is taken from the environment, which would look names up for itself.
        self._client = httpx.AsyncClient(
            follow_redirects=False,
            trust_env=False,
            timeout=pace.timeout_s,
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    async def close(self) -> None:
        """Close what is open."""
        await self._client.aclose()

    async def send_due(self, webhook: UUID) -> int:
        """Send what is due at an endpoint, a list of it; returns how many attempts were made."""

        async def claim(tx: Transaction) -> tuple[Endpoint, list[bytes], list[Delivery]] | None:
            return await self._claim(tx, webhook)

        claimed = await self._database.run(claim)
        if claimed is None:
            return 0
        endpoint, secrets, deliveries = claimed
        # All are waited for, whatever one of them meets: what is under way is not left to nobody.
        told = await asyncio.gather(
            *(self._deliver(endpoint, secrets, one) for one in deliveries), return_exceptions=True
        )
        for error in told:
            if isinstance(error, BaseException):
                raise error
        return len(deliveries)

    async def _claim(
        self, tx: Transaction, webhook: UUID
    ) -> tuple[Endpoint, list[bytes], list[Delivery]] | None:
        cursor = await tx.execute(
            f"SELECT {ENDPOINT_COLUMNS} FROM webhook_endpoints e"  # noqa: S608 - names of ours only
            " WHERE e.id = %s AND e.state = 'active' AND coalesce(e.quiet_until <= clock_timestamp(), true)"
            " FOR NO KEY UPDATE SKIP LOCKED".encode(),
            (webhook,),
        )
        row = await cursor.fetchone()
        if row is None:
            return None
        endpoint = endpoint_of(row)
        if endpoint.failures:  # one is enough to see whether it hears again; others keep away meanwhile
            await tx.execute(
                "UPDATE webhook_endpoints SET quiet_until = clock_timestamp() + %s"
                " WHERE cell = %s AND id = %s",
                (timedelta(seconds=self._pace.lease_s), endpoint.cell, endpoint.id),
            )
        cursor = await tx.execute(
            _CLAIM,
            (
                timedelta(seconds=self._pace.lease_s),
                endpoint.cell,
                endpoint.id,
                1 if endpoint.failures else AT_ONCE,
            ),
        )
        deliveries = [delivery_of(row) for row in await cursor.fetchall()]
        return endpoint, await valid_secrets(tx, self._keys, endpoint), deliveries

    async def _deliver(self, endpoint: Endpoint, secrets: list[bytes], delivery: Delivery) -> None:
        told = await self._post(endpoint, secrets, delivery)

        async def write(tx: Transaction) -> None:
            await write_attempt(tx, endpoint, delivery, told, self._pace)

        await self._database.run(write)

    async def _post(self, endpoint: Endpoint, secrets: list[bytes], delivery: Delivery) -> Told:
        began_at, began = clock.now(), monotonic()
        status, problem = None, None
        try:
            async with within(self._pace.timeout_s):
                status = await self._status(endpoint, secrets, delivery, began_at)
        except SyceeError as error:
            problem = error.detail
        except TimeoutError:
            problem = f"no response within {self._pace.timeout_s:g} seconds"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            problem = f"{type(error).__name__}: {error}"
        return Told(
            began_at=began_at,
            duration_ms=int((monotonic() - began) * 1000),
            status=status,
            problem=None if problem is None else problem.replace("\x00", "")[:_LONGEST_PROBLEM],
        )

    async def _status(
        self, endpoint: Endpoint, secrets: list[bytes], delivery: Delivery, at: datetime
    ) -> int:
        target = await webhook_target(endpoint.url, anywhere=self._anywhere)
        body = delivery.body()
        headers = {
            "Host": target.authority,
            "Content-Type": "application/json",
            "User-Agent": "Sycee-Webhooks",
            **signed_headers(delivery.id, body, secrets, at),
        }
        # The name, not the address, is what the certificate has to be for.
        extensions = {"sni_hostname": target.host}
        async with self._client.stream(
            "POST", target.url, content=body, headers=headers, extensions=extensions
        ) as response:
            return response.status_code  # whatever else is said is not read


async def write_attempt(
    tx: Transaction, endpoint: Endpoint, delivery: Delivery, told: Told, pace: WebhookPace
) -> None:
    """Write down what came of an attempt, and what follows from it for the delivery and its endpoint.

    A delivery that arrived stays so, whatever another attempt at it, under way at the same time, came to.
    """
    now = clock.now()
    key = (delivery.cell, delivery.id)
    held = await tx.execute(
        "SELECT FROM webhook_deliveries WHERE cell = %s AND id = %s FOR NO KEY UPDATE", key
    )
    if not held.rowcount:
        return  # forgotten meanwhile
    attempts = delivery.attempts + 1
    state = "delivered" if told.arrived else "dead" if attempts >= pace.attempts else "waiting"
    ended_at = None if state == "waiting" else now
    await tx.execute(
        "UPDATE webhook_deliveries SET state = %s, attempts = %s, due_at = %s, ended_at = %s"
        " WHERE cell = %s AND id = %s AND (state = 'waiting' OR %s)",
        (
            state,
            attempts,
            now + pace.pause(attempts),
            ended_at,
            *key,
            told.arrived,
        ),
    )
    # Once, should this be done again because nobody knows whether it was.
    await tx.execute(
        "INSERT INTO webhook_attempts (cell, delivery, place, began_at, duration_ms, status, problem)"
        " SELECT %s, %s, coalesce(max(place), 0) + 1, %s, %s, %s, %s FROM webhook_attempts"
        " WHERE cell = %s AND delivery = %s HAVING count(*) FILTER (WHERE began_at = %s) = 0",
        (*key, told.began_at, told.duration_ms, told.status, told.problem, *key, told.began_at),
    )
    await _judge(tx, endpoint, told, pace, now)


async def _judge(tx: Transaction, endpoint: Endpoint, told: Told, pace: WebhookPace, now: datetime) -> None:
    """What an attempt says about the endpoint: well, failing, or given up."""
    key = (endpoint.cell, endpoint.id)
    if told.arrived:
        await tx.execute(
            "UPDATE webhook_endpoints SET failures = 0, failing_since = NULL, quiet_until = NULL"
            " WHERE cell = %s AND id = %s AND (failures > 0 OR quiet_until IS NOT NULL)",
            key,
        )
        return
    cursor = await tx.execute(
        "UPDATE webhook_endpoints SET failures = greatest(failures, %s),"
        " failing_since = coalesce(failing_since, %s)"
        " WHERE cell = %s AND id = %s RETURNING failures, failing_since",
        (endpoint.failures + 1, now, *key),  # what fails side by side has failed once
    )
    row = await cursor.fetchone()
    assert row is not None
    failures, since = row
    await tx.execute(
        "UPDATE webhook_endpoints SET quiet_until = %s WHERE cell = %s AND id = %s",
        (now + pace.quiet(failures), *key),
    )
    if told.status == GONE:
        why = "it answered that it is gone (410)"
    elif (now - since).total_seconds() >= pace.disable_after_s:
        why = f"nothing has arrived since {since:%Y-%m-%d %H:%M} UTC"
    else:
        return
    await tx.execute(
        "UPDATE webhook_endpoints SET state = 'disabled', reason = %s, changed_at = %s"
        " WHERE cell = %s AND id = %s AND state = 'active'",
        (why, now, *key),
    )
