"""The classes of accounts and what binds their opening (Administration of RMB Bank Settlement Accounts).

A basic account is the only one of its customer, in the whole country; a general or special account is opened
beside it; a temporary one until a date, two years from opening at most. What each class asks in detail are
the parameters of the product's account class.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sycee.components import ResolvedProduct
from sycee.database import Transaction
from sycee.products.agreements.errors import (
    AccountClassRefused,
    BasicAccountExists,
    ChoiceWithoutMeaning,
    EndDateMissing,
    EndDateOutOfRange,
)

BASIC, TEMPORARY = "basic", "temporary"
_RECEIVING = {"cash_in", "transfer_in"}

Holdings = Mapping[tuple[str, str], int]
"""How many accounts a customer has, by class and purpose."""


def class_of(product: ResolvedProduct) -> str | None:
    """The class of the account that a product opens; None for a product without one."""
    found = product.get("account_class")
    return None if found is None else str(found.account_class)


def purpose_of(product: ResolvedProduct) -> str:
    """What a special or temporary account is for; empty for the others."""
    return str(getattr(product.get("account_class"), "purpose", ""))


def receives_only(product: ResolvedProduct) -> bool:
    """Whether nothing may go out of the account: income collection, verification of capital."""
    found = product.get("account_class")
    return found is not None and set(found.operations) <= _RECEIVING


def check_end(key: str, product: ResolvedProduct, ends_on: date | None, on: date) -> None:
    """A temporary account, and no other, ends on a date.

    Raises EndDateMissing, EndDateOutOfRange, ChoiceWithoutMeaning.
    """
    if class_of(product) != TEMPORARY:
        if ends_on is not None:
            raise ChoiceWithoutMeaning(
                f"{key} ({product.id}) is no temporary account: it has no end date", item=key
            )
        return
    latest: date = product.one("account_class").last_day(on)
    if ends_on is None:
        raise EndDateMissing(
            f"{key} ({product.id}) is a temporary account: say when it ends, {latest} at the latest", item=key
        )
    if not on < ends_on <= latest:
        raise EndDateOutOfRange(
            f"{key} ({product.id}) would end on {ends_on}; opened on {on}, it ends later and by {latest}",
            item=key,
        )


def check_beside(products: Sequence[tuple[str, ResolvedProduct]], holdings: Holdings, elsewhere: str) -> None:
    """Whether these may be opened beside what the customer has. ``elsewhere``: its basic account's permit.

    Raises BasicAccountExists, AccountClassRefused.
    """
    counted = dict(holdings)
    basic = counted.get((BASIC, ""), 0) + bool(elsewhere)
    for _, product in products:  # a package that opens the basic account opens it first
        if class_of(product) == BASIC:
            if basic:
                where = f"at another bank ({elsewhere})" if elsewhere else "with this bank or in this signing"
                raise BasicAccountExists(f"the customer has a basic account {where}: one only is allowed")
            basic += 1
    for key, product in products:
        found: Any = product.get("account_class")
        if found is None or class_of(product) == BASIC:
            continue
        same = (str(found.account_class), purpose_of(product))
        problem = found.opening_problem(basic_accounts=basic, same_class=counted.get(same, 0))
        if problem is not None:
            raise AccountClassRefused(f"{key} ({product.id}): {problem}", item=key)
        counted[same] = counted.get(same, 0) + 1


async def holdings_of(tx: Transaction, customers: Sequence[UUID]) -> dict[UUID, dict[tuple[str, str], int]]:
    """What these customers have in force, by class and purpose."""
    if not customers:
        return {}
    cursor = await tx.execute(
        """
        SELECT a.customer, a.account_class, a.purpose, count(*)
        FROM arrangements a
        WHERE a.customer = ANY(%s) AND a.ended_on IS NULL AND a.account_class IS NOT NULL
        GROUP BY a.customer, a.account_class, a.purpose
        """,
        (list(set(customers)),),
    )
    found: dict[UUID, dict[tuple[str, str], int]] = {}
    for customer, account_class, purpose, count in await cursor.fetchall():
        found.setdefault(customer, {})[account_class, purpose] = count
    return found
