"""Transfers and their outcomes on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from sycee.api.schemas.common import AccountNumber, Cell, Description, Money, Reference, Wire

Kind = Literal["transfer", "pending", "post", "void", "reversal"]
BookedKind = Literal["transfer", "pending", "post", "void", "reversal", "expiry"]
OutcomeStatus = Annotated[
    str, Meta(extra_json_schema={"enum": ["posted", "pending", "voided", "duplicate", "rejected"]})
]
FirstStatus = Annotated[str, Meta(extra_json_schema={"enum": ["posted", "pending", "voided"]})]


class NewTransfer(Wire):
    """A transfer to post.

    `transfer` and `pending` name debit, credit and amount; `post`, `void` and `reversal` name a target
    and take the accounts from it (`post` may name a smaller amount: the rest is given back).
    """

    id: Annotated[
        UUID,
        Meta(
            description="Made by the client (UUIDv7 recommended): sending the same transfer again is safe, "
            "it is answered as a duplicate with the first outcome."
        ),
    ]
    kind: Kind = "transfer"
    debit: Annotated[AccountNumber | None, Meta(description="The account debited.")] = None
    credit: Annotated[AccountNumber | None, Meta(description="The account credited.")] = None
    amount: Annotated[Money | None, Meta(description="More than zero.")] = None
    target: Annotated[UUID | None, Meta(description="What post, void and reversal act on.")] = None
    linked: Annotated[
        bool, Meta(description="Chained to the next transfer of the list: all of a chain happen or none.")
    ] = False
    value_date: Annotated[date | None, Meta(description="Effective date; the business date when absent.")] = (
        None
    )
    expires_at: Annotated[
        Annotated[datetime, Meta(tz=True)] | None,
        Meta(description="When a pending transfer gives its hold back by itself (RFC 3339)."),
    ] = None
    reference: Reference | None = None
    description: Description | None = None


class NewTransfers(Wire):
    """A list of transfers, posted in its order. A single transfer is a list of one."""

    transfers: Annotated[
        list[NewTransfer], Meta(min_length=1, description="Order in the list is the order of effect.")
    ]
    atomic: Annotated[bool, Meta(description="All of the list or none of it.")] = False
    dry_run: Annotated[bool, Meta(description="Say what would happen, and change nothing.")] = False


class Outcome(Wire, omit_defaults=True):
    """What became of one transfer. Fields that do not apply are left out."""

    id: UUID
    status: OutcomeStatus
    code: Annotated[
        str | None, Meta(description="Why it was rejected, for programs.", examples=["insufficient_funds"])
    ] = None
    detail: Annotated[str | None, Meta(description="Why it was rejected, for people.")] = None
    first: Annotated[FirstStatus | None, Meta(description="For a duplicate: the first outcome.")] = None


class Outcomes(Wire):
    """One outcome for each transfer, in the order of the request."""

    outcomes: list[Outcome]


class Transfer(Wire):
    """A transfer as the books have it."""

    id: UUID
    kind: BookedKind
    state: Annotated[
        str, Meta(description="posted, pending, voided, expired or reversed.", examples=["posted"])
    ]
    debit: AccountNumber
    credit: AccountNumber
    amount: Money
    target: UUID | None
    resolved_by: Annotated[
        UUID | None, Meta(description="The transfer that posted, voided, expired or reversed this one.")
    ]
    booked_at: datetime
    business_date: date
    value_date: date
    expires_at: datetime | None
    reference: Reference | None
    description: Description | None
    cell: Cell
    position: Annotated[int, Meta(description="Place in the order of posting.")]
    batch: Annotated[int | None, Meta(description="The sealed batch that carries it.")]


class HoldPosting(Wire):
    """Post a pending transfer, whole or in part."""

    id: Annotated[
        UUID | None,
        Meta(description="Id of the posting. When absent it is made from the target and this body."),
    ] = None
    amount: Annotated[Money | None, Meta(description="Less than held: the rest is given back.")] = None
    reference: Reference | None = None
    description: Description | None = None


class Resolution(Wire):
    """Void a pending transfer, or reverse a posted one."""

    id: Annotated[
        UUID | None,
        Meta(description="Id of the void or reversal. When absent it is made from the target and this body."),
    ] = None
    reference: Reference | None = None
    description: Description | None = None
