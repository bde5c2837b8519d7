"""What conditions of eligibility ask about a customer beyond its registered data: since when, how much, what.

Looked up customer by customer, only where a product asks for it; mostly none does.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from uuid import UUID

from msgspec.structs import replace

from sycee import ledger
from sycee.components import ResolvedProduct, library
from sycee.database import Transaction
from sycee.parties import Customer, customer_since, group_of

_SERVICES = """
    SELECT package FROM agreements WHERE customer = %(customer)s AND ended_on IS NULL
    UNION SELECT product FROM arrangements WHERE customer = %(customer)s AND ended_on IS NULL
    UNION SELECT account_class || '_account' FROM arrangements
          WHERE customer = %(customer)s AND ended_on IS NULL AND account_class IS NOT NULL
    UNION SELECT c.parameters ->> 'channel' FROM arrangements a
          JOIN arrangement_conditions c ON c.cell = a.cell AND c.arrangement = a.id
          WHERE a.customer = %(customer)s AND a.ended_on IS NULL
              AND c.slot = 'channels' AND c.ended_on IS NULL
"""


def facts_asked(products: Iterable[ResolvedProduct]) -> set[library.Fact]:
    """What must be looked up to judge who may have these products."""
    asked = (condition.asks() for product in products for condition in product.all("eligibility"))
    return {fact for fact in asked if fact is not None}


async def with_background(
    tx: Transaction,
    applicant: library.Applicant,
    customer: Customer,
    products: Iterable[ResolvedProduct],
    on: date,
) -> library.Applicant:
    """The applicant with what these products ask about it, as it stands on a business date."""
    asked = facts_asked(products)
    if "customer_since" in asked:
        applicant = replace(applicant, customer_since=await customer_since(tx, customer.id))
    if "group_members" in asked:
        applicant = replace(applicant, group_members=len((await group_of(tx, customer.id, on)).members))
    if "average_balances" in asked:
        applicant = replace(applicant, average_balances=await _average_balances(tx, customer, on))
    if "services" in asked:
        applicant = replace(applicant, services=await _services(tx, customer.id))
    return applicant


async def _average_balances(tx: Transaction, customer: Customer, on: date) -> dict[str, int]:
    """By currency, over the days before ``on``; what is overdrawn counts as nothing."""
    accounts: list[ledger.Account] = []
    while page := await ledger.list_accounts(
        tx, customer=customer.id, cell=customer.cell, after=accounts[-1].number if accounts else None
    ):
        accounts += page
    span = on - timedelta(days=library.BALANCE_DAYS), on - timedelta(days=1)
    found: dict[str, int] = {}
    averages = await ledger.average_balances(tx, accounts, *span) if accounts else {}
    for account in accounts:
        found[account.currency] = found.get(account.currency, 0) + max(averages[account.number], 0)
    return found


async def _services(tx: Transaction, customer: UUID) -> tuple[str, ...]:
    cursor = await tx.execute(_SERVICES, {"customer": customer})
    return tuple(sorted(row[0].replace("-", "_") for row in await cursor.fetchall() if row[0]))
