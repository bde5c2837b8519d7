"""The ends of days: close one, go on with one, see what became of it and what failed."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.types import ASGIApp
from msgspec import Meta

from sycee import components, operations
from sycee.api import end_of_day_examples as examples
from sycee.api import end_of_day_shapes as shapes
from sycee.api.bodies import (
    AnyRequest,
    decode_json,
    need_content_type,
    read_body,
    read_date,
    read_query,
    sane_date,
)
from sycee.api.cursors import page_of, read_cursor, write_cursor
from sycee.api.edge import answer, caller_of, edge_of, transaction
from sycee.api.errors import DateOutOfRange, InvalidParameter
from sycee.api.operations import JSON, describe
from sycee.api.routes.cells import read_cell
from sycee.api.schemas import ends_of_day as wire
from sycee.api.schemas.common import Cursor, Wire
from sycee.identity import Scope
from sycee.ledger import CellNotFound, InvalidCursor

_NEW = msgspec.json.Decoder(wire.NewEndOfDay)
_TAG = "Ends of days"
_NOT_FOUND = (CellNotFound, operations.DayNotFound, DateOutOfRange)


class PageQuery(Wire):
    """Where to read on, and how much."""

    cursor: Annotated[Cursor | None, Meta(description="`next` of the page before.")] = None
    limit: Annotated[int, Meta(ge=1, le=1000, description="Most items of a page.")] = 100


class FailureQuery(PageQuery):
    """Of which step, where to read on, and how much."""

    step: Annotated[
        Annotated[str, Meta(max_length=60)] | None,
        Meta(description="Of this step only.", examples=["settle"]),
    ] = None


@post(
    "/v1/cells/{cell:str}/ends-of-day",
    opt=describe(
        id="close_day",
        summary="Close a day",
        description="Posts the marker (what is posted after it belongs to the next date; nothing stops) and "
        "runs the steps of the end of day in the background: 202 with the run as it has begun. The same day "
        "again goes on with a run that was interrupted or stopped, and answers with a run that is under way "
        "or finished (200) as it is. Days are closed one after the other, none is left out.",
        tag=_TAG,
        scope=Scope.OPERATIONS_RUN,
        request=wire.NewEndOfDay,
        request_example=examples.NEW_END_OF_DAY,
        response=wire.EndOfDay,
        status=202,
        example=examples.END_OF_DAY,
        alternatives={200: examples.FINISHED},
        errors=(
            CellNotFound,
            DateOutOfRange,
            InvalidParameter,
            components.CalendarNotFound,
            components.CalendarNotPublished,
            operations.InvalidNextDate,
            operations.DayBeingClosed,
            operations.DaySkipped,
            operations.DayUnfinished,
            operations.DayCovered,
            operations.DayClosedOtherwise,
            operations.NothingToRetry,
        ),
    ),
)
async def close_day(request: AnyRequest, cell: FromPath[str]) -> ASGIApp:
    """Close a day."""
    number = read_cell(cell)
    need_content_type(request, JSON)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    wanted = decode_json(body, _NEW)
    sane_date(wanted.business_date, "business_date")
    sane_date(wanted.next_date, "next_date")
    try:
        run = await edge_of(request).day_closer.start(
            number,
            by=caller_of(request).id,
            on=wanted.business_date,
            to=wanted.next_date,
            calendar=components.calendar(wanted.calendar) if wanted.calendar is not None else None,
            check=wanted.check,
            retry=wanted.retry,
        )
    except operations.DayBeingClosed:
        async with transaction(request) as tx:
            under_way = await operations.find_run(tx, number, wanted.business_date)
        if under_way is None or wanted.next_date not in (None, under_way.next_date):
            raise
        run = under_way
    return answer(shapes.end_of_day(run), status=200 if run.state == "finished" else 202)


@get(
    "/v1/cells/{cell:str}/ends-of-day",
    opt=describe(
        id="list_ends_of_day",
        summary="List the ends of days",
        description="The runs of a cell with their steps, newest first.",
        tag=_TAG,
        scope=Scope.OPERATIONS_READ,
        query=PageQuery,
        response=wire.EndOfDayPage,
        example={"ends_of_day": [examples.FINISHED], "next": None},
        errors=(CellNotFound, InvalidCursor),
    ),
)
async def list_ends_of_day(request: AnyRequest, cell: FromPath[str]) -> ASGIApp:
    """List the ends of days."""
    number = read_cell(cell)
    query = read_query(request, PageQuery)
    before = read_cursor(query.cursor)
    if before is not None and not 1 <= before <= date.max.toordinal():
        raise InvalidCursor("pass the value of `next` from the page before, unchanged")
    async with transaction(request) as tx:
        runs = await operations.list_runs(
            tx,
            number,
            before=date.fromordinal(before) if before is not None else None,
            limit=query.limit + 1,
        )
    page, following = page_of(runs, query.limit, lambda last: write_cursor(last.business_date.toordinal()))
    return answer(
        wire.EndOfDayPage(
            ends_of_day=[shapes.end_of_day(run) for run in page],
            next=following,
        )
    )


@get(
    "/v1/cells/{cell:str}/ends-of-day/{date:str}",
    opt=describe(
        id="get_end_of_day",
        summary="See the end of a day",
        description="A run: its state, and of each step how far it is, how much failed, when it began and "
        "ended.",
        tag=_TAG,
        scope=Scope.OPERATIONS_READ,
        response=wire.EndOfDay,
        example=examples.END_OF_DAY,
        errors=(*_NOT_FOUND, InvalidParameter),
    ),
)
async def get_end_of_day(request: AnyRequest, cell: FromPath[str], date: FromPath[str]) -> ASGIApp:
    """See the end of a day."""
    number, day = read_cell(cell), read_date(date)
    async with transaction(request) as tx:
        return answer(shapes.end_of_day(await operations.get_run(tx, number, day)))


@get(
    "/v1/cells/{cell:str}/ends-of-day/{date:str}/failures",
    opt=describe(
        id="list_end_of_day_failures",
        summary="List what failed at the end of a day",
        description="Each with the account, the reason, and what to do. What failed does not stop the rest, "
        "and is tried again at the next end of day or with `retry`; what succeeded then is listed no more.",
        tag=_TAG,
        scope=Scope.OPERATIONS_READ,
        query=FailureQuery,
        response=wire.EndOfDayFailurePage,
        example={"failures": [examples.FAILURE], "next": None},
        errors=(*_NOT_FOUND, InvalidCursor),
    ),
)
async def list_end_of_day_failures(request: AnyRequest, cell: FromPath[str], date: FromPath[str]) -> ASGIApp:
    """List what failed at the end of a day."""
    number, day = read_cell(cell), read_date(date)
    query = read_query(request, FailureQuery)
    async with transaction(request) as tx:
        found = await operations.failures(
            tx, number, day, step=query.step, after=read_cursor(query.cursor), limit=query.limit + 1
        )
    page, following = page_of(found, query.limit, lambda last: write_cursor(last.position))
    return answer(
        wire.EndOfDayFailurePage(
            failures=[shapes.failure(one) for one in page],
            next=following,
        )
    )


@get(
    "/v1/cells/{cell:str}/ends-of-day/{date:str}/documents",
    opt=describe(
        id="list_end_of_day_documents",
        summary="List the documents of a day",
        description="The statements and balance confirmations that the end of a day produced, by account.",
        tag=_TAG,
        scope=Scope.OPERATIONS_READ,
        query=PageQuery,
        response=wire.DocumentPage,
        example={"documents": [examples.DOCUMENT_SUMMARY], "next": None},
        errors=(*_NOT_FOUND, InvalidCursor),
    ),
)
async def list_end_of_day_documents(request: AnyRequest, cell: FromPath[str], date: FromPath[str]) -> ASGIApp:
    """List the documents of a day."""
    number, day = read_cell(cell), read_date(date)
    query = read_query(request, PageQuery)
    after = shapes.read_place(query.cursor, shapes.DayDocumentPlace)
    async with transaction(request) as tx:
        await operations.get_run(tx, number, day)
        found = await operations.documents_of_day(tx, number, day, after=after, limit=query.limit + 1)
    page, following = page_of(
        found, query.limit, lambda last: shapes.write_place(last.account, last.kind, last.end)
    )
    return answer(
        wire.DocumentPage(
            documents=[shapes.summary(one) for one in page],
            next=following,
        )
    )


HANDLERS = [
    close_day,
    list_ends_of_day,
    get_end_of_day,
    list_end_of_day_failures,
    list_end_of_day_documents,
]
