"""Payments: instruct, see, follow, take back, ask back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.types import ASGIApp
from msgspec import Meta

from sycee import approvals, ledger, payments
from sycee.api import approval_shapes
from sycee.api import payment_conversions as conversions
from sycee.api import payment_examples as examples
from sycee.api.approval_examples import APPROVAL
from sycee.api.bodies import (
    AnyRequest,
    Shape,
    decode_json,
    need_content_type,
    read_body,
    read_query,
    read_uuid,
)
from sycee.api.conversions import read_account
from sycee.api.cursors import page_of, read_id_cursor, write_id_cursor
from sycee.api.edge import POSTING_LANES, answer, caller_of, edge_of, require, run, transaction
from sycee.api.errors import ConfidentialPayment, DateOutOfRange, InvalidIdentifier, TooManyTransfers
from sycee.api.idempotency import Answer, idempotency_key, once
from sycee.api.operations import JSON, describe
from sycee.api.reach import Concern, of_payments
from sycee.api.schemas import payments as wire
from sycee.api.schemas.approvals import Approval
from sycee.api.schemas.common import AccountNumber, Cursor, Wire
from sycee.database import Transaction
from sycee.identity import Caller, Scope
from sycee.kernel.ids import InvalidAccountNumber, cell_of, uuid7
from sycee.kernel.money import Amount, AmountOutOfRange, InvalidAmount, UnknownCurrency
from sycee.ledger import AccountNotFound, InvalidCursor
from sycee.payments import Instructor, InvalidPayment, Moved, NewPayment, PaymentNotFound, PaymentState

BATCHED_AT_MOST = 100
"""Lists up to this long share a database transaction with others; longer ones have their own."""

REFUSALS = (
    "account_class_refused",
    "escrow_refused",
    "creditor_name_missing",
    "execution_date_past",
    "invalid_account_number",
    "invalid_creditor_agent",
    "invalid_text",
    "no_rail",
    "order_refused",
    "text_too_long",
    "unknown_currency",
)
"""Codes with which a payment is refused, beside those of the books."""

_NEW = msgspec.json.Decoder(wire.NewPayments)
_ACT = msgspec.json.Decoder(wire.PaymentAct)
_RECALL = msgspec.json.Decoder(wire.PaymentRecall)


class PaymentQuery(Wire):
    """Which payments, and where to read on."""

    customer: Annotated[UUID | None, Meta(description="From accounts of this customer.")] = None
    account: Annotated[AccountNumber | None, Meta(description="From this account.")] = None
    order: Annotated[UUID | None, Meta(description="Of this order.")] = None
    state: Annotated[PaymentState | None, Meta(description="In this state only.")] = None
    cursor: Annotated[Cursor | None, Meta(description="`next` of the page before.")] = None
    limit: Annotated[int, Meta(ge=1, le=1000, description="Most payments of a page.")] = 100


@post(
    "/v1/payments",
    opt=describe(
        id="submit_payments",
        summary="Submit payments",
        description="Takes a list of instructions and answers with one outcome for each. Within this bank "
        "they are settled at once; to another bank the funds are held, and the rail is chosen by amount, "
        "urgency and time. What is `rejected` here has changed nothing and is not kept: it may be corrected "
        "and sent again. Sending the same list again is safe. Where rules ask for others' agreement, the "
        "whole list waits for it (202). `dry_run` tells rail, fee and time beforehand.",
        tag="Payments",
        scope=Scope.PAYMENTS_WRITE,
        customers=True,
        concerns_body=True,
        request=wire.NewPayments,
        request_example={"payments": [examples.NEW_PAYMENT], "all_or_nothing": False, "dry_run": False},
        response=wire.PaymentOutcomes,
        example={"outcomes": [examples.OUTCOME, examples.AWAY]},
        others={202: (Approval, APPROVAL)},
        idempotency_key=True,
        errors=(
            InvalidAmount,
            AmountOutOfRange,
            UnknownCurrency,
            InvalidAccountNumber,
            DateOutOfRange,
            InvalidPayment,
            ledger.AccountNotFound,
            TooManyTransfers,
            AccountNotFound,
            approvals.ActorNotActive,
            approvals.MakerNotEntitled,
            approvals.NoRuleCovers,
            approvals.DutiesSegregated,
            approvals.ForeignCustomer,
        ),
        rejections=(*ledger.REJECTIONS, *REFUSALS),
    ),
    status_code=200,
)
async def submit_payments(request: AnyRequest) -> ASGIApp:
    """Submit payments."""
    edge = edge_of(request)
    need_content_type(request, JSON)
    idempotency_key(request)  # a bad one is refused even where the ids of payments say the same
    body = await read_body(request, edge.settings.max_body_bytes)
    wanted = decode_json(body, _NEW)
    if len(wanted.payments) > edge.settings.max_transfers:
        raise TooManyTransfers(
            f"{len(wanted.payments)} payments are sent; at most {edge.settings.max_transfers} "
            "are taken at once: send them in several requests",
            limit=edge.settings.max_transfers,
        )
    caller = caller_of(request)
    maker = conversions.instructor(caller)
    items = conversions.new_payments(wanted.payments)
    await require(
        request,
        [Concern(account=item.debit_account, amount=Amount(item.amount, item.currency)) for item in items],
    )
    if not wanted.dry_run and (caller.customer is not None or not caller.is_machine):
        return await _ask(request, body, items, all_or_nothing=wanted.all_or_nothing)
    instructions = [(item, maker) for item in items]
    alone = wanted.all_or_nothing or wanted.dry_run or len(items) > BATCHED_AT_MOST
    if alone or not edge.settings.batching:
        found = await edge.pay(instructions, all_or_nothing=wanted.all_or_nothing, dry_run=wanted.dry_run)
    else:
        found = await edge.instructions.submit(instructions, lane=_lane(maker, items[0]))
    return answer(conversions.outcomes(caller, items, found))


async def _ask(
    request: AnyRequest, body: bytes, items: Sequence[NewPayment], *, all_or_nothing: bool
) -> ASGIApp:
    """Ask for a list of payments that others may have to agree to: people's, and everything of a customer."""
    caller = caller_of(request)

    async def work(tx: Transaction) -> Answer:
        asked = await approvals.request_approval(
            tx,
            payments.SUBMIT_PAYMENTS,
            payments.payment_order(items, all_or_nothing=all_or_nothing),
            by=caller,
            id=uuid7(),
        )
        if asked.result is None:
            return Answer(body=msgspec.json.encode(approval_shapes.approval(asked)), status=202)
        found = payments.order_outcomes(asked.result)
        return Answer(body=msgspec.json.encode(conversions.outcomes(caller, items, found)))

    return await once(request, body, work)


