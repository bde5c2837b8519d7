"""Whether customers may sign: who they are, that due diligence is valid, that the signers are mandated.

Looked up set-wise. A list in which all may sign takes a few statements whatever its length; one that may
not is found by halving the list, and is refused alone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from functools import partial
from typing import TypeVar
from uuid import UUID

import msgspec

from sycee import ledger
from sycee.components import library
from sycee.database import Transaction
from sycee.kernel.errors import SyceeError
from sycee.parties import (
    Customer,
    CustomerNotFound,
    MandateDecision,
    Person,
    Signing,
    check_mandates,
    customers_on,
    due_diligence_until,
    get_persons,
    require_all_fit,
)
from sycee.products.agreements.eligibility import applicant

SIGN, END = "sign_agreement", "end_agreement"
"""The operations that mandates are given for."""

A = TypeVar("A")
B = TypeVar("B")
Judge = Callable[[Sequence[int]], Awaitable[Sequence[MandateDecision]]]


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A customer that may sign, with those who sign for it, on its cell's business date."""

    customer: Customer
    business_date: date
    signers: tuple[Person, ...]
    applicant: library.Applicant

    @property
    def cell(self) -> int:
        """Where everything of the customer lies."""
        return self.customer.cell


async def standings(
    tx: Transaction, wanted: Sequence[tuple[UUID, tuple[UUID, ...]]], operation: str = SIGN
) -> list[Standing | SyceeError]:
    """For each customer and its signers, in order: how it stands, or why it may not do this."""
    if not wanted:
        return []
    known = await customers_on(tx, list({customer for customer, _ in wanted}))
    days = {cell.cell: cell.business_date for cell in await ledger.list_cells(tx)}
    persons = await _persons(tx, {signer for _, signers in wanted for signer in signers})
    found: list[Standing | SyceeError] = []
    groups: dict[date, list[int]] = {}
    for place, (customer, _) in enumerate(wanted):
        if customer in known:
            groups.setdefault(days[known[customer].cell], []).append(place)
        found.append(CustomerNotFound(f"there is no customer {customer}"))
    for day, places in groups.items():
        until = await due_diligence_until(tx, [wanted[place][0] for place in places], day)
        judged: Judge = partial(_judged, tx, wanted, operation, day)
        for place, answer in zip(places, await each(places, judged), strict=True):
            customer, signers = wanted[place]
            found[place] = (
                answer
                if isinstance(answer, SyceeError)
                else Standing(
                    customer=known[customer],
                    business_date=day,
                    signers=tuple(persons[signer] for signer in signers if signer in persons),
                    applicant=applicant(known[customer], until.get(customer)),
                )
            )
    return found


async def _judged(
    tx: Transaction,
    wanted: Sequence[tuple[UUID, tuple[UUID, ...]]],
    operation: str,
    day: date,
    places: Sequence[int],
) -> Sequence[MandateDecision]:
    await require_all_fit(tx, [wanted[place][0] for place in places], day)
    signings = [
        Signing(customer=wanted[place][0], operation=operation, signers=wanted[place][1]) for place in places
    ]
    return await check_mandates(tx, signings, day)


async def require_standing(
    tx: Transaction, customer: UUID, signers: tuple[UUID, ...], operation: str = SIGN
) -> Standing:
    """One customer's standing. Raises what refuses it: see ``sycee.parties``."""
    (found,) = await standings(tx, [(customer, signers)], operation)
    if isinstance(found, SyceeError):
        raise found
    return found


async def known_persons(tx: Transaction, ids: Sequence[UUID]) -> tuple[Person, ...]:
    """These persons, without those that are not known, in order."""
    found = await _persons(tx, set(ids))
    return tuple(found[id] for id in ids if id in found)


async def _persons(tx: Transaction, ids: set[UUID]) -> dict[UUID, Person]:
    """Those who are known; whoever is not holds no mandate either, and is refused for that."""

    async def look(some: Sequence[UUID]) -> list[Person]:
        found = await get_persons(tx, some)
        return [found[id] for id in some]

    answers = await each(sorted(ids), look)
    return {person.id: person for person in answers if not isinstance(person, SyceeError)}


async def each(
    items: Sequence[A], work: Callable[[Sequence[A]], Awaitable[Sequence[B]]]
) -> list[B | SyceeError]:
    """What ``work`` answers for a list; when it refuses, for each half, so that one is refused alone."""
    if not items:
        return []
    try:
        return list(await work(items))
    except SyceeError as error:
        if len(items) == 1:
            return [error]
    middle = len(items) // 2
    return [*await each(items[:middle], work), *await each(items[middle:], work)]
