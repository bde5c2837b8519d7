"""Collections: a payee's pain.008 file of direct debits, or a filled table, in; a report on each out."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Annotated, BinaryIO

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.types import ASGIApp
from msgspec import Meta

from sycee import approvals, ledger, payments
from sycee.api import approval_shapes
from sycee.api.approval_examples import APPROVAL
from sycee.api.bodies import AnyRequest, need_content_type, read_query
from sycee.api.edge import caller_of, edge_of, require
from sycee.api.errors import InvalidParameter
from sycee.api.idempotency import Answer, once
from sycee.api.operations import CSV, XLSX, XML, describe
from sycee.api.payment_conversions import instructor
from sycee.api.reach import Concern
from sycee.api.routes.bulk_orders import template_answer
from sycee.api.routes.direct_debit_mandates import ASKING_ERRORS, TAG
from sycee.api.routes.payment_files import PAIN002
from sycee.api.schemas.approvals import Approval
from sycee.api.schemas.common import Wire
from sycee.api.spooling import PIECE_BYTES, spooled_body
from sycee.database import Transaction, as_bank
from sycee.identity import Scope
from sycee.kernel.money import Amount
from sycee.payments import debits

PAIN008 = PAIN002.replace("pain.002.001.12", "pain.008.001.08").replace("CstmrPmtStsRpt", "CstmrDrctDbtInitn")

_TABLES = {CSV: payments.SpreadsheetFormat.CSV, XLSX: payments.SpreadsheetFormat.XLSX}


class CollectionQuery(Wire):
    """How a file is to be collected."""

    all_or_nothing: Annotated[
        bool, Meta(description="One debit that is refused when it is sent in refuses the file.")
    ] = False
    retry_days: Annotated[
        Annotated[int, Meta(ge=0, le=365)],
        Meta(description="For how many business days debits are tried again where funds are lacking."),
    ] = 0
    message_id: Annotated[
        Annotated[str, Meta(min_length=1, max_length=35)] | None,
        Meta(description="The id of a table; unset, it follows from the content. A pain.008 has its own."),
    ] = None


@post(
    "/v1/collections",
    opt=describe(
        id="send_collection",
        summary="Send a collection",
        description="Takes a pain.008 file (versions .02 and .08) as a stream, or a filled template "
        "(`text/csv`, or an Excel workbook); checks it against its schema, its counts and its sums, collects "
        "its debits as one list and answers with the pain.002 report on each, on a table with a table "
        "(`text/csv`). What has more debits than may be taken at once is refused as soon as they are met. "
        "Sending the same file again takes nothing again, and is answered with how its debits stand then. "
        "Where rules ask for others' agreement, the file waits for it (202); send it again for the report.",
        tag=TAG,
        scope=Scope.PAYMENTS_WRITE,
        command="payments.collect",
        customers=True,
        concerns_body=True,
        query=CollectionQuery,
        request_media=XML,
        request_example=PAIN008,
        media=XML,
        example=PAIN002,
        others={202: (Approval, APPROVAL)},
        errors=(
            payments.MalformedXml,
            payments.ForbiddenXml,
            payments.WrongEncoding,
            payments.SchemaViolation,
            payments.UnsupportedMessage,
            payments.MessageIdReused,
            debits.InvalidDirectDebit,
            ledger.AccountNotFound,
            debits.TooManyDebits,
            payments.InvalidSpreadsheet,
            InvalidParameter,
            *ASKING_ERRORS,
        ),
    ),
    status_code=200,
)
async def send_collection(request: AnyRequest) -> ASGIApp:
    """Send a collection."""
    edge, caller = edge_of(request), caller_of(request)
    query = read_query(request, CollectionQuery)
    media = need_content_type(request, XML, "text/xml", *_TABLES).partition(";")[0].strip().lower()
    table = _TABLES.get(media)
    if query.message_id is not None and table is None:
        raise InvalidParameter("message_id: a pain.008 file has its own")
    async with spooled_body(request, edge.settings.max_bulk_bytes) as source:
        # In a thread: thousands of debits are read before others get their turn else.
        if table is not None:
            file = await asyncio.to_thread(
                debits.read_collection_table, source, table, message_id=query.message_id
            )
        else:
            file = await asyncio.to_thread(
                debits.read_collection_file, source, most=edge.settings.max_transfers
            )
        digest = await asyncio.to_thread(_digest, source)

    async def work(tx: Transaction) -> Answer:
        async with as_bank(tx):
            drawn = await debits.draw_up_collection(
                tx,
                file,
                by=instructor(caller),
                all_or_nothing=query.all_or_nothing,
                retry_days=query.retry_days,
            )
        told: list[debits.DebitOutcome] = []
        if drawn.debits:
            concerns = [
                Concern(account=one.credit_account, amount=Amount(one.amount, one.currency))
                for one in drawn.debits
            ]
            async with as_bank(tx):
                await require(request, concerns, tx)
            asked = await _asked(request, tx, drawn, all_or_nothing=query.all_or_nothing)
            if asked.result is None:
                return Answer(body=msgspec.json.encode(approval_shapes.approval(asked)), status=202)
            told = debits.collect_outcomes(asked.result)
        async with as_bank(tx):
            report = await debits.report_on_collection(tx, drawn, told)
        return Answer(body=report, media=XML if table is None else CSV)

    return await once(request, digest, work)


def _digest(source: BinaryIO) -> bytes:
    source.seek(0)
    digest = hashlib.sha256()
    while piece := source.read(PIECE_BYTES):
        digest.update(piece)
    return digest.digest()


async def _asked(
    request: AnyRequest, tx: Transaction, drawn: debits.Collection, *, all_or_nothing: bool
) -> approvals.Approval:
    """The request to collect a file: the same one each time that the same file is sent."""
    order = debits.collect_order(drawn.debits, all_or_nothing=all_or_nothing)
    try:
        return await approvals.request_approval(tx, debits.COLLECT, order, by=caller_of(request), id=drawn.id)
    except approvals.ApprovalIdReused as problem:
        raise payments.MessageIdReused(
            f"the message id {drawn.file.message_id} was used before: by somebody else, for another file, "
            "or with another choice"
        ) from problem


@get(
    "/v1/collection-templates/{table:str}",
    opt=describe(
        id="get_collection_template",
        summary="Get the template of a collection",
        description="An empty table to be filled in and sent: `csv` or `xlsx`.",
        tag=TAG,
        scope=Scope.PAYMENTS_WRITE,
        customers=True,
        concerns_body=True,
        media=CSV,
        example=debits.collection_template(payments.SpreadsheetFormat.CSV).decode("utf-8-sig"),
        other_media={XLSX: "PK…"},
        errors=(InvalidParameter,),
    ),
)
async def get_collection_template(table: FromPath[str]) -> ASGIApp:
    """Get the template of a collection."""
    return template_answer(table, debits.collection_template, "collections")


HANDLERS = [send_collection, get_collection_template]
