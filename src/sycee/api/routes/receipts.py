"""Electronic receipts of entries: issued, fetched as data and as signed PDF, and checked by anybody."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.types import ASGIApp
from msgspec import Meta

from sycee import ledger, operations
from sycee.api import receipt_shapes as shapes
from sycee.api.bodies import AnyRequest, decode_json, need_content_type, read_body, read_query
from sycee.api.conversions import read_account
from sycee.api.cursors import page_of
from sycee.api.document_files import EXAMPLES, file_answer
from sycee.api.edge import address_of, answer, caller_of, edge_of, run, transaction
from sycee.api.formats import negotiate
from sycee.api.operations import JSON, PDF, describe
from sycee.api.schemas import receipts as wire
from sycee.api.schemas.common import EXAMPLE_TRANSFER, Cursor, Wire
from sycee.database import Transaction
from sycee.identity import CHECKS_PER_MINUTE, RateLimited, Scope
from sycee.kernel.ids import InvalidAccountNumber
from sycee.ledger import AccountNotFound, EntryNotFound, InvalidCursor
from sycee.operations import ReceiptDamaged, ReceiptNotFound, TooManyReceipts

_NEW: msgspec.json.Decoder[wire.NewReceipts] = msgspec.json.Decoder(wire.NewReceipts)
_TAG = "Receipts"
_ACCOUNT = (AccountNotFound, InvalidAccountNumber)
_ERRORS = (*_ACCOUNT, ReceiptNotFound, ReceiptDamaged)


class ReceiptListQuery(Wire):
    """Where to read on, and how much."""

    cursor: Annotated[Cursor | None, Meta(description="`next` of the page before.")] = None
    limit: Annotated[int, Meta(ge=1, le=1000, description="Most receipts of a page.")] = 100


class ReceiptQuery(Wire):
    """In which format."""

    format: Annotated[Literal["json", "pdf"] | None, Meta(description="Goes before the Accept header.")] = (
        None
    )


class VerificationQuery(Wire):
    """What proves that the caller has the receipt."""

    code: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=40,
            description="The receipt's verification code; hyphens, blanks and small letters do not matter.",
            examples=["7KQ4-2M9X-W0DE-5TBH"],
        ),
    ]


@post(
    "/v1/accounts/{number:str}/receipts",
    status_code=200,
    opt=describe(
        id="issue_receipts",
        summary="Issue receipts of entries",
        description="A receipt for each transfer that moved the account, in their order; all or none. An "
        "entry has one receipt: asked for again, it is answered as it was issued.",
        tag=_TAG,
        scope=Scope.BOOKS_READ,
        customers=True,
        request=wire.NewReceipts,
        request_example={"transfers": [EXAMPLE_TRANSFER]},
        response=wire.Receipts,
        example={"receipts": [shapes.RECEIPT]},
        errors=(*_ACCOUNT, EntryNotFound, ReceiptDamaged, TooManyReceipts),
    ),
)
async def issue_receipts(request: AnyRequest, number: FromPath[str]) -> ASGIApp:
    """Issue receipts of entries."""
    account = read_account(number)
    need_content_type(request, JSON)
    new = decode_json(await read_body(request, edge_of(request).settings.max_body_bytes), _NEW)
    by = caller_of(request).id

    async def work(tx: Transaction) -> list[operations.Receipt]:
        return await operations.issue_receipts(tx, account, new.transfers, by=by)

    found = await run(request, work)
    return answer(wire.Receipts(receipts=[shapes.receipt(one) for one in found]))


@get(
    "/v1/accounts/{number:str}/receipts",
    opt=describe(
        id="list_receipts",
        summary="List an account's receipts",
        description="The receipts that were issued for entries of the account, newest business date first.",
        tag=_TAG,
        scope=Scope.BOOKS_READ,
        customers=True,
        query=ReceiptListQuery,
        response=wire.ReceiptPage,
        example={"receipts": [shapes.RECEIPT], "next": None},
        errors=(*_ACCOUNT, InvalidCursor, ReceiptDamaged),
    ),
)
async def list_receipts(request: AnyRequest, number: FromPath[str]) -> ASGIApp:
    """List an account's receipts."""
    account = read_account(number)
    query = read_query(request, ReceiptListQuery)
    if query.cursor is not None and not operations.is_receipt_number(query.cursor):
        raise InvalidCursor("pass the value of `next` from the page before, unchanged")
    async with transaction(request) as tx:
        found = await operations.list_receipts(tx, account, before=query.cursor, limit=query.limit + 1)
    page, following = page_of(found, query.limit, lambda last: last.content.number)
    return answer(
        wire.ReceiptPage(
            receipts=[shapes.receipt(one) for one in page],
            next=following,
        )
    )


