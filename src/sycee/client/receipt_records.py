"""Electronic receipts, as the SDK reads them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from sycee.client.records import Money


class ReceiptParty(Struct, frozen=True, kw_only=True):
    """Who paid, or was paid."""

    account: str
    name: str
    local_name: str


class Receipt(Struct, frozen=True, kw_only=True):
    """A receipt as it was issued; ``prints`` is how many times its PDF was handed out."""

    number: str
    code: str
    account: str
    side: Literal["debit", "credit"]
    reversal: bool
    payer: ReceiptParty
    payee: ReceiptParty
    amount: Money
    capitals: str | None
    business_date: date
    value_date: date
    booked_at: datetime
    transfer: UUID
    cell: int
    position: int
    reference: str | None
    description: str | None
    end_to_end_id: str | None
    remittance: str | None
    sha256: str
    issued_at: datetime
    prints: int


class ReceiptList(Struct, frozen=True, kw_only=True):
    """Receipts in the order of what was asked for."""

    receipts: list[Receipt]


class ReceiptPage(Struct, frozen=True, kw_only=True):
    """A page of receipts and the cursor of the next page (None on the last)."""

    receipts: list[Receipt]
    next: str | None = None


class ReceiptSignature(Struct, frozen=True, kw_only=True):
    """The detached signatures over the bytes of a receipt's PDF."""

    number: str
    pdf_sha256: str
    key: str
    ed25519: bytes
    ml_dsa_65: bytes


class ReceiptVerification(Struct, frozen=True, kw_only=True):
    """What the bank attests of a receipt; parties are masked."""

    authentic: bool
    number: str
    amount: Money
    business_date: date
    booked_at: datetime
    payer: ReceiptParty
    payee: ReceiptParty
    state: str
    pdf_sha256: str | None


class SealKey(Struct, frozen=True, kw_only=True):
    """The public halves of keys that the bank signs with, in PEM."""

    id: str
    ed25519: str
    ml_dsa_65: str


class SealKeyList(Struct, frozen=True, kw_only=True):
    """Every key that anything was signed with, the newest first."""

    keys: list[SealKey]
