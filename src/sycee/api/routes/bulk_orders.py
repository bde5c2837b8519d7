"""Bulk orders: a file of many payments in, what became of each out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp
from msgspec import Meta

from sycee import ledger, payments
from sycee.api import bulk_examples as examples
from sycee.api.bodies import AnyRequest, decode_json, need_content_type, read_body, read_query, read_uuid
from sycee.api.bulk_asking import ASKING, Asked, ask, may_wait
from sycee.api.edge import answer, caller_of, edge_of, require, run, transaction
from sycee.api.errors import ConfidentialOrder, InvalidIdentifier, InvalidParameter
from sycee.api.operations import CSV, JSON, XLSX, XML, describe
from sycee.api.reach import bulk_payers
from sycee.api.routes.payment_files import PAIN001, PAIN002
from sycee.api.schemas import bulk_orders as wire
from sycee.api.schemas.common import Money, Wire
from sycee.api.spooling import FileAnswer, spooled, spooled_body
from sycee.database import Transaction, as_bank
from sycee.identity import Caller, Scope
from sycee.payments import BulkOrderNotFound, BulkState, SpreadsheetFormat

_TABLES = {CSV: SpreadsheetFormat.CSV, XLSX: SpreadsheetFormat.XLSX}
_MEDIA = {table: media for media, table in _TABLES.items()}
_TAG = "Bulk orders"
_CARRY_OUT = msgspec.json.Decoder(wire.CarryOut)

SENT_WORKED_S, WORKED_S = 2.0, 20.0
"""How long a request that sends an order, or carries one out, works at it; the rest is the worker's.

