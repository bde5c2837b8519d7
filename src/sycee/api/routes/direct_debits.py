"""Direct debits: collect, see, refuse, cancel, return, reverse; what screening stopped."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, Literal, TypeAlias
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
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
from sycee.api.errors import DateOutOfRange, InvalidIdentifier, TooManyTransfers
from sycee.api.idempotency import Answer, idempotency_key, once
from sycee.api.operations import JSON, describe
from sycee.api.payment_conversions import instructor
from sycee.api.reach import Concern, of_direct_debits
from sycee.api.routes.direct_debit_mandates import ASKING_ERRORS, TAG
from sycee.api.schemas import direct_debits as wire
from sycee.api.schemas.approvals import Approval
from sycee.api.schemas.common import AccountNumber, Cursor, Wire
from sycee.database import Transaction
from sycee.identity import Caller, Scope
from sycee.kernel.ids import InvalidAccountNumber, uuid7
from sycee.kernel.money import Amount, AmountOutOfRange, InvalidAmount, UnknownCurrency
from sycee.payments import debits

Act: TypeAlias = Callable[..., Awaitable[list[debits.DebitOutcome]]]

_NEW = msgspec.json.Decoder(wire.NewDirectDebits)
_ACT = msgspec.json.Decoder(wire.DirectDebitAct)
REFUSALS = (
    "account_blocked",
    "calendar_not_published",
    "creditor_blocked",
    "debit_forbidden",
    "execution_date_past",
    "invalid_text",
    "mandate_cancelled",
    "mandate_expired",
    "mandate_limit",
    "mandate_mismatch",
    "debit_mandate_not_found",
    "mandate_not_signed",
    "mandate_suspended",
    "mandate_used_up",
    "order_refused",
    "retry_too_long",
    "text_too_long",
    "unknown_currency",
)
"""Codes with which a debit is refused, beside those of the books."""


class DebitQuery(Wire):
    """Which direct debits, and where to read on."""

    customer: Annotated[UUID | None, Meta(description="Of this customer, payee or payer.")] = None
    side: Annotated[
        Literal["creditor", "debtor"] | None, Meta(description="Only as `creditor` or as `debtor`.")
    ] = None
    account: Annotated[AccountNumber | None, Meta(description="Of this account.")] = None
    mandate: Annotated[UUID | None, Meta(description="Under this mandate.")] = None
    state: Annotated[debits.DebitState | None, Meta(description="In this state only.")] = None
    cursor: Annotated[Cursor | None, Meta(description="`next` of the page before.")] = None
    limit: Annotated[int, Meta(ge=1, le=1000, description="Most debits of a page.")] = 100


@post(
    "/v1/direct-debits",
    opt=describe(
        id="collect_direct_debits",
        summary="Collect direct debits",
        description="Takes a list of debits under mandates that their payers signed, and answers with one "
        "outcome for each. What is due is taken at once, the rest on its day; without funds it is tried "
        "again for `retry_days`. What its mandate does not allow is `rejected`, is not kept, and may be "
        "corrected and sent again. Sending the same list again is safe. Where rules ask for others' "
        "agreement, the whole list waits for it (202).",
        tag=TAG,
        scope=Scope.PAYMENTS_WRITE,
        customers=True,
        concerns_body=True,
        request=wire.NewDirectDebits,
        request_example={"debits": [examples.NEW_DEBIT], "all_or_nothing": False},
        response=wire.DirectDebitOutcomes,
        example={"outcomes": [examples.OUTCOME]},
        others={202: (Approval, APPROVAL)},
        idempotency_key=True,
        errors=(
            InvalidAmount,
            AmountOutOfRange,
            UnknownCurrency,
            InvalidAccountNumber,
            DateOutOfRange,
            debits.InvalidDirectDebit,
            ledger.AccountNotFound,
            TooManyTransfers,
            *ASKING_ERRORS,
        ),
        rejections=(*ledger.REJECTIONS, *REFUSALS),
    ),
    status_code=200,
)
async def collect_direct_debits(request: AnyRequest) -> ASGIApp:
    """Collect direct debits."""
    edge, caller = edge_of(request), caller_of(request)
    need_content_type(request, JSON)
    idempotency_key(request)  # a bad one is refused even where the ids of debits say the same
    body = await read_body(request, edge.settings.max_body_bytes)
    wanted = decode_json(body, _NEW)
    if len(wanted.debits) > edge.settings.max_transfers:
        raise TooManyTransfers(
            f"{len(wanted.debits)} debits are sent; at most {edge.settings.max_transfers} are taken at once: "
            "send them in several requests, or as a collection",
            limit=edge.settings.max_transfers,
        )
    items = conversions.new_debits(wanted.debits)
    await require(
        request,
        [Concern(account=item.credit_account, amount=Amount(item.amount, item.currency)) for item in items],
    )
    if caller.customer is None and caller.is_machine:

        async def command(tx: Transaction) -> list[debits.DebitOutcome]:
            by = instructor(caller)
            return await debits.collect(tx, items, by=by, all_or_nothing=wanted.all_or_nothing)

        return answer(conversions.outcomes(caller, await run(request, command)))
    return await _ask(request, body, items, all_or_nothing=wanted.all_or_nothing)


async def _ask(
    request: AnyRequest, body: bytes, items: Sequence[debits.NewDirectDebit], *, all_or_nothing: bool
) -> ASGIApp:
    """Ask for a list that others may have to agree to: people's, and everything of a customer."""
    caller = caller_of(request)

    async def work(tx: Transaction) -> Answer:
        order = debits.collect_order(items, all_or_nothing=all_or_nothing)
        asked = await approvals.request_approval(tx, debits.COLLECT, order, by=caller, id=uuid7())
        if asked.result is None:
            return Answer(body=msgspec.json.encode(approval_shapes.approval(asked)), status=202)
        found = debits.collect_outcomes(asked.result)
        return Answer(body=msgspec.json.encode(conversions.outcomes(caller, found)))

    return await once(request, body, work)


