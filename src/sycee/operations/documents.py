"""Statements and balance confirmations as data: made once at the end of a day, kept as they were made.

A document is JSON. Its SHA-256 is over those bytes (of a long statement, over its parts one after another),
so that whoever has a document, in whatever form it was rendered, can have it compared.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeAlias
from uuid import UUID, uuid5

import msgspec

from sycee.database import Transaction
from sycee.kernel.ids import cell_of
from sycee.kernel.money import Amount
from sycee.ledger import Account, DayBalance, Entry, Period, get_account
from sycee.operations.errors import DocumentDamaged, DocumentNotFound, StatementUnbalanced

LINES_OF_A_PART = 1_000
"""How many entries are kept together."""

PDF_LINES = 20_000
"""The most entries of a statement as PDF: some 600 pages."""

XLSX_LINES = 1_000_000
"""The most entries of a statement as a workbook: a sheet of Excel ends at 1,048,576 rows."""

_IDS = UUID("c1f4a0de-6a3c-5a52-9b0f-2f6f4f0b5d11")


class DocumentKind(StrEnum):
    """What a document is."""

    STATEMENT = "statement"
    BALANCE_CONFIRMATION = "balance_confirmation"


class DocumentAccount(msgspec.Struct, frozen=True, kw_only=True):
    """The account a document is about, as it was called when the document was made."""

    number: str
    name: str
    local_name: str
    currency: str
    customer: UUID | None


class StatementLine(msgspec.Struct, frozen=True, kw_only=True):
    """An entry; amounts are decimal texts in the account's currency."""

    transfer: UUID
    side: str
    amount: str
    balance: str
    counterparty: str
    kind: str
    booked_at: datetime
    business_date: date
    value_date: date
    reference: str | None
    description: str | None


class StatementContent(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="statement"):
    """A statement: every entry of business dates ``start`` to ``end``, the balances before and after them.

    ``lines`` are all of them once a document is read; as it is kept, those after the first thousand are in
    parts of their own.
    """

    id: UUID
    account: DocumentAccount
    start: date
    end: date
    opening: str
    closing: str
    debit_total: str
    credit_total: str
    debit_count: int
    credit_count: int
    lines: list[StatementLine]


class ConfirmationContent(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="balance_confirmation"
):
    """A balance confirmation: what the bank's books say of an account at the end of a date."""

    id: UUID
    account: DocumentAccount
    on: date
    balance: str
    held: str


Content: TypeAlias = StatementContent | ConfirmationContent


class NewDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A document to be kept."""

    account: int
    customer: UUID | None
    start: date
    end: date
    content: Content


class DocumentSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a document without reading it. ``sha256`` in hexadecimal digits."""

    id: UUID
    kind: DocumentKind
    account: int
    customer: UUID | None
    start: date
    end: date
    business_date: date
    entries: int
    sha256: str
    created_at: datetime


class Document(msgspec.Struct, frozen=True):
    """A document as it was produced."""

    summary: DocumentSummary
    content: Content


_encode = msgspec.json.Encoder().encode
_CONTENT: msgspec.json.Decoder[Content] = msgspec.json.Decoder(Content)
_LINES = msgspec.json.Decoder(list[StatementLine])


def document_id(kind: DocumentKind, account: int, start: date, end: date) -> UUID:
    """The id of a document: the same for the same account and period, whoever produces it, and when."""
    return uuid5(_IDS, f"{kind} {account} {start} {end}")


def digest_of(content: Content) -> str:
    """The SHA-256 of a document in hexadecimal digits: that of its JSON, in parts as it is kept."""
    head, tail = _split(content)
    digest = hashlib.sha256(head)
    for part in tail:
        digest.update(part)
    return digest.hexdigest()


def about(account: Account) -> DocumentAccount:
    """The account as a document names it."""
    return DocumentAccount(
        number=str(account.number),
        name=account.name,
        local_name=account.local_name,
        currency=account.currency,
        customer=account.customer,
    )


