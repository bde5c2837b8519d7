"""Electronic receipts on the wire: issued, signed, and checked by strangers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from sycee.api.schemas.common import EXAMPLE_TRANSFER, AccountNumber, Cell, Money, Wire

ReceiptNumber = Annotated[
    str, Meta(description="22 digits: cell, business date, serial, check digit.", pattern="^[0-9]{22}$")
]


class NewReceipts(Wire):
    """Entries that receipts are wanted of."""

    transfers: Annotated[
        list[UUID],
        Meta(
            min_length=1,
            max_length=1000,
            description="The transfers that made the entries.",
            examples=[[EXAMPLE_TRANSFER]],
        ),
    ]


class ReceiptParty(Wire):
    """Who paid, or was paid."""

    account: Annotated[str, Meta(description="The account's number, or what the payment called it.")]
    name: str
    local_name: str


class Receipt(Wire):
    """A receipt as it was issued."""

    number: ReceiptNumber
    code: Annotated[
        str, Meta(description="With the number, it lets anybody check the receipt.", max_length=40)
    ]
    account: AccountNumber
    side: Annotated[
        Literal["debit", "credit"], Meta(description="What the entry was on the receipt's account.")
    ]
    reversal: Annotated[bool, Meta(description="Whether the entry took an earlier one back.")]
    payer: ReceiptParty
    payee: ReceiptParty
    amount: Money
    capitals: Annotated[
        str | None, Meta(description="The amount in Chinese capitals; of amounts in renminbi.")
    ]
    business_date: date
    value_date: date
    booked_at: datetime
    transfer: UUID
    cell: Cell
    position: Annotated[int, Meta(description="Of the entry in its cell's order of events.")]
    reference: str | None
    description: str | None
    end_to_end_id: str | None
    remittance: str | None
    sha256: Annotated[str, Meta(description="Of the receipt as it is kept, in hexadecimal digits.")]
    issued_at: datetime
    prints: Annotated[int, Meta(description="How many times the PDF was handed out.")]


class Receipts(Wire):
    """Receipts in the order of the transfers."""

    receipts: list[Receipt]


class ReceiptPage(Wire):
    """A page of receipts, newest first."""

    receipts: list[Receipt]
    next: Annotated[str | None, Meta(description="Cursor of the next page; null on the last.")]


class ReceiptSignature(Wire):
    """The detached signatures over the bytes of a receipt's PDF."""

    number: ReceiptNumber
    pdf_sha256: Annotated[str, Meta(description="Of the PDF, in hexadecimal digits.")]
    key: Annotated[str, Meta(description="Id of the keys; `/v1/seal-keys` has their public halves.")]
    ed25519: Annotated[str, Meta(description="64 bytes (RFC 8032), in Base64.")]
    ml_dsa_65: Annotated[str, Meta(description="3,309 bytes (FIPS 204), in Base64.")]


class SealKey(Wire):
    """The public halves of keys that the bank signs with."""

    id: Annotated[str, Meta(description="The first 16 digits of the SHA-256 over both raw keys.")]
    ed25519: Annotated[str, Meta(description="In PEM, for example for OpenSSL.")]
    ml_dsa_65: Annotated[str, Meta(description="In PEM, for example for OpenSSL 3.5 and later.")]


class SealKeyList(Wire):
    """Every key that anything was signed with, the newest first."""

    keys: list[SealKey]


class ReceiptVerification(Wire):
    """What the bank attests to whoever has the number and the code; parties are masked."""

    authentic: Annotated[bool, Meta(description="True; there is no answer for a receipt that is not.")]
    number: ReceiptNumber
    amount: Money
    business_date: date
    booked_at: datetime
    payer: ReceiptParty
    payee: ReceiptParty
    state: Annotated[str, Meta(description="Of the transfer now: `reversed` when it was taken back since.")]
    pdf_sha256: Annotated[
        str | None, Meta(description="Of the genuine PDF; null as long as none was handed out.")
    ]
