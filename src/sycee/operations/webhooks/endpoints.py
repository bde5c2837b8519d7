"""Endpoints: registered, changed, suspended and taken up again, by their customer or by the bank."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

import msgspec

from sycee import parties
from sycee.database import Transaction, as_bank
from sycee.identity import KeyFile
from sycee.kernel import clock
from sycee.operations.errors import InvalidWebhook, WebhookIdReused, WebhookNotFound
from sycee.operations.webhooks.addresses import check_url
from sycee.operations.webhooks.records import (
    ENDPOINT_COLUMNS,
    EVENT_TYPES,
    FAMILIES,
    Endpoint,
    EndpointState,
    endpoint_of,
)
from sycee.operations.webhooks.secrets import LONGEST_OVERLAP, OVERLAP, NewSecret, make_secret

MOST_ENDPOINTS = 20
"""How many endpoints a customer, or the bank, may have that are not disabled."""

_LONGEST_TEXT = 200
_BANK_CELL = 0
_INSERT = (
    "INSERT INTO webhook_endpoints AS e (cell, id, customer, url, events, description, state, created_by,"  # noqa: S608 - names of ours
    " created_at, changed_at) VALUES (%s, %s, %s, %s, %s, %s, 'active', %s, %s, %s)"
    f" ON CONFLICT DO NOTHING RETURNING {ENDPOINT_COLUMNS}"
).encode()
_UPDATE = (
    "UPDATE webhook_endpoints AS e SET url = coalesce(%(url)s, url),"  # noqa: S608 - names of ours only
    " events = coalesce(%(events)s::text[], events),"
    " description = coalesce(%(description)s, description), state = coalesce(%(state)s, state),"
    " failures = CASE WHEN %(resumed)s THEN 0 ELSE failures END,"
    " failing_since = CASE WHEN %(resumed)s THEN NULL ELSE failing_since END,"
    " quiet_until = CASE WHEN %(resumed)s THEN NULL ELSE quiet_until END,"
    " reason = CASE WHEN %(state)s::text IS NULL THEN reason ELSE %(reason)s END, changed_at = %(now)s"
    f" WHERE e.cell = %(cell)s AND e.id = %(id)s RETURNING {ENDPOINT_COLUMNS}"
).encode()


class NewEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint to be: ``id`` is made by who registers it; ``customer`` None is the bank."""

    id: UUID
    url: str
    events: tuple[str, ...]
    customer: UUID | None = None
    description: str = ""


class EndpointChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be otherwise about an endpoint; None leaves it as it is."""

    url: str | None = None
    events: tuple[str, ...] | None = None
    description: str | None = None
    state: EndpointState | None = None
    reason: str = ""


async def register_webhook(
    tx: Transaction, keys: KeyFile, new: NewEndpoint, *, by: str, anywhere: bool = False
) -> tuple[Endpoint, NewSecret, bool]:
    """Register an endpoint and make its first secret; and whether it is new.

    The same again is answered with the same secret, to who registered it. ``anywhere`` allows plain HTTP. To
    where the URL leads is looked at before every delivery (``webhook_target``). Raises InvalidWebhook,
    WebhookIdReused, parties' CustomerNotFound.
    """
    events = _known_events(new.events)
    _check_text(new.description)
    check_url(new.url, anywhere=anywhere)
    async with as_bank(tx):
        cell = _BANK_CELL
        if new.customer is not None:
            cell, _ = await parties.place_of_customer(tx, new.customer)
        await _refuse_too_many(tx, cell, new)
        now = clock.now()
        cursor = await tx.execute(
            _INSERT,
            (cell, new.id, new.customer, new.url, list(events), new.description, by, now, now),
        )
        row = await cursor.fetchone()
        if row is not None:
            made = endpoint_of(row)
        else:
            made = await get_webhook(tx, new.id)
            said = (new.customer, new.url, events, new.description)
            if (made.customer, made.url, made.events, made.description) != said:
                raise WebhookIdReused(
                    f"{new.id} was used before for another webhook, or it was changed since"
                )
        return made, await make_secret(tx, keys, made, made.id, by=by), row is not None


async def _refuse_too_many(tx: Transaction, cell: int, new: NewEndpoint) -> None:
    cursor = await tx.execute(
        "SELECT count(*) FROM webhook_endpoints WHERE cell = %s AND customer IS NOT DISTINCT FROM %s"
        " AND state <> 'disabled' AND id <> %s",
        (cell, new.customer, new.id),
    )
    row = await cursor.fetchone()
    if row and int(row[0]) >= MOST_ENDPOINTS:
        raise InvalidWebhook(f"there are {MOST_ENDPOINTS} webhooks, which are the most: disable one first")


async def change_webhook(
    tx: Transaction, id: UUID, change: EndpointChange, *, anywhere: bool = False
) -> Endpoint:
    """Change an endpoint. Active again, its failures are forgotten and what waits is tried at once.

    Raises WebhookNotFound, InvalidWebhook.
    """
    events = None if change.events is None else list(_known_events(change.events))
    _check_text(change.description or "")
    _check_text(change.reason)
    if change.url is not None:
        check_url(change.url, anywhere=anywhere)
    seen = await get_webhook(tx, id)
    resumed = change.state is EndpointState.ACTIVE
    async with as_bank(tx):
        cursor = await tx.execute(
            _UPDATE,
            {
                "url": change.url,
                "events": events,
                "description": change.description,
                "state": None if change.state is None else str(change.state),
                "resumed": resumed,
                "reason": change.reason,
                "now": clock.now(),
                "cell": seen.cell,
                "id": id,
            },
        )
        row = await cursor.fetchone()
        assert row is not None
        if resumed:
            await tx.execute(
                "UPDATE webhook_deliveries SET due_at = least(due_at, clock_timestamp())"
                " WHERE cell = %s AND endpoint = %s AND state = 'waiting'",
                (seen.cell, id),
            )
        return endpoint_of(row)


async def rotate_webhook_secret(
    tx: Transaction, keys: KeyFile, id: UUID, secret: UUID, *, by: str, overlap: timedelta = OVERLAP
) -> NewSecret:
    """Give an endpoint a new secret, under an id of its own; the one before is valid for ``overlap`` more.

    Raises WebhookNotFound, WebhookIdReused, InvalidWebhook for an overlap that is too long.
    """
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise InvalidWebhook(f"a secret stays valid beside the next for at most {LONGEST_OVERLAP.days} days")
    seen = await get_webhook(tx, id)
    async with as_bank(tx):
        await tx.execute(
            "SELECT FROM webhook_endpoints WHERE cell = %s AND id = %s FOR NO KEY UPDATE", (seen.cell, id)
        )
        return await make_secret(tx, keys, seen, secret, by=by, overlap=overlap)


async def get_webhook(tx: Transaction, id: UUID) -> Endpoint:
    """The endpoint of an id. Raises WebhookNotFound."""
    cursor = await tx.execute(
        f"SELECT {ENDPOINT_COLUMNS} FROM webhook_endpoints e WHERE e.id = %s".encode(),  # noqa: S608
        (id,),
    )
    row = await cursor.fetchone()
    if row is None:
        raise WebhookNotFound(f"there is no webhook {id}")
    return endpoint_of(row)


async def list_webhooks(
    tx: Transaction, *, customer: UUID | None = None, before: UUID | None = None, limit: int = 100
) -> list[Endpoint]:
    """Endpoints, the greatest id first, those before ``before``; of one customer, if given."""
    cursor = await tx.execute(
        f"SELECT {ENDPOINT_COLUMNS} FROM webhook_endpoints e"  # noqa: S608 - names of ours only
        " WHERE (%(customer)s::uuid IS NULL OR e.customer = %(customer)s)"
        " AND (%(before)s::uuid IS NULL OR e.id < %(before)s) ORDER BY e.id DESC LIMIT %(limit)s".encode(),
        {"customer": customer, "before": before, "limit": limit},
    )
    return [endpoint_of(row) for row in await cursor.fetchall()]


def _known_events(events: Collection[str]) -> tuple[str, ...]:
    unknown = sorted(set(events) - set(EVENT_TYPES) - set(FAMILIES))
    if unknown or not events:
        named = ", ".join(one[:60] for one in unknown) or "none"
        raise InvalidWebhook(f"{named}: the types of events are {', '.join((*FAMILIES, *EVENT_TYPES))}")
    return tuple(sorted(set(events)))


def _check_text(text: str) -> None:
    if len(text) > _LONGEST_TEXT or "\x00" in text:
        raise InvalidWebhook(f"a description or reason has at most {_LONGEST_TEXT} characters, no U+0000")
