"""Changing accounts: their status, floor and names; what was, what is, and why is kept.

Who may set which status: a product restricts the accounts it has, an agreement on supervision supervises;
others may block or freeze such an account, and restore it to what it was.
"""

from __future__ import annotations

from typing import Any, Final

from psycopg.types.json import Jsonb

from sycee.database import Transaction
from sycee.kernel import money
from sycee.kernel.ids import cell_of, uuid7
from sycee.ledger.accounts import STATUSES, Account, AccountStatus, check_texts, get_account
from sycee.ledger.errors import (
    AccountIsClosed,
    AccountIsRestricted,
    AccountIsSupervised,
    AccountNotEmpty,
    InvalidAccount,
)

_KEEP: Final = object()


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
    check_texts(name, local_name, reason)
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
    new_floor: int | None = before.floor if floor is _KEEP else floor
    _check_state(before, status, new_floor)
    after = {
        "status": str(status or before.status),
        "floor": new_floor,
        "name": before.name if name is None else name,
        "local_name": before.local_name if local_name is None else local_name,
    }
    await _write(tx, before, status or before.status, after, reason)
    return await get_account(tx, number)


def _check_state(before: Account, status: AccountStatus | None, floor: int | None) -> None:
    """Closing is for what is empty, and a floor is no more than a line."""
    if status is AccountStatus.CLOSED and (before.balance or before.held or before.incoming):
        raise AccountNotEmpty(
            f"account {before.number} has a balance of {before.balance}, {before.held} held"
            f" and {before.incoming} incoming"
        )
    if floor is not None and not -money.MAX_MINOR <= floor <= 0:
        raise InvalidAccount(f"a floor is 0 or minus an overdraft line, not {floor}")


async def _write(
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
