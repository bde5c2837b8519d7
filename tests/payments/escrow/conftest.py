"""A supervised account of a developer, whose supervisor is another customer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest_asyncio

from sycee.identity import Caller, Scope
from sycee.kernel.ids import uuid7
from sycee.payments import Instructor, Moved, NewPayment, PaymentOutcome, escrow
from sycee.payments.escrow import Escrow, NewEscrow, Payee, ReleaseDecision
from tests.approvals.house import a_principal
from tests.payments.conftest import Bank
from tests.payments.orders.conftest import Desk, desk, pay

__all__ = ["desk"]


class Site:
    """The parties: a developer who pays builders, the housing bureau that supervises."""

    def __init__(self, desk: Desk, account: int, builder: int, parties: tuple[UUID, UUID]) -> None:
        self.desk, self.account, self.builder = desk, account, builder
        self.developer, self.bureau = parties
        self.maker = Instructor(str(uuid7()), self.developer)
        self.releasers: list[Caller] = []

    async def supervise(self, **said: Any) -> Escrow:
        """Put the account under supervision."""
        given: dict[str, Any] = {
            "id": uuid7(),
            "account": self.account,
            "beneficiary_name": "Buyers of tower 3",
            "supervisor_name": "Housing bureau",
            "supervisor": self.bureau,
            "document": "Supervision agreement 2026-17",
            "releasers": tuple(one.principal for one in self.releasers[:1]),
            **said,
        }
        made: Escrow = await self.desk.call(escrow.make_escrow, NewEscrow(**given), by="officer")
        return made

    def bill(self, amount: int = 10_00, **said: Any) -> NewPayment:
        """A builder's bill."""
        given = {"purpose": "BUILD", **said}
        return pay(self.account, given.pop("to", self.builder), amount, **given)

    async def submit(self, *wanted: NewPayment, **more: Any) -> list[PaymentOutcome]:
        """The developer instructs."""
        async with self.desk.database.transaction(acting_for=self.developer) as tx:
            from sycee import payments

            return await payments.submit_payments(tx, list(wanted), by=self.maker, **more)

    async def decide(
        self, payment: UUID, vote: Any = "yes", *, releaser: int = 0, acting_for: UUID | None = None
    ) -> Moved:
        """A releaser says yes or no, behind the bureau's wall."""
        decision = ReleaseDecision(payment=payment, vote=vote, reason="milestone 3")
        async with self.desk.database.transaction(acting_for=acting_for or self.bureau) as tx:
            (told,) = await escrow.decide_releases(tx, [decision], by=self.releasers[releaser].principal)
        return told

    async def paid(self) -> int:
        """What the builder has got."""
        return await self.desk.bank.balance(self.builder)


BUILDER = "Silk Road Steel Ltd"


def payee(number: int | str, **more: Any) -> Payee:
    """Whom the account may pay."""
    return Payee(creditor_account=str(number), creditor_name=BUILDER, **more)


@pytest_asyncio.fixture
async def site(bank: Bank, desk: Desk) -> Site:
    """The developer's account with 100.00, not supervised yet; two releasers of the bureau's."""
    developer, bureau = uuid7(), uuid7()
    account, builder = await bank.open("CNY", 100_00, customer=developer), await bank.open("CNY")
    site = Site(desk, account, builder, (developer, bureau))
    async with desk.database.transaction() as tx:
        for _ in range(2):
            site.releasers.append(await a_principal(tx, Scope.PAYMENTS_APPROVE, customer=bureau))
    return site
