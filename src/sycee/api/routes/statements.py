"""What happened on an account: entries, balances at any moment, statements."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from litestar import get
from litestar.params import FromPath
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp
from msgspec import Meta, field

from sycee import ledger, operations, payments
from sycee.api import conversions, examples
from sycee.api.bodies import AnyRequest, read_moment, read_query, sane_date
from sycee.api.document_files import DOCUMENT_FILES, EXAMPLES, MOST_LINES, document_file
from sycee.api.edge import answer, transaction
from sycee.api.errors import DateOutOfRange, InvalidParameter
from sycee.api.formats import negotiate
from sycee.api.operations import JSON, XML, describe
from sycee.api.schemas.accounts import Balance, EntryPage, Statement
from sycee.api.schemas.common import Cursor, Wire
from sycee.identity import Scope
from sycee.kernel.ids import InvalidAccountNumber
from sycee.ledger import AccountNotFound, InvalidLimit

_CAMT_EXAMPLE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">'
    "<BkToCstmrStmt>…</BkToCstmrStmt></Document>"
)
_MEDIA = {"json": JSON, "camt.053": XML, **DOCUMENT_FILES}
_ERRORS = (AccountNotFound, InvalidAccountNumber, DateOutOfRange)


class EntryQuery(Wire):
    """Which entries, in which order, and where to read on."""

    start: Annotated[date | None, Meta(description="First business date.", examples=["2026-03-01"])] = field(
        default=None, name="from"
    )
    end: Annotated[
        date | None, Meta(description="Last business date, included.", examples=["2026-03-31"])
    ] = field(default=None, name="to")
    order: Annotated[Literal["newest_first", "oldest_first"], Meta(description="Which end to begin at.")] = (
        "newest_first"
    )
    cursor: Annotated[Cursor | None, Meta(description="`next` of the page before.")] = None
    limit: Annotated[int, Meta(ge=1, le=1000, description="Most entries of a page.")] = 100


class BalanceQuery(Wire):
    """At which moment."""

    at: Annotated[
        Annotated[str, Meta(max_length=40)] | None,
        Meta(
            description="An RFC 3339 instant, or a business date for its end; now when absent.",
            examples=["2026-03-31", "2026-03-31T15:00:00+08:00"],
        ),
    ] = None


class StatementQuery(Wire):
    """For which period, in which format."""

    start: Annotated[date, Meta(description="First business date.", examples=["2026-03-01"])] = field(
        name="from"
    )
    end: Annotated[date, Meta(description="Last business date, included.", examples=["2026-03-31"])] = field(
        name="to"
    )
    format: Annotated[
        Literal["json", "camt.053", "csv", "pdf", "xlsx"] | None,
        Meta(description="Goes before the Accept header."),
    ] = None


@get(
    "/v1/accounts/{number:str}/entries",
    opt=describe(
        id="list_entries",
        summary="List an account's entries",
        description="A page of entries with the balance after each; the last page is as fast as the first.",
        tag="Statements",
        scope=Scope.BOOKS_READ,
        customers=True,
        query=EntryQuery,
        response=EntryPage,
        example={"entries": [examples.ENTRY], "next": "YTg4NDI"},
        errors=(*_ERRORS, ledger.InvalidCursor),
    ),
)
async def list_entries(request: AnyRequest, number: FromPath[str]) -> ASGIApp:
    """List an account's entries."""
    parsed = conversions.read_account(number)
    query = read_query(request, EntryQuery)
    check_period(query.start, query.end)
    async with transaction(request) as tx:
        page = await ledger.entries(
            tx,
            parsed,
            after=query.cursor,
            limit=query.limit,
            newest_first=query.order == "newest_first",
            start=query.start,
            end=query.end,
        )
    return answer(
        EntryPage(entries=[conversions.entry(entry) for entry in page.entries], next=page.next_cursor)
    )


@get(
    "/v1/accounts/{number:str}/balance",
    opt=describe(
        id="get_balance",
        summary="See a balance, now or in the past",
        description="The balance now, at any past instant, or at the end of a business date.",
        tag="Statements",
        scope=Scope.BOOKS_READ,
        customers=True,
        query=BalanceQuery,
        response=Balance,
        example=examples.BALANCE,
        errors=(*_ERRORS, ledger.InvalidMoment),
    ),
)
async def get_balance(request: AnyRequest, number: FromPath[str]) -> ASGIApp:
    """See a balance, now or in the past."""
    parsed = conversions.read_account(number)
    query = read_query(request, BalanceQuery)
    at = read_moment(query.at) if query.at is not None else None
    async with transaction(request) as tx:
        found = await ledger.balance(tx, parsed, at=at)
    return answer(conversions.balance(found))


@get(
    "/v1/accounts/{number:str}/statement",
    opt=describe(
        id="get_statement",
        summary="Draw up a statement",
        description="Opening and closing balance and every entry between, for business dates `from` to `to`. "
        "As camt.053 (ISO 20022) with `Accept: application/xml` or `format=camt.053`, as CSV, PDF and for "
        "Excel with `format=csv`, `pdf` and `xlsx` or their media types.",
        tag="Statements",
        scope=Scope.BOOKS_READ,
        customers=True,
        query=StatementQuery,
        response=Statement,
        example=examples.STATEMENT,
        other_media={XML: _CAMT_EXAMPLE, **EXAMPLES},
        errors=(*_ERRORS, InvalidLimit, operations.DocumentTooLong),
    ),
)
async def get_statement(request: AnyRequest, number: FromPath[str]) -> ASGIApp:
    """Draw up a statement."""
    parsed = conversions.read_account(number)
    query = read_query(request, StatementQuery)
    check_period(query.start, query.end)
    media = _MEDIA[query.format] if query.format else negotiate(request, *_MEDIA.values())
    if media in DOCUMENT_FILES.values():
        async with transaction(request) as tx:
            drawn = await operations.draw_statement(
                tx, parsed, query.start, query.end, most=MOST_LINES.get(media)
            )
        return await document_file(drawn, media)
    async with transaction(request) as tx:
        found = await ledger.statement(tx, parsed, query.start, query.end)
        if media == XML:
            return ASGIResponse(body=await payments.camt053(tx, found), media_type=XML)
        return answer(await conversions.statement(found))


def check_period(start: date | None, end: date | None) -> None:
    """Raise DateOutOfRange or InvalidParameter for a period that cannot be one."""
    sane_date(start, "from")
    sane_date(end, "to")
    if start is not None and end is not None and start > end:
        raise InvalidParameter(f"the period ends ({end}) before it starts ({start})")


HANDLERS = [list_entries, get_balance, get_statement]