Whoever sends knows the order's id soon, and can follow it.
"""


class SendQuery(Wire):
    """How a bulk order is to be carried out."""

    all_or_nothing: Annotated[
        bool, Meta(description="Pay every item or none. Else each that can be paid is paid.")
    ] = False
    carry_out: Annotated[
        bool, Meta(description="Pay now. Else it is only taken in, and `…/carry-out` pays it.")
    ] = True
    message_id: Annotated[
        Annotated[str, Meta(min_length=1, max_length=35)] | None,
        Meta(description="The id of a table; unset, it follows from the content. A pain.001 has its own."),
    ] = None


class ItemQuery(Wire):
    """Where to read on."""

    after: Annotated[
        Annotated[int, Meta(ge=-1, le=2**31 - 1)], Meta(description="Items after this position.")
    ] = -1
    limit: Annotated[int, Meta(ge=1, le=1000, description="Most items of a page.")] = 100


@post(
    "/v1/bulk-orders",
    opt=describe(
        id="send_bulk_order",
        summary="Send a bulk order",
        description="Takes a pain.001 file of any length, or a filled template (`text/csv`, or an Excel "
        "workbook), as a stream; checks it against its schema, its counts and its sums; pays it "
        "item by item and answers when all are dealt with, or after some seconds while it goes on "
        "(`paying`). Where rules ask for others' agreement it waits for that (202, `approval`). Sending the "
        "same file again is safe: what was paid is not paid again, and an order that was interrupted goes on "
        "where it stood (200, `duplicate`).",
        tag=_TAG,
        scope=Scope.PAYMENTS_WRITE,
        command="payments.submit",
        customers=True,
        concerns_body=True,
        query=SendQuery,
        request_media=XML,
        request_example=PAIN001,
        response=wire.BulkOrder,
        status=201,
        example=examples.BULK_ORDER,
        alternatives={200: {**examples.BULK_ORDER, "duplicate": True}, 202: examples.WAITING_ORDER},
        errors=(
            payments.MalformedXml,
            payments.ForbiddenXml,
            payments.WrongEncoding,
            payments.SchemaViolation,
            payments.UnsupportedMessage,
            payments.InvalidSpreadsheet,
            payments.MessageIdReused,
            ledger.AccountNotFound,
            *ASKING,
        ),
    ),
)
async def send_bulk_order(request: AnyRequest) -> ASGIApp:
    """Send a bulk order."""
    edge, caller = edge_of(request), caller_of(request)
    query = read_query(request, SendQuery)
    media = need_content_type(request, XML, "text/xml", *_TABLES).partition(";")[0].strip().lower()
    table = _TABLES.get(media)
    if query.message_id is not None and table is None:
        raise InvalidParameter("message_id: a pain.001 file has its own")
    async with spooled_body(request, edge.settings.max_bulk_bytes) as source:

        async def receive(tx: Transaction) -> Asked:
            async with as_bank(tx):
                order = await payments.receive_bulk_order(
                    tx,
                    source,
                    by=caller.id,
                    customer=caller.customer,
                    all_or_nothing=query.all_or_nothing,
                    pay=query.carry_out and not may_wait(caller),
                    table=table,
                    message_id=query.message_id,
                )
                await require(request, await bulk_payers(tx, order), tx)
            return await ask(tx, caller, order) if query.carry_out else Asked(order)

        asked = await run(request, receive)
    status = 200 if asked.order.duplicate else 201
    return await _carried_out(request, asked, status=status, for_s=SENT_WORKED_S)


async def _carried_out(request: AnyRequest, asked: Asked, *, status: int, for_s: float = WORKED_S) -> ASGIApp:
    """Carry an order out for a while, unless it waits for others."""
    order = asked.order
    if order.state not in {BulkState.RECEIVED, BulkState.DONE, BulkState.REJECTED}:
        order = await edge_of(request).carry_out(order.id, for_s=for_s)
    shown = await _shown(request, order, duplicate=asked.order.duplicate, approval=asked.approval)
    return answer(shown, status=status if asked.approval is None else 202)


@get(
    "/v1/bulk-orders/{bulk_order_id:str}",
    opt=describe(
        id="get_bulk_order",
        summary="See a bulk order",
        description="How far the order is, and how many payments have which status.",
        tag=_TAG,
        scope=Scope.PAYMENTS_READ,
        customers=True,
        response=wire.BulkOrder,
        example=examples.BULK_ORDER,
        errors=(BulkOrderNotFound, InvalidIdentifier),
    ),
)
async def get_bulk_order(request: AnyRequest, bulk_order_id: FromPath[str]) -> ASGIApp:
    """See a bulk order."""
    wanted = read_uuid(bulk_order_id)
    async with transaction(request) as tx:
        order = await payments.bulk_order(tx, wanted)
    return answer(await _shown(request, order))


@post(
    "/v1/bulk-orders/{bulk_order_id:str}/carry-out",
    opt=describe(
        id="carry_out_bulk_order",
        summary="Carry out a bulk order",
        description="Pays an order that was only taken in, or was interrupted, from where it stands, once "
        "those have agreed whom rules name (202 until then); what they turned down is `rejected`. Answers "
        "when all are dealt with, or after some 20 seconds; asking again changes nothing.",
        tag=_TAG,
        scope=Scope.PAYMENTS_WRITE,
        command="payments.submit",
        customers=True,
        request=wire.CarryOut,
        request_example={},
        body_optional=True,
        response=wire.BulkOrder,
        example=examples.BULK_ORDER,
        alternatives={202: examples.WAITING_ORDER},
        errors=(BulkOrderNotFound, InvalidIdentifier, *ASKING),
    ),
    status_code=200,
)
async def carry_out_bulk_order(request: AnyRequest, bulk_order_id: FromPath[str]) -> ASGIApp:
    """Carry out a bulk order."""
    wanted = read_uuid(bulk_order_id)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    if body:
        need_content_type(request, JSON)
        decode_json(body, _CARRY_OUT)

    async def begin(tx: Transaction) -> Asked:
        return await ask(tx, caller_of(request), await payments.bulk_order(tx, wanted))

    return await _carried_out(request, await run(request, begin), status=200)


@get(
    "/v1/bulk-orders/{bulk_order_id:str}/items",
    opt=describe(
        id="list_bulk_items",
        summary="List the payments of a bulk order",
        description="Each payment with what became of it, in the order of the file. Of salaries with the "
        "permission `payroll:read` only.",
        tag=_TAG,
        scope=Scope.PAYMENTS_READ,
        customers=True,
        query=ItemQuery,
        response=wire.BulkItemPage,
        example={"items": [examples.BULK_ITEM], "next": None},
        errors=(BulkOrderNotFound, InvalidIdentifier, ConfidentialOrder),
    ),
)
async def list_bulk_items(request: AnyRequest, bulk_order_id: FromPath[str]) -> ASGIApp:
    """List the payments of a bulk order."""
    wanted, query = read_uuid(bulk_order_id), read_query(request, ItemQuery)
    async with transaction(request) as tx:
        order = await _open(caller_of(request), tx, wanted)
        found = await payments.bulk_items(tx, order, after=query.after, limit=query.limit + 1)
    page = [_item(one) for one in found[: query.limit]]
    more = len(found) > query.limit
    return answer(wire.BulkItemPage(items=page, next=str(page[-1].position) if more else None))


@get(
    "/v1/bulk-orders/{bulk_order_id:str}/status-report",
    opt=describe(
        id="get_bulk_status_report",
        summary="Draw up the status report on a bulk order",
        description="The pain.002 report on every payment as it stands, in the generation of the file that "
        "was sent. Of salaries with the permission `payroll:read` only.",
        tag=_TAG,
        scope=Scope.PAYMENTS_READ,
        customers=True,
        media=XML,
        example=PAIN002,
        errors=(BulkOrderNotFound, InvalidIdentifier, ConfidentialOrder, payments.NoStatusReport),
    ),
)
async def get_bulk_status_report(request: AnyRequest, bulk_order_id: FromPath[str]) -> ASGIApp:
    """Draw up the status report on a bulk order."""
    wanted = read_uuid(bulk_order_id)
    async with transaction(request) as tx:
        order = await _open(caller_of(request), tx, wanted)
    file = await edge_of(request).status_report(order)
    return FileAnswer(file, XML, f"{wanted}.pain.002.xml")


@get(
    "/v1/bulk-orders/{bulk_order_id:str}/original",
    opt=describe(
        id="get_bulk_original",
        summary="Get the file of a bulk order",
        description="Byte for byte as it was sent. Of salaries with the permission `payroll:read` only.",
        tag=_TAG,
        scope=Scope.PAYMENTS_READ,
        customers=True,
        media=XML,
        example=PAIN001,
        errors=(BulkOrderNotFound, InvalidIdentifier, ConfidentialOrder),
    ),
)
async def get_bulk_original(request: AnyRequest, bulk_order_id: FromPath[str]) -> ASGIApp:
    """Get the file of a bulk order."""
    wanted = read_uuid(bulk_order_id)
    async with transaction(request) as tx:
        order = await _open(caller_of(request), tx, wanted)
        file = await spooled(payments.bulk_original(tx, order))
    known = order.format in set(SpreadsheetFormat)
    media, ending = (_MEDIA[SpreadsheetFormat(order.format)], order.format) if known else (XML, "xml")
    return FileAnswer(file, media, f"{wanted}.{ending}")


@get(
    "/v1/bulk-order-templates/{table:str}",
    opt=describe(
        id="get_bulk_order_template",
        summary="Get the template of a bulk order",
        description="An empty table to be filled in and sent: `csv` or `xlsx`.",
        tag=_TAG,
        scope=Scope.PAYMENTS_WRITE,
        customers=True,
        concerns_body=True,
        media=CSV,
        example=payments.spreadsheet_template(SpreadsheetFormat.CSV).decode("utf-8-sig"),
        other_media={XLSX: "PK…"},
        errors=(InvalidParameter,),
    ),
)
async def get_bulk_order_template(table: FromPath[str]) -> ASGIApp:
    """Get the template of a bulk order."""
    return template_answer(table, payments.spreadsheet_template, "payments")


def template_answer(table: str, write: Callable[[SpreadsheetFormat], bytes], name: str) -> ASGIResponse:
    """An empty template in the format that a path names. Raises InvalidParameter."""
    if table not in set(SpreadsheetFormat):
        raise InvalidParameter(f"{table[:20]!r} is no format of a template: csv or xlsx")
    wanted = SpreadsheetFormat(table)
    return ASGIResponse(
        body=write(wanted),
        media_type=_MEDIA[wanted],
        headers={"Content-Disposition": f'attachment; filename="{name}.{wanted}"'},
    )


async def _open(caller: Caller, tx: Transaction, wanted: UUID) -> payments.BulkOrder:
    """The order, when its items may be seen. Raises BulkOrderNotFound, ConfidentialOrder."""
    order = await payments.bulk_order(tx, wanted)
    if order.confidential and not caller.allows(Scope.PAYROLL_READ):
        raise ConfidentialOrder(
            f"the order pays salaries: its items take the permission {Scope.PAYROLL_READ}",
            required_scope=Scope.PAYROLL_READ,
        )
    return order


async def _shown(
    request: AnyRequest,
    order: payments.BulkOrder,
    *,
    duplicate: bool = False,
    approval: UUID | None = None,
) -> wire.BulkOrder:
    async with transaction(request) as tx:
        statuses = await payments.bulk_statuses(tx, order)
    return wire.BulkOrder(
        id=order.id,
        customer=order.customer,
        message_id=order.message_id,
        format=order.format,
        state=str(order.state),
        received_at=order.received_at,
        finished_at=order.finished_at,
        all_or_nothing=order.all_or_nothing,
        confidential=order.confidential,
        count=order.counted,
        sum=f"{order.summed:f}",
        done=order.done,
        refused=order.refused,
        statuses={str(status): count for status, count in sorted(statuses.items())},
        code=order.fault.code if order.fault else None,
        detail=order.fault.detail if order.fault else None,
        duplicate=duplicate,
        approval=approval,
    )


def _item(found: payments.BulkItem) -> wire.BulkItem:
    return wire.BulkItem(
        position=found.position,
        end_to_end_id=found.end_to_end_id,
        payment=found.payment,
        debtor=found.debtor,
        creditor=found.creditor,
        creditor_name=found.creditor_name,
        creditor_agent=found.creditor_agent,
        amount=Money(currency=found.currency, value=found.amount),
        purpose=found.purpose,
        remittance=found.remittance,
        status=str(found.status),
        reason=None if found.reason is None else str(found.reason),
        code=found.code,
        detail=found.detail,
    )


HANDLERS = [
    send_bulk_order,
    get_bulk_order,
    carry_out_bulk_order,
    list_bulk_items,
    get_bulk_status_report,
    get_bulk_original,
    get_bulk_order_template,
]
