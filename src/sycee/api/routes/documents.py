"""An account's documents: statements and balance confirmations, as JSON, CSV, PDF and Excel."""

from __future__ import annotations

from typing import Annotated, Literal

from litestar import get
from litestar.params import FromPath
from litestar.types import ASGIApp
from msgspec import Meta

from sycee import operations
from sycee.api import end_of_day_examples as examples
from sycee.api import end_of_day_shapes as shapes
from sycee.api.bodies import AnyRequest, read_query, read_uuid
from sycee.api.conversions import read_account
from sycee.api.cursors import page_of
from sycee.api.document_files import DOCUMENT_FILES, EXAMPLES, document_file
from sycee.api.edge import answer, transaction
from sycee.api.errors import InvalidIdentifier
from sycee.api.formats import negotiate
from sycee.api.operations import JSON, describe
from sycee.api.schemas import ends_of_day as wire
from sycee.api.schemas.common import Cursor, Wire
from sycee.identity import Scope
from sycee.kernel.ids import InvalidAccountNumber
from sycee.ledger import AccountNotFound, InvalidCursor

_MEDIA = {"json": JSON, **DOCUMENT_FILES}


class DocumentListQuery(Wire):
    """Of which kind, where to read on, and how much."""

    kind: Annotated[wire.Kind | None, Meta(description="Of this kind only.")] = None
    cursor: Annotated[Cursor | None, Meta(description="`next` of the page before.")] = None
    limit: Annotated[int, Meta(ge=1, le=1000, description="Most documents of a page.")] = 100


class DocumentQuery(Wire):
    """In which format."""

    format: Annotated[
        Literal["json", "csv", "pdf", "xlsx"] | None, Meta(description="Goes before the Accept header.")
    ] = None


@get(
    "/v1/accounts/{number:str}/documents",
    opt=describe(
        id="list_documents",
        summary="List an account's documents",
        description="The statements and balance confirmations that were produced for the account, newest "
        "first.",
        tag="Ends of days",
        scope=Scope.OPERATIONS_READ,
        customers=True,
        query=DocumentListQuery,
        response=wire.DocumentPage,
        example={"documents": [examples.DOCUMENT_SUMMARY], "next": None},
        errors=(AccountNotFound, InvalidAccountNumber, InvalidCursor),
    ),
)
async def list_documents(request: AnyRequest, number: FromPath[str]) -> ASGIApp:
    """List an account's documents."""
    account = read_account(number)
    query = read_query(request, DocumentListQuery)
    async with transaction(request) as tx:
        found = await operations.list_documents(
            tx,
            account,
            kind=operations.DocumentKind(query.kind) if query.kind is not None else None,
            before=shapes.read_place(query.cursor, shapes.DocumentPlace),
            limit=query.limit + 1,
        )
    page, following = page_of(found, query.limit, lambda last: shapes.write_place(last.end, last.kind))
    return answer(
        wire.DocumentPage(
            documents=[shapes.summary(one) for one in page],
            next=following,
        )
    )


@get(
    "/v1/accounts/{number:str}/documents/{document_id:str}",
    opt=describe(
        id="get_document",
        summary="Fetch a document",
        description="The document as it was produced: as JSON, as CSV with `Accept: text/csv` or "
        "`format=csv`, as PDF with `Accept: application/pdf` or `format=pdf`, for Excel with `format=xlsx`. "
        "Its SHA-256 is checked first.",
        tag="Ends of days",
        scope=Scope.OPERATIONS_READ,
        customers=True,
        query=DocumentQuery,
        response=wire.Document,
        example=examples.DOCUMENT,
        other_media=EXAMPLES,
        errors=(
            AccountNotFound,
            InvalidAccountNumber,
            InvalidIdentifier,
            operations.DocumentNotFound,
            operations.DocumentDamaged,
            operations.DocumentTooLong,
        ),
    ),
)
async def get_document(request: AnyRequest, number: FromPath[str], document_id: FromPath[str]) -> ASGIApp:
    """Fetch a document."""
    account, wanted = read_account(number), read_uuid(document_id)
    query = read_query(request, DocumentQuery)
    media = _MEDIA[query.format] if query.format is not None else negotiate(request, *_MEDIA.values())
    async with transaction(request) as tx:
        found = await operations.get_document(tx, account, wanted)
    if media == JSON:
        return answer(shapes.document(found))
    return await document_file(found, media)


HANDLERS = [list_documents, get_document]
