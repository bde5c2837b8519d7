"""Accounts, balances, entries and statements on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from sycee.api.schemas.common import (
    AccountNumber,
    Cell,
    CurrencyCode,
    Cursor,
    Description,
    Money,
    Reference,
    Wire,
)

Side = Literal["debit", "credit"]
Status = Literal[
    "open", "debit_blocked", "credit_blocked", "frozen", "dormant", "closed", "restricted", "supervised"
]
Name = Annotated[
    str, Meta(max_length=200, description="Name of the account.", examples=["Operating account"])
]
LocalName = Annotated[
    str, Meta(max_length=200, description="Name of the account in Chinese.", examples=["基本存款账户"])
]
Subject = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=32,
        description="General-ledger subject that the account's postings roll up to: "
        "letters, digits, dots, hyphens.",
        examples=["2011"],
    ),
]
Floor = Annotated[
    Money | None,
    Meta(
        description="The lowest balance allowed: 0 by default, negative for an overdraft line, "
        "null for no floor."
    ),
]


class NewAccount(Wire):
    """An account to open."""

    currency: CurrencyCode
    subject: Subject
    number: Annotated[AccountNumber | None, Meta(description="Made by the bank when absent.")] = None
    cell: Annotated[
        Cell | None, Meta(description="Where to place the account; needed unless a number is given.")
    ] = None
    normal_side: Annotated[
        Side, Meta(description="The side that makes the balance grow: credit for customers' deposits.")
    ] = "credit"
    floor: Floor | UnsetType = UNSET
    name: Name = ""
    local_name: LocalName = ""
    customer: Annotated[UUID | None, Meta(description="The customer who owns the account.")] = None


class NewAccounts(Wire):
    """Accounts to open: all of them or none."""

    accounts: Annotated[list[NewAccount], Meta(min_length=1, description="The accounts to open, in order.")]


class Account(Wire):
    """An account as it stands now. Sums are on the account's normal side."""

    number: AccountNumber
    cell: Cell
    currency: CurrencyCode
    subject: Subject
    normal_side: Side
    status: Status
    floor: Floor
    balance: Annotated[Money, Meta(description="Posted sum.")]
    held: Annotated[Money, Meta(description="Pending out of the account.")]
    incoming: Annotated[Money, Meta(description="Pending into the account; not yet available.")]
    available: Annotated[Money, Meta(description="What can still go out without crossing the floor.")]
    name: Name
    local_name: LocalName
    customer: UUID | None
    opened_on: date
    closed_on: date | None
    entries: Annotated[int, Meta(description="How many entries the account has.")]


class Accounts(Wire):
    """The accounts that were opened, in the order of the request."""

    accounts: list[Account]


class AccountPage(Wire):
    """A page of accounts, by number."""

    accounts: list[Account]
    next: Annotated[Cursor | None, Meta(description="Cursor of the next page; null on the last.")]


class AccountChange(Wire):
    """A change to an account; what is absent stays as it is."""

    reason: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=500,
            description="Why, for the record.",
            examples=["Court order 2026-114"],
        ),
    ]
    status: Status | UnsetType = UNSET
    floor: Floor | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    local_name: LocalName | UnsetType = UNSET


class Entry(Wire):
    """One line on an account: one side of a transfer."""

    transfer: UUID
    position: Annotated[int, Meta(description="Place in the order of posting.")]
    side: Side
    amount: Money
    balance: Annotated[Money, Meta(description="The account's balance after this entry.")]
    counterparty: AccountNumber
    kind: str
    booked_at: datetime
    business_date: date
    value_date: date
    reference: Reference | None
    description: Description | None


class EntryPage(Wire):
    """A page of an account's entries."""

    entries: list[Entry]
    next: Annotated[Cursor | None, Meta(description="Cursor of the next page; null on the last.")]


class Balance(Wire):
    """An account's balance, now or at a past instant or the end of a business date."""

    number: AccountNumber
    balance: Money
    held: Money
    available: Money
    at: Annotated[str, Meta(description="The instant (RFC 3339) or business date of the balance.")]
    as_of: Annotated[
        str,
        Meta(
            description="What the moment is.",
            extra_json_schema={"enum": ["now", "instant", "business_date"]},
        ),
    ]


class Statement(Wire):
    """What happened on an account from the first to the last business date, both included."""

    account: Account
    start: date
    end: date
    opening: Money
    closing: Money
    debit_total: Money
    credit_total: Money
    debit_count: int
    credit_count: int
    entries: list[Entry]