def _lane(maker: Instructor, first: NewPayment) -> tuple[UUID | None, int]:
    """Which payments share a transaction: a customer's own, in a cell; those of the bank, in a cell."""
    return maker.customer, cell_of(first.debit_account) % POSTING_LANES


@get(
    "/v1/payments",
    opt=describe(
        id="list_payments",
        summary="List payments",
        description="Payments with how they stand, the greatest id (of UUIDs of version 7: the newest) "
        "first. Salaries are among them with the permission `payroll:read` only.",
        tag="Payments",
        scope=Scope.PAYMENTS_READ,
        customers=True,
        query=PaymentQuery,
        response=wire.PaymentPage,
        example={"payments": [examples.PAYMENT], "next": None},
        errors=(InvalidCursor, InvalidAccountNumber),
    ),
)
async def list_payments(request: AnyRequest) -> ASGIApp:
    """List payments."""
    query = read_query(request, PaymentQuery)
    caller = caller_of(request)
    states = _states(caller, query.state)
    async with transaction(request) as tx:
        found = await payments.list_payments(
            tx,
            customer=query.customer if caller.customer is None else caller.customer,
            account=None if query.account is None else read_account(query.account),
            order=query.order,
            states=states,
            before=read_id_cursor(query.cursor),
            limit=query.limit + 1,
            salaries=caller.allows(Scope.PAYROLL_READ),
        )
    if caller.customer is not None and query.customer not in {None, caller.customer}:
        found = []
    page, following = page_of(found, query.limit, lambda last: write_id_cursor(last.id))
    return answer(
        wire.PaymentPage(
            payments=[conversions.payment(caller, one) for one in page],
            next=following,
        )
    )


def _states(caller: Caller, wanted: PaymentState | None) -> Sequence[PaymentState]:
    """The states to look for: a customer sees stopped payments among the approved ones."""
    if wanted is None:
        return ()
    if caller.customer is not None:
        if wanted is PaymentState.APPROVED:
            return PaymentState.APPROVED, PaymentState.STOPPED
        if wanted is PaymentState.STOPPED:
            return (PaymentState.VALIDATED,)  # no payment stays there
    return (wanted,)


@get(
    "/v1/payments/{payment_id:str}",
    opt=describe(
        id="get_payment",
        summary="See a payment",
        description="The payment as it stands. A salary with the permission `payroll:read` only.",
        tag="Payments",
        scope=Scope.PAYMENTS_READ,
        customers=True,
        response=wire.Payment,
        example=examples.PAYMENT,
        errors=(PaymentNotFound, InvalidIdentifier, ConfidentialPayment),
    ),
)
async def get_payment(request: AnyRequest, payment_id: FromPath[str]) -> ASGIApp:
    """See a payment."""
    caller, id = caller_of(request), read_uuid(payment_id)
    async with transaction(request) as tx:
        found = await _open(caller, tx, id)
    return answer(conversions.payment(caller, found))


