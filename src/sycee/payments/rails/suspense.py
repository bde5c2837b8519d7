"""Money between a rail and whoever it belongs to: booked, so that the clearing account is what the rail says.

The clearing account of a rail moves with this bank's balance there. What comes in and can be nobody's yet,
or has to go back, stands in the rail's suspense account until it is settled.
"""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from sycee import ledger
from sycee.database import Transaction
from sycee.ledger import NewTransfer
from sycee.payments.routing.rails import rail_accounts

SUSPENSE_SUBJECT = "2241"
"""General-ledger subject: other payables; with the rail's name."""


INTERBANK_SUBJECT = "3003"
"""General-ledger subject: interbank settlements; with the rail's name."""


class NotBooked(Exception):
    """The books refuse an entry: their code and sentence."""


def entry_id(*parts: str) -> UUID:
    """The id of an entry that follows from what it is for, so that it is made once (RFC 9562, version 8)."""
    digest = sha256("\0".join(("sycee rails", *parts)).encode()).digest()
    value = int.from_bytes(digest[:16], "big") & ~(0xF << 76) | 0x8 << 76
    return UUID(int=value & ~(0b11 << 62) | 0b10 << 62)


async def home_cell(tx: Transaction) -> int:
    """The cell in which stands what belongs to no customer: the first."""
    cursor = await tx.execute("SELECT min(cell) FROM cells")
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


class _Own(NamedTuple):
    """A kind of account of the bank's own that each rail has: its table, its subject, its names."""

    table: str
    subject: str
    name: str
    local_name: str


_SUSPENSE = _Own("rail_suspense_accounts", SUSPENSE_SUBJECT, "suspense", "待处理款项")
_INTERBANK = _Own("rail_interbank_accounts", INTERBANK_SUBJECT, "interbank transfers", "同业往来")


async def suspense_account(tx: Transaction, cell: int, rail: str, currency: str) -> int:
    """The suspense account of a rail in a cell; opened when it is first asked for."""
    return await _own_account(tx, _SUSPENSE, cell, rail, currency)


async def interbank_account(tx: Transaction, cell: int, rail: str, currency: str) -> int:
    """Where what other banks transfer to this bank by a rail is booked; opened when it is first asked for."""
    return await _own_account(tx, _INTERBANK, cell, rail, currency)


async def _own_account(tx: Transaction, kind: _Own, cell: int, rail: str, currency: str) -> int:
    # Opening holds the cell's row, so whoever comes second finds what the first has opened.
    read = f"SELECT number FROM {kind.table} WHERE cell = %s AND rail = %s AND currency = %s".encode()  # noqa: S608
    row = await (await tx.execute(read, (cell, rail, currency))).fetchone()
    if row is None:
        await tx.execute("SELECT cell FROM cells WHERE cell = %s FOR NO KEY UPDATE", (cell,))
        row = await (await tx.execute(read, (cell, rail, currency))).fetchone()
    if row is not None:
        return int(row[0])
    (account,) = await ledger.open_accounts(
        tx,
        [
            ledger.NewAccount(
                currency=currency,
                subject=f"{kind.subject}.{rail}",
                cell=cell,
                floor=None,
                name=f"{rail} {kind.name}",
                local_name=f"{rail}{kind.local_name}",
            )
        ],
    )
    await tx.execute(
        f"INSERT INTO {kind.table} (cell, rail, currency, number) VALUES (%s, %s, %s, %s)".encode(),  # noqa: S608
        (cell, rail, currency, account.number),
    )
    return account.number


async def book_suspense(
    tx: Transaction, id: UUID, *, cell: int, rail: str, currency: str, signed: int, description: str
) -> None:
    """Book what the rail has for us beyond what is booked: above 0 it owes us more, below 0 less.

    The same id twice is booked once. Raises NotBooked.
    """
    clearing = (await rail_accounts(tx, [(cell, rail, currency)]))[cell, rail, currency].clearing
    suspense = await suspense_account(tx, cell, rail, currency)
    debit, credit = (clearing, suspense) if signed > 0 else (suspense, clearing)
    await post(tx, id, debit, credit, abs(signed), currency, description)


async def post(
    tx: Transaction, id: UUID, debit: int, credit: int, amount: int, currency: str, description: str
) -> None:
    """Post one transfer. Raises NotBooked with what the books say."""
    transfer = NewTransfer(
        id=id, debit=debit, credit=credit, amount=amount, currency=currency, description=description
    )
    (told,) = await ledger.post_transfers(tx, [transfer])
    if told.status == "rejected":
        raise NotBooked(f"{told.code}: {told.detail}")
