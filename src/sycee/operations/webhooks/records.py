"""Endpoints, deliveries and attempts as they are kept, and the types of events there are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from sycee.approvals import ApprovalState
from sycee.kernel.money import Amount
from sycee.payments import PaymentState, debits

PING = "webhook.ping"
"""The type of an event that tests an endpoint; it comes when it is asked for, whatever the endpoint wants."""

_TOLD_STATES = (
    PaymentState.APPROVED,
    PaymentState.STOPPED,
    PaymentState.HELD,
    PaymentState.QUEUED,
    PaymentState.SENT,
    PaymentState.SETTLED,
    PaymentState.REJECTED,
    PaymentState.RETURNED,
    PaymentState.RECALLED,
    PaymentState.CANCELLED,
)
EVENT_TYPES: tuple[str, ...] = (
    *(f"payment.{state}" for state in _TOLD_STATES),
    *(f"incoming_payment.{state}" for state in ("credited", "refused", "stopped", "waiting")),
    *(f"bulk_order.{state}" for state in ("received", "started", "done", "rejected")),
    *(f"direct_debit.{state}" for state in debits.DebitState),
    "approval.requested",
    "approval.yes",
    "approval.no",
    *(f"approval.{state}" for state in ApprovalState if state is not ApprovalState.WAITING),
)
"""Every type of event.

``payment.stopped``, ``direct_debit.stopped``, and of incoming payments all but ``credited``, only the bank
hears of.
"""

FAMILIES: tuple[str, ...] = tuple(dict.fromkeys(f"{type_.partition('.')[0]}.*" for type_ in EVENT_TYPES))
"""All types that begin alike, as an endpoint may ask for them."""


class EndpointState(StrEnum):
    """``suspended`` keeps what comes for later; ``disabled`` hears no more."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    DISABLED = "disabled"


class DeliveryState(StrEnum):
    """``dead`` was tried as often as is tried, and waits for somebody to ask for it again."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where events are sent.

    ``customer`` is whose events; None: the bank's own, which hears of all. ``failures`` have there been since
    a delivery arrived, the first at ``failing_since``. ``reason`` is why it is suspended or disabled.
    """

    cell: int
    id: UUID
    customer: UUID | None
    url: str
    events: tuple[str, ...]
    description: str
    state: EndpointState
    created_by: str
    created_at: datetime
    changed_at: datetime
    failures: int
    failing_since: datetime | None
    reason: str


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """An event for an endpoint. ``id`` is the webhook-id; ``due_at``: when it is tried next, if it waits."""

    cell: int
    id: UUID
    position: int
    endpoint: UUID
    type: str
    subject: str
    occurred_at: datetime
    data: dict[str, Any]
    state: DeliveryState
    attempts: int
    due_at: datetime
    ended_at: datetime | None

    def body(self) -> bytes:
        """What is sent: the same bytes in every attempt."""
        return msgspec.json.encode(
            {"type": self.type, "timestamp": self.occurred_at, "data": _shown(self.data)}
        )


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """A try to deliver: the status of the response, or the problem that there was in its stead."""

    place: int
    began_at: datetime
    duration_ms: int
    status: int | None
    problem: str | None


ENDPOINT_COLUMNS = (
    "e.cell, e.id, e.customer, e.url, e.events, e.description, e.state, e.created_by, e.created_at,"
    " e.changed_at, e.failures, e.failing_since, e.reason"
)
DELIVERY_COLUMNS = (
    "d.cell, d.id, d.position, d.endpoint, d.type, d.subject, d.occurred_at, d.data, d.state, d.attempts,"
    " d.due_at, d.ended_at"
)


def endpoint_of(row: Sequence[Any]) -> Endpoint:
    """An endpoint from ENDPOINT_COLUMNS."""
    said = dict(zip(Endpoint.__struct_fields__, row, strict=True))
    return Endpoint(**{**said, "events": tuple(said["events"]), "state": EndpointState(said["state"])})


def delivery_of(row: Sequence[Any]) -> Delivery:
    """A delivery from DELIVERY_COLUMNS."""
    said = dict(zip(Delivery.__struct_fields__, row, strict=True))
    return Delivery(**{**said, "state": DeliveryState(said["state"])})


def _shown(value: Any) -> Any:
    """The data as they stand on the wire: amounts as decimal digits, as everywhere."""
    if not isinstance(value, dict):
        return value
    if value.keys() == {"currency", "minor"}:
        amount = Amount(value["minor"], value["currency"])
        return {"currency": amount.currency, "value": amount.text()}
    return {key: _shown(one) for key, one in value.items()}
