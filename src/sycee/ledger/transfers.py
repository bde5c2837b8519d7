"""Transfers: the only thing that changes a balance, and the one way to post them.

A list goes in, an outcome a transfer comes out, in order. The list is decided and applied inside the
database by ``ledger_post``; here it is turned into arrays and the outcomes are read back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from sycee.database import (
    DateArray,
    Int2Array,
    Int8Array,
    TextArray,
    TimestamptzArray,
    Transaction,
    UuidArray,
)
from sycee.kernel.ids import uuid7
from sycee.ledger.errors import InvalidTransfer, TransferNotFound
from sycee.ledger.rejections import REJECTIONS


class TransferKind(StrEnum):
    """What a transfer does; the order is that of the numbers in the database."""

    TRANSFER = "transfer"
    PENDING = "pending"
    POST = "post"
    VOID = "void"
    REVERSAL = "reversal"
    EXPIRY = "expiry"


KINDS: tuple[TransferKind, ...] = tuple(TransferKind)
_NUMBERS = {kind: number for number, kind in enumerate(KINDS)}
_STATUSES = ("posted", "pending", "posted", "voided", "posted", "expired")
_RESOLVED = ("pending", "posted", "voided", "expired")


class NewTransfer(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer to be posted. Amounts are minor units of the currency.

    ``id`` is made by whoever asks, once, and is what makes asking again safe. A post, void or reversal
    takes accounts and currency from its ``target``; a post without amount posts all that is pending.
    ``linked`` ties a transfer to the next of the list: all of such a chain are posted, or none.
    """

    id: UUID
    kind: TransferKind = TransferKind.TRANSFER
    debit: int = 0
    credit: int = 0
    amount: int | None = None
    currency: str = ""
    target: UUID | None = None
    linked: bool = False
    value_date: date | None = None
    expires_at: datetime | None = None
    reference: str | None = None
    description: str | None = None


class HistoricalTransfer(NewTransfer, frozen=True, kw_only=True):
    """A transfer of an older system, with the instant and business date it had there."""

    booked_at: datetime
    business_date: date


class Outcome(msgspec.Struct, frozen=True):
    """What became of a transfer: posted, pending, voided, expired, duplicate, or rejected with a code.

    Of a duplicate, ``first`` is the status the first one got.
    """

    id: UUID
    status: str
    code: str | None = None
    detail: str | None = None
    first: str | None = None


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer as the books have it. ``state``: posted, pending, voided, expired, or reversed."""

    id: UUID
    kind: TransferKind
    state: str
    debit: int
    credit: int
    amount: int
    currency: str
    target: UUID | None
    booked_at: datetime
    business_date: date
    value_date: date
    expires_at: datetime | None
    reference: str | None
    description: str | None
    cell: int
    position: int
    batch: int
    resolved_by: UUID | None


async def post_transfers(
    tx: Transaction,
    transfers: Sequence[NewTransfer],
    *,
    atomic: bool = False,
    dry_run: bool = False,
    restricted: bool = False,
    owed: bool = False,
    released: bool = False,
) -> list[Outcome]:
    """Post a list; returns its outcomes, in order. The order of the list is the order of effect.

    ``atomic`` makes the whole list one linked group. ``dry_run`` tells the outcomes and posts nothing.
    ``restricted`` is for products: the list may move restricted accounts, which are otherwise refused.
    ``owed`` is for what was paid elsewhere on the strength of a hold: the hold is posted whatever has become
    of its accounts since, blocked, frozen or dormant.
    ``released`` is for what a supervisor released: the list may pay from supervised accounts.
    Raises psycopg's SerializationFailure when the transaction has to be run again as a whole, and
    InvalidTransfer for what has no place in a list: an expiry, or a value that no such field can hold.
    """
    if not transfers:
        return []
    if any(transfer.kind is TransferKind.EXPIRY for transfer in transfers):
        raise InvalidTransfer("the books alone make expiries: a pending transfer can be voided instead")
    if not dry_run:
        return await _post(tx, transfers, atomic=atomic, restricted=restricted, owed=owed, released=released)
    async with tx.transaction(force_rollback=True):
        return await _post(tx, transfers, atomic=atomic, restricted=restricted, owed=owed, released=released)


async def import_history(tx: Transaction, transfers: Sequence[HistoricalTransfer]) -> list[Outcome]:
    """Post transfers of an older system under their own ids and dates, oldest first.

    They are facts, so floors do not refuse them. Each has to be no older than the last entry of both its
    accounts and no younger than the present business date of their cells (else ``out_of_order``); then
    balances at past instants and dates read as they were. Only kind transfer, and nothing linked: raises
    InvalidTransfer otherwise.
    """
    for transfer in transfers:
        if transfer.kind is not TransferKind.TRANSFER or transfer.linked:
            raise InvalidTransfer(
                f"history is made of plain transfers, {transfer.id} is linked or another kind"
            )
        if transfer.booked_at.tzinfo is None:
            raise InvalidTransfer(f"booked_at of {transfer.id} has no time zone")
    return await _post(tx, transfers, atomic=False, history=True) if transfers else []


_QUERY = (
    "SELECT place, code, first_kind "
    "FROM ledger_post(%b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b)"
)


def _column(transfers: Sequence[Any], name: str, wrap: Callable[[list[Any]], Any]) -> Any:
    """An array of one field; None (NULL) when no transfer has it."""
    values = [getattr(transfer, name) for transfer in transfers]
    return wrap(values) if any(value is not None for value in values) else None


_ACTS = (TransferKind.POST, TransferKind.VOID, TransferKind.REVERSAL, TransferKind.EXPIRY)


def _currency(transfer: NewTransfer) -> str | None:
    """An act may leave its target's currency out; a transfer without one is in none, which is a mismatch."""
    return transfer.currency or (None if transfer.kind in _ACTS else "")


