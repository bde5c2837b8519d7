"""Payment files: pain.001 in, pain.002 out."""

from __future__ import annotations

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp

from sycee import payments
from sycee.api import conversions, examples
from sycee.api.bodies import AnyRequest, need_content_type, read_body, read_uuid
from sycee.api.edge import edge_of, require, transaction
from sycee.api.errors import InvalidIdentifier
from sycee.api.formats import negotiate
from sycee.api.idempotency import Answer, once
from sycee.api.operations import JSON, XML, describe
from sycee.api.reach import payers
from sycee.api.schemas.payment_files import PaymentFile
from sycee.database import Transaction
from sycee.identity import Scope

PAIN001 = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09">'
    "<CstmrCdtTrfInitn>…</CstmrCdtTrfInitn></Document>"
)
PAIN002 = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.12">'
    "<CstmrPmtStsRpt>…</CstmrPmtStsRpt></Document>"
)

_ERRORS = (InvalidIdentifier, payments.PaymentFileNotFound)


@post(
    "/v1/payment-files",
    opt=describe(
        id="send_payment_file",
        summary="Send a payment file",
        description="Takes a pain.001 document, pays what can be paid and answers with what became of each "
        "payment: as JSON, or as pain.002 with `Accept: application/xml`. The same file sent again is "
        "answered with the first result (200, `duplicate`) and paid once. For machines of the bank: what "
        "people send may need others' agreement, and goes as a bulk order.",
        tag="Payment files",
        scope=Scope.PAYMENTS_WRITE,
        machines=True,
        concerns_body=True,
        request_media=XML,
        request_example=PAIN001,
        response=PaymentFile,
        status=201,
        example=examples.PAYMENT_FILE,
        alternatives={200: {**examples.PAYMENT_FILE, "duplicate": True}},
        other_media={XML: PAIN002},
        errors=(
            payments.MalformedXml,
            payments.ForbiddenXml,
            payments.WrongEncoding,
            payments.SchemaViolation,
            payments.UnsupportedMessage,
            payments.MessageIdReused,
        ),
        idempotency_key=True,
    ),
)
async def send_payment_file(request: AnyRequest) -> ASGIApp:
    """Send a payment file."""
    limit = edge_of(request).settings.max_body_bytes
    need_content_type(request, XML, "text/xml")
    media = negotiate(request, JSON, XML)
    body = await read_body(request, limit)

    async def work(tx: Transaction) -> Answer:
        result = await payments.receive_payment_file(tx, body, max_bytes=limit)
        await require(request, payers(result), tx)
        return Answer(
            body=_rendered(result, media),
            media=media,
            status=200 if result.duplicate else 201,
            location=f"/v1/payment-files/{result.id}",
        )

    return await once(request, body, work)


@get(
    "/v1/payment-files/{file_id:str}",
    opt=describe(
        id="get_payment_file",
        summary="See what became of a payment file",
        description="As JSON, or as pain.002 with `Accept: application/xml`.",
        tag="Payment files",
        scope=Scope.PAYMENTS_WRITE,
        customers=True,
        response=PaymentFile,
        example=examples.PAYMENT_FILE,
        other_media={XML: PAIN002},
        errors=_ERRORS,
    ),
)
async def get_payment_file(request: AnyRequest, file_id: FromPath[str]) -> ASGIApp:
    """See what became of a payment file."""
    wanted, media = read_uuid(file_id), negotiate(request, JSON, XML)
    async with transaction(request) as tx:
        result = await payments.payment_file(tx, wanted)
    return ASGIResponse(body=_rendered(result, media), media_type=media)


@get(
    "/v1/payment-files/{file_id:str}/status-report",
    opt=describe(
        id="get_status_report",
        summary="Draw up the status report on a payment file",
        description="The pain.002 report, in the generation of the file that was sent.",
        tag="Payment files",
        scope=Scope.PAYMENTS_WRITE,
        customers=True,
        media=XML,
        example=PAIN002,
        errors=_ERRORS,
    ),
)
async def get_status_report(request: AnyRequest, file_id: FromPath[str]) -> ASGIApp:
    """Draw up the status report on a payment file."""
    wanted = read_uuid(file_id)
    async with transaction(request) as tx:
        result = await payments.payment_file(tx, wanted)
    return ASGIResponse(body=_rendered(result, XML), media_type=XML)


def _rendered(result: payments.PaymentFileResult, media: str) -> bytes:
    if media == XML:
        return payments.status_report(result)
    return msgspec.json.encode(conversions.payment_file(result))


HANDLERS = [send_payment_file, get_payment_file, get_status_report]
