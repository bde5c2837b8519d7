"""Who pays and who is paid: what a list of instructions needs to know of accounts, in two look-ups."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

import msgspec

from sycee.database import Int8Array, TextArray, Transaction
from sycee.kernel.ids import ACCOUNT_DIGITS
from sycee.payments.errors import InvalidPayment
from sycee.payments.orders.new_payments import NewPayment, Refusal, own_number


class Payer(msgspec.Struct, frozen=True):
    """An account that pays: its cell, its currency, whose it is, and the cell's present business date."""

    cell: int
    currency: str
    customer: UUID | None
    today: date


class Register(msgspec.Struct, frozen=True):
    """The accounts that pay, by number; business dates by cell; aliases of payees; the codes of this bank."""

    payers: dict[int, Payer]
    days: dict[int, date]
    aliases: dict[str, int]
    own_agents: frozenset[str]


async def add_own_agents(tx: Transaction, agents: Sequence[str]) -> None:
    """Let these codes (clearing numbers, BICs) stand for this bank.

    Raises InvalidPayment for an empty one.
    """
    if not all(agent.strip() == agent and agent for agent in agents):
        raise InvalidPayment("the code of a bank has no spaces around it, and is not empty")
    await tx.execute(
        "INSERT INTO own_agents (agent) SELECT unnest(%b) ON CONFLICT DO NOTHING", (TextArray(list(agents)),)
    )


async def own_agents(tx: Transaction) -> frozenset[str]:
    """The codes by which others know this bank."""
    cursor = await tx.execute("SELECT agent FROM own_agents")
    return frozenset(agent for (agent,) in await cursor.fetchall())


async def look_up_payers(tx: Transaction, payments: Sequence[NewPayment]) -> dict[int, Payer]:
    """The accounts that are to pay, by number: of a customer's transaction, its own alone."""
    return await look_up_accounts(tx, {payment.debit_account for payment in payments})


async def look_up_accounts(tx: Transaction, numbers: Collection[int]) -> dict[int, Payer]:
    """Accounts by number: of a customer's transaction, its own alone."""
    cursor = await tx.execute(
        "SELECT a.number, a.cell, a.currency, p.customer, c.business_date"
        " FROM unnest(%b) AS wanted(number)"
        " JOIN accounts a ON a.number = wanted.number AND a.cell = wanted.number / 1000000000000000"
        " JOIN account_profiles p ON p.cell = a.cell AND p.number = a.number"
        " JOIN cells c ON c.cell = a.cell",
        (Int8Array(sorted(numbers)),),
    )
    return {number: Payer(*rest) for number, *rest in await cursor.fetchall()}


async def look_up(tx: Transaction, payments: Sequence[NewPayment], payers: dict[int, Payer]) -> Register:
    """What else has to be known of what a list names."""
    names = {
        payment.creditor_account
        for payment in payments
        if len(payment.creditor_account) != ACCOUNT_DIGITS or not payment.creditor_account.isdigit()
    }
    agents = {payment.creditor_agent for payment in payments} - {None}
    return Register(
        payers=payers,
        days={payer.cell: payer.today for payer in payers.values()},
        aliases=await account_aliases(tx, names),
        own_agents=await own_agents(tx) if agents else frozenset(),
    )


async def account_aliases(tx: Transaction, names: set[str]) -> dict[str, int]:
    """The accounts that registered names stand for."""
    if not names:
        return {}
    cursor = await tx.execute(
        "SELECT identifier, account FROM account_aliases WHERE identifier = ANY(%b)", (TextArray([*names]),)
    )
    return dict(await cursor.fetchall())


def payee_of(payment: NewPayment, register: Register) -> int | Refusal:
    """The payee's account with this bank, or why there is none."""
    alias = register.aliases.get(payment.creditor_account)
    if alias is not None:
        return alias
    number = own_number(payment.creditor_account)
    if number is None:
        return Refusal("account_not_found", f"{payment.creditor_account} is no account of this bank")
    return number
