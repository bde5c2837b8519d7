"""Deposits held in units: place, list, see, withdraw, renew, transfer."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.types import ASGIApp
from msgspec import Meta

from sycee import components, products
from sycee.api import deposit_conversions as conversions
from sycee.api import deposit_examples as examples
from sycee.api.bodies import AnyRequest, read_query, read_uuid, sane_date
from sycee.api.conversions import read_account
from sycee.api.cursors import page_of, read_id_cursor, write_id_cursor
from sycee.api.deposit_requests import AMOUNTS, ASKED, FITNESS, MOVING, ONE, SIGNING, answered, ask, read
from sycee.api.edge import answer, caller_of, require, transaction
from sycee.api.errors import DateOutOfRange
from sycee.api.examples import money as example_money
from sycee.api.idempotency import Answer, once
from sycee.api.operations import describe
from sycee.api.reach import Concern
from sycee.api.schemas import deposits as wire
from sycee.api.schemas.common import EXAMPLE_PAYEE, EXAMPLE_PAYER, Cell, Cursor, Wire
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.kernel.ids import uuid7
from sycee.kernel.money import Amount
from sycee.ledger import InvalidCursor


class DepositQuery(Wire):
    """Which deposits, and where to read on."""

    customer: Annotated[UUID | None, Meta(description="Of this customer only.")] = None
    cell: Annotated[Cell | None, Meta(description="Of this cell only.")] = None
    form: Annotated[wire.Form | None, Meta(description="Of this form only.")] = None
    state: Annotated[wire.State | None, Meta(description="In this state only.")] = None
    arrangement: Annotated[UUID | None, Meta(description="Placed under this arrangement only.")] = None
    cursor: Annotated[Cursor | None, Meta(description="`next` of the page before.")] = None
    limit: Annotated[int, Meta(ge=1, le=1000, description="Most deposits of a page.")] = 100


_NEW_DEPOSIT = msgspec.json.Decoder(wire.NewDeposit)


@post(
    "/v1/deposits",
    opt=describe(
        id="place_deposit",
        summary="Place a deposit",
        description="Money of a settlement account becomes a notice deposit, a time deposit, a large "
        "certificate of deposit or a margin, in a restricted account of its own. `dry_run` tells how it "
        "would stand.",
        tag="Deposits",
        scope=Scope.AGREEMENTS_WRITE,
        concerns_body=True,
        request=wire.NewDeposit,
        request_example={
            "id": examples.DEPOSIT_ID,
            "source": EXAMPLE_PAYER,
            "amount": example_money("5000000.00"),
            "product": "notice-7d",
            "signers": [examples.SIGNER],
        },
        response=wire.DepositChange,
        status=201,
        example=examples.PLACED,
        alternatives={200: {**examples.PLACED, "repeated": True}},
        errors=(
            *AMOUNTS,
            *SIGNING,
            *FITNESS,
            *MOVING,
            DateOutOfRange,
            products.InvalidDeposit,
            products.PlacementRefused,
            products.DepositIdReused,
            products.ArrangementNotFound,
            products.NotEligible,
            components.ProductNotFound,
            components.ProductIsAbstract,
            components.ChoiceNotNegotiable,
            components.ChoiceOutOfBounds,
            components.ChoiceMissing,
        ),
        idempotency_key=True,
    ),
)
async def place_deposit(request: AnyRequest) -> ASGIApp:
    """Place a deposit."""
    body, said = await read(request, _NEW_DEPOSIT)
    sane_date(said.maturity, "maturity")
    currency = said.amount.currency
    placement = products.Placement(
        id=said.id or uuid7(),
        source=read_account(said.source),
        amount=conversions.minor(said.amount, currency),
        currency=currency,
        arrangement=said.arrangement,
        product=said.product,
        choices=said.choices,
        renewal=said.renewal,
        maturity=said.maturity,
        obligation=said.obligation,
        obliged=conversions.minor(said.obliged, currency) if said.obliged else 0,
        signers=tuple(said.signers),
    )
    concern = Concern(
        account=placement.source,
        product=placement.product,
        amount=Amount(placement.amount, currency),
        arrangement=placement.arrangement,
    )
    by = caller_of(request).id

    async def work(tx: Transaction) -> Answer:
        await require(request, [concern], tx)
        change = await products.place(tx, placement, by=by, dry_run=said.dry_run)
        return answered(change, status=201, preview=said.dry_run)

    return await once(request, body, work)


@get(
    "/v1/deposits",
    opt=describe(
        id="list_deposits",
        summary="List deposits",
        description="Deposits by id, which is about the order in which they were placed; a page at a time.",
        tag="Deposits",
        scope=Scope.AGREEMENTS_READ,
        customers=True,
        query=DepositQuery,
        response=wire.DepositPage,
        example={"deposits": [examples.DEPOSIT], "next": None},
        errors=(InvalidCursor,),
    ),
)
async def list_deposits(request: AnyRequest) -> ASGIApp:
    """List deposits."""
    query = read_query(request, DepositQuery)
    async with transaction(request) as tx:
        found = await products.list_deposits(
            tx,
            customer=query.customer,
            cell=query.cell,
            form=products.DepositForm(query.form) if query.form else None,
            state=products.DepositState(query.state) if query.state else None,
            arrangement=query.arrangement,
            after=read_id_cursor(query.cursor),
            limit=query.limit + 1,
        )
    page, following = page_of(found, query.limit, lambda last: write_id_cursor(last.id))
    return answer(
        wire.DepositPage(
            deposits=[conversions.deposit(one) for one in page],
            next=following,
        )
    )


@get(
    "/v1/deposits/{deposit_id:str}",
    opt=describe(
        id="get_deposit",
        summary="See a deposit",
        description="The deposit as it stands: principal, term and rate, notice, freezes.",
        tag="Deposits",
        scope=Scope.AGREEMENTS_READ,
        customers=True,
        response=wire.Deposit,
        example=examples.DEPOSIT,
        errors=ONE,
    ),
)
async def get_deposit(request: AnyRequest, deposit_id: FromPath[str]) -> ASGIApp:
    """See a deposit."""
    wanted = read_uuid(deposit_id)
    async with transaction(request) as tx:
        return answer(conversions.deposit(await products.get_deposit(tx, wanted)))


@get(
    "/v1/deposits/{deposit_id:str}/events",
    opt=describe(
        id="list_deposit_events",
        summary="See what happened to a deposit",
        description="Every event from its placing on, with what moved, what it earned and who did it.",
        tag="Deposits",
        scope=Scope.AGREEMENTS_READ,
        customers=True,
        response=wire.DepositEvents,
        example={"events": [examples.PLACED["event"], examples.EVENT]},
        errors=ONE,
    ),
)
async def list_deposit_events(request: AnyRequest, deposit_id: FromPath[str]) -> ASGIApp:
    """See what happened to a deposit."""
    wanted = read_uuid(deposit_id)
    async with transaction(request) as tx:
        currency = (await products.get_deposit(tx, wanted)).currency
        found = await products.deposit_events(tx, wanted)
    return answer(wire.DepositEvents(events=[conversions.event(one, currency) for one in found]))


_WITHDRAWAL = msgspec.json.Decoder(wire.NewWithdrawal)


@post(
    "/v1/deposits/{deposit_id:str}/withdrawals",
    opt=describe(
        id="withdraw_deposit",
        summary="Withdraw from a deposit",
        description="Pays principal with the interest that it has earned by the rules of its form; without "
        "an amount all of it, and the deposit closes. `dry_run` tells what it would come to.",
        tag="Deposits",
        scope=Scope.AGREEMENTS_WRITE,
        request=wire.NewWithdrawal,
        request_example={"to": EXAMPLE_PAYER, "signers": [examples.SIGNER]},
        response=wire.DepositChange,
        example=examples.WITHDRAWN,
        errors=(
            *ASKED,
            *AMOUNTS,
            *SIGNING,
            *MOVING,
            products.InvalidDeposit,
            products.WrongPayee,
            products.MoreThanDeposited,
            products.DepositFrozen,
            products.ObligationStands,
            products.SecondEarlyWithdrawal,
            components.library.EarlyWithdrawalRefused,
            components.library.NoticeWithdrawalRefused,
        ),
        idempotency_key=True,
    ),
)
async def withdraw_deposit(request: AnyRequest, deposit_id: FromPath[str]) -> ASGIApp:
    """Withdraw from a deposit."""

    async def work(
        tx: Transaction, said: wire.NewWithdrawal, deposit: products.Deposit, by: str
    ) -> products.DepositChange:
        asked = products.Withdrawal(
            id=said.id or uuid7(),
            deposit=deposit.id,
            to=read_account(said.to),
            amount=conversions.minor(said.amount, deposit.currency) if said.amount else None,
            signers=tuple(said.signers),
        )
        return await products.withdraw(tx, asked, by=by, dry_run=said.dry_run)

    return await ask(request, deposit_id, _WITHDRAWAL, work)


_RENEWAL = msgspec.json.Decoder(wire.RenewalInstruction)


@post(
    "/v1/deposits/{deposit_id:str}/renewal",
    opt=describe(
        id="instruct_renewal",
        summary="Say what happens at maturity",
        description="Whether the deposit is renewed, with or without its interest, paid out, or waits at the "
        "demand rate.",
        tag="Deposits",
        scope=Scope.AGREEMENTS_WRITE,
        request=wire.RenewalInstruction,
        request_example={"renewal": "principal", "signers": [examples.SIGNER]},
        response=wire.DepositChange,
        example=examples.change("renewal_changed", before="none", after="principal"),
        errors=(
            *ASKED,
            *SIGNING,
            products.WrongDepositForm,
            products.DepositMatured,
            products.RenewalRefused,
        ),
        idempotency_key=True,
    ),
)
async def instruct_renewal(request: AnyRequest, deposit_id: FromPath[str]) -> ASGIApp:
    """Say what happens at maturity."""

    async def work(
        tx: Transaction, said: wire.RenewalInstruction, deposit: products.Deposit, by: str
    ) -> products.DepositChange:
        asked = products.RenewalInstruction(
            id=said.id or uuid7(), deposit=deposit.id, renewal=said.renewal, signers=tuple(said.signers)
        )
        return await products.instruct_renewal(tx, asked, by=by)

    return await ask(request, deposit_id, _RENEWAL, work)


_TRANSFER = msgspec.json.Decoder(wire.NewCertificateTransfer)


@post(
    "/v1/deposits/{deposit_id:str}/transfers",
    opt=describe(
        id="transfer_certificate",
        summary="Transfer a certificate",
        description="A large CD goes to the customer who pays for it, certificate against price in one "
        "posting. The deposit of the answer is the new holder's.",
        tag="Deposits",
        scope=Scope.AGREEMENTS_WRITE,
        request=wire.NewCertificateTransfer,
        request_example={
            "price": example_money("20080000.00"),
            "pay_from": EXAMPLE_PAYEE,
            "pay_to": EXAMPLE_PAYER,
            "signers": [examples.SIGNER],
            "buyer_signers": [examples.SIGNER],
        },
        response=wire.DepositChange,
        example=examples.change("transferred", price=2_008_000_000),
        errors=(
            *ASKED,
            *AMOUNTS,
            *SIGNING,
            *FITNESS,
            *MOVING,
            products.InvalidDeposit,
            products.WrongDepositForm,
            products.DepositMatured,
            products.CertificateNotTransferable,
        ),
        idempotency_key=True,
    ),
)
async def transfer_certificate(request: AnyRequest, deposit_id: FromPath[str]) -> ASGIApp:
    """Transfer a certificate."""

    async def work(
        tx: Transaction, said: wire.NewCertificateTransfer, deposit: products.Deposit, by: str
    ) -> products.DepositChange:
        asked = products.CertificateTransfer(
            id=said.id or uuid7(),
            deposit=deposit.id,
            price=conversions.minor(said.price, deposit.currency),
            pay_from=read_account(said.pay_from),
            pay_to=read_account(said.pay_to),
            signers=tuple(said.signers),
            buyer_signers=tuple(said.buyer_signers),
        )
        return await products.transfer_certificate(tx, asked, by=by)

    return await ask(request, deposit_id, _TRANSFER, work)


HANDLERS = [
    place_deposit,
    list_deposits,
    get_deposit,
    list_deposit_events,
    withdraw_deposit,
    instruct_renewal,
    transfer_certificate,
]
