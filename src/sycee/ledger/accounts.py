"""Accounts: opening, reading, changing. Their balances change by transfers alone (transfers.py)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from psycopg.types.json import Jsonb

from sycee.database import Transaction
from sycee.kernel import money
from sycee.kernel.ids import FIRST_CELL, LAST_CELL, cell_of, parse_account_number, uuid7
from sycee.ledger.account_records import STATUSES, Account, AccountStatus, NewAccount, NormalSide
from sycee.ledger.errors import (
    AccountExists,
    AccountIsClosed,
    AccountIsRestricted,
    AccountIsSupervised,
    AccountNotEmpty,
    AccountNotFound,
    CellNotFound,
    InvalidAccount,
)

_SUBJECT = re.compile(r"[0-9A-Za-z][0-9A-Za-z.\-]{0,31}")
_KEEP: Final = object()
_SELECT = """
    SELECT a.number, a.cell, a.currency, a.sign, a.floor, a.status, a.subject,
           p.name, p.local_name, p.customer, a.posted, a.pending_debits, a.pending_credits,
           p.opened_on, p.closed_on, a.entries, p.restricted,
           p.supervised
    FROM accounts a JOIN account_profiles p USING (cell, number)
"""


def _account(row: Sequence[Any]) -> Account:
    (
        number,
        cell,
        currency,
        sign,
        floor,
        status,
        subject,
        name,
        local,
        customer,
        posted,
        debits,
        credits,
        *rest,
    ) = row
    return Account(
        number=number,
        cell=cell,
        currency=currency,
        normal_side=NormalSide.CREDIT if sign == 1 else NormalSide.DEBIT,
        floor=floor,
        status=STATUSES[status],
        subject=subject,
        name=name,
        local_name=local,
        customer=customer,
        balance=sign * posted,
        held=debits if sign == 1 else credits,
        incoming=credits if sign == 1 else debits,
        opened_on=rest[0],
        closed_on=rest[1],
        entries=rest[2],
        restricted=rest[3],
        supervised=rest[4],
    )


def _check_texts(*texts: str | None) -> None:
    """Refuse what PostgreSQL cannot keep: NUL characters, and halves of surrogate pairs."""
    for text in texts:
        if text and ("\0" in text or any("\ud800" <= character <= "\udfff" for character in text)):
            raise InvalidAccount(f"{text[:40]!r} holds a NUL character or half of a surrogate pair")


def _check(account: NewAccount) -> NewAccount:
    money.currency(account.currency)
    _check_texts(account.name, account.local_name)
    if account.number is not None:
        parse_account_number(f"{account.number:018d}")
        if account.cell not in (None, cell_of(account.number)):
            raise InvalidAccount(
                f"{account.number} belongs to cell {cell_of(account.number)}, not {account.cell}"
            )
    elif account.cell is None:
        raise InvalidAccount("either the cell or the account number is needed")
    elif not FIRST_CELL <= account.cell <= LAST_CELL:
        raise InvalidAccount(f"cells are {FIRST_CELL} to {LAST_CELL}, not {account.cell}")
    if not _SUBJECT.fullmatch(account.subject):
        raise InvalidAccount(
            f"{account.subject[:40]!r} is not a GL subject: up to 32 letters, digits, dots or hyphens"
        )
    if account.floor is not None and not -money.MAX_MINOR <= account.floor <= 0:
        raise InvalidAccount(
            f"a floor is 0, or minus an overdraft line of at most {money.MAX_MINOR} minor units,"
            f" not {account.floor}"
        )
    return account


async def open_accounts(tx: Transaction, accounts: Sequence[NewAccount]) -> list[Account]:
    """Open accounts, all or none; returns them in order.

    An account given a number that exists with the same particulars is answered with as it is.

    Raises InvalidAccount, InvalidAccountNumber, UnknownCurrency, CellNotFound, AccountExists.
    """
    wanted = [_check(account) for account in accounts]
    numbers = await _take_numbers(tx, wanted)
    rows = [
        (cell_of(number), number, new.currency, new.normal_side.sign, new.subject, new.floor, new.name,
         new.local_name, new.customer, new.restricted)
        for number, new in zip(numbers, wanted, strict=True)
    ]  # fmt: skip
    await tx.execute(
        """
        WITH new AS (
            SELECT DISTINCT ON (cell, number) *
            FROM unnest(%s::smallint[], %s::bigint[], %s::text[], %s::smallint[], %s::text[], %s::bigint[],
                        %s::text[], %s::text[], %s::uuid[], %s::boolean[])
                AS n(cell, number, currency, sign, subject, floor, name, local_name, customer, restricted)
        ), opened AS (
            INSERT INTO accounts (cell, number, currency, sign, subject, floor, status)
            SELECT cell, number, currency, sign, subject, floor, CASE WHEN restricted THEN 6 ELSE 0 END
            FROM new
            ON CONFLICT DO NOTHING RETURNING cell, number
        )
        INSERT INTO account_profiles (cell, number, name, local_name, customer, restricted, opened_on)
        SELECT cell, number, new.name, local_name, customer, restricted, cells.business_date
        FROM new JOIN opened USING (cell, number) JOIN cells USING (cell)
        """,
        [list(column) for column in zip(*rows, strict=True)] or [[]] * 10,
    )
    found = {account.number: account for account in await get_accounts(tx, numbers)}
    for number, new in zip(numbers, wanted, strict=True):
        _check_same(found[number], new)
    return [found[number] for number in numbers]


async def _take_numbers(tx: Transaction, accounts: Sequence[NewAccount]) -> list[int]:
    """Numbers for the accounts that name none, made under the lock of their cells."""
    cells = sorted({account.cell or cell_of(account.number or 0) for account in accounts})
    cursor = await tx.execute(
        "SELECT cell FROM cells WHERE cell = ANY(%s::int[]) ORDER BY cell FOR NO KEY UPDATE", (cells,)
    )
    missing = sorted(set(cells) - {row[0] for row in await cursor.fetchall()})
    if missing:
        raise CellNotFound(f"there is no cell {missing[0]}")
    cursor = await tx.execute(
        """
        SELECT coalesce(number, ledger_next_account_number(cell))
        FROM unnest(%s::smallint[], %s::bigint[]) WITH ORDINALITY AS n(cell, number, ord) ORDER BY ord
        """,
        ([account.cell for account in accounts], [account.number for account in accounts]),
    )
    return [row[0] for row in await cursor.fetchall()]


def _check_same(found: Account, new: NewAccount) -> None:
    """An account that was there before must be the one that is asked for."""
    for field in (
        "currency",
        "subject",
        "normal_side",
        "floor",
        "name",
        "local_name",
        "customer",
        "restricted",
    ):
        has, wanted = getattr(found, field), getattr(new, field)
        if has != wanted:
            raise AccountExists(f"account {found.number} exists with {field} {has!r}, not {wanted!r}")


async def get_accounts(tx: Transaction, numbers: Sequence[int]) -> list[Account]:
    """The accounts with these numbers, in their order; those that do not exist are left out."""
    cursor = await tx.execute(
        _SELECT
        + """
        JOIN unnest(%s::bigint[]) AS wanted(number)
            ON a.number = wanted.number AND a.cell = wanted.number / 1000000000000000
        ORDER BY a.number
        """,
        (list(dict.fromkeys(numbers)),),
    )
    return [_account(row) for row in await cursor.fetchall()]


async def get_account(tx: Transaction, number: int) -> Account:
    """The account with this number. Raises AccountNotFound."""
    found = await get_accounts(tx, [number]) if FIRST_CELL <= cell_of(number) <= LAST_CELL else []
    if not found:
        raise AccountNotFound(f"there is no account {number}")
    return found[0]


async def list_accounts(
    tx: Transaction,
    *,
    customer: UUID | None = None,
    cell: int | None = None,
    after: int | None = None,
    limit: int = 100,
) -> list[Account]:
    """Accounts by number, those after ``after``; of one customer or one cell if given."""
    conditions, values = ["true"], []
    for condition, value in (
        ("p.customer = %s", customer),
        ("a.cell = %s", cell),
        ("(a.cell, a.number) > (%s / 1000000000000000, %s)", after),
    ):
        if value is not None:
            conditions.append(condition)
            values.extend([value] * condition.count("%s"))
    cursor = await tx.execute(
        _SELECT + f"WHERE {' AND '.join(conditions)} ORDER BY a.cell, a.number LIMIT %s", [*values, limit]
    )
    return [_account(row) for row in await cursor.fetchall()]


async def _stands_between_cells(tx: Transaction, number: int) -> bool:
    query = "SELECT EXISTS (SELECT FROM intercell_accounts WHERE cell = %s AND number = %s)"
    cursor = await tx.execute(query, (cell_of(number), number))
    row = await cursor.fetchone()
    return row is not None and bool(row[0])


def _check_restriction(account: Account, status: AccountStatus | None) -> None:
    """Whoever is not the product leaves the account to it."""
    if account.restricted and status in {AccountStatus.OPEN, AccountStatus.CLOSED}:
        raise AccountIsRestricted(
            f"account {account.number} belongs to its product: it can be blocked or frozen,"
            f" and restored to restricted, not set to {status}"
        )
    if status is AccountStatus.RESTRICTED and not account.restricted:
        raise AccountIsRestricted(f"account {account.number} belongs to no product: only one restricts it")


_UNDER_SUPERVISION = frozenset(
    {AccountStatus.SUPERVISED, AccountStatus.DEBIT_BLOCKED, AccountStatus.FROZEN, AccountStatus.DORMANT}
)


def _check_supervision(account: Account, status: AccountStatus | None) -> None:
    """A supervised account can be blocked and restored, in no way that would let it pay unsupervised."""
    if account.supervised and status is not None and status not in _UNDER_SUPERVISION:
        raise AccountIsSupervised(
            f"account {account.number} is supervised: it can be blocked or frozen, and restored to"
            f" supervised, not set to {status}"
        )
    if status is AccountStatus.SUPERVISED and not account.supervised:
        raise AccountIsSupervised(f"account {account.number} is put under supervision by an agreement alone")


async def change_account(
    tx: Transaction,
    number: int,
    *,
    reason: str,
    status: AccountStatus | None = None,
    floor: int | Any | None = _KEEP,
    name: str | None = None,
    local_name: str | None = None,
    restricted: bool = False,
    supervision: bool = False,
) -> Account:
    """Change status, floor (minor units; None takes it away) or names; what was and why is kept.

    A floor above the present balance stands: nothing goes out until the balance is back above it.
    Only a product (``restricted``) restricts an account, and closes or opens the one it has. Others block or
    freeze it, and restore it to restricted. In the same way only an agreement on supervision
    (``supervision``) supervises an account, and opens the one that it has.
    Raises AccountNotFound, AccountIsClosed, AccountNotEmpty (closing), InvalidAccount (floor),
    AccountIsRestricted, AccountIsSupervised.
    """
    _check_texts(name, local_name, reason)
    await tx.execute("SELECT FROM cells WHERE cell = %s FOR NO KEY UPDATE", (cell_of(number),))
    before = await get_account(tx, number)
    if await _stands_between_cells(tx, number):
        raise InvalidAccount(f"account {number} stands between cells: the books alone use and change it")
    if before.status is AccountStatus.CLOSED:
        raise AccountIsClosed(f"account {number} was closed on {before.closed_on}")
    if not restricted:
        _check_restriction(before, status)
    if not supervision:
        _check_supervision(before, status)
    if status is AccountStatus.CLOSED and (before.balance or before.held or before.incoming):
        raise AccountNotEmpty(
            f"account {number} has a balance of {before.balance}, {before.held} held"
            f" and {before.incoming} incoming"
        )
    new_floor: int | None = before.floor if floor is _KEEP else floor
    if new_floor is not None and not -money.MAX_MINOR <= new_floor <= 0:
        raise InvalidAccount(f"a floor is 0 or minus an overdraft line, not {new_floor}")
    after = {
        "status": str(status or before.status),
        "floor": new_floor,
        "name": before.name if name is None else name,
        "local_name": before.local_name if local_name is None else local_name,
    }
    await _write_change(tx, before, status or before.status, after, reason)
    return await get_account(tx, number)


async def _write_change(
    tx: Transaction, before: Account, status: AccountStatus, after: dict[str, Any], reason: str
) -> None:
    await tx.execute(
        "UPDATE accounts SET status = %s, floor = %s WHERE cell = %s AND number = %s",
        (STATUSES.index(status), after["floor"], before.cell, before.number),
    )
    await tx.execute(
        """
        UPDATE account_profiles p SET name = %s, local_name = %s, restricted = %s, supervised = %s,
            closed_on = CASE WHEN %s THEN (SELECT business_date FROM cells WHERE cell = p.cell) END
        WHERE cell = %s AND number = %s
        """,
        (
            after["name"],
            after["local_name"],
            status is AccountStatus.RESTRICTED or (before.restricted and status is not AccountStatus.OPEN),
            status is AccountStatus.SUPERVISED or (before.supervised and status is not AccountStatus.OPEN),
            status is AccountStatus.CLOSED,
            before.cell,
            before.number,
        ),
    )
    was = {field: getattr(before, field) for field in after}
    await tx.execute(
        "INSERT INTO account_changes (cell, number, id, reason, before, after) "
        "VALUES (%s, %s, %s, %s, %s, %s)",
        (before.cell, before.number, uuid7(), reason, Jsonb(was), Jsonb(after)),
    )
