"""Transfers of the bank's own money on the wire."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from msgspec import Meta

from sycee.api.schemas.common import AccountNumber, Money, Wire


class NewBankTransfer(Wire):
    """Money of this bank's own, to another bank."""

    id: Annotated[UUID, Meta(description="Made by you, once: the same again is the same transfer.")]
    debit_account: Annotated[AccountNumber, Meta(description="An account of this bank's own.")]
    bank: Annotated[
        str,
        Meta(min_length=8, max_length=12, description="The other bank: 12 digits of CNAPS, or a BIC."),
    ]
    bank_name: Annotated[
        str, Meta(min_length=1, max_length=140, description="Its name, by which it is screened.")
    ]
    amount: Money
    end_to_end_id: Annotated[str, Meta(max_length=35)] = ""
    remittance: Annotated[str, Meta(max_length=500)] = ""
