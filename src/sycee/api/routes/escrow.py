"""Supervised accounts: agree on and end a supervision, see what waits, release or refuse it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.types import ASGIApp
from msgspec import Meta

from sycee import approvals, ledger
from sycee.api import approval_shapes
from sycee.api import escrow_examples as examples
from sycee.api import escrow_shapes as shapes
from sycee.api.approval_examples import APPROVAL
from sycee.api.bodies import (
    AnyRequest,
    decode_json,
    need_content_type,
    read_body,
    read_query,
    read_uuid,
)
from sycee.api.conversions import read_account
from sycee.api.cursors import page_of, read_id_cursor, write_id_cursor
from sycee.api.edge import answer, caller_of, edge_of, require, run, transaction
from sycee.api.errors import InvalidIdentifier
from sycee.api.idempotency import Answer, once
from sycee.api.operations import JSON, describe
from sycee.api.reach import Concern, of_payments
from sycee.api.schemas import escrow as wire
from sycee.api.schemas.approvals import Approval
from sycee.api.schemas.common import AccountNumber, Cursor, Wire
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.kernel.ids import InvalidAccountNumber, uuid7
from sycee.kernel.money import AmountOutOfRange, InvalidAmount, UnknownCurrency
from sycee.payments import Moved, PaymentNotFound, escrow

_NEW = msgspec.json.Decoder(wire.NewEscrow)
_END = msgspec.json.Decoder(wire.EscrowEnd)
_DECISIONS = msgspec.json.Decoder(wire.ReleaseDecisions)
_TAG = "Supervised accounts"
_APPROVALS = (
    approvals.ActorNotActive,
    approvals.MakerNotEntitled,
    approvals.NoRuleCovers,
    approvals.DutiesSegregated,
    approvals.ForeignCustomer,
)


class EscrowQuery(Wire):
    """Which agreements, and where to read on."""

    customer: Annotated[UUID | None, Meta(description="To which this customer is a party.")] = None
    account: Annotated[AccountNumber | None, Meta(description="On this account.")] = None
    cursor: Annotated[Cursor | None, Meta(description="`next` of the page before.")] = None
    limit: Annotated[int, Meta(ge=1, le=1000, description="Most agreements of a page.")] = 100


class ReleaseQuery(Wire):
    """Which payments, and where to read on."""

    agreement: Annotated[UUID | None, Meta(description="Under this agreement.")] = None
    state: Annotated[wire.ReleaseState | None, Meta(description="In this state only.")] = None
    cursor: Annotated[Cursor | None, Meta(description="`next` of the page before.")] = None
    limit: Annotated[int, Meta(ge=1, le=1000, description="Most payments of a page.")] = 100


@post(
    "/v1/escrow-agreements",
    opt=describe(
        id="make_escrow_agreement",
        summary="Put an account under supervision",
        description="From then on the account takes what comes, and pays only what its releasers release. "
        "It waits for another person of the bank (202).",
        tag=_TAG,
        scope=Scope.PAYMENTS_OPERATE,
        concerns_body=True,
        request=wire.NewEscrow,
        request_example=examples.NEW_ESCROW,
        response=Approval,
        status=202,
        example=APPROVAL,
        idempotency_key=True,
        errors=(
            escrow.InvalidEscrow,
            escrow.EscrowState,
            ledger.AccountNotFound,
            InvalidAccountNumber,
            InvalidAmount,
            AmountOutOfRange,
            UnknownCurrency,
            *_APPROVALS,
        ),
    ),
    status_code=202,
)
async def make_escrow_agreement(request: AnyRequest) -> ASGIApp:
    """Ask for an account to be put under supervision."""
    body = await _body(request)
    sent = decode_json(body, _NEW)
    number = read_account(sent.account)
    async with transaction(request) as tx:
        await require(request, [Concern(account=number)], tx)
        currency = (await ledger.get_account(tx, number)).currency
    return await _ask(request, body, escrow.MakeEscrow(shapes.read_new(sent, currency)))


@post(
    "/v1/escrow-agreements/{escrow_id:str}/end",
    opt=describe(
        id="end_escrow_agreement",
        summary="End a supervision",
        description="The account is open again. Nothing may wait for release. It waits for another person "
        "of the bank (202).",
        tag=_TAG,
        scope=Scope.PAYMENTS_OPERATE,
        request=wire.EscrowEnd,
        request_example={"reason": "The building is handed over"},
        response=Approval,
        status=202,
        example=APPROVAL,
        idempotency_key=True,
        errors=(escrow.EscrowNotFound, escrow.EscrowState, InvalidIdentifier, *_APPROVALS),
    ),
    status_code=202,
)
async def end_escrow_agreement(request: AnyRequest, escrow_id: FromPath[str]) -> ASGIApp:
    """Ask for a supervision to be ended."""
    id, body = read_uuid(escrow_id), await _body(request)
    return await _ask(request, body, escrow.EndEscrow(id, decode_json(body, _END).reason))


@get(
    "/v1/escrow-agreements",
    opt=describe(
        id="list_escrow_agreements",
        summary="List supervised accounts",
        description="Agreements on supervised accounts, the greatest id first, ended ones included. A "
        "customer sees those to which it is a party: as payer, beneficiary or supervisor.",
        tag=_TAG,
        scope=Scope.PAYMENTS_READ,
        customers=True,
        query=EscrowQuery,
        response=wire.EscrowPage,
        example={"escrow_agreements": [examples.ESCROW], "next": None},
        errors=(ledger.InvalidCursor, InvalidAccountNumber),
    ),
)
async def list_escrow_agreements(request: AnyRequest) -> ASGIApp:
    """List agreements on supervised accounts."""
    query = read_query(request, EscrowQuery)
    async with transaction(request) as tx:
        found = await escrow.list_escrows(
            tx,
            customer=query.customer,
            account=None if query.account is None else read_account(query.account),
            before=read_id_cursor(query.cursor),
            limit=query.limit + 1,
        )
    page, following = page_of(found, query.limit, lambda last: write_id_cursor(last.id))
    return answer(
        wire.EscrowPage(
            escrow_agreements=[shapes.agreement(one) for one in page],
            next=following,
        )
    )


@get(
    "/v1/escrow-agreements/{escrow_id:str}",
    opt=describe(
        id="get_escrow_agreement",
        summary="See the agreement on a supervised account",
        description="The agreement, with its purposes, payees, limits and releasers.",
        tag=_TAG,
        scope=Scope.PAYMENTS_READ,
        customers=True,
        response=wire.Escrow,
        example=examples.ESCROW,
        errors=(escrow.EscrowNotFound, InvalidIdentifier),
    ),
)
async def get_escrow_agreement(request: AnyRequest, escrow_id: FromPath[str]) -> ASGIApp:
    """See an agreement."""
    id = read_uuid(escrow_id)
    async with transaction(request) as tx:
        return answer(shapes.agreement(await escrow.get_escrow(tx, id)))


@get(
    "/v1/escrow-releases",
    opt=describe(
        id="list_escrow_releases",
        summary="See what waits for release",
        description="Payments from supervised accounts, the greatest id first. A customer sees those that "
        "it pays or supervises.",
        tag=_TAG,
        scope=Scope.PAYMENTS_READ,
        customers=True,
        query=ReleaseQuery,
        response=wire.ReleasePage,
        example={"escrow_releases": [examples.RELEASE], "next": None},
        errors=(ledger.InvalidCursor,),
    ),
)
async def list_escrow_releases(request: AnyRequest) -> ASGIApp:
    """List payments from supervised accounts."""
    query = read_query(request, ReleaseQuery)
    async with transaction(request) as tx:
        found = await escrow.list_releases(
            tx,
            agreement=query.agreement,
            state=query.state,
            before=read_id_cursor(query.cursor),
            limit=query.limit + 1,
        )
    page, following = page_of(found, query.limit, lambda last: write_id_cursor(last.payment))
    return answer(
        wire.ReleasePage(
            escrow_releases=[shapes.release(one) for one in page],
            next=following,
        )
    )


@post(
    "/v1/escrow-releases/decide",
    opt=describe(
        id="decide_escrow_releases",
        summary="Release or refuse payments",
        description="The yes or no of a releaser whom the agreement names, and who did not instruct the "
        "payment. On the last yes that is needed it goes on at once; a no rejects it. Answers with an "
        "outcome for each; where none of them is there, with a problem.",
        tag=_TAG,
        scope=Scope.PAYMENTS_APPROVE,
        customers=True,
        concerns_body=True,
        request=wire.ReleaseDecisions,
        request_example=examples.DECISIONS,
        response=wire.ReleaseOutcomes,
        example=examples.OUTCOMES,
        errors=(PaymentNotFound,),
    ),
    status_code=200,
)
async def decide_escrow_releases(request: AnyRequest) -> ASGIApp:
    """Release or refuse payments."""
    caller = caller_of(request)
    sent = decode_json(await _body(request), _DECISIONS).decisions
    async with transaction(request) as tx:
        await require(request, await of_payments(tx, [one.payment for one in sent]), tx)
    decisions = [
        escrow.ReleaseDecision(payment=one.payment, vote=one.vote, reason=one.reason) for one in sent
    ]

    async def command(tx: Transaction) -> list[Moved]:
        return await escrow.decide_releases(tx, decisions, by=caller.principal)

    found = await run(request, command)
    if all(one.code == PaymentNotFound.code for one in found):
        raise PaymentNotFound(found[0].detail or "")
    return answer(shapes.outcomes(caller, found))


async def _ask(request: AnyRequest, body: bytes, act: escrow.EscrowAct) -> ASGIApp:
    """Ask for what another person of the bank has to agree to."""
    caller = caller_of(request)

    async def work(tx: Transaction) -> Answer:
        asked = await approvals.request_approval(
            tx, escrow.ESCROW_AGREEMENT, escrow.escrow_act(act), by=caller, id=uuid7()
        )
        return Answer(body=msgspec.json.encode(approval_shapes.approval(asked)), status=202)

    return await once(request, body, work)


async def _body(request: AnyRequest) -> bytes:
    need_content_type(request, JSON)
    return await read_body(request, edge_of(request).settings.max_body_bytes)


HANDLERS = [
    make_escrow_agreement,
    list_escrow_agreements,
    get_escrow_agreement,
    end_escrow_agreement,
    list_escrow_releases,
    decide_escrow_releases,
]