@get(
    "/v1/direct-debits",
    opt=describe(
        id="list_direct_debits",
        summary="List direct debits",
        description="Debits of which a customer is payee or payer, with how they stand, the greatest id "
        "(of UUIDs of version 7: the newest) first.",
        tag=TAG,
        scope=Scope.PAYMENTS_READ,
        customers=True,
        query=DebitQuery,
        response=wire.DirectDebitPage,
        example={"debits": [examples.DEBIT], "next": None},
        errors=(ledger.InvalidCursor, InvalidAccountNumber),
    ),
)
async def list_direct_debits(request: AnyRequest) -> ASGIApp:
    """List direct debits."""
    query, caller = read_query(request, DebitQuery), caller_of(request)
    async with transaction(request) as tx:
        found = await debits.list_direct_debits(
            tx,
            customer=caller.customer or query.customer,
            side=None if query.side is None else debits.Side(query.side),
            account=None if query.account is None else read_account(query.account),
            mandate=query.mandate,
            states=_states(caller, query.state),
            before=read_id_cursor(query.cursor),
            limit=query.limit + 1,
        )
    if caller.customer is not None and (
        query.customer not in {None, caller.customer} or query.state is debits.DebitState.STOPPED
    ):
        found = []
    page, following = page_of(found, query.limit, lambda last: write_id_cursor(last.id))
    return answer(
        wire.DirectDebitPage(
            debits=[conversions.debit(caller, one) for one in page],
            next=following,
        )
    )


def _states(caller: Caller, wanted: debits.DebitState | None) -> Sequence[debits.DebitState]:
    """The states to look for: a customer sees stopped debits among those that wait."""
    waiting, stopped = debits.DebitState.WAITING, debits.DebitState.STOPPED
    if wanted is None:
        return ()
    if caller.customer is not None and wanted is waiting:
        return waiting, stopped
    return (wanted,)


@get(
    "/v1/direct-debits/{direct_debit_id:str}",
    opt=describe(
        id="get_direct_debit",
        summary="See a direct debit",
        description="The debit as it stands, for its payee and its payer.",
        tag=TAG,
        scope=Scope.PAYMENTS_READ,
        customers=True,
        response=wire.DirectDebit,
        example=examples.DEBIT,
        errors=(debits.DirectDebitNotFound, InvalidIdentifier),
    ),
)
async def get_direct_debit(request: AnyRequest, direct_debit_id: FromPath[str]) -> ASGIApp:
    """See a direct debit."""
    wanted = read_uuid(direct_debit_id)
    async with transaction(request) as tx:
        return answer(conversions.debit(caller_of(request), await debits.get_direct_debit(tx, wanted)))


