"""What a request concerns, and whether what its caller was given reaches that far.

Most operations say it by their path or query: an account, a customer, an agreement. That is found out here,
before the handler runs. Where the body says it, the handler calls edge.require with what it read. Machines,
and people who were given a role without limits, cost no look into the database.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request
from msgspec.structs import replace

from sycee import approvals, ledger, operations, parties, payments, products
from sycee.api.bodies import read_uuid
from sycee.api.conversions import read_account
from sycee.api.operations import Operation
from sycee.database import Database, Transaction
from sycee.identity import Ask, Caller, NotGranted, Scope
from sycee.kernel.errors import NotFound, SyceeError
from sycee.kernel.ids import cell_of
from sycee.kernel.money import Amount

AnyRequest = Request[Any, Any, Any]


class Concern(msgspec.Struct, frozen=True, kw_only=True):
    """Whom and what an act concerns, as far as the request says: the rest is looked up."""

    account: int | None = None
    customer: UUID | None = None
    cell: int | None = None
    product: str | None = None
    amount: Amount | None = None
    transfer: UUID | None = None
    agreement: UUID | None = None
    arrangement: UUID | None = None


async def check_path(request: AnyRequest, database: Database, caller: Caller, permission: Scope) -> None:
    """Refuse what the caller's grants do not reach, by the path and the query. Raises NotGranted.

    Of what is not there nothing is known, so a grant with limits does not reach it.
    """
    looks = request.method == "GET"
    if _unlimited(caller, permission):
        return
    async with database.transaction() as tx:
        concerns = await _concerns(request, tx, caller) or [Concern()]
        try:
            await _check(tx, caller, permission, concerns, looks=looks)
        except NotGranted:
            # A transfer may be looked at from either end.
            ends = [await _other_end(tx, concern) for concern in concerns if concern.transfer and looks]
            if not ends:
                raise
            await _check(tx, caller, permission, ends, looks=looks)


async def check_body(
    tx: Transaction, caller: Caller, permission: Scope, concerns: Sequence[Concern], *, looks: bool = False
) -> None:
    """Refuse what the caller's grants do not reach, by what the body says. Raises NotGranted."""
    if not caller.is_machine and not _unlimited(caller, permission):
        await _check(tx, caller, permission, concerns or [Concern()], looks=looks)


def _unlimited(caller: Caller, permission: Scope) -> bool:
    return any(grant.unlimited and permission in grant.permissions for grant in caller.grants)


async def _check(
    tx: Transaction, caller: Caller, permission: Scope, concerns: Sequence[Concern], *, looks: bool
) -> None:
    known = [await _looked_up(tx, concern) for concern in dict.fromkeys(concerns)]
    accounts = [concern.account for concern in known if concern.account is not None]
    owners = await ledger.customers_of_accounts(tx, accounts)
    places: dict[UUID, tuple[int | None, str | None]] = {}
    for concern in known:
        # Whatever a customer's people ask for, it is the customer's own: the database sees to that.
        customer = caller.customer or concern.customer or owners.get(concern.account or 0)
        if customer is not None and customer not in places:
            places[customer] = await _place(tx, customer)
        cell, branch = places[customer] if customer is not None else (None, None)
        if concern.account is not None and caller.customer is None:
            cell = cell_of(concern.account)
        caller.require(
            Ask(
                permission=permission,
                customer=customer,
                cell=cell if cell is not None else concern.cell,
                branch=branch,
                product=concern.product,
                amount=concern.amount,
                looks=looks,
            )
        )


async def _looked_up(tx: Transaction, concern: Concern) -> Concern:
    """The same, with what a transfer, an agreement or an arrangement says of itself."""
    with suppress(NotFound):
        if concern.transfer is not None:
            transfer = await ledger.get_transfer(tx, concern.transfer)
            amount = Amount(transfer.amount, transfer.currency)
            return replace(concern, transfer=None, account=transfer.debit, amount=concern.amount or amount)
        if concern.agreement is not None:
            agreement = await products.get_agreement(tx, concern.agreement)
            product = concern.product or agreement.package
            return replace(concern, agreement=None, customer=agreement.customer, product=product)
        if concern.arrangement is not None:
            under = await products.get_arrangement(tx, concern.arrangement)
            product = concern.product or under.product.id
            return replace(concern, arrangement=None, customer=under.customer, product=product)
    return concern


