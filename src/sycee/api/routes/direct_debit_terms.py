"""Blocks of payers on payees, and the terms of direct debits."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.types import ASGIApp
from msgspec import Meta

from sycee import parties
from sycee.api import approval_shapes
from sycee.api import debit_conversions as conversions
from sycee.api import debit_examples as examples
from sycee.api.asking import WAITS, done_or_asked
from sycee.api.bodies import (
    AnyRequest,
    decode_json,
    need_content_type,
    read_body,
    read_query,
    read_uuid,
    sane_date,
)
from sycee.api.edge import answer, caller_of, edge_of, require, run, transaction
from sycee.api.errors import DateOutOfRange, InvalidIdentifier
from sycee.api.idempotency import Answer
from sycee.api.operations import JSON, describe
from sycee.api.payment_conversions import instructor
from sycee.api.reach import Concern
from sycee.api.routes.direct_debit_mandates import TAG
from sycee.api.schemas import direct_debits as wire
from sycee.api.schemas.common import Wire
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.payments import debits

_NEW_BLOCK = msgspec.json.Decoder(wire.NewDebitBlock)
_LIFT = msgspec.json.Decoder(wire.DebitMandateAct)
_NEW_TERMS = msgspec.json.Decoder(wire.NewDebitTerms)


class BlockQuery(Wire):
    """Whose blocks."""

    customer: Annotated[UUID | None, Meta(description="Of this payer.")] = None


@post(
    "/v1/direct-debit-blocks",
    opt=describe(
        id="block_creditor",
        summary="Block a payee",
        description="From now on nothing is debited from the payer by that payee, whatever was signed; what "
        "waits is rejected on its day. The same again is answered with the block that holds.",
        tag=TAG,
        scope=Scope.PAYMENTS_WRITE,
        customers=True,
        concerns_body=True,
        request=wire.NewDebitBlock,
        request_example=examples.NEW_BLOCK,
        response=wire.DebitBlock,
        example=examples.BLOCK,
        errors=(parties.CustomerNotFound, debits.DebitBlockNotFound),
    ),
    status_code=200,
)
async def block_creditor(request: AnyRequest) -> ASGIApp:
    """Block a payee."""
    need_content_type(request, JSON)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    wanted = decode_json(body, _NEW_BLOCK)
    await require(request, [Concern(customer=wanted.debtor)])

    async def command(tx: Transaction) -> debits.DebitBlock:
        return await debits.block_creditor(
            tx,
            wanted.id,
            debtor=wanted.debtor,
            creditor=wanted.creditor,
            by=instructor(caller_of(request)),
            reason=wanted.reason,
        )

    return answer(conversions.block(await run(request, command)))


@get(
    "/v1/direct-debit-blocks",
    opt=describe(
        id="list_debit_blocks",
        summary="List the payees that are blocked",
        description="The blocks that hold, the latest first. A payee does not see by whom it is blocked.",
        tag=TAG,
        scope=Scope.PAYMENTS_READ,
        customers=True,
        query=BlockQuery,
        response=wire.DebitBlocks,
        example={"blocks": [examples.BLOCK]},
    ),
)
async def list_debit_blocks(request: AnyRequest) -> ASGIApp:
    """List the payees that are blocked."""
    wanted = read_query(request, BlockQuery).customer
    async with transaction(request) as tx:
        found = await debits.list_blocks(tx, debtor=wanted)
    return answer(wire.DebitBlocks(blocks=[conversions.block(one) for one in found]))


@post(
    "/v1/direct-debit-blocks/{debit_block_id:str}/lift",
    opt=describe(
        id="lift_debit_block",
        summary="Lift the block on a payee",
        description="Lets the payee debit again under what was signed.",
        tag=TAG,
        scope=Scope.PAYMENTS_WRITE,
        customers=True,
        request=wire.DebitMandateAct,
        request_example={"reason": "The dispute is settled"},
        response=wire.DebitBlock,
        example={**examples.BLOCK, "lifted_at": examples.BLOCK["blocked_at"]},
        errors=(debits.DebitBlockNotFound, InvalidIdentifier),
    ),
    status_code=200,
)
async def lift_debit_block(request: AnyRequest, debit_block_id: FromPath[str]) -> ASGIApp:
    """Lift the block on a payee."""
    wanted, by = read_uuid(debit_block_id), instructor(caller_of(request))
    need_content_type(request, JSON)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    said = decode_json(body, _LIFT)

    async def command(tx: Transaction) -> debits.DebitBlock:
        return await debits.lift_block(tx, wanted, by=by, reason=said.reason)

    return answer(conversions.block(await run(request, command)))


@get(
    "/v1/direct-debit-terms",
    opt=describe(
        id="list_debit_terms",
        summary="See the terms of direct debits",
        description="Calendar, refund right and how long may be tried again, those of the latest day first.",
        tag=TAG,
        scope=Scope.PAYMENTS_READ,
        customers=True,
        response=wire.DebitTermsList,
        example={"terms": [examples.TERMS]},
    ),
)
async def list_debit_terms(request: AnyRequest) -> ASGIApp:
    """See the terms of direct debits."""
    async with transaction(request) as tx:
        found = await debits.list_debit_terms(tx)
    return answer(wire.DebitTermsList(terms=[conversions.terms(one) for one in found]))


@post(
    "/v1/direct-debit-terms",
    opt=describe(
        id="set_debit_terms",
        summary="Set the terms of direct debits",
        description="From a business date to come. What was taken before keeps its own refund right. What a "
        "person sets waits for another (202).",
        tag=TAG,
        scope=Scope.PAYMENTS_OPERATE,
        command="debits.change_terms",
        request=wire.NewDebitTerms,
        request_example=examples.NEW_TERMS,
        response=wire.DebitTerms,
        status=201,
        example=examples.TERMS,
        others=WAITS,
        errors=(debits.InvalidDebitTerms, DateOutOfRange, *approval_shapes.ASKING),
        idempotency_key=True,
    ),
)
async def set_debit_terms(request: AnyRequest) -> ASGIApp:
    """Set the terms of direct debits."""
    need_content_type(request, JSON)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    wanted = decode_json(body, _NEW_TERMS)
    sane_date(wanted.valid_from, "valid_from")
    new = debits.NewDebitTerms(
        valid_from=wanted.valid_from,
        calendar=wanted.calendar,
        refund_days=wanted.refund_days,
        retry_days_most=wanted.retry_days_most,
    )

    async def work(tx: Transaction) -> Answer:
        made = await debits.set_debit_terms(tx, new, by=caller_of(request).id)
        return Answer(body=msgspec.json.encode(conversions.terms(made)), status=201)

    payload = debits.debit_terms_change(new)
    return await done_or_asked(request, body, command=debits.CHANGE_DEBIT_TERMS, payload=payload, work=work)


HANDLERS = [block_creditor, list_debit_blocks, lift_debit_block, list_debit_terms, set_debit_terms]