@get(
    "/v1/accounts/{number:str}/receipts/{receipt_number:str}",
    opt=describe(
        id="get_receipt",
        summary="Fetch a receipt",
        description="The receipt as data, or as PDF in Chinese and English with `Accept: application/pdf` or "
        "`format=pdf`: the same bytes each time. Each time the PDF is handed out is counted.",
        tag=_TAG,
        scope=Scope.BOOKS_READ,
        customers=True,
        query=ReceiptQuery,
        response=wire.Receipt,
        example=shapes.RECEIPT,
        other_media={PDF: EXAMPLES[PDF]},
        errors=_ERRORS,
    ),
)
async def get_receipt(request: AnyRequest, number: FromPath[str], receipt_number: FromPath[str]) -> ASGIApp:
    """Fetch a receipt."""
    account = read_account(number)
    query = read_query(request, ReceiptQuery)
    media = {"json": JSON, "pdf": PDF}[query.format] if query.format else negotiate(request, JSON, PDF)
    if media == JSON:
        async with transaction(request) as tx:
            return answer(shapes.receipt(await operations.get_receipt(tx, account, receipt_number)))
    paper = await _paper(request, account, receipt_number)
    by = caller_of(request).id

    async def work(tx: Transaction) -> int:
        return await operations.count_print(tx, account, receipt_number, by=by)

    await run(request, work)
    return file_answer(paper.pdf, PDF, f"receipt-{receipt_number}.pdf")


@get(
    "/v1/accounts/{number:str}/receipts/{receipt_number:str}/signature",
    opt=describe(
        id="get_receipt_signature",
        summary="Fetch the signatures of a receipt's PDF",
        description="Detached signatures over the bytes of the PDF, with the keys that sign the books' days: "
        "Ed25519, and ML-DSA-65 beside it.",
        tag=_TAG,
        scope=Scope.BOOKS_READ,
        customers=True,
        response=wire.ReceiptSignature,
        example=shapes.SIGNATURE,
        errors=_ERRORS,
    ),
)
async def get_receipt_signature(
    request: AnyRequest, number: FromPath[str], receipt_number: FromPath[str]
) -> ASGIApp:
    """Fetch the signatures of a receipt's PDF."""
    paper = await _paper(request, read_account(number), receipt_number)
    return answer(shapes.signature(receipt_number, paper))


async def _paper(request: AnyRequest, account: int, number: str) -> operations.ReceiptPaper:
    """The paper of a receipt, made and signed now when nobody has asked for it before."""
    async with transaction(request) as tx:
        receipt = await operations.get_receipt(tx, account, number)
        found = await operations.find_paper(tx, receipt)
    if found is not None:
        return found
    made = await asyncio.to_thread(operations.make_paper, receipt, edge_of(request).seal_keys)

    async def keep(tx: Transaction) -> operations.ReceiptPaper:
        return await operations.keep_paper(tx, receipt, made)

    return await run(request, keep)


@get(
    "/v1/receipts/{receipt_number:str}/verification",
    opt=describe(
        id="verify_receipt",
        summary="Check a receipt",
        description="For anybody who has a receipt's number and its code: what the bank attests, with the "
        "parties masked. A wrong number and a wrong code are answered alike. An address may ask "
        f"{CHECKS_PER_MINUTE} times a minute.",
        tag=_TAG,
        query=VerificationQuery,
        response=wire.ReceiptVerification,
        example=shapes.VERIFICATION,
        errors=(ReceiptNotFound, ReceiptDamaged, RateLimited),
    ),
)
async def verify_receipt(request: AnyRequest, receipt_number: FromPath[str]) -> ASGIApp:
    """Check a receipt."""
    query = read_query(request, VerificationQuery)
    edge = edge_of(request)
    await edge.address_limits.count_check(address_of(request))
    async with edge.database.transaction() as tx:  # asked by nobody in particular
        found = await operations.verify_receipt(tx, receipt_number, query.code)
    return answer(shapes.verification(found))


@get(
    "/v1/seal-keys",
    opt=describe(
        id="list_seal_keys",
        summary="See the keys that the bank signs with",
        description="The public halves of the keys that sign receipts and the books' days. Compare their ids "
        "with what the bank tells elsewhere before you trust them.",
        tag=_TAG,
        response=wire.SealKeyList,
        example=shapes.SEAL_KEYS,
    ),
)
async def list_seal_keys(request: AnyRequest) -> ASGIApp:
    """See the keys that the bank signs with."""
    async with edge_of(request).database.transaction() as tx:  # asked by nobody in particular
        found = await ledger.public_keys(tx)
    return answer(wire.SealKeyList(keys=[shapes.seal_key(one) for one in found]))


HANDLERS = [
    issue_receipts,
    list_receipts,
    get_receipt,
    get_receipt_signature,
    verify_receipt,
    list_seal_keys,
]
