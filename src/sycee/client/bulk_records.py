"""What the client says about bulk orders."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from sycee.client.records import Money


class BulkOrder(Struct, frozen=True, kw_only=True):
    """A bulk order as it stands.

    ``state`` is received, holding, checking, paying or done; ``statuses`` are how many payments have each
    ISO 20022 status. ``duplicate`` when this very file was received before: nothing is paid again.
    ``approval`` is the request for others' agreement that it was found to wait for.
    """

    id: UUID
    customer: UUID | None
    message_id: str
    format: str
    state: str
    received_at: datetime
    finished_at: datetime | None
    all_or_nothing: bool
    confidential: bool
    count: int
    sum: str
    done: int
    refused: int
    statuses: dict[str, int]
    code: str | None
    detail: str | None
    duplicate: bool = False
    approval: UUID | None = None


class BulkItem(Struct, frozen=True, kw_only=True):
    """One payment of a bulk order, and what became of it."""

    position: int
    end_to_end_id: str
    payment: UUID | None
    debtor: str
    creditor: str
    creditor_name: str
    creditor_agent: str | None
    amount: Money
    purpose: str
    remittance: str
    status: str
    reason: str | None
    code: str | None
    detail: str | None


class BulkItemPage(Struct, frozen=True, kw_only=True):
    """A page of them."""

    items: list[BulkItem]
    next: str | None
