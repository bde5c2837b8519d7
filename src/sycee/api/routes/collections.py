"""Collections: a payee's pain.008 file of direct debits in, a pain.002 report out."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import post
from litestar.types import ASGIApp
from msgspec import Meta

from sycee import approvals, ledger, payments
from sycee.api import approval_shapes
from sycee.api.approval_examples import APPROVAL
from sycee.api.bodies import AnyRequest, need_content_type, read_body, read_query
from sycee.api.edge import caller_of, edge_of, require
from sycee.api.errors import TooManyTransfers
from sycee.api.idempotency import Answer, once
from sycee.api.operations import XML, describe
from sycee.api.payment_conversions import instructor
from sycee.api.reach import Concern
from sycee.api.routes.direct_debit_mandates import ASKING_ERRORS, TAG
from sycee.api.routes.payment_files import PAIN002
from sycee.api.schemas.approvals import Approval
from sycee.api.schemas.common import Wire
from sycee.database import Transaction, as_bank
from sycee.identity import Scope
from sycee.kernel.money import Amount
from sycee.payments import debits

PAIN008 = PAIN002.replace("pain.002.001.12", "pain.008.001.08").replace("CstmrPmtStsRpt", "CstmrDrctDbtInitn")


class CollectionQuery(Wire):
    """How a file is to be collected."""

    all_or_nothing: Annotated[
        bool, Meta(description="One debit that is refused when it is sent in refuses the file.")
    ] = False
    retry_days: Annotated[
        Annotated[int, Meta(ge=0, le=365)],
        Meta(description="For how many business days debits are tried again where funds are lacking."),
    ] = 0


@post(
    "/v1/collections",
    opt=describe(
        id="send_collection",
        summary="Send a collection",
        description="Takes a pain.008 file (versions .02 and .08), checks it against its schema, its counts "
        "and its sums, collects its debits as one list and answers with the pain.002 report on each. Sending "
        "the same file again takes nothing again, and is answered with how its debits stand then. Where "
        "rules ask for others' agreement, the file waits for it (202); send it again for the report.",
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
            TooManyTransfers,
            *ASKING_ERRORS,
        ),
    ),
    status_code=200,
)
async def send_collection(request: AnyRequest) -> ASGIApp:
    """Send a collection."""
    edge, caller = edge_of(request), caller_of(request)
    query = read_query(request, CollectionQuery)
    need_content_type(request, XML, "text/xml")
    body = await read_body(request, edge.settings.max_body_bytes)
    file = debits.read_collection_file(body)
    count = sum(len(batch.items) for batch in file.batches)
    if count > edge.settings.max_transfers:
        raise TooManyTransfers(
            f"{count} debits are in the file; at most {edge.settings.max_transfers} are taken at once: "
            "send several files",
            limit=edge.settings.max_transfers,
        )

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
            return Answer(body=await debits.report_on_collection(tx, drawn, told), media=XML)

    return await once(request, body, work)


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


HANDLERS = [send_collection]
