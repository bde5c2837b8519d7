"""Who owns a customer in the end, on a date: the rule of beneficial_owners.py on the registers that stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

import msgspec

from sycee.database import Transaction
from sycee.parties.beneficial_owners import (
    HoldingKind,
    OwnerRule,
    Ownership,
    OwnershipRule,
    Stake,
    exact_percent,
)
from sycee.parties.changes import business_dates, cell_of_customer
from sycee.parties.contacts import posts_on
from sycee.parties.customers import Customer, customer_at, customers_on
from sycee.parties.persons import get_persons


class OwnershipStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a path: who holds what of which company."""

    owner: UUID
    owner_name: str
    company: UUID
    company_name: str
    kind: HoldingKind
    percent: Decimal | None


class OwnershipPath(msgspec.Struct, frozen=True, kw_only=True):
    """A way from a person to the company, the person's own step first; ``percent`` is their product."""

    steps: tuple[OwnershipStep, ...]
    percent: Decimal | None


class BeneficialOwner(msgspec.Struct, frozen=True, kw_only=True):
    """A beneficial owner: by which rule, with how much exactly over all paths, and the paths that prove it.

    At most 20 paths are shown, those of the largest shares. Whoever runs the company has none.
    """

    person: UUID
    name: str
    local_name: str
    rule: OwnerRule
    percent: Decimal | None
    paths: tuple[OwnershipPath, ...]

    @property
    def path(self) -> OwnershipPath | None:
        """The path of the largest share."""
        return self.paths[0] if self.paths else None


class OwnershipReport(msgspec.Struct, frozen=True, kw_only=True):
    """Who owns a customer in the end, on a date.

    ``untraced`` is the part of the equity, in percent, that leads to no natural person: while there is any,
    look further. ``exempt`` companies need not name their owners to the authorities.
    """

    customer: UUID
    on: date
    owners: tuple[BeneficialOwner, ...]
    untraced: Decimal
    exempt: bool


async def ownership(
    tx: Transaction, customer: UUID, on: date | None = None, *, rule: OwnershipRule | None = None
) -> OwnershipReport:
    """Who owns a customer in the end on a date (default: its cell's business date), and what proves it.

    Raises CustomerNotFound, also for a date before the customer was known.
    """
    known = rule or OwnershipRule()
    cell = await cell_of_customer(tx, customer)
    day = on or (await business_dates(tx))[cell]
    company = await customer_at(tx, customer, day)
    stakes = await _stakes(tx, customer, day)
    found = Ownership(customer, stakes, known)
    posts = await posts_on(tx, [customer], day)
    managers: Iterable[UUID] = next(
        (sorted(posts[customer, post]) for post in known.managing_posts if (customer, post) in posts), ()
    )
    owners = found.owners(managers)
    names = await _names(tx, [one.person for one in owners], stakes, company)
    return OwnershipReport(
        customer=customer,
        on=day,
        owners=tuple(
            BeneficialOwner(
                person=one.person,
                name=names[one.person][0],
                local_name=names[one.person][1],
                rule=one.rule,
                percent=one.percent,
                paths=tuple(
                    OwnershipPath(
                        steps=tuple(_step(stake, names) for stake in path.stakes), percent=path.percent
                    )
                    for path in one.paths
                ),
            )
            for one in owners
        ),
        untraced=exact_percent(found.untraced()),
        exempt=_is_exempt(company, stakes, known),
    )


async def beneficial_owners(tx: Transaction, customer: UUID, on: date | None = None) -> list[BeneficialOwner]:
    """The owners of ``ownership``, with the rule as the law has it. Raises CustomerNotFound."""
    return list((await ownership(tx, customer, on)).owners)


def _is_exempt(company: Customer, stakes: Sequence[Stake], rule: OwnershipRule) -> bool:
    capital = company.registered_capital
    own = [stake for stake in stakes if stake.company == company.id]
    return (
        capital is not None
        and capital.currency == rule.exempt_capital.currency
        and capital.minor <= rule.exempt_capital.minor
        and any(stake.kind is HoldingKind.EQUITY for stake in own)
        and all(stake.is_person for stake in own)
    )


async def _stakes(tx: Transaction, customer: UUID, day: date) -> list[Stake]:
    """Every stake on a day in a customer and in the companies above it."""
    cursor = await tx.execute(
        """
        WITH RECURSIVE stakes AS (
            SELECT NULL::uuid AS company, NULL::uuid AS person, %(customer)s::uuid AS owner_customer,
                   NULL::text AS kind, NULL::numeric AS percent
            UNION
            SELECT r.customer, h.person, h.owner_customer, h.kind, h.percent
            FROM stakes CROSS JOIN LATERAL (
                SELECT id, customer FROM ownership_registers r
                WHERE r.customer = stakes.owner_customer AND r.superseded_at IS NULL
                    AND r.valid_from <= %(day)s
                ORDER BY r.valid_from DESC LIMIT 1
            ) r JOIN holdings h ON h.register = r.id
        )
        SELECT company, coalesce(person, owner_customer), person IS NOT NULL, kind, percent
        FROM stakes WHERE company IS NOT NULL
        """,
        {"customer": customer, "day": day},
    )
    return [
        Stake(company=row[0], owner=row[1], is_person=row[2], kind=HoldingKind(row[3]), percent=row[4])
        for row in await cursor.fetchall()
    ]


async def _names(
    tx: Transaction, persons: Iterable[UUID], stakes: Iterable[Stake], company: Customer
) -> dict[UUID, tuple[str, str]]:
    """The names of everybody who may stand in a path, in both languages."""
    companies = {stake.company for stake in stakes}
    names = {
        person.id: (person.name, person.local_name) for person in (await get_persons(tx, persons)).values()
    }
    found = await customers_on(tx, sorted(companies))
    names |= {one.id: (one.name, one.local_name) for one in found.values()}
    return names | {company.id: (company.name, company.local_name)}


def _step(stake: Stake, names: dict[UUID, tuple[str, str]]) -> OwnershipStep:
    return OwnershipStep(
        owner=stake.owner,
        owner_name=names[stake.owner][0],
        company=stake.company,
        company_name=names[stake.company][0],
        kind=stake.kind,
        percent=stake.percent,
    )
