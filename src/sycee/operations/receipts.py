"""Electronic receipts (电子回单): what the bank attests of one entry of an account.

A receipt is issued when somebody first asks for it and stays as it was issued: the same entry has the same
receipt, under the same number and with the same code. The number and the code together let anybody check
it. The code has 80 random bits, so nobody finds one by trying, however fast.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from sycee import ledger, payments
from sycee.database import Transaction, as_bank
from sycee.kernel.ids import cell_of, check_digit
from sycee.kernel.money import Amount
from sycee.ledger import Account, Entry
from sycee.operations.errors import ReceiptDamaged, ReceiptNotFound, TooManyReceipts
from sycee.operations.masking import masked_name, masked_number

MOST_RECEIPTS = 1_000
"""The most receipts that are issued together."""

NUMBER_DIGITS = 22
"""Of a receipt's number: cell, business date, serial of ten digits, check digit."""

CODE_CHARACTERS = 16
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: without I, L, O and U
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


class ReceiptParty(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a receipt: how its account was called when the receipt was issued."""

    account: str
    name: str
    local_name: str


class ReceiptContent(msgspec.Struct, frozen=True, kw_only=True):
    """What a receipt says. ``side`` is the entry's on the receipt's account; ``amount`` a decimal text.

    ``reversal``: the entry took an earlier one back.
    """

    number: str
    code: str
    account: str
    side: str
    reversal: bool
    payer: ReceiptParty
    payee: ReceiptParty
    amount: str
    currency: str
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


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt as it was issued; ``sha256`` is of its content, in hexadecimal digits.

    ``prints`` is how many times its PDF was handed out.
    """

    content: ReceiptContent
    sha256: str
    issued_at: datetime
    prints: int


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """What a stranger with the number and the code is told; parties are masked.

    ``state`` is the transfer's now: a receipt of a transfer that was reversed since is authentic, and says
    ``reversed``. ``pdf_sha256`` is None as long as no PDF was made.
    """

    number: str
    amount: str
    currency: str
    business_date: date
    booked_at: datetime
    payer: ReceiptParty
    payee: ReceiptParty
    state: str
    pdf_sha256: str | None


_encode = msgspec.json.Encoder().encode
_CONTENT: msgspec.json.Decoder[ReceiptContent] = msgspec.json.Decoder(ReceiptContent)
_SELECT = """
    SELECT r.content, r.sha256, r.issued_at,
           (SELECT count(*) FROM receipt_prints p WHERE p.cell = r.cell AND p.number = r.number)
    FROM receipts r
"""


def read_code(text: str) -> str:
    """A code as somebody typed it: small letters, blanks and hyphens are fine, so is O for zero."""
    return text.upper().translate(_READ_AS)


def written_code(code: str) -> str:
    """A code as people read it, in groups of four."""
    return "-".join(code[place : place + 4] for place in range(0, len(code), 4))


def is_receipt_number(text: str) -> bool:
    """Whether a text has the form of a receipt's number."""
    return len(text) == NUMBER_DIGITS and text.isascii() and text.isdigit()


async def issue_receipts(
    tx: Transaction, account: int, transfers: Sequence[UUID], *, by: str
) -> list[Receipt]:
    """The receipts of the entries that transfers made on an account, in that order; all or none.

    Those that were issued before are answered as they were issued. Raises AccountNotFound, EntryNotFound,
    TooManyReceipts.
    """
    if len(transfers) > MOST_RECEIPTS:
        raise TooManyReceipts(f"{len(transfers)} receipts are asked for; at most {MOST_RECEIPTS} together")
    entries = await ledger.get_entries(tx, account, transfers)
    found = await _issued(tx, account, transfers)
    if any(entry.transfer_id not in found for entry in entries):
        async with as_bank(tx):  # the bank attests, and names the other side
            # Whoever else issues receipts in this cell waits here, and finds ours afterwards.
            await tx.execute(
                "INSERT INTO receipt_serials (cell, serial) VALUES (%s, 0) "
                "ON CONFLICT (cell) DO UPDATE SET serial = receipt_serials.serial",
                (cell_of(account),),
            )
            found = await _issued(tx, account, transfers)
            new = {entry.transfer_id: entry for entry in entries if entry.transfer_id not in found}
            await _issue(tx, account, list(new.values()), by)
            found = await _issued(tx, account, transfers)
    return [found[one] for one in transfers]


async def _issued(tx: Transaction, account: int, transfers: Sequence[UUID]) -> dict[UUID, Receipt]:
    cursor = await tx.execute(
        _SELECT + "WHERE r.cell = %s AND r.account = %s AND r.transfer = ANY(%s)",
        (cell_of(account), account, list(transfers)),
    )
    receipts = [_read(row) for row in await cursor.fetchall()]
    return {receipt.content.transfer: receipt for receipt in receipts}


async def _issue(tx: Transaction, number: int, entries: Sequence[Entry], by: str) -> None:
    """Issue receipts of entries that have none; the cell's serials are locked."""
    if not entries:
        return
    own = await ledger.get_account(tx, number)
    far = await ledger.get_accounts(tx, [entry.counterparty for entry in entries])
    others = {account.number: account for account in far}
    told = await payments.payment_details(tx, [entry.transfer_id for entry in entries])
    cursor = await tx.execute(
        "UPDATE receipt_serials SET serial = serial + %s WHERE cell = %s RETURNING serial - %s",
        (len(entries), own.cell, len(entries)),
    )
    row = await cursor.fetchone()
    assert row is not None
    rows = []
    for serial, entry in enumerate(entries, start=row[0] + 1):
        content = _content(own, others[entry.counterparty], entry, told.get(entry.transfer_id), serial)
        packed = _encode(content)
        digest = hashlib.sha256(packed).digest()
        rows.append((own.cell, number, entry.transfer_id, content.number, content.code,
                     entry.business_date, digest, packed, by))  # fmt: skip
    await tx.execute(
        """
        INSERT INTO receipts (cell, account, transfer, number, code, business_date, sha256, content,
                              issued_by)
        SELECT * FROM unnest(%s::smallint[], %s::bigint[], %s::uuid[], %s::text[], %s::text[], %s::date[],
                             %s::bytea[], %s::bytea[], %s::text[])
        """,
        [list(column) for column in zip(*rows, strict=True)],
    )


def _content(
    own: Account, other: Account, entry: Entry, told: payments.PaymentDetails | None, serial: int
) -> ReceiptContent:
    debited = entry.side is ledger.NormalSide.DEBIT
    ours, theirs = _party(own), _party(other)
    if told is not None:
        # As the payer named the other side: that is what both know it by.
        name = (told.creditor_name if debited else told.debtor_name) or ""
        theirs = ReceiptParty(
            account=told.creditor if debited else told.debtor, name=name or theirs.name, local_name=""
            if name else theirs.local_name
        )  # fmt: skip
    return ReceiptContent(
        number=_number(own.cell, entry.business_date, serial),
        code="".join(secrets.choice(_ALPHABET) for _ in range(CODE_CHARACTERS)),
        account=str(own.number),
        side=entry.side.value,
        reversal=entry.kind is ledger.TransferKind.REVERSAL,
        payer=ours if debited else theirs,
        payee=theirs if debited else ours,
        amount=Amount(entry.amount, entry.currency).text(),
        currency=entry.currency,
        business_date=entry.business_date,
        value_date=entry.value_date,
        booked_at=entry.booked_at,
        transfer=entry.transfer_id,
        cell=own.cell,
        position=entry.position,
        reference=entry.reference,
        description=entry.description,
        end_to_end_id=told.end_to_end_id if told else None,
        remittance=told.remittance if told else None,
    )


def _party(account: Account) -> ReceiptParty:
    return ReceiptParty(account=str(account.number), name=account.name, local_name=account.local_name)


def _number(cell: int, business_date: date, serial: int) -> str:
    body = f"{cell:03d}{business_date:%Y%m%d}{serial:010d}"
    return body + check_digit(body)


def _read(row: Sequence[Any]) -> Receipt:
    packed, digest, issued_at, prints = row
    if hashlib.sha256(packed).digest() != digest:
        raise ReceiptDamaged("a receipt does not agree with its SHA-256")
    return Receipt(content=_CONTENT.decode(packed), sha256=digest.hex(), issued_at=issued_at, prints=prints)


async def get_receipt(tx: Transaction, account: int, number: str) -> Receipt:
    """A receipt of an account. Raises AccountNotFound, ReceiptNotFound, ReceiptDamaged."""
    cursor = await tx.execute(
        _SELECT + "WHERE r.cell = %s AND r.account = %s AND r.number = %s",
        (cell_of(account), account, number if is_receipt_number(number) else ""),
    )
    row = await cursor.fetchone()
    if row is None:
        await ledger.get_account(tx, account)
        raise ReceiptNotFound(f"account {account} has no receipt {number[:NUMBER_DIGITS]!r}")
    return _read(row)


async def list_receipts(
    tx: Transaction, account: int, *, before: str | None = None, limit: int = 100
) -> list[Receipt]:
    """The receipts of an account, those of the newest business date first; those before a number.

    Raises AccountNotFound, ReceiptDamaged.
    """
    await ledger.get_account(tx, account)
    cursor = await tx.execute(
        _SELECT + "WHERE r.cell = %s AND r.account = %s AND (%s::text IS NULL OR r.number < %s::text)"
        " ORDER BY r.number DESC LIMIT %s",
        (cell_of(account), account, before, before, limit),
    )
    return [_read(row) for row in await cursor.fetchall()]


async def verify_receipt(tx: Transaction, number: str, code: str) -> Verification:
    """What the receipt with this number says, for whoever has its code.

    Raises ReceiptNotFound, in the same words whether the number or the code is wrong; ReceiptDamaged.
    """
    known = number if is_receipt_number(number) else "0" * NUMBER_DIGITS
    cursor = await tx.execute(
        """
        SELECT r.code, r.content, r.sha256, r.issued_at, encode(p.sha256, 'hex')
        FROM receipts r LEFT JOIN receipt_papers p USING (cell, number)
        WHERE r.cell = %s AND r.number = %s
        """,
        (int(known[:3]), known),
    )
    row = await cursor.fetchone()
    right = hmac.compare_digest((row[0] if row else "").encode(), read_code(code).encode())
    if row is None or not right:
        raise ReceiptNotFound("no receipt has this number and this code")
    content = _read((*row[1:4], 0)).content
    return Verification(
        number=content.number,
        amount=content.amount,
        currency=content.currency,
        business_date=content.business_date,
        booked_at=content.booked_at,
        payer=_masked(content.payer),
        payee=_masked(content.payee),
        state=(await ledger.get_transfer(tx, content.transfer)).state,
        pdf_sha256=row[4],
    )


def _masked(party: ReceiptParty) -> ReceiptParty:
    return ReceiptParty(
        account=masked_number(party.account),
        name=masked_name(party.name),
        local_name=masked_name(party.local_name),
    )
