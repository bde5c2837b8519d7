"""Mandates as authority: a customer's signatories agree to what waits for approval.

``mandate:pay`` asks for as many signatures as the customer's mandates ask for; ``mandate:pay:A`` counts
persons of group A. A principal signs as the person it belongs to. Signatures are personal: nobody's
substitute gives them, whoever may stand in is in the mandate.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from sycee.approvals import Ask, Authority, Place, register_authority, register_places
from sycee.database import Transaction, UuidArray
from sycee.identity import Standing
from sycee.kernel.errors import SyceeError
from sycee.kernel.money import Amount
from sycee.parties.branches import branches_of
from sycee.parties.changes import business_dates
from sycee.parties.contacts import posts_on
from sycee.parties.customers import customers_on
from sycee.parties.mandate_checks import Posts, Signing, decide, groups_of
from sycee.parties.mandates import Mandate, mandates_of
from sycee.parties.signing import OPERATIONS, is_signatures, needed

_NOBODY = Authority(carried_by=frozenset())


class _House(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer's mandates are judged by on its cell's business date."""

    name: str
    on: date
    mandates: tuple[Mandate, ...]
    posts: Posts


def _checked(detail: str) -> bool:
    operation, _, group = detail.partition(":")
    return operation in OPERATIONS and (not group or (is_signatures(group) and "+" not in group))


def _is_joint(detail: str) -> bool:
    return ":" not in detail


async def by_mandate(tx: Transaction, asks: Sequence[Ask], _at: datetime) -> list[Authority]:
    """Who signs under the mandates of the customer whose request it is; their rows are held meanwhile."""
    houses = await _houses(tx, {ask.facts.customer for ask in asks if ask.facts.customer is not None})
    return [_judged(ask, houses.get(ask.facts.customer) if ask.facts.customer else None) for ask in asks]


async def _houses(tx: Transaction, customers: Collection[UUID]) -> dict[UUID, _House]:
    if not customers:
        return {}
    dates = await business_dates(tx)
    known = await customers_on(tx, sorted(customers), share=True)
    by_date: dict[date, list[UUID]] = defaultdict(list)
    for id, customer in known.items():
        by_date[dates[customer.cell]].append(id)
    found: dict[UUID, _House] = {}
    for on, ids in by_date.items():
        given: dict[UUID, list[Mandate]] = defaultdict(list)
        for mandate in await mandates_of(tx, ids, on):
            given[mandate.customer].append(mandate)
        posts = await posts_on(tx, ids, on)
        for id in ids:
            found[id] = _House(name=known[id].name, on=on, mandates=tuple(given[id]), posts=posts)
    return found


def _judged(ask: Ask, house: _House | None) -> Authority:
    operation, _, group = ask.detail.partition(":")
    if house is None:
        return _NOBODY if group else msgspec.structs.replace(_NOBODY, enough=False, lacking="a customer")
    signers = {one.person: one for one in ask.principals if one.person is not None and _signs(one, ask)}
    amount = None
    if ask.facts.amount is not None and ask.facts.currency is not None:
        amount = Amount(ask.facts.amount, ask.facts.currency)
    carried: set[UUID] = set()
    for mandate in house.mandates:
        # Those whose group stands in a line of signatures that is good for this amount.
        good = [rule for rule in mandate.rules if rule.covers(operation) and rule.allows(amount)]
        asked = {letter for rule in good for line in rule.signatures for letter in needed(line)}
        asked &= {group} if group else asked
        for person, own in groups_of(mandate, house.posts, signers).items():
            if own & asked:
                carried.add(signers[person].id)
    if group:
        return Authority(carried_by=frozenset(carried))
    signing = Signing(
        customer=ask.facts.customer or UUID(int=0),
        operation=operation,
        signers=tuple(person for person, one in signers.items() if one.id in carried),
        amount=amount,
    )
    try:
        decide(signing, house.mandates, house.posts, house.name, house.on)
    except SyceeError as error:
        return Authority(carried_by=frozenset(carried), enough=False, lacking=error.detail)
    return Authority(carried_by=frozenset(carried), enough=True)


def _signs(standing: Standing, ask: Ask) -> bool:
    return standing.active and standing.customer == ask.facts.customer


async def _places(tx: Transaction, customers: Collection[UUID]) -> dict[UUID, Place]:
    branches = await branches_of(tx, sorted(customers))
    cursor = await tx.execute(
        "SELECT id, cell FROM customers WHERE id = ANY(%s::uuid[])", (UuidArray(sorted(customers)),)
    )
    return {id: Place(cell, branches.get(id)) for id, cell in await cursor.fetchall()}


register_places(_places)
register_authority("mandate", by_mandate, check=_checked, joint=_is_joint, personal=True)
