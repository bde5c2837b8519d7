"""A bank of two cells for the tests of the banking day: customers' accounts, and what they do in a day."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid5

from sycee import ledger, products
from sycee.components import InterestTerms, RateTier
from sycee.database import Database, Transaction
from sycee.kernel.ids import account_number
from sycee.ledger import NewAccount, NewTransfer, NormalSide

SHANGHAI, BEIJING = 101, 102
CELLS = (SHANGHAI, BEIJING)
FIRST_DAY = date(2026, 3, 30)  # a Monday; the quarter ends the day after
NAMESPACE = UUID("5b0b0a3e-6bb7-4d0e-8f65-0a5a1c4c2f01")


def customer_account(cell: int, serial: int) -> int:
    """The number of a customer's account."""
    return account_number(cell, serial)


def vault(cell: int) -> int:
    """The bank's own account in a cell, without a floor: where money comes from."""
    return account_number(cell, 900_000)


def customer(serial: int) -> UUID:
    """A customer's id."""
    return uuid5(NAMESPACE, f"customer {serial}")


async def found_bank(
    database: Database, *, accounts: int = 5, cells: Sequence[int] = CELLS, on: date = FIRST_DAY
) -> None:
    """Cells with a vault and some customers' accounts each, all empty."""
    opened = []
    for cell in cells:
        opened.append(
            NewAccount(
                number=vault(cell), currency="CNY", subject="1001", normal_side=NormalSide.DEBIT, floor=None
            )
        )
        opened += [
            NewAccount(
                number=customer_account(cell, serial),
                currency="CNY",
                subject="2011",
                name=f"Customer {serial}",
                local_name=f"客户{serial}",
                customer=customer(serial),
            )
            for serial in range(1, accounts + 1)
        ]
    async with database.transaction() as tx:
        for cell in cells:
            await ledger.create_cell(tx, cell, f"Cell {cell}", on)
        await ledger.open_accounts(tx, opened)


async def release(database: Database, *rates: tuple[str, date, str]) -> None:
    """Put rates in force: key, first day, percent a year."""
    new = [products.NewRate(key, start, Decimal(rate)) for key, start, rate in rates]

    async def command(tx: Transaction) -> None:
        proposal = await products.propose_rates(tx, new, by="one")
        await products.release_rates(tx, proposal.id, by="another")

    await database.run(command)


DEMAND = InterestTerms("CNY", "actual/360", "split", "parts", (RateTier(rate_key="CNY.demand"),))
AGREEMENT = InterestTerms(
    "CNY",
    "actual/360",
    "split",
    "parts",
    (RateTier(rate_key="CNY.demand"), RateTier(above=10_000_000, rate_key="CNY.agreement")),
)


async def bear_interest(
    database: Database, numbers: Sequence[int], terms: InterestTerms, start: date, cycle: str = "quarterly"
) -> None:
    """Let accounts bear interest from a day on."""

    async def command(tx: Transaction) -> None:
        (id,) = await products.define_terms(tx, [terms])
        starts = [
            products.InterestStart(account=number, terms=id, start=start, cycle=cycle)  # type: ignore[arg-type]
            for number in numbers
        ]
        await products.start_interest(tx, starts)

    await database.run(command)


def traffic(cell: int, name: str, *, accounts: int = 5, count: int = 40) -> list[NewTransfer]:
    """What happens in a cell, the same each time for the same name; some of it is refused."""
    dice = random.Random(f"{cell} {name}")
    numbers = [customer_account(cell, serial) for serial in range(1, accounts + 1)]
    made = []
    for place in range(count):
        debit, credit = dice.choice([(vault(cell), dice.choice(numbers)), dice.sample(numbers, 2)])
        made.append(
            NewTransfer(
                id=uuid5(NAMESPACE, f"{cell} {name} {place}"),
                debit=debit,
                credit=credit,
                amount=dice.randint(1, 1_000_000),
                currency="CNY",
                reference=f"{name}/{place}",
            )
        )
    return made


async def post(database: Database, transfers: Sequence[NewTransfer]) -> int:
    """Post transfers; how many were accepted."""

    async def command(tx: Transaction) -> list[ledger.Outcome]:
        return await ledger.post_transfers(tx, transfers)

    outcomes = await database.run(command)
    return sum(outcome.status != "rejected" for outcome in outcomes)


async def business_date(database: Database, cell: int = SHANGHAI) -> date:
    """The date at which a cell stands."""
    async with database.transaction() as tx:
        return (await ledger.get_cell(tx, cell)).business_date