def statement_of(period: Period) -> NewDocument:
    """The statement of a period whose entries have been read. Raises StatementUnbalanced."""
    account, entries = period.account, period.entries or []
    if entries and entries[-1].balance != period.closing:
        raise StatementUnbalanced(
            f"the entries of account {account.number} lead from {period.opening} to {period.closing},"
            f" and the last one says {entries[-1].balance}"
        )
    content = StatementContent(
        id=document_id(DocumentKind.STATEMENT, account.number, period.start, period.end),
        account=about(account),
        start=period.start,
        end=period.end,
        opening=_text(period.opening, account),
        closing=_text(period.closing, account),
        debit_total=_text(sum(period.debits), account),
        credit_total=_text(sum(period.credits), account),
        debit_count=len(period.debits),
        credit_count=len(period.credits),
        lines=[statement_line(entry) for entry in entries],
    )
    return NewDocument(
        account=account.number,
        customer=account.customer,
        start=period.start,
        end=period.end,
        content=content,
    )


def confirmation_of(found: DayBalance) -> NewDocument:
    """The confirmation of a balance."""
    account = found.account
    content = ConfirmationContent(
        id=document_id(DocumentKind.BALANCE_CONFIRMATION, account.number, found.day, found.day),
        account=about(account),
        on=found.day,
        balance=_text(found.balance, account),
        held=_text(found.held, account),
    )
    return NewDocument(
        account=account.number, customer=account.customer, start=found.day, end=found.day, content=content
    )


def statement_line(entry: Entry) -> StatementLine:
    """An entry as a statement shows it."""
    return StatementLine(
        transfer=entry.transfer_id,
        side=entry.side.value,
        amount=Amount(entry.amount, entry.currency).text(),
        balance=Amount(entry.balance, entry.currency).text(),
        counterparty=str(entry.counterparty),
        kind=entry.kind.value,
        booked_at=entry.booked_at,
        business_date=entry.business_date,
        value_date=entry.value_date,
        reference=entry.reference,
        description=entry.description,
    )


def _text(minor: int, account: Account) -> str:
    return Amount(minor, account.currency).text()


async def keep_documents(tx: Transaction, documents: Sequence[NewDocument], business_date: date) -> int:
    """Keep documents that were made at the end of a business date; returns how many were new.

    One that is there already stays as it is. Long statements are split into parts.
    """
    rows = []
    parts: list[tuple[int, int, UUID, int, bytes]] = []
    for new in documents:
        head, tail = _split(new.content)
        digest = hashlib.sha256(head)
        for number, part in enumerate(tail, start=1):
            digest.update(part)
            parts.append((cell_of(new.account), new.account, new.content.id, number, zlib.compress(part)))
        kind = new.content.__struct_config__.tag
        entries = len(new.content.lines) if isinstance(new.content, StatementContent) else 0
        rows.append((cell_of(new.account), new.account, kind, new.end, new.start, new.content.id,
                     new.customer, business_date, entries, digest.digest(), zlib.compress(head)))  # fmt: skip
    if not rows:
        return 0
    cursor = await tx.execute(
        """
        INSERT INTO day_documents (cell, account, kind, period_end, period_start, id, customer, business_date,
                                   entries, sha256, content)
        SELECT * FROM unnest(%s::smallint[], %s::bigint[], %s::text[], %s::date[], %s::date[], %s::uuid[],
                             %s::uuid[], %s::date[], %s::bigint[], %s::bytea[], %s::bytea[])
        ON CONFLICT DO NOTHING
        """,
        [list(column) for column in zip(*rows, strict=True)],
    )
    if parts:
        await tx.execute(
            """
            INSERT INTO day_document_parts (cell, account, id, part, content)
            SELECT * FROM unnest(%s::smallint[], %s::bigint[], %s::uuid[], %s::integer[], %s::bytea[])
            ON CONFLICT DO NOTHING
            """,
            [list(column) for column in zip(*parts, strict=True)],
        )
    return cursor.rowcount