@get(
    "/v1/direct-debits/{direct_debit_id:str}/events",
    opt=describe(
        id="list_direct_debit_events",
        summary="See the steps of a direct debit",
        description="Every step with its time, for whom it was taken and why, the first one first. Who acted "
        "at the other side is not told.",
        tag=TAG,
        scope=Scope.PAYMENTS_READ,
        customers=True,
        response=wire.DirectDebitEvents,
        example={"events": [examples.EVENT]},
        errors=(debits.DirectDebitNotFound, InvalidIdentifier),
    ),
)
async def list_direct_debit_events(request: AnyRequest, direct_debit_id: FromPath[str]) -> ASGIApp:
    """See the steps of a direct debit."""
    wanted = read_uuid(direct_debit_id)
    async with transaction(request) as tx:
        debit = await debits.get_direct_debit(tx, wanted)
        found = await debits.direct_debit_events(tx, wanted)
    return answer(wire.DirectDebitEvents(events=conversions.events(caller_of(request), debit, found)))


def _act(
    path: str,
    act: Act,
    *,
    id: str,
    summary: str,
    description: str,
    state: str,
    reason: str = "Billed twice",
    bank: bool = False,
) -> HTTPRouteHandler:
    """The operation that does the same to every debit of a list, for its payee, its payer or the bank."""

    async def act_on_direct_debits(request: AnyRequest) -> ASGIApp:
        caller = caller_of(request)
        need_content_type(request, JSON)
        body = await read_body(request, edge_of(request).settings.max_body_bytes)
        wanted = decode_json(body, _ACT)
        by: Any = caller.id if bank else instructor(caller)
        async with transaction(request) as tx:
            await require(request, await of_direct_debits(tx, wanted.debits), tx)

        async def command(tx: Transaction) -> list[debits.DebitOutcome]:
            return await act(tx, wanted.debits, by=by, reason=wanted.reason)

        return answer(conversions.outcomes(caller, await run(request, command)))

    operation = describe(
        id=id,
        summary=summary,
        description=f"{description} Answers with an outcome for each.",
        tag=TAG,
        scope=Scope.PAYMENTS_OPERATE if bank else Scope.PAYMENTS_WRITE,
        customers=not bank,
        concerns_body=True,
        request=wire.DirectDebitAct,
        request_example={"debits": [examples.DEBIT_ID], "reason": reason},
        response=wire.DirectDebitOutcomes,
        example={"outcomes": [{**examples.OUTCOME, "state": state}]},
    )
    return post(path, opt=operation, status_code=200)(act_on_direct_debits)


_ACTS = [
    _act(
        "/v1/direct-debits/refuse",
        debits.refuse_debits,
        id="refuse_direct_debits",
        summary="Refuse direct debits",
        description="The payer refuses debits before they are taken.",
        state="refused",
        reason="Never ordered",
    ),
    _act(
        "/v1/direct-debits/cancel",
        debits.cancel_debits,
        id="cancel_direct_debits",
        summary="Cancel direct debits",
        description="The payee takes debits back before they are taken.",
        state="cancelled",
    ),
    _act(
        "/v1/direct-debits/return",
        debits.return_debits,
        id="return_direct_debits",
        summary="Have direct debits returned",
        description="The payer has debits returned that were taken, while the refund right lasts"
        " (`refund_until`).",
        state="returned",
        reason="Not agreed",
    ),
    _act(
        "/v1/direct-debits/reverse",
        debits.reverse_debits,
        id="reverse_direct_debits",
        summary="Reverse direct debits",
        description="The payee gives debits back that it should not have taken.",
        state="reversed",
    ),
    _act(
        "/v1/stopped-direct-debits/release",
        debits.release_stopped_debits,
        id="release_stopped_direct_debits",
        summary="Release stopped direct debits",
        description="Lets debits that screening stopped go on; they are not screened again.",
        state="settled",
        reason="Another company of the same name",
        bank=True,
    ),
    _act(
        "/v1/stopped-direct-debits/refuse",
        debits.refuse_stopped_debits,
        id="refuse_stopped_direct_debits",
        summary="Refuse stopped direct debits",
        description="Rejects debits that screening stopped, for good.",
        state="rejected",
        reason="The very one",
        bank=True,
    ),
]

HANDLERS = [
    collect_direct_debits,
    list_direct_debits,
    get_direct_debit,
    list_direct_debit_events,
    *_ACTS,
]