async def _other_end(tx: Transaction, concern: Concern) -> Concern:
    assert concern.transfer is not None
    with suppress(NotFound):
        return Concern(account=(await ledger.get_transfer(tx, concern.transfer)).credit)
    return Concern()


async def _place(tx: Transaction, customer: UUID) -> tuple[int | None, str | None]:
    """Where a customer lies; of one that is not there nothing is known, and so nothing reaches it."""
    try:
        return await parties.place_of_customer(tx, customer)
    except parties.CustomerNotFound:
        return None, None


async def _concerns(request: AnyRequest, tx: Transaction, caller: Caller) -> list[Concern]:
    """Whom a request concerns, by what stands in its path, else by what its query narrows it to."""
    if caller.customer is not None:
        return [Concern(customer=caller.customer)]
    for name, found in _IN_PATHS.items():
        if name in request.path_params:
            return await found(tx, str(request.path_params[name]))
    customer, cell = request.query_params.get("customer"), request.query_params.get("cell")
    if customer is None and cell is None:
        return []
    return [
        Concern(
            customer=None if customer is None else read_uuid(customer),
            cell=None if cell is None else _read_cell(cell),
        )
    ]


def _read_cell(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) == 3):
        raise NotGranted(f"{text[:20]!r} is no cell")
    return int(text)


async def _of_account(_: Transaction, text: str) -> list[Concern]:
    return [Concern(account=read_account(text))]


async def _of_customer(_: Transaction, text: str) -> list[Concern]:
    return [Concern(customer=read_uuid(text))]


async def _of_cell(_: Transaction, text: str) -> list[Concern]:
    return [Concern(cell=_read_cell(text))]


async def _of_agreement(_: Transaction, text: str) -> list[Concern]:
    return [Concern(agreement=read_uuid(text))]


async def _of_arrangement(_: Transaction, text: str) -> list[Concern]:
    return [Concern(arrangement=read_uuid(text))]


async def _of_transfer(_: Transaction, text: str) -> list[Concern]:
    return [Concern(transfer=read_uuid(text))]


async def _of_deposit(tx: Transaction, text: str) -> list[Concern]:
    with suppress(NotFound):
        found = await products.get_deposit(tx, read_uuid(text))
        return [Concern(customer=found.customer, product=found.product.id)]
    return [Concern()]


async def _of_bulk_order(tx: Transaction, text: str) -> list[Concern]:
    with suppress(NotFound):
        return await bulk_payers(tx, await payments.bulk_order(tx, read_uuid(text)))
    return [Concern()]


async def bulk_payers(tx: Transaction, order: payments.BulkOrder) -> list[Concern]:
    """The accounts from which a bulk order pays, with the total of each in a currency."""
    return [
        Concern(account=account, amount=Amount(total, currency))
        for account, currency, total in await payments.bulk_totals(tx, order)
    ]


async def _of_payment_file(tx: Transaction, text: str) -> list[Concern]:
    with suppress(NotFound):
        return payers(await payments.payment_file(tx, read_uuid(text)))
    return [Concern()]


async def of_payments(tx: Transaction, ids: Sequence[UUID]) -> list[Concern]:
    """The accounts from which payments pay, with each amount; of what is not there nothing is known."""
    found = []
    for id in ids:
        concern = Concern()
        with suppress(NotFound):
            payment = await payments.get_payment(tx, id)
            amount = Amount(payment.amount, payment.currency)
            concern = Concern(account=payment.debit_account, amount=amount)
        found.append(concern)
    return found


async def _of_payment(tx: Transaction, text: str) -> list[Concern]:
    return await of_payments(tx, [read_uuid(text)])


