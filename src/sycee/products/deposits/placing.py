"""Placing: money of a settlement account becomes a deposit in an account of its own."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec

from sycee.components import ResolvedProduct, released_registry
from sycee.database import Transaction
from sycee.ledger import Account, NewAccount, NewTransfer, get_account, open_accounts
from sycee.parties import due_diligence_until, get_customer
from sycee.products.agreements import traits
from sycee.products.agreements.background import with_background
from sycee.products.agreements.eligibility import applicant, check_eligible
from sycee.products.agreements.offers import snapshot_of
from sycee.products.agreements.reading import attach_account, get_arrangement
from sycee.products.deposits import permissions, product_terms
from sycee.products.deposits.errors import InvalidDeposit, NotOwnAccount, PlacementRefused
from sycee.products.deposits.movements import business_date, id_of, move
from sycee.products.deposits.rate_sheets import RateSheet
from sycee.products.deposits.records import (
    Change,
    Deposit,
    DepositEvent,
    DepositForm,
    DepositState,
    EventKind,
    Placement,
    RateSet,
)
from sycee.products.deposits.register import (
    get_deposit,
    insert_deposit,
    insert_event,
    keep_product,
    said_before,
)
from sycee.products.deposits.settlement_accounts import own_account
from sycee.products.interest.positions import (
    InterestStart,
    TermsChange,
    change_terms,
    start_interest,
)
from sycee.products.interest.terms import define_terms

_TITLES = {
    DepositForm.NOTICE: ("Notice deposit", "单位通知存款"),
    DepositForm.TIME: ("Time deposit", "单位定期存款"),
    DepositForm.LARGE_CD: ("Large certificate of deposit", "单位大额存单"),
    DepositForm.MARGIN: ("Margin", "保证金存款"),
}
_NOT_YET = 0
"""The account number of a deposit that is only previewed."""


async def place(tx: Transaction, request: Placement, *, by: str, dry_run: bool = False) -> Change:
    """Open a deposit; its id is the request's. The same request again is answered with the first outcome.

    Raises InvalidDeposit, PlacementRefused, NotOwnAccount, DepositIdReused, DepositMovementRefused, what
    ``permissions.may_begin`` raises, RateNotFound, and the errors of arrangements, products and choices.
    """
    if not dry_run:
        await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"deposit {request.id}",))
    before = await said_before(tx, EventKind.PLACED, request)
    if before is not None:
        return Change(await get_deposit(tx, request.id), before, repeated=True)
    source = await get_account(tx, request.source)
    today = await business_date(tx, source.cell)
    await own_account(tx, None, request.source, request.currency)
    assert source.customer is not None, "own_account has seen to it"
    product = await _product(tx, request, source, today)
    customer = await permissions.may_begin(
        tx, source.customer, permissions.PLACE, request.amount, source.currency, request.signers, today
    )
    if request.arrangement is None:  # else it was asked when that was signed
        until = (await due_diligence_until(tx, [customer.id], today)).get(customer.id)
        asking = await with_background(tx, applicant(customer, until), customer, [product], today)
        check_eligible([("deposit", product)], asking, today)
    deposit = await _deposit(tx, request, source, source.customer, product, today)
    event = DepositEvent(
        id=request.id,
        deposit=request.id,
        kind=EventKind.PLACED,
        effective=today,
        booked_on=today,
        amount=request.amount,
        facts={"product": product.id, "version": product.version, "conditions": product.conditions},
        by=by,
    )
    if dry_run:
        return Change(deposit, event)
    deposit = await open_deposit(tx, deposit)
    transfer = NewTransfer(
        id=id_of(request.id, "principal"),
        debit=request.source,
        credit=deposit.account,
        amount=request.amount,
        currency=deposit.currency,
        value_date=today,
        description=f"{_TITLES[deposit.form][0]} placed",
    )
    await move(tx, deposit, [transfer])
    done = msgspec.structs.replace(event, transfers=(transfer.id,))
    return Change(deposit, await insert_event(tx, deposit.cell, done, request))


async def _product(tx: Transaction, request: Placement, source: Account, today: date) -> ResolvedProduct:
    """What is placed: the product of the arrangement, or one as it is sold today."""
    if (request.arrangement is None) is (request.product is None):
        raise InvalidDeposit("a deposit is placed under an arrangement, or for a product: name one of them")
    if request.amount <= 0:
        raise InvalidDeposit("the amount of a deposit is positive")
    if request.product is not None:
        return (await released_registry(tx)).resolve(request.product, today, request.choices)
    if request.choices:
        raise InvalidDeposit("the choices of an arrangement were made when it was signed")
    assert request.arrangement is not None, "one of the two"
    arrangement = await get_arrangement(tx, request.arrangement)
    if arrangement.ended_on is not None:
        raise PlacementRefused(f"arrangement {arrangement.id} ended on {arrangement.ended_on}")
    if arrangement.customer != source.customer:
        raise NotOwnAccount(f"account {source.number} is not one of customer {arrangement.customer}")
    if arrangement.currency != source.currency:
        raise NotOwnAccount(
            f"account {source.number} is in {source.currency}, the arrangement in {arrangement.currency}"
        )
    return arrangement.product


async def _deposit(
    tx: Transaction,
    request: Placement,
    source: Account,
    customer: UUID,
    product: ResolvedProduct,
    today: date,
) -> Deposit:
    """The deposit as it would be, its account not opened yet."""
    form = product_terms.form_of(product)
    currency = source.currency
    product_terms.check_currency(product, currency)
    product_terms.check_opening(product, currency, request.amount)
    _check_obligation(request, form, product, currency)
    maturity = product_terms.maturity_of(product, today, request.maturity)
    if maturity is None and product_terms.has_own_rate(product):
        raise PlacementRefused(f"{product.id} has the rate of a term, but no tenor")
    rates: tuple[RateSet, ...] = await product_terms.opening_rates(RateSheet(tx), product, currency, today)
    return Deposit(
        id=request.id,
        cell=source.cell,
        customer=customer,
        arrangement=request.arrangement,
        account=_NOT_YET,
        form=form,
        state=DepositState.ACTIVE,
        currency=currency,
        product=product,
        snapshot=snapshot_of(product).hash,
        principal=request.amount,
        source=request.source,
        opened_on=today,
        start=today,
        earned_from=today,
        maturity=maturity,
        rates=rates,
        renewal=product_terms.renewal_mode(product, request.renewal),
        renewed=0,
        part_withdrawals=0,
        marks=(),
        obligation=request.obligation,
        obliged=request.obliged,
        due_on=product_terms.next_due(product, today, maturity, today),
        predecessor=None,
        successor=None,
        closed_on=None,
        notice=None,
        frozen=0,
    )


def _check_obligation(request: Placement, form: DepositForm, product: ResolvedProduct, currency: str) -> None:
    named = bool(request.obligation and request.obligation.strip())
    if form is not DepositForm.MARGIN:
        if named or request.obliged:
            raise InvalidDeposit(f"only a margin secures an obligation; {product.id} is a {form} deposit")
        return
    if not named or request.obliged <= 0:
        raise PlacementRefused(f"{product.id} secures an obligation: name it, and its amount")
    needed = product.one("form").needed(request.obliged)
    if request.amount < needed:
        raise PlacementRefused(
            f"{product.id}: an obligation of {product_terms.shown(request.obliged, currency)} needs a margin"
            f" of at least {product_terms.shown(needed, currency)}"
        )


async def open_deposit(tx: Transaction, deposit: Deposit) -> Deposit:
    """Open the account of a new deposit, let it bear interest, enter it; returns it with the account."""
    title, local_title = _TITLES[deposit.form]
    [account] = await open_accounts(
        tx,
        [
            NewAccount(
                cell=deposit.cell,
                currency=deposit.currency,
                subject=traits.subject_of(deposit.product),
                name=title,
                local_name=local_title,
                customer=deposit.customer,
                restricted=True,
            )
        ],
    )
    opened = msgspec.structs.replace(deposit, account=account.number)
    earned_from = deposit.earned_from
    first = next((one.rate for one in reversed(deposit.rates) if one.start <= earned_from), None)
    terms = product_terms.accrual_terms(deposit.product, deposit.currency, first)
    booked = traits.accounting_of(deposit.product, (await get_customer(tx, deposit.customer)).country)
    if terms is not None:
        cycle, day = product_terms.cycle_of(deposit.product)
        [number] = await define_terms(tx, [terms], booked)
        await start_interest(
            tx,
            [
                InterestStart(
                    account=account.number, terms=number, start=earned_from, cycle=cycle, cycle_day=day
                )
            ],
        )
    for later in (one for one in deposit.rates if one.start > earned_from):
        set_then = product_terms.fixed_terms(deposit.product, deposit.currency, later.rate)
        [number] = await define_terms(tx, [set_then], booked)
        await change_terms(tx, [TermsChange(account.number, number, later.start)])
    await keep_product(tx, deposit.product)
    await insert_deposit(tx, opened)
    if deposit.arrangement is not None:
        await attach_account(tx, await get_arrangement(tx, deposit.arrangement), account.number)
    return opened
