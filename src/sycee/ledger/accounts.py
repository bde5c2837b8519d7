"""Accounts: opening, reading, changing. Their balances change by transfers alone (transfers.py)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from sycee.database import Transaction
from sycee.kernel import money
from sycee.kernel.ids import FIRST_CELL, LAST_CELL, cell_of, parse_account_number
from sycee.ledger.errors import (
    AccountExists,
    AccountNotFound,
    CellNotFound,
    InvalidAccount,
)


class AccountStatus(StrEnum):
    """What an account takes part in; the order is that of the numbers in the database.

    A debit-blocked account takes credits only, a credit-blocked one debits only, a frozen one neither,
    a dormant one credits only, a closed one neither, for good. A restricted one is moved by its product
    alone (``post_transfers(..., restricted=True)``). A supervised one takes credits, and pays only what was
    released (``post_transfers(..., released=True)``).
    """

    OPEN = "open"
    DEBIT_BLOCKED = "debit_blocked"
    CREDIT_BLOCKED = "credit_blocked"
    FROZEN = "frozen"
    DORMANT = "dormant"
    CLOSED = "closed"
    RESTRICTED = "restricted"
    SUPERVISED = "supervised"


STATUSES: tuple[AccountStatus, ...] = tuple(AccountStatus)


class NormalSide(StrEnum):
    """The side on which an account's balance counts as positive."""

    DEBIT = "debit"
    CREDIT = "credit"

    @property
    def sign(self) -> int:
        """1 for credit, -1 for debit: what turns credits minus debits into a balance on this side."""
        return 1 if self is NormalSide.CREDIT else -1


class NewAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account to be opened, in ``cell`` or under a ``number`` of 18 digits (which names the cell).

    ``floor`` is the lowest balance in minor units: 0, minus an overdraft line, or None for no floor.
    ``subject`` is the general-ledger subject that its postings roll up to. A ``restricted`` account belongs
    to a product, which alone moves it.
    """

    currency: str
    subject: str
    cell: int | None = None
    number: int | None = None
    normal_side: NormalSide = NormalSide.CREDIT
    floor: int | None = 0
    name: str = ""
    local_name: str = ""
    customer: UUID | None = None
    restricted: bool = False


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """An account as it stands. Amounts are minor units, positive on the normal side.

    ``held`` is what pending transfers may take out, ``incoming`` what they may bring;
    ``available`` is what can be taken now: balance minus held minus floor, None without a floor.
    ``restricted`` says that it belongs to a product, ``supervised`` that it stands under supervision,
    whatever its status is now.
    """

    number: int
    cell: int
    currency: str
    normal_side: NormalSide
    floor: int | None
    status: AccountStatus
    subject: str
    name: str
    local_name: str
    customer: UUID | None
    balance: int
    held: int
    incoming: int
    opened_on: date
    closed_on: date | None
    entries: int
    restricted: bool = False
    supervised: bool = False

    @property
    def available(self) -> int:
        """What can be taken now; of an account without a floor, its balance minus what is held."""
        return self.balance - self.held - (self.floor or 0)


_SUBJECT = re.compile(r"[0-9A-Za-z][0-9A-Za-z.\-]{0,31}")
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


def check_texts(*texts: str | None) -> None:
    """Refuse what PostgreSQL cannot keep: NUL characters, and halves of surrogate pairs."""
    for text in texts:
        if text and ("\0" in text or any("\ud800" <= character <= "\udfff" for character in text)):
            raise InvalidAccount(f"{text[:40]!r} holds a NUL character or half of a surrogate pair")


def _check(account: NewAccount) -> NewAccount:
    money.currency(account.currency)
    check_texts(account.name, account.local_name)
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
