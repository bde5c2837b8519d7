"""Bulk orders on the wire, beside the files that customers send and the reports they get."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from sycee.api.schemas.common import Money, Wire


class CarryOut(Wire):
    """Nothing is to be said: the order says it all."""


class BulkOrder(Wire):
    """A bulk order as it stands."""

    id: UUID
    customer: Annotated[UUID | None, Meta(description="Whose order it is; none is the bank's own.")]
    message_id: Annotated[str, Meta(description="The sender's own id of the file (MsgId).")]
    format: Annotated[str, Meta(examples=["pain.001.001.09"])]
    state: Annotated[
        str,
        Meta(
            description="`received`, `holding`, `checking` (both for all or nothing), `paying`, `done`; "
            "`rejected` by those who had to agree."
        ),
    ]
    received_at: datetime
    finished_at: datetime | None
    all_or_nothing: bool
    confidential: Annotated[bool, Meta(description="Whether it pays salaries.")]
    count: Annotated[int, Meta(description="How many payments it holds.")]
    sum: Annotated[str, Meta(description="The sum of their amounts, whatever the currencies.")]
    done: Annotated[int, Meta(description="How many have been paid or refused so far.")]
    refused: Annotated[int, Meta(description="How many have been refused here so far.")]
    statuses: Annotated[
        dict[str, int],
        Meta(description="How many payments have each ISO 20022 status: ACSC, ACSP, PDNG, RJCT."),
    ]
    code: Annotated[str | None, Meta(description="Why all of it is refused, for programs.")]
    detail: Annotated[str | None, Meta(description="Why all of it is refused, for people.")]
    duplicate: Annotated[
        bool, Meta(description="Whether this very file had been received before; nothing is paid again.")
    ] = False
    approval: Annotated[
        UUID | None, Meta(description="The request for others' agreement that it waits for now.")
    ] = None


class BulkItem(Wire):
    """One payment of a bulk order, and what became of it."""

    position: Annotated[int, Meta(description="Its place in the file, from 0.")]
    end_to_end_id: str
    payment: Annotated[UUID | None, Meta(description="The payment that carries it out.")]
    debtor: Annotated[str, Meta(description="The account that pays, as the file names it.")]
    creditor: Annotated[str, Meta(description="The payee's account, as the file names it.")]
    creditor_name: str
    creditor_agent: Annotated[str | None, Meta(description="The payee's bank; none is this one.")]
    amount: Money
    purpose: str
    remittance: str
    status: Annotated[str, Meta(description="ISO 20022 status: ACSC, ACSP, PDNG or RJCT.")]
    reason: Annotated[str | None, Meta(description="ISO 20022 reason.", examples=["AM04"])]
    code: Annotated[str | None, Meta(description="Why, for programs.")]
    detail: Annotated[str | None, Meta(description="Why, for people.")]


class BulkItemPage(Wire):
    """A page of the payments of a bulk order."""

    items: list[BulkItem]
    next: Annotated[str | None, Meta(description="`after` of the next page; none on the last.")]