async def of_direct_debits(tx: Transaction, ids: Sequence[UUID]) -> list[Concern]:
    """The accounts that direct debits are taken from, with each amount."""
    found = []
    for id in ids:
        concern = Concern()
        with suppress(NotFound):
            debit = await payments.debits.get_direct_debit(tx, id)
            concern = Concern(account=debit.debit_account, amount=Amount(debit.amount, debit.currency))
        found.append(concern)
    return found


async def _of_direct_debit(tx: Transaction, text: str) -> list[Concern]:
    return await of_direct_debits(tx, [read_uuid(text)])


async def _of_debit_mandate(tx: Transaction, text: str) -> list[Concern]:
    with suppress(NotFound):
        mandate = await payments.debits.get_debit_mandate(tx, read_uuid(text))
        bound = mandate.per_debit or mandate.per_day or mandate.per_month
        amount = None if bound is None else Amount(bound, mandate.currency)
        return [Concern(account=mandate.debit_account, amount=amount)]
    return [Concern()]


async def _of_standing_order(tx: Transaction, text: str) -> list[Concern]:
    with suppress(NotFound):
        found = await payments.standing.get_standing_order(tx, read_uuid(text))
        amount = Amount(found.terms.amount, found.terms.currency)
        return [Concern(account=found.debit_account, amount=amount)]
    return [Concern()]


async def _of_escrow(tx: Transaction, text: str) -> list[Concern]:
    with suppress(NotFound):
        return [Concern(account=(await payments.escrow.get_escrow(tx, read_uuid(text))).account)]
    return [Concern()]


async def _of_approval(tx: Transaction, text: str) -> list[Concern]:
    found = await approvals.get_approvals(tx, [read_uuid(text)])
    return [Concern(customer=one.customer, cell=one.cell) for one in found] or [Concern()]


async def _of_webhook(tx: Transaction, text: str) -> list[Concern]:
    with suppress(NotFound):
        return [Concern(customer=(await operations.get_webhook(tx, read_uuid(text))).customer)]
    return [Concern()]


async def _of_delivery(tx: Transaction, text: str) -> list[Concern]:
    with suppress(NotFound):
        return await _of_webhook(tx, str((await operations.get_delivery(tx, read_uuid(text))).endpoint))
    return [Concern()]


def payers(file: payments.PaymentFileResult) -> list[Concern]:
    """The accounts from which a payment file pays, with each amount."""
    found = []
    for outcome in file.outcomes:
        try:
            amount = Amount.parse(outcome.amount, outcome.currency)
        except SyceeError:  # as the file writes it, which may be no amount
            amount = None
        found.append(Concern(account=outcome.debit, amount=amount))
    return found


_IN_PATHS: dict[str, Callable[[Transaction, str], Awaitable[list[Concern]]]] = {
    "number": _of_account,
    "customer_id": _of_customer,
    "agreement_id": _of_agreement,
    "arrangement_id": _of_arrangement,
    "deposit_id": _of_deposit,
    "transfer_id": _of_transfer,
    "bulk_order_id": _of_bulk_order,
    "file_id": _of_payment_file,
    "payment_id": _of_payment,
    "debit_mandate_id": _of_debit_mandate,
    "direct_debit_id": _of_direct_debit,
    "standing_order_id": _of_standing_order,
    "escrow_id": _of_escrow,
    "approval_id": _of_approval,
    "webhook_id": _of_webhook,
    "delivery_id": _of_delivery,
    "cell": _of_cell,
}
"""What each name in a path stands for. What is not here, only a role without limits of place reaches."""


def limited_by(operation: Operation, path: str) -> str:
    """How an operation says whom it concerns: by its body, path or query; "" when it does not."""
    if operation.concerns_body:
        return "body"
    for name in _IN_PATHS:
        if f"{{{name}}}" in path:
            return f"path: {name}"
    asked = operation.query.__struct_fields__ if operation.query is not None else ()
    named = [name for name in ("customer", "cell") if name in asked]
    return f"query: {', '.join(named)}" if named else ""
