"""Payment files on the wire, beside the ISO 20022 documents themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from sycee.api.schemas.common import Money, Wire


class PaymentOutcome(Wire):
    """What became of one payment of a file."""

    end_to_end_id: str
    transfer: Annotated[UUID | None, Meta(description="The transfer that carries it.")]
    debtor: Annotated[str | None, Meta(description="The debtor's account as the file names it.")]
    creditor: Annotated[str | None, Meta(description="The creditor's account as the file names it.")]
    amount: Money
    status: Annotated[str, Meta(description="ISO 20022 status: ACSC or RJCT.", examples=["ACSC"])]
    code: Annotated[str | None, Meta(description="Why it was rejected, for programs.")]
    detail: Annotated[str | None, Meta(description="Why it was rejected, for people.")]


class PaymentFile(Wire):
    """A payment file that was received, and what became of its payments."""

    id: UUID
    message_id: Annotated[str, Meta(description="The sender's own id of the message (MsgId).")]
    format: Annotated[str, Meta(examples=["pain.001.001.09"])]
    status: Annotated[str, Meta(description="ISO 20022 group status: ACSC, PART or RJCT.")]
    received_at: datetime
    payment_count: int
    accepted_count: int
    rejected_count: int
    payments: list[PaymentOutcome]
    duplicate: Annotated[
        bool, Meta(description="Whether this very file had been received before; nothing was paid again.")
    ]
