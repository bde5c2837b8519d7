"""How far a role reaches that somebody was given, and whether it covers what is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

import msgspec

from sycee.identity.errors import NotGranted
from sycee.identity.scopes import Scope
from sycee.kernel.money import Amount

MOVES_MONEY = frozenset({Scope.TRANSFERS_WRITE, Scope.PAYMENTS_WRITE, Scope.PAYMENTS_APPROVE})
"""Under these an act says how much it moves; a grant with a limit does not allow one that does not."""

SELLS_PRODUCTS = frozenset({Scope.AGREEMENTS_WRITE, Scope.PRODUCTS_PROPOSE, Scope.PRODUCTS_RELEASE})
"""Under these an act says which product it is about; likewise."""


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants to do: under which permission, and whom and what it concerns. None: not said.

    What only ``looks`` is not held to a product or an amount.
    """

    permission: Scope
    customer: UUID | None = None
    cell: int | None = None
    branch: str | None = None
    product: str | None = None
    amount: Amount | None = None
    looks: bool = False


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """What a role that was given allows, and to what it is limited. None limits nothing."""

    role: str
    permissions: frozenset[str]
    customer: UUID | None = None
    cell: int | None = None
    branch: str | None = None
    product: str | None = None
    amount: Amount | None = None

    @property
    def unlimited(self) -> bool:
        """Whether nothing limits it."""
        limits = (self.customer, self.cell, self.branch, self.product, self.amount)
        return all(limit is None for limit in limits)


AnyReach = TypeVar("AnyReach", bound=Reach)


def covering(grants: Sequence[AnyReach], ask: Ask) -> AnyReach:
    """The first of some grants that covers what is asked. Raises NotGranted naming what lacks."""
    lacking: list[str] = []
    for grant in grants:
        if ask.permission not in grant.permissions:
            continue
        lack = _lack(grant, ask)
        if lack is None:
            return grant
        lacking.append(lack)
    raise NotGranted(
        "; ".join(dict.fromkeys(lacking)) or f"no role that was given allows {ask.permission}",
        permission=str(ask.permission),
    )


def _lack(grant: Reach, ask: Ask) -> str | None:
    """Why a grant that has the permission does not cover what is asked; None when it does."""
    for name in ("customer", "cell", "branch"):
        limit, said = getattr(grant, name), getattr(ask, name)
        if limit is not None and said != limit:
            found = "and this does not say which it concerns" if said is None else f"and this concerns {said}"
            return f"{grant.role} was given for the {name} {limit}, {found}"
    return None if ask.looks else _lack_of_product(grant, ask) or _lack_of_amount(grant, ask)


def _lack_of_product(grant: Reach, ask: Ask) -> str | None:
    if grant.product is None or ask.product == grant.product:
        return None
    if ask.product is not None:
        return f"{grant.role} was given for the product {grant.product}, and this is about {ask.product}"
    if ask.permission in SELLS_PRODUCTS:
        return f"{grant.role} was given for the product {grant.product}, and this names none"
    return None


def _lack_of_amount(grant: Reach, ask: Ask) -> str | None:
    if grant.amount is None:
        return None
    if ask.amount is None:
        moving = ask.permission in MOVES_MONEY
        return f"{grant.role} was given up to {grant.amount}, and this names no amount" if moving else None
    if ask.amount.currency != grant.amount.currency:
        return f"{grant.role} was given for {grant.amount.currency}, and this is in {ask.amount.currency}"
    if ask.amount.minor > grant.amount.minor:
        return f"{grant.role} was given up to {grant.amount}, and this comes to {ask.amount}"
    return None