async def _open(caller: Caller, tx: Transaction, id: UUID) -> payments.Payment:
    """The payment, when the caller may see it. Raises PaymentNotFound, ConfidentialPayment."""
    found = conversions.seen(caller, await payments.get_payment(tx, id))
    if not caller.allows(Scope.PAYROLL_READ) and await payments.is_salary(tx, found):
        raise ConfidentialPayment(
            f"the payment is a salary: it takes the permission {Scope.PAYROLL_READ}",
            required_scope=Scope.PAYROLL_READ,
        )
    return found


@get(
    "/v1/payments/{payment_id:str}/events",
    opt=describe(
        id="list_payment_events",
        summary="See the steps of a payment",
        description="Every step of the payment with its time, who took it and why, the first one first. Of a "
        "salary with the permission `payroll:read` only.",
        tag="Payments",
        scope=Scope.PAYMENTS_READ,
        customers=True,
        response=wire.PaymentEvents,
        example={"events": [examples.EVENT]},
        errors=(PaymentNotFound, InvalidIdentifier, ConfidentialPayment),
    ),
)
async def list_payment_events(request: AnyRequest, payment_id: FromPath[str]) -> ASGIApp:
    """See the steps of a payment."""
    caller, id = caller_of(request), read_uuid(payment_id)
    async with transaction(request) as tx:
        await _open(caller, tx, id)
        found = await payments.payment_events(tx, id)
    return answer(wire.PaymentEvents(events=conversions.events(caller, found)))


@post(
    "/v1/payments/cancel",
    opt=describe(
        id="cancel_payments",
        summary="Cancel payments",
        description="Takes back payments that have not gone out; what is held for them is given back. "
        "Answers "
        "with an outcome for each; where none of them is there, with a problem. What has gone to "
        "a rail can only be recalled.",
        tag="Payments",
        scope=Scope.PAYMENTS_WRITE,
        customers=True,
        concerns_body=True,
        request=wire.PaymentAct,
        request_example={"payments": [examples.AWAY_ID], "reason": "Ordered twice"},
        response=wire.PaymentActOutcomes,
        example=examples.CANCELLED,
        errors=(PaymentNotFound,),
    ),
    status_code=200,
)
async def cancel_payments(request: AnyRequest) -> ASGIApp:
    """Cancel payments."""
    caller = caller_of(request)
    wanted = await _body(request, _ACT)
    async with transaction(request) as tx:
        await require(request, await of_payments(tx, wanted.payments), tx)

    async def command(tx: Transaction) -> list[Moved]:
        return await payments.cancel_payments(
            tx, wanted.payments, by=conversions.instructor(caller), reason=wanted.reason
        )

    found = await run(request, command)
    if all(one.code == PaymentNotFound.code for one in found):
        raise PaymentNotFound(found[0].detail or "")
    return answer(conversions.act_outcomes(caller, found))


@post(
    "/v1/payments/{payment_id:str}/recall",
    opt=describe(
        id="recall_payment",
        summary="Ask a payment back",
        description="Asks the other bank, by the rail, to give back what has gone out. The answer comes as a "
        "step "
        "of the payment. Asking again while there is no answer changes nothing.",
        tag="Payments",
        scope=Scope.PAYMENTS_WRITE,
        customers=True,
        request=wire.PaymentRecall,
        request_example={"reason_code": "DUPL", "reason": "Ordered twice"},
        response=wire.PaymentActOutcome,
        example={"payment": examples.AWAY_ID, "state": "sent"},
        errors=(PaymentNotFound, InvalidIdentifier),
    ),
    status_code=200,
)
async def recall_payment(request: AnyRequest, payment_id: FromPath[str]) -> ASGIApp:
    """Ask a payment back."""
    caller, id = caller_of(request), read_uuid(payment_id)
    wanted = await _body(request, _RECALL)

    async def command(tx: Transaction) -> Moved:
        conversions.seen(caller, await payments.get_payment(tx, id))
        return await payments.recall_payment(
            tx, id, by=caller.id, reason_code=wanted.reason_code, reason=wanted.reason
        )

    found = await run(request, command)
    return answer(conversions.act_outcomes(caller, [found]).outcomes[0])


async def _body(request: AnyRequest, decoder: msgspec.json.Decoder[Shape]) -> Shape:
    need_content_type(request, JSON)
    return decode_json(await read_body(request, edge_of(request).settings.max_body_bytes), decoder)


HANDLERS = [
    submit_payments,
    list_payments,
    get_payment,
    list_payment_events,
    cancel_payments,
    recall_payment,
]
