"""Direct debit mandates: propose, see, sign, suspend, resume, cancel."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.types import ASGIApp
from msgspec import Meta

from sycee import approvals, ledger
from sycee.api import approval_shapes
from sycee.api import debit_conversions as conversions
from sycee.api import debit_examples as examples
from sycee.api.approval_examples import APPROVAL
from sycee.api.bodies import AnyRequest, decode_json, need_content_type, read_body, read_query, read_uuid
from sycee.api.conversions import read_account
from sycee.api.cursors import page_of, read_id_cursor, write_id_cursor
from sycee.api.edge import answer, caller_of, edge_of, require, run, transaction
from sycee.api.errors import DateOutOfRange, InvalidIdentifier
from sycee.api.idempotency import Answer, once
from sycee.api.operations import JSON, describe
from sycee.api.payment_conversions import instructor
from sycee.api.reach import Concern
from sycee.api.schemas import direct_debits as wire
from sycee.api.schemas.approvals import Approval
from sycee.api.schemas.common import AccountNumber, Cursor, Wire
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.kernel.ids import InvalidAccountNumber, uuid7
from sycee.kernel.money import AmountOutOfRange, InvalidAmount, UnknownCurrency
from sycee.payments import debits

TAG = "Direct debits"
ASKING_ERRORS = (
    approvals.ActorNotActive,
    approvals.MakerNotEntitled,
    approvals.NoRuleCovers,
    approvals.DutiesSegregated,
    approvals.ForeignCustomer,
)
"""What can be said against somebody who asks for what others may have to agree to."""

_NEW = msgspec.json.Decoder(wire.NewDebitMandates)
_SIGNATURE = msgspec.json.Decoder(wire.DebitMandateSignature)
_ACT = msgspec.json.Decoder(wire.DebitMandateAct)


class MandateQuery(Wire):
    """Which mandates, and where to read on."""

    customer: Annotated[UUID | None, Meta(description="Of this customer, payee or payer.")] = None
    side: Annotated[
        Literal["creditor", "debtor"] | None, Meta(description="Only as `creditor` or as `debtor`.")
    ] = None
    account: Annotated[AccountNumber | None, Meta(description="Of this account.")] = None
    state: Annotated[debits.MandateState | None, Meta(description="In this state only.")] = None
    cursor: Annotated[Cursor | None, Meta(description="`next` of the page before.")] = None
    limit: Annotated[int, Meta(ge=1, le=1000, description="Most mandates of a page.")] = 100


@post(
    "/v1/direct-debit-mandates",
    opt=describe(
        id="propose_debit_mandates",
        summary="Propose direct debit mandates",
        description="The payee proposes what it would take from a payer's account with this bank; all of the "
        "mandates or none. Nothing is debited before the payer has signed. Sending the same again is safe. "
        "Where rules ask for others' agreement, the proposal waits for it (202).",
        tag=TAG,
        scope=Scope.PAYMENTS_WRITE,
        customers=True,
        concerns_body=True,
        request=wire.NewDebitMandates,
        request_example={"mandates": [examples.NEW_MANDATE]},
        response=wire.DebitMandates,
        status=201,
        example={"mandates": [examples.PROPOSED]},
        others={202: (Approval, APPROVAL)},
        idempotency_key=True,
        errors=(
            InvalidAmount,
            AmountOutOfRange,
            UnknownCurrency,
            InvalidAccountNumber,
            DateOutOfRange,
            debits.InvalidDebitMandate,
            debits.InvalidDirectDebit,
            debits.DebitMandateExists,
            ledger.AccountNotFound,
            *ASKING_ERRORS,
        ),
    ),
)
async def propose_debit_mandates(request: AnyRequest) -> ASGIApp:
    """Propose direct debit mandates."""
    body, wanted = await _body(request, _NEW)
    items = conversions.new_mandates(wanted.mandates)
    await require(request, [Concern(account=item.credit_account) for item in items])

    def shown(made: list[debits.DebitMandate]) -> Answer:
        page = wire.DebitMandates(mandates=[conversions.mandate(one) for one in made])
        return Answer(body=msgspec.json.encode(page), status=201)

    return await _ask(request, body, debits.mandate_order(items), shown)


async def _ask(
    request: AnyRequest,
    body: bytes,
    order: bytes,
    shown: Callable[[list[debits.DebitMandate]], Answer],
) -> ASGIApp:
    """Ask for mandates to be made, which others may have to agree to."""
    caller = caller_of(request)

    async def work(tx: Transaction) -> Answer:
        asked = await approvals.request_approval(tx, debits.MAKE_MANDATES, order, by=caller, id=uuid7())
        if asked.result is None:
            return Answer(body=msgspec.json.encode(approval_shapes.approval(asked)), status=202)
        return shown(debits.ordered_mandates(asked.result))

    return await once(request, body, work)


@get(
    "/v1/direct-debit-mandates",
    opt=describe(
        id="list_debit_mandates",
        summary="List direct debit mandates",
        description="Mandates of which a customer is payee or payer, the greatest id first.",
        tag=TAG,
        scope=Scope.PAYMENTS_READ,
        customers=True,
        query=MandateQuery,
        response=wire.DebitMandatePage,
        example={"mandates": [examples.MANDATE], "next": None},
        errors=(ledger.InvalidCursor, InvalidAccountNumber),
    ),
)
async def list_debit_mandates(request: AnyRequest) -> ASGIApp:
    """List direct debit mandates."""
    query, caller = read_query(request, MandateQuery), caller_of(request)
    async with transaction(request) as tx:
        found = await debits.list_debit_mandates(
            tx,
            customer=caller.customer or query.customer,
            side=None if query.side is None else debits.Side(query.side),
            account=None if query.account is None else read_account(query.account),
            state=query.state,
            before=read_id_cursor(query.cursor),
            limit=query.limit + 1,
        )
    if caller.customer is not None and query.customer not in {None, caller.customer}:
        found = []
    page, following = page_of(found, query.limit, lambda last: write_id_cursor(last.id))
    return answer(
        wire.DebitMandatePage(
            mandates=[conversions.mandate(one) for one in page],
            next=following,
        )
    )


@get(
    "/v1/direct-debit-mandates/{debit_mandate_id:str}",
    opt=describe(
        id="get_debit_mandate",
        summary="See a direct debit mandate",
        description="The mandate as it stands, for its payee and its payer.",
        tag=TAG,
        scope=Scope.PAYMENTS_READ,
        customers=True,
        response=wire.DebitMandate,
        example=examples.MANDATE,
        errors=(debits.DebitMandateNotFound, InvalidIdentifier),
    ),
)
async def get_debit_mandate(request: AnyRequest, debit_mandate_id: FromPath[str]) -> ASGIApp:
    """See a direct debit mandate."""
    wanted = read_uuid(debit_mandate_id)
    async with transaction(request) as tx:
        return answer(conversions.mandate(await debits.get_debit_mandate(tx, wanted)))


@get(
    "/v1/direct-debit-mandates/{debit_mandate_id:str}/events",
    opt=describe(
        id="list_debit_mandate_events",
        summary="See the steps of a direct debit mandate",
        description="Everything that was done to it, the first step first. Who acted at the other side "
        "is not told.",
        tag=TAG,
        scope=Scope.PAYMENTS_READ,
        customers=True,
        response=wire.DebitMandateEvents,
        example={"events": [examples.MANDATE_EVENT]},
        errors=(debits.DebitMandateNotFound, InvalidIdentifier),
    ),
)
async def list_debit_mandate_events(request: AnyRequest, debit_mandate_id: FromPath[str]) -> ASGIApp:
    """See the steps of a direct debit mandate."""
    wanted = read_uuid(debit_mandate_id)
    async with transaction(request) as tx:
        mandate = await debits.get_debit_mandate(tx, wanted)
        found = await debits.debit_mandate_events(tx, wanted)
    shown = conversions.mandate_events(caller_of(request), mandate, found)
    return answer(wire.DebitMandateEvents(events=shown))


@post(
    "/v1/direct-debit-mandates/{debit_mandate_id:str}/sign",
    opt=describe(
        id="sign_debit_mandate",
        summary="Sign a direct debit mandate",
        description="The payer agrees to a proposed mandate; or an officer of the bank names the `paper` "
        "that the payer signed. Where rules ask for others' agreement, the signature waits for it (202).",
        tag=TAG,
        scope=Scope.PAYMENTS_WRITE,
        customers=True,
        request=wire.DebitMandateSignature,
        request_example={},
        response=wire.DebitMandate,
        example=examples.MANDATE,
        others={202: (Approval, APPROVAL)},
        idempotency_key=True,
        errors=(
            debits.DebitMandateNotFound,
            InvalidIdentifier,
            debits.InvalidDebitMandate,
            debits.DebitMandateState,
            debits.NotTheDebtor,
            *ASKING_ERRORS,
        ),
    ),
    status_code=200,
)
async def sign_debit_mandate(request: AnyRequest, debit_mandate_id: FromPath[str]) -> ASGIApp:
    """Sign a direct debit mandate."""
    wanted, caller = read_uuid(debit_mandate_id), caller_of(request)
    body, signature = await _body(request, _SIGNATURE)
    async with transaction(request) as tx:
        mandate = await debits.get_debit_mandate(tx, wanted)
    if (signature.paper is not None) is not (caller.customer is None):
        raise debits.InvalidDebitMandate(
            "the bank names the paper that the payer signed, the payer signs here"
        )
    if caller.customer not in {None, mandate.debtor}:
        raise debits.NotTheDebtor(f"only the payer may sign the mandate {mandate.reference}")

    def shown(made: list[debits.DebitMandate]) -> Answer:
        return Answer(body=msgspec.json.encode(conversions.mandate(made[0])))

    return await _ask(request, body, debits.mandate_order(confirm=wanted, paper=signature.paper), shown)


def _acting(id: str, summary: str, description: str, state: str) -> dict[str, Any]:
    return describe(
        id=id,
        summary=summary,
        description=description,
        tag=TAG,
        scope=Scope.PAYMENTS_WRITE,
        customers=True,
        request=wire.DebitMandateAct,
        request_example={"reason": "The bills are in dispute"},
        response=wire.DebitMandate,
        example={**examples.MANDATE, "state": state},
        errors=(
            debits.DebitMandateNotFound,
            InvalidIdentifier,
            debits.DebitMandateState,
            debits.NotTheDebtor,
        ),
    )


async def _act(
    request: AnyRequest, mandate_id: str, act: Callable[..., Awaitable[debits.DebitMandate]]
) -> ASGIApp:
    wanted, by = read_uuid(mandate_id), instructor(caller_of(request))
    _, said = await _body(request, _ACT)

    async def command(tx: Transaction) -> debits.DebitMandate:
        return await act(tx, wanted, by=by, reason=said.reason)

    return answer(conversions.mandate(await run(request, command)))


@post(
    "/v1/direct-debit-mandates/{debit_mandate_id:str}/suspend",
    opt=_acting(
        "suspend_debit_mandate",
        "Suspend a direct debit mandate",
        "The payer (or the bank) lets nothing be debited until it is resumed; at once.",
        "suspended",
    ),
    status_code=200,
)
async def suspend_debit_mandate(request: AnyRequest, debit_mandate_id: FromPath[str]) -> ASGIApp:
    """Suspend a direct debit mandate."""
    return await _act(request, debit_mandate_id, debits.suspend_debit_mandate)


@post(
    "/v1/direct-debit-mandates/{debit_mandate_id:str}/resume",
    opt=_acting(
        "resume_debit_mandate",
        "Resume a direct debit mandate",
        "The payer (or the bank) lets be debited again under a suspended mandate.",
        "active",
    ),
    status_code=200,
)
async def resume_debit_mandate(request: AnyRequest, debit_mandate_id: FromPath[str]) -> ASGIApp:
    """Resume a direct debit mandate."""
    return await _act(request, debit_mandate_id, debits.resume_debit_mandate)


@post(
    "/v1/direct-debit-mandates/{debit_mandate_id:str}/cancel",
    opt=_acting(
        "cancel_debit_mandate",
        "Cancel a direct debit mandate",
        "The payer, the payee or the bank ends the mandate for good, at once. What waits under it is "
        "rejected.",
        "cancelled",
    ),
    status_code=200,
)
async def cancel_debit_mandate(request: AnyRequest, debit_mandate_id: FromPath[str]) -> ASGIApp:
    """Cancel a direct debit mandate."""
    return await _act(request, debit_mandate_id, debits.cancel_debit_mandate)


async def _body(request: AnyRequest, decoder: msgspec.json.Decoder[Any]) -> tuple[bytes, Any]:
    need_content_type(request, JSON)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    return body, decode_json(body, decoder)


HANDLERS = [
    propose_debit_mandates,
    list_debit_mandates,
    get_debit_mandate,
    list_debit_mandate_events,
    sign_debit_mandate,
    suspend_debit_mandate,
    resume_debit_mandate,
    cancel_debit_mandate,
]
