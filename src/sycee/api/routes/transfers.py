"""Transfers: post a list, see one, and post, void or reverse one that is in the books."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.types import ASGIApp

from sycee import ledger
from sycee.api import conversions, examples
from sycee.api.bodies import AnyRequest, Shape, decode_json, need_content_type, read_body, read_uuid
from sycee.api.edge import POSTING_LANES, Edge, answer, caller_of, edge_of, require, transaction
from sycee.api.errors import (
    DateOutOfRange,
    InvalidIdentifier,
    MissingField,
    PaymentNeeded,
    TooManyTransfers,
    UnexpectedField,
)
from sycee.api.operations import JSON, describe
from sycee.api.reach import Concern
from sycee.api.rejections import rejection
from sycee.api.schemas.common import EXAMPLE_TRANSFER
from sycee.api.schemas.transfers import (
    HoldPosting,
    NewTransfers,
    Outcome,
    Outcomes,
    Resolution,
    Transfer,
)
from sycee.identity import Scope
from sycee.kernel.ids import InvalidAccountNumber, cell_of
from sycee.kernel.money import Amount, AmountOutOfRange, InvalidAmount, UnknownCurrency
from sycee.ledger import NewTransfer, TransferKind, TransferNotFound

BATCHED_AT_MOST = 100
"""Lists up to this long share a database transaction with others; longer ones have their own."""

_NEW_TRANSFERS = msgspec.json.Decoder(NewTransfers)
_HOLD_POSTING = msgspec.json.Decoder(HoldPosting)
_RESOLUTION = msgspec.json.Decoder(Resolution)


@post(
    "/v1/transfers",
    opt=describe(
        id="post_transfers",
        summary="Post transfers",
        description="Posts a list in its order and answers with one outcome for each. A transfer that the "
        "books refuse is `rejected` with a code and changes nothing; the others go through, unless `atomic`. "
        "Sending the same list again is safe: transfers already in the books are `duplicate`. "
        "When the body itself is at fault, nothing is posted. Between two customers people pay by payments, "
        "which are screened and agreed to.",
        tag="Transfers",
        scope=Scope.TRANSFERS_WRITE,
        concerns_body=True,
        request=NewTransfers,
        request_example={"transfers": [examples.NEW_TRANSFER], "atomic": False, "dry_run": False},
        response=Outcomes,
        example={"outcomes": [{"id": EXAMPLE_TRANSFER, "status": "posted"}]},
        errors=(
            InvalidAmount,
            AmountOutOfRange,
            UnknownCurrency,
            InvalidAccountNumber,
            MissingField,
            PaymentNeeded,
            UnexpectedField,
            DateOutOfRange,
            TooManyTransfers,
        ),
        rejections=tuple(ledger.REJECTIONS),
    ),
)
async def post_transfers(request: AnyRequest) -> ASGIApp:
    """Post transfers."""
    edge = edge_of(request)
    need_content_type(request, JSON)
    wanted = decode_json(await read_body(request, edge.settings.max_body_bytes), _NEW_TRANSFERS)
    if len(wanted.transfers) > edge.settings.max_transfers:
        raise TooManyTransfers(
            f"{len(wanted.transfers)} transfers are sent; at most {edge.settings.max_transfers} "
            "are taken at once: send them in several requests",
            limit=edge.settings.max_transfers,
        )
    transfers = conversions.new_transfers(wanted.transfers)
    await require(
        request,
        [
            Concern(
                account=one.debit or None,
                transfer=one.target,
                amount=None if one.amount is None else Amount(one.amount, one.currency),
            )
            for one in transfers
        ],
    )
    await _refuse_payments(request, transfers)
    if wanted.atomic or wanted.dry_run or not _may_share(edge, transfers):
        found = await edge.post(transfers, atomic=wanted.atomic, dry_run=wanted.dry_run)
    else:
        found = await edge.batcher.submit(transfers, lane=_lane(transfers[0]))
    return answer(conversions.outcomes(found))


async def _refuse_payments(request: AnyRequest, transfers: Sequence[NewTransfer]) -> None:
    """Refuse people to move money from one customer to another here, where nobody screens or agrees.

    What a counter books lies between a customer and the bank. Raises PaymentNeeded.
    """
    if caller_of(request).is_machine:
        return
    ends = {number for one in transfers for number in (one.debit, one.credit) if number}
    async with transaction(request) as tx:
        owners = await ledger.customers_of_accounts(tx, sorted(ends))
    for one in transfers:
        payer, payee = owners.get(one.debit), owners.get(one.credit)
        if payer is not None and payee is not None and payer != payee:
            raise PaymentNeeded(
                f"{one.debit} and {one.credit} belong to two customers: POST /v1/payments, which is screened"
            )


def _may_share(edge: Edge, transfers: Sequence[NewTransfer]) -> bool:
    """Whether a list may share a transaction: short, and without a chain that could swallow its neighbour."""
    if not edge.settings.batching or len(transfers) > BATCHED_AT_MOST:
        return False
    return not any(transfer.linked for transfer in transfers)


def _lane(first: NewTransfer) -> int:
    """Which transfers wait for each other: those of a cell do, those of other cells need not."""
    return cell_of(first.debit) % POSTING_LANES


@get(
    "/v1/transfers/{transfer_id:str}",
    opt=describe(
        id="get_transfer",
        summary="See a transfer",
        description="The transfer as the books have it, with its present state.",
        tag="Transfers",
        scope=Scope.TRANSFERS_READ,
        customers=True,
        response=Transfer,
        example=examples.TRANSFER,
        errors=(TransferNotFound, InvalidIdentifier),
    ),
)
async def get_transfer(request: AnyRequest, transfer_id: FromPath[str]) -> ASGIApp:
    """See a transfer."""
    wanted = read_uuid(transfer_id)
    async with transaction(request) as tx:
        found = await ledger.get_transfer(tx, wanted)
    return answer(conversions.transfer(found))


_FOLLOW_UP_ERRORS = (InvalidIdentifier,)
_UNFIT = ("target_not_found", "id_reused")
_NOT_PENDING = ("target_not_pending", "already_posted", "already_voided", "already_expired")
_ACCOUNTS_REFUSE = (
    "account_closed",
    "account_frozen",
    "account_dormant",
    "account_restricted",
    "debit_blocked",
    "credit_blocked",
)
_SAFE = (
    " Safe to send again: without an `id` in the body, one is made from the target and the body."
    " When the books refuse, the answer is a problem with the rejection's code."
)


@post(
    "/v1/transfers/{transfer_id:str}/post",
    opt=describe(
        id="post_hold",
        summary="Post a pending transfer",
        description="Posts what is held, whole or (with `amount`) in part; the rest is given back." + _SAFE,
        tag="Transfers",
        scope=Scope.TRANSFERS_WRITE,
        request=HoldPosting,
        body_optional=True,
        request_example={"amount": examples.money("1000.00")},
        response=Outcome,
        example=examples.FOLLOW_UP_OUTCOME,
        errors=(*_FOLLOW_UP_ERRORS, InvalidAmount, UnknownCurrency),
        rejections=(
            *_UNFIT,
            *_NOT_PENDING,
            *_ACCOUNTS_REFUSE,
            "exceeds_pending",
            "currency_mismatch",
            "invalid_amount",
        ),
        rejections_are_problems=True,
    ),
)
async def post_hold(request: AnyRequest, transfer_id: FromPath[str]) -> ASGIApp:
    """Post a pending transfer."""
    body = await _optional_body(request, _HOLD_POSTING)
    amount = Amount.parse(body.amount.value, body.amount.currency) if body.amount is not None else None
    return await _follow_up(request, TransferKind.POST, read_uuid(transfer_id), body, amount)


@post(
    "/v1/transfers/{transfer_id:str}/void",
    opt=describe(
        id="void_hold",
        summary="Void a pending transfer",
        description="Gives back all that is held." + _SAFE,
        tag="Transfers",
        scope=Scope.TRANSFERS_WRITE,
        request=Resolution,
        body_optional=True,
        request_example={"description": "Order cancelled"},
        response=Outcome,
        example={**examples.FOLLOW_UP_OUTCOME, "status": "voided"},
        errors=_FOLLOW_UP_ERRORS,
        rejections=(*_UNFIT, *_NOT_PENDING, "account_restricted"),
        rejections_are_problems=True,
    ),
)
async def void_hold(request: AnyRequest, transfer_id: FromPath[str]) -> ASGIApp:
    """Void a pending transfer."""
    body = await _optional_body(request, _RESOLUTION)
    return await _follow_up(request, TransferKind.VOID, read_uuid(transfer_id), body)


@post(
    "/v1/transfers/{transfer_id:str}/reverse",
    opt=describe(
        id="reverse_transfer",
        summary="Reverse a posted transfer",
        description="Posts the same amount the other way. Nothing is edited or deleted." + _SAFE,
        tag="Transfers",
        scope=Scope.TRANSFERS_WRITE,
        request=Resolution,
        body_optional=True,
        request_example={"reference": "COMPLAINT-77", "description": "Paid twice"},
        response=Outcome,
        example=examples.FOLLOW_UP_OUTCOME,
        errors=_FOLLOW_UP_ERRORS,
        rejections=(
            *_UNFIT,
            *_ACCOUNTS_REFUSE,
            "already_reversed",
            "target_not_reversible",
            "insufficient_funds",
        ),
        rejections_are_problems=True,
    ),
)
async def reverse_transfer(request: AnyRequest, transfer_id: FromPath[str]) -> ASGIApp:
    """Reverse a posted transfer."""
    body = await _optional_body(request, _RESOLUTION)
    return await _follow_up(request, TransferKind.REVERSAL, read_uuid(transfer_id), body)


async def _optional_body(request: AnyRequest, decoder: msgspec.json.Decoder[Shape]) -> Shape:
    """A body that may be left out altogether."""
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    if not body:
        return decoder.decode(b"{}")
    need_content_type(request, JSON)
    return decode_json(body, decoder)


async def _follow_up(
    request: AnyRequest,
    kind: TransferKind,
    target: UUID,
    body: HoldPosting | Resolution,
    amount: Amount | None = None,
) -> ASGIApp:
    edge = edge_of(request)
    made = conversions.follow_up_id(
        kind, target, amount and (amount.minor, amount.currency), body.reference, body.description
    )
    command = NewTransfer(
        id=body.id or made,
        kind=kind,
        target=target,
        amount=amount.minor if amount is not None else None,
        currency=amount.currency if amount is not None else "",
        reference=body.reference,
        description=body.description,
    )
    if edge.settings.batching:
        (found,) = await edge.batcher.submit([command])
    else:
        (found,) = await edge.post([command])
    if found.status == "rejected":
        raise rejection(found)
    return answer(conversions.outcome(found))


HANDLERS = [post_transfers, get_transfer, post_hold, void_hold, reverse_transfer]
