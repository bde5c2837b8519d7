"""A bank with a payee and a payer, a mandate between them, and an empty list of names."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest_asyncio

from sycee import ledger, parties, payments
from sycee.kernel.ids import uuid7
from sycee.payments import Instructor, debits
from sycee.payments.debits import (
    DebitMandate,
    DebitOutcome,
    DirectDebit,
    NewDebitMandate,
    NewDirectDebit,
)
from tests.parties.people import new_customer
from tests.payments.conftest import CELL, Bank

OFFICER = Instructor("officer")


class Till:
    """Where direct debits are made: customers, their accounts and mandates; every method is a transaction.

    ``power`` collects from ``mill``; ``reef`` has to do with neither.
    """

    power: UUID
    mill: UUID
    reef: UUID
    credit: int
    debit: int

    def __init__(self, bank: Bank) -> None:
        self.bank = bank
        self.database = bank.database

    @classmethod
    async def open(cls, bank: Bank) -> Till:
        """The till of a bank, with 1,000.00 on the payer's account and 100.00 on the payee's."""
        till = cls(bank)
        async with bank.database.transaction() as tx:
            names = ("Power Grid Ltd", "Paper Mill Ltd", "Reef Ltd")
            made = await parties.register_customers(
                tx, [new_customer(name, cell=CELL) for name in names], by="test"
            )
            await payments.load_screening_names(tx, [], name="own", by="test")
        till.power, till.mill, till.reef = (one.id for one in made)
        till.credit = await bank.open("CNY", 100_00, customer=till.power)
        till.debit = await bank.open("CNY", 1_000_00, customer=till.mill)
        return till

    async def call(self, function: Any, *arguments: Any, acting_for: UUID | None = None, **more: Any) -> Any:
        """Call a domain function in a transaction, as the bank or for a customer."""

        async def command(tx: Any) -> Any:
            return await function(tx, *arguments, **more)

        return await self.database.run(command, acting_for=acting_for)

    async def propose(self, **fields: Any) -> DebitMandate:
        """A mandate of the payee that the payer has not signed."""
        given = {"credit_account": self.credit, "debit_account": self.debit, "currency": "CNY", **fields}
        new = NewDebitMandate(**{"id": uuid7(), "reference": f"M-{uuid7().hex[-8:]}", **given})
        by = Instructor("payee", self.power)
        (made,) = await self.call(debits.propose_debit_mandates, [new], by=by, acting_for=self.power)
        found: DebitMandate = made
        return found

    async def signed(self, **fields: Any) -> DebitMandate:
        """A mandate of the payee that the payer has signed."""
        made = await self.propose(**fields)
        found: DebitMandate = await self.call(
            debits.confirm_debit_mandate, made.id, by=Instructor("payer", self.mill), acting_for=self.mill
        )
        return found

    async def collect(self, *wanted: NewDirectDebit, **more: Any) -> list[DebitOutcome]:
        """Collect as the payee."""
        by = Instructor("payee", self.power)
        found: list[DebitOutcome] = await self.call(
            debits.collect, list(wanted), by=by, acting_for=self.power, **more
        )
        return found

    async def as_payer(self, function: Any, *arguments: Any, **more: Any) -> Any:
        """Call something as the payer's user."""
        by = Instructor("payer", self.mill)
        return await self.call(function, *arguments, by=by, acting_for=self.mill, **more)

    async def as_payee(self, function: Any, *arguments: Any, **more: Any) -> Any:
        """Call something as the payee's user."""
        by = Instructor("payee", self.power)
        return await self.call(function, *arguments, by=by, acting_for=self.power, **more)

    async def sweep(self) -> int:
        """Take what is due."""
        return await debits.sweep(self.database)

    async def day(self, day: date) -> None:
        """Let that be the business date of both cells."""
        async with self.database.transaction() as tx:
            await tx.execute("UPDATE cells SET business_date = %s", (day,))

    async def debit_of(self, id: UUID) -> DirectDebit:
        """A debit as it stands."""
        found: DirectDebit = await self.call(debits.get_direct_debit, id)
        return found

    async def steps(self, id: UUID) -> list[tuple[str, str, str | None]]:
        """State, side and reason code of every step of a debit."""
        events = await self.call(debits.direct_debit_events, id)
        return [(str(one.state), str(one.side), one.reason_code) for one in events]

    async def freeze(self, number: int) -> None:
        """Freeze an account."""
        await self.bank.change(number, ledger.AccountStatus.FROZEN)


def debit_under(mandate: DebitMandate, amount: int = 10_00, **fields: Any) -> NewDirectDebit:
    """A debit under a mandate."""
    given: dict[str, Any] = {
        "id": uuid7(),
        "credit_account": mandate.credit_account,
        "debit_account": mandate.debit_account,
        "mandate_reference": mandate.reference,
        "currency": mandate.currency,
        **fields,
    }
    return NewDirectDebit(amount=amount, **given)


@pytest_asyncio.fixture
async def till(bank: Bank) -> Till:
    """The till."""
    return await Till.open(bank)