def _arguments(
    transfers: Sequence[NewTransfer],
    *,
    atomic: bool,
    history: bool,
    restricted: bool,
    owed: bool,
    released: bool,
) -> list[Any]:
    plain = all(transfer.kind is TransferKind.TRANSFER for transfer in transfers)
    links = [transfer.linked for transfer in transfers]
    if atomic:
        links = [True] * (len(transfers) - 1) + [False]
    return [
        UuidArray([transfer.id for transfer in transfers]),
        None if plain else Int2Array([_NUMBERS[transfer.kind] for transfer in transfers]),
        Int8Array([transfer.debit for transfer in transfers]),
        Int8Array([transfer.credit for transfer in transfers]),
        Int8Array([transfer.amount for transfer in transfers]),
        TextArray([transfer.currency or _currency(transfer) for transfer in transfers]),
        _column(transfers, "value_date", DateArray),
        None if plain else UuidArray([t.target if t.kind in _ACTS else None for t in transfers]),
        links if any(links) else None,
        _column(transfers, "expires_at", TimestamptzArray),
        _column(transfers, "reference", TextArray),
        _column(transfers, "description", TextArray),
        _column(transfers, "booked_at", TimestamptzArray) if history else None,
        _column(transfers, "business_date", DateArray) if history else None,
        restricted,
        owed,
        released,
    ]


async def _post(
    tx: Transaction,
    transfers: Sequence[NewTransfer],
    *,
    atomic: bool,
    history: bool = False,
    restricted: bool = False,
    owed: bool = False,
    released: bool = False,
) -> list[Outcome]:
    arguments = _arguments(
        transfers, atomic=atomic, history=history, restricted=restricted, owed=owed, released=released
    )
    try:
        cursor = await tx.execute(_QUERY, arguments, binary=True)
    except psycopg.DataError as error:
        raise InvalidTransfer(
            f"a value does not fit its field: {str(error).partition(chr(10))[0]}"
        ) from error
    odd = await cursor.fetchall()
    outcomes = [Outcome(transfer.id, _STATUSES[_NUMBERS[transfer.kind]]) for transfer in transfers]
    for place, code, first in odd:
        identity = transfers[place - 1].id
        if code is not None:
            outcomes[place - 1] = Outcome(identity, "rejected", code, REJECTIONS[code])
        else:
            outcomes[place - 1] = Outcome(identity, "duplicate", first=_STATUSES[first])
    return outcomes


async def get_transfer(tx: Transaction, id: UUID) -> Transfer:
    """The transfer with this id. Raises TransferNotFound."""
    cursor = await tx.execute(
        """
        SELECT t.kind, h.state, r.id, h.resolved_by, t.debit, coalesce(t.counterpart, t.credit), t.amount,
               t.currency, t.target, t.booked_at, t.business_date, t.value_date, h.expires_at, t.reference,
               t.description, t.cell, t.position, b.batch
        FROM transfers t
        LEFT JOIN holds h ON h.cell = t.cell AND h.id = t.id AND t.kind = 1
        LEFT JOIN reversals r ON r.cell = t.cell AND r.target = t.id
        LEFT JOIN LATERAL (SELECT batch FROM batches
                           WHERE cell = t.cell AND first_position <= t.position
                           ORDER BY first_position DESC, batch DESC LIMIT 1) b ON true
        WHERE t.id = %s AND t.leg = 0
        """,
        (id,),
    )
    row = await cursor.fetchone()
    if row is None:
        raise TransferNotFound(f"there is no transfer {id}")
    kind, hold, reversal, resolved_by, *rest = row
    state = _RESOLVED[hold] if hold is not None else "reversed" if reversal else _STATUSES[kind]
    names = [
        "debit",
        "credit",
        "amount",
        "currency",
        "target",
        "booked_at",
        "business_date",
        "value_date",
        "expires_at",
        "reference",
        "description",
        "cell",
        "position",
        "batch",
    ]
    return Transfer(
        id=id,
        kind=KINDS[kind],
        state=state,
        resolved_by=resolved_by or reversal,
        **dict(zip(names, rest, strict=True)),
    )


async def expire_holds(tx: Transaction, *, limit: int = 10_000) -> int:
    """Give back what pending transfers past their expiry still hold; returns how many there were."""
    cursor = await tx.execute(
        """
        WITH due AS (SELECT id FROM holds WHERE state = 0 AND expires_at <= clock_timestamp()
                     ORDER BY expires_at LIMIT %s)
        SELECT array_agg(id) FROM due
        """,
        (limit,),
    )
    row = await cursor.fetchone()
    targets: list[UUID] | None = row[0] if row else None
    if not targets:
        return 0
    outcomes = await _post(
        tx,
        [NewTransfer(id=uuid7(), kind=TransferKind.EXPIRY, target=target) for target in targets],
        atomic=False,
    )
    return sum(outcome.status == "expired" for outcome in outcomes)
