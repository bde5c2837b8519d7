"""The accounts that deposits come from and go to: the customer's own, and for time deposits the basic one."""

from __future__ import annotations

from uuid import UUID

from sycee.database import Transaction
from sycee.ledger import Account, get_account
from sycee.products.agreements.basic_accounts import basic_account
from sycee.products.deposits.errors import NotOwnAccount, WrongPayee
from sycee.products.deposits.records import Deposit


async def own_account(tx: Transaction, customer: UUID | None, number: int, currency: str) -> Account:
    """A settlement account of a customer's own; of whichever customer's when None is asked for.

    Raises AccountNotFound, NotOwnAccount.
    """
    account = await get_account(tx, number)
    if account.customer is None or customer not in (None, account.customer):
        raise NotOwnAccount(f"account {number} is not one of customer {customer or 'any'}")
    if account.restricted:
        raise NotOwnAccount(f"account {number} belongs to a product: a settlement account is expected")
    if account.currency != currency:
        raise NotOwnAccount(f"account {number} is in {account.currency}, the deposit in {currency}")
    return account


async def check_payee(tx: Transaction, deposit: Deposit, number: int) -> None:
    """Whether a deposit may be paid out to an account: the product's form says to which.

    Raises AccountNotFound, NotOwnAccount, WrongPayee.
    """
    await own_account(tx, deposit.customer, number, deposit.currency)
    form = deposit.product.one("form")
    if not hasattr(form, "payout_problem"):
        return
    basic = await basic_account(tx, deposit.customer)
    problem = form.payout_problem(
        account_class="basic" if number == basic else "", own=True, source=number == deposit.source
    )
    if problem is not None:
        known = f": {basic}" if basic is not None else ", which it does not have here"
        raise WrongPayee(f"{problem}{known if 'basic' in problem else ''}; account {number} is not that")


async def payee_of(tx: Transaction, deposit: Deposit) -> int:
    """Where a deposit goes when nobody says where. Raises WrongPayee when that account is not there."""
    form = deposit.product.one("form")
    if getattr(form, "pays_out_to", "source") != "basic":
        return deposit.source
    basic = await basic_account(tx, deposit.customer)
    if basic is None:
        raise WrongPayee(
            f"deposit {deposit.id} is paid out to the customer's basic account, which it does not have here"
        )
    return basic
