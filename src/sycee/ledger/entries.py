"""Entries of an account, balances now and in the past: what its chain of transfers says.

A page costs what its entries cost, on an account with ten entries or ten million; so does a balance at
any past instant or business date (sql/entries.sql tells how).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from sycee.database import Transaction, as_bank
from sycee.kernel import clock
from sycee.kernel.ids import cell_of
from sycee.ledger.account_records import Account, NormalSide
from sycee.ledger.accounts import get_account
from sycee.ledger.errors import EntryNotFound, InvalidCursor, InvalidLimit, InvalidMoment
from sycee.ledger.transfers import KINDS, TransferKind


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a posted transfer, as its account sees it.

    ``amount`` and ``balance`` (after the entry, positive on the normal side) are minor units.
    ``counterparty`` is the other account, in whatever cell.
    """

    transfer_id: UUID
    position: int
    side: NormalSide
    amount: int
    balance: int
    counterparty: int
    booked_at: datetime
    business_date: date
    value_date: date
    kind: TransferKind
    currency: str
    target: UUID | None
    reference: str | None
    description: str | None


class EntryPage(msgspec.Struct, frozen=True):
    """A page of entries, and the cursor of the next one (None on the last)."""

    entries: list[Entry]
    next_cursor: str | None


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """A balance at a moment, in minor units on the normal side; ``as_of``: now, instant or business_date."""

    number: int
    currency: str
    balance: int
    held: int
    available: int
    at: datetime | date
    as_of: str


ENTRY_COLUMNS = (
    "id",
    "position",
    "debit",
    "credit",
    "counterpart",
    "amount",
    "debit_balance",
    "credit_balance",
    "booked_at",
    "business_date",
    "value_date",
    "kind",
    "currency",
    "target",
    "reference",
    "description",
)
"""What ``read_entry`` makes an entry of."""

_COLUMNS = ", ".join(ENTRY_COLUMNS)
MOST_ENTRIES = 10_000
"""The most entries of one page."""

_FIRST, _LAST = -1, 2**63 - 1


def read_entry(account: Account, row: Sequence[Any]) -> Entry:
    """An entry as its account sees it, of a row of ENTRY_COLUMNS."""
    (id, position, debit, credit, counterpart, amount, debit_balance, credit_balance,
     booked_at, business_date, value_date, kind, currency, target, reference, description) = row  # fmt: skip
    debited = debit == account.number
    return Entry(
        transfer_id=id,
        position=position,
        side=NormalSide.DEBIT if debited else NormalSide.CREDIT,
        amount=amount,
        balance=account.normal_side.sign * (debit_balance if debited else credit_balance),
        counterparty=counterpart or (credit if debited else debit),
        booked_at=booked_at.astimezone(UTC),
        business_date=business_date,
        value_date=value_date,
        kind=KINDS[kind],
        currency=currency,
        target=target,
        reference=reference,
        description=description,
    )


def _write_cursor(number: int, position: int) -> str:
    return base64.urlsafe_b64encode(f"{number}:{position}".encode()).decode().rstrip("=")


def _read_cursor(number: int, cursor: str) -> int:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode(
            "ascii"
        )
        owner, _, position = text.partition(":")
        if int(owner) == number and 0 <= int(position) <= _LAST:
            return int(position)
    except (ValueError, binascii.Error):
        pass
    raise InvalidCursor(f"{cursor[:80]!r} is not a cursor of account {number}'s entries")


async def entries(
    tx: Transaction,
    number: int,
    *,
    after: str | None = None,
    limit: int = 100,
    newest_first: bool = True,
    start: date | None = None,
    end: date | None = None,
) -> EntryPage:
    """A page of at most ``limit`` entries, of business dates ``start`` to ``end``, in either order.

    ``after`` is the cursor of the page before. Raises AccountNotFound, InvalidCursor, InvalidLimit.
    """
    if not 1 <= limit <= MOST_ENTRIES:
        raise InvalidLimit(f"a page of {limit} entries is asked for: 1 to {MOST_ENTRIES} can be had")
    account = await get_account(tx, number)
    position = None if after is None else _read_cursor(number, after)
    if newest_first:
        rows = await _backwards(tx, account, position, start, end, limit + 1)
    else:
        rows = await _forwards(tx, account, position, start, end, limit + 1)
    found = [read_entry(account, row) for row in rows]
    more = len(found) > limit
    return EntryPage(found[:limit], _write_cursor(number, found[limit - 1].position) if more else None)