def _split(content: Content) -> tuple[bytes, list[bytes]]:
    """A document as it is kept: its JSON, and the entries after the first thousand by thousands."""
    if not isinstance(content, StatementContent) or len(content.lines) <= LINES_OF_A_PART:
        return _encode(content), []
    lines = content.lines
    head = msgspec.structs.replace(content, lines=lines[:LINES_OF_A_PART])
    places = range(LINES_OF_A_PART, len(lines), LINES_OF_A_PART)
    return _encode(head), [_encode(lines[place : place + LINES_OF_A_PART]) for place in places]


_COLUMNS = (
    "id, kind, account, customer, period_start, period_end, business_date, entries, "
    "encode(sha256, 'hex'), created_at"
)


def _summary(row: Sequence[Any]) -> DocumentSummary:
    named = dict(zip(DocumentSummary.__struct_fields__, row, strict=True))
    return DocumentSummary(**{**named, "kind": DocumentKind(named["kind"])})


async def list_documents(
    tx: Transaction,
    account: int,
    *,
    kind: DocumentKind | None = None,
    before: tuple[date, str] | None = None,
    limit: int = 100,
) -> list[DocumentSummary]:
    """The documents of an account, newest first; those before a period's end and kind.

    Raises AccountNotFound.
    """
    await get_account(tx, account)
    end, behind = before or (None, None)
    cursor = await tx.execute(
        f"""
        SELECT {_COLUMNS} FROM day_documents
        WHERE cell = %s AND account = %s AND kind = coalesce(%s, kind)
              AND (%s::date IS NULL OR (period_end, kind) < (%s::date, %s::text))
        ORDER BY period_end DESC, kind DESC LIMIT %s
        """,  # noqa: S608 - names of ours only
        (cell_of(account), account, kind, end, end, behind, limit),
    )
    return [_summary(row) for row in await cursor.fetchall()]


async def documents_of_day(
    tx: Transaction,
    cell: int,
    on: date,
    *,
    after: tuple[int, str, date] | None = None,
    limit: int = 100,
) -> list[DocumentSummary]:
    """What the end of a business date produced, by account, kind and end of period; those after such."""
    behind = after or (0, "", date.min)
    cursor = await tx.execute(
        f"""
        SELECT {_COLUMNS} FROM day_documents
        WHERE cell = %s AND business_date = %s AND (account, kind, period_end) > (%s, %s::text, %s)
        ORDER BY account, kind, period_end LIMIT %s
        """,  # noqa: S608 - names of ours only
        (cell, on, *behind, limit),
    )
    return [_summary(row) for row in await cursor.fetchall()]


async def get_document(tx: Transaction, account: int, id: UUID) -> Document:
    """A document of an account. Raises AccountNotFound, DocumentNotFound, DocumentDamaged."""
    key = (cell_of(account), account, id)
    cursor = await tx.execute(
        f"SELECT content, {_COLUMNS} FROM day_documents WHERE cell = %s AND account = %s AND id = %s",  # noqa: S608
        key,
    )
    row = await cursor.fetchone()
    if row is None:
        await get_account(tx, account)
        raise DocumentNotFound(f"account {account} has no document {id}")
    cursor = await tx.execute(
        "SELECT content FROM day_document_parts WHERE cell = %s AND account = %s AND id = %s ORDER BY part",
        key,
    )
    packed = [row[0], *(part for (part,) in await cursor.fetchall())]
    summary = _summary(row[1:])
    try:
        parts = [zlib.decompress(one) for one in packed]
        intact = hashlib.sha256(b"".join(parts)).hexdigest() == summary.sha256
    except zlib.error:
        parts, intact = [], False
    if not intact:
        raise DocumentDamaged(f"document {id} of account {account} does not agree with its SHA-256")
    content = _CONTENT.decode(parts[0])
    if isinstance(content, StatementContent):
        for part in parts[1:]:
            content.lines.extend(_LINES.decode(part))
    return Document(summary, content)
