"""Large certificates of deposit change hands: the certificate against its price, in one posting.

The new holder's certificate has the start, rate and maturity of the old one, in an account of its own; the
principal is entered there with value from the first day not paid yet, so the interest goes to who holds the
certificate when it is paid out. What the seller has earned is in the price.
"""

from __future__ import annotations

import msgspec

from sycee.database import Transaction
from sycee.kernel.ids import cell_of
from sycee.ledger import NewTransfer
from sycee.products.deposits import permissions
from sycee.products.deposits.errors import CertificateNotTransferable, DepositMatured, InvalidDeposit
from sycee.products.deposits.movements import Step, business_date, carry_out, id_of, need_open
from sycee.products.deposits.placing import open_deposit
from sycee.products.deposits.product_terms import need_form
from sycee.products.deposits.records import (
    CertificateTransfer,
    Change,
    Deposit,
    DepositEvent,
    DepositForm,
    EventKind,
)
from sycee.products.deposits.register import get_deposit, hold_deposit, insert_event, said_before
from sycee.products.deposits.settlement_accounts import own_account
from sycee.products.deposits.withdrawal_plans import closed


async def transfer_certificate(tx: Transaction, request: CertificateTransfer, *, by: str) -> Change:
    """Transfer a certificate; the deposit that comes back is the new holder's.

    Raises DepositNotFound, DepositClosed, DepositMatured, WrongDepositForm, CertificateNotTransferable,
    InvalidDeposit, NotOwnAccount, DepositMovementRefused, DepositIdReused, and for both parties what
    ``permissions.may_begin`` raises.
    """
    deposit = await hold_deposit(tx, request.deposit)
    before = await said_before(tx, EventKind.TRANSFERRED, request)
    if before is not None:
        return Change(await get_deposit(tx, id_of(request.id, "certificate")), before, repeated=True)
    need_form(deposit, DepositForm.LARGE_CD)
    need_open(deposit)
    today = await business_date(tx, deposit.cell)
    assert deposit.maturity is not None, "a certificate has a term"
    if deposit.maturity <= today:
        raise DepositMatured(f"certificate {deposit.id} matured on {deposit.maturity}")
    if request.price <= 0:
        raise InvalidDeposit("the price of a certificate is positive")
    buyer = await own_account(tx, None, request.pay_from, deposit.currency)
    await own_account(tx, deposit.customer, request.pay_to, deposit.currency)
    assert buyer.customer is not None, "own_account has seen to it"
    problem = deposit.product.one("form").transfer_problem(
        days_left=(deposit.maturity - today).days,
        pledged=deposit.frozen > 0,
        same_holder=buyer.customer == deposit.customer,
    )
    if problem is not None:
        raise CertificateNotTransferable(f"certificate {deposit.id}: {problem}")
    await permissions.may_sign(
        tx,
        deposit.customer,
        permissions.TRANSFER,
        deposit.principal,
        deposit.currency,
        request.signers,
        today,
    )
    await permissions.may_begin(
        tx, buyer.customer, permissions.PLACE, request.price, deposit.currency, request.buyer_signers, today
    )
    bought = await open_deposit(
        tx,
        msgspec.structs.replace(
            deposit,
            id=id_of(request.id, "certificate"),
            cell=cell_of(request.pay_from),
            customer=buyer.customer,
            arrangement=None,
            source=request.pay_from,
            opened_on=today,
            predecessor=deposit.id,
            notice=None,
        ),
    )
    return await _book(tx, request, deposit, bought, by)


async def _book(
    tx: Transaction, request: CertificateTransfer, deposit: Deposit, bought: Deposit, by: str
) -> Change:
    """Price against certificate: both are posted, or neither; and an event for either holder."""
    today = await business_date(tx, deposit.cell)
    price = NewTransfer(
        id=id_of(request.id, "price"),
        debit=request.pay_from,
        credit=request.pay_to,
        amount=request.price,
        currency=deposit.currency,
        value_date=today,
        description="Price of a certificate of deposit",
    )
    entry = NewTransfer(
        id=id_of(request.id, "principal"),
        debit=deposit.account,
        credit=bought.account,
        amount=deposit.principal,
        currency=deposit.currency,
        value_date=deposit.earned_from,
        description="Certificate of deposit transferred",
    )
    sold = DepositEvent(
        id=request.id,
        deposit=deposit.id,
        kind=EventKind.TRANSFERRED,
        effective=today,
        booked_on=today,
        amount=deposit.principal,
        paid_to=bought.account,
        facts={"price": request.price, "to": str(bought.customer), "successor": str(bought.id)},
        by=by,
    )
    after = msgspec.structs.replace(closed(deposit, today), successor=bought.id)
    step = Step(before=deposit, after=after, event=sold, transfers=(price, entry))
    done = await carry_out(tx, step, request)
    acquired = DepositEvent(
        id=id_of(request.id, "acquired"),
        deposit=bought.id,
        kind=EventKind.ACQUIRED,
        effective=today,
        booked_on=today,
        amount=bought.principal,
        transfers=(price.id, entry.id),
        facts={"price": request.price, "from": str(deposit.customer), "predecessor": str(deposit.id)},
        by=by,
    )
    await insert_event(tx, bought.cell, acquired, None)
    return Change(bought, done.event)