async def get_entries(tx: Transaction, number: int, transfers: Sequence[UUID]) -> list[Entry]:
    """The entries that transfers made on an account, in the order of ``transfers``.

    Holds, and what gave them back, make none. Raises AccountNotFound, and EntryNotFound when one of the
    transfers did not move this account.
    """
    account = await get_account(tx, number)
    # The account is the caller's. A transfer has the other side's balance too, which read_entry leaves out.
    async with as_bank(tx):
        rows = await _fetch(
            tx,
            f"SELECT {_COLUMNS} FROM transfers "  # noqa: S608 - names of ours only
            "WHERE id = ANY(%s) AND cell = %s AND %s IN (debit, credit) AND kind IN (0, 2, 4)",
            (list(transfers), account.cell, number),
        )
    found = {entry.transfer_id: entry for entry in (read_entry(account, row) for row in rows)}
    missing = [one for one in transfers if one not in found]
    if missing:
        raise EntryNotFound(f"account {number} has no entry of transfer {missing[0]}", missing=len(missing))
    return [found[one] for one in transfers]


async def _backwards(
    tx: Transaction, account: Account, before: int | None, start: date | None, end: date | None, limit: int
) -> list[tuple[Any, ...]]:
    key = (account.cell, account.number)
    if before is not None:
        found = await _fetch(
            tx,
            "SELECT CASE debit WHEN %s THEN debit_previous ELSE credit_previous END FROM transfers "
            "WHERE cell = %s AND position = %s AND %s IN (debit, credit)",
            (account.number, account.cell, before, account.number),
        )
        if not found:
            raise InvalidCursor(f"the cursor names no entry of account {account.number}")
    elif end is not None:
        found = await _fetch(tx, "SELECT position FROM ledger_entry_at(%s, %s, NULL, %s)", (*key, end))
    else:
        found = await _fetch(tx, "SELECT last_position FROM accounts WHERE cell = %s AND number = %s", key)
    if not found or found[0][0] is None:
        return []
    return await _fetch(
        tx,
        f"SELECT {_COLUMNS} FROM ledger_entries_backwards(%s, %s, %s, %s, %s)",  # noqa: S608 - names of ours only
        (*key, found[0][0], start or date.min, limit),
    )


async def _forwards(
    tx: Transaction, account: Account, after: int | None, start: date | None, end: date | None, limit: int
) -> list[tuple[Any, ...]]:
    key = (account.cell, account.number)
    if after is None:
        after = _FIRST
        if start is not None and start > date.min:
            found = await _fetch(
                tx,
                "SELECT position FROM ledger_entry_at(%s, %s, NULL, %s)",
                (*key, start - timedelta(days=1)),
            )
            after = found[0][0] if found else _FIRST
    return await _fetch(
        tx,
        f"SELECT {_COLUMNS} FROM ledger_entries_forwards(%s, %s, %s, %s, %s)",  # noqa: S608 - names of ours only
        (*key, after, end or date.max, limit),
    )


async def _fetch(tx: Transaction, query: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    cursor = await tx.execute(query.encode(), values)
    return await cursor.fetchall()


async def balance(tx: Transaction, number: int, *, at: datetime | date | None = None) -> Balance:
    """The balance now, at the end of an instant, or at the end of a business date.

    What is told of a moment stays so: a list being posted while we read, booked before that moment, is
    waited for. ``available`` of the past is reckoned with the floor of today.
    Raises AccountNotFound, and InvalidMoment for a moment that has not come.
    """
    if at is None:
        account = await get_account(tx, number)
        return _balance(account, account.balance, account.held, clock.now(), "now")
    if isinstance(at, datetime):
        await _settle(tx, number, at)
        instant, day, as_of = at, None, "instant"
    else:
        instant, day, as_of = None, at, "business_date"
    account = await get_account(tx, number)
    if day is not None:
        [[today]] = await _fetch(tx, "SELECT business_date FROM cells WHERE cell = %s", (account.cell,))
        if day > today:
            raise InvalidMoment(
                f"the business date of cell {account.cell} is {today}, {day} is still to come"
            )
    rows = await _fetch(
        tx,
        "SELECT debit, debit_balance, debit_held, credit_balance, credit_held "
        "FROM ledger_entry_at(%s, %s, %s::timestamptz, %s::date)",
        (account.cell, number, instant, day),
    )
    posted, held = 0, 0
    for debit, debit_balance, debit_held, credit_balance, credit_held in rows:
        posted, held = (debit_balance, debit_held) if debit == number else (credit_balance, credit_held)
    return _balance(account, account.normal_side.sign * posted, held or 0, at, as_of)


async def _settle(tx: Transaction, number: int, at: datetime) -> None:
    """Wait for lists that may have been booked before an instant and are not committed yet."""
    if at.tzinfo is None:
        raise InvalidMoment("an instant needs its time zone, as in 2026-11-21T08:00:00+08:00")
    if at > clock.now() + timedelta(seconds=1):
        raise InvalidMoment(f"{at.isoformat()} is still to come")
    async with as_bank(tx):
        await tx.execute(
            "SELECT FROM cells WHERE cell = %s AND booked_at <= %s FOR SHARE", (cell_of(number), at)
        )


def _balance(account: Account, amount: int, held: int, at: datetime | date, as_of: str) -> Balance:
    return Balance(
        number=account.number,
        currency=account.currency,
        balance=amount,
        held=held,
        available=amount - held - (account.floor or 0),
        at=at,
        as_of=as_of,
    )
