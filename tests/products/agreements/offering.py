"""What the tests' bank sells, who buys it, and how they sign."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from sycee import products
from sycee.components import Registry
from sycee.database import Database, Transaction
from sycee.kernel.ids import uuid7
from sycee.parties import Customer, give_mandates, sole_mandate
from sycee.products import ItemChoice, Signed, SignRequest, sign
from tests.parties.people import BY, a_fit_customer, a_person

TODAY = date(2026, 3, 31)
COMPONENTS = Path(__file__).parent / "components.yaml"
RATES = {"CNY.demand": "0.20", "CNY.agreement": "0.90"}


def components() -> Registry:
    """The registry of the tests' bank."""
    return Registry.load([COMPONENTS])


async def release_rates(tx: Transaction, start: date = date(2026, 1, 1), **rates: str) -> None:
    """Rates in force from a day on: those of the bank, or ``demand="0.30"``."""
    wanted = {f"CNY.{key}": rate for key, rate in rates.items()} or RATES
    made = [products.NewRate(key, start, Decimal(rate)) for key, rate in wanted.items()]
    proposal = await products.propose_rates(tx, made, by="anna")
    await products.release_rates(tx, proposal.id, by="bo")


class Buyer:
    """A customer, and the person who may sign alone for it."""

    def __init__(self, customer: Customer, signer: UUID) -> None:
        self.customer = customer
        self.signer = signer

    @property
    def id(self) -> UUID:
        """The id of the customer."""
        return self.customer.id

    def request(self, package: str = "starter", **fields: Any) -> SignRequest:
        """A signing by this customer."""
        given: dict[str, Any] = {"id": uuid7(), "signers": (self.signer,), **fields}
        return SignRequest(customer=self.id, package=package, **given)


async def a_buyer(tx: Transaction, name: str = "Silk Road Trading Ltd", **fields: Any) -> Buyer:
    """A customer that may sign."""
    made = await a_fit_customer(tx, name, **{"cell": 101, "local_name": "丝路贸易有限公司", **fields})
    signer = await a_person(tx, "Li Wei", local_name="李薇")
    await give_mandates(tx, [sole_mandate(made.id, signer.id)], by=BY)
    return Buyer(made, signer.id)


class Office:
    """The bank's counter in the tests: every act is a transaction of its own."""

    def __init__(self, database: Database, registry: Registry) -> None:
        self.database = database
        self.registry = registry

    async def buyer(self, name: str = "Silk Road Trading Ltd", **fields: Any) -> Buyer:
        """A customer that may sign."""
        async with self.database.transaction() as tx:
            return await a_buyer(tx, name, **fields)

    async def sign(self, *requests: SignRequest, dry_run: bool = False) -> list[Signed]:
        """Sign a list."""
        return await self.sign_list(requests, dry_run=dry_run)

    async def sign_list(self, requests: Sequence[SignRequest], *, dry_run: bool = False) -> list[Signed]:
        """Sign a list."""
        async with self.database.transaction() as tx:
            return await sign(tx, requests, by=BY, dry_run=dry_run, registry=self.registry)

    async def signed(
        self, buyer: Buyer, package: str = "starter", **choices: ItemChoice
    ) -> products.Agreement:
        """An agreement that was signed."""
        request = buyer.request(package, choices=choices)
        (outcome,) = await self.sign(request)
        assert outcome.status == "signed", outcome
        return await self.agreement(request.id)

    async def agreement(self, id: UUID) -> products.Agreement:
        """An agreement as it is."""
        async with self.database.transaction() as tx:
            return await products.get_agreement(tx, id)

    async def row(self, query: str, *values: Any) -> Any:
        """One row of a query."""
        async with self.database.transaction() as tx:
            return await (await tx.execute(query.encode(), values)).fetchone()

    async def books(self) -> dict[str, int]:
        """How many rows everything has that a signing writes."""
        found = {}
        for table in (
            "accounts", "account_profiles", "agreements", "arrangements", "arrangement_accounts",
            "arrangement_conditions", "basic_accounts", "contracts", "agreement_events", "product_snapshots",
            "interest_positions", "interest_terms", "account_serials", "account_changes",
        ):  # fmt: skip
            found[table] = (await self.row(f"SELECT count(*) FROM {table}"))[0]
        return found


def arrangement(agreement: products.Agreement, key: str) -> products.Arrangement:
    """The arrangement of a key that is in force."""
    return next(one for one in agreement.arrangements if one.key == key and one.ended_on is None)
