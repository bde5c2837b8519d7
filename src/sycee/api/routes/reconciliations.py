"""Reconciliations of rails: asked for here, carried out by the worker, and what they found."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.types import ASGIApp
from msgspec import Meta

from sycee.api import rail_examples as examples
from sycee.api.bodies import (
    AnyRequest,
    decode_json,
    need_content_type,
    read_body,
    read_date,
    read_query,
    sane_date,
)
from sycee.api.conversions import money
from sycee.api.edge import answer, caller_of, edge_of
from sycee.api.errors import DateOutOfRange, InvalidParameter
from sycee.api.operations import JSON, describe
from sycee.api.schemas import rails as wire
from sycee.api.schemas.common import Wire
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.payments import RailNotConnected, ReconciliationNotFound, rails

_RECONCILE = msgspec.json.Decoder(wire.NewReconciliation)


class DatesQuery(Wire):
    """How many dates."""

    limit: Annotated[int, Meta(ge=1, le=1000, description="Most dates, the newest first.")] = 100


@post(
    "/v1/rails/{rail:str}/reconciliations",
    opt=describe(
        id="reconcile_rail",
        summary="Reconcile a date of a rail",
        description="Asks for the rail's report of a date that is closed there to be compared with our "
        "items, one by one. The answer is the run, which a worker carries out: look at it again until it is "
        "`done` or `failed`. What came in and never reached us is asked for once more; what only lacked an "
        "answer is settled by the report; what still does not agree becomes a case. May be asked again at "
        "any time: a run that is under way is the answer then.",
        tag="Rails",
        scope=Scope.PAYMENTS_OPERATE,
        request=wire.NewReconciliation,
        request_example={"date": "2026-01-05"},
        response=wire.ReconciliationRun,
        status=202,
        example=examples.RUN,
        errors=(RailNotConnected, DateOutOfRange),
    ),
    status_code=202,
)
async def reconcile_rail(request: AnyRequest, rail: FromPath[str]) -> ASGIApp:
    """Reconcile a date of a rail."""
    need_content_type(request, JSON)
    wanted = decode_json(await read_body(request, edge_of(request).settings.max_body_bytes), _RECONCILE)
    sane_date(wanted.date, "the date")
    by = caller_of(request).id

    async def command(tx: Transaction) -> rails.ReconciliationRun:
        connection = await rails.rail_connection(tx, rail)
        return await rails.ask_for_reconciliation(tx, connection.rail, wanted.date, by=by)

    return answer(_run(await edge_of(request).database.run(command), []), status=202)


@get(
    "/v1/rails/{rail:str}/reconciliations/{date:str}",
    opt=describe(
        id="get_rail_reconciliation",
        summary="See a reconciliation",
        description="The newest run for a date: how far it is, what it waits for or why it failed, and what "
        "it found once it is done.",
        tag="Rails",
        scope=Scope.PAYMENTS_OPERATE,
        response=wire.ReconciliationRun,
        example=examples.RUN,
        errors=(RailNotConnected, ReconciliationNotFound, InvalidParameter, DateOutOfRange),
    ),
)
async def get_rail_reconciliation(request: AnyRequest, rail: FromPath[str], date: FromPath[str]) -> ASGIApp:
    """See a reconciliation."""
    day = read_date(date)
    async with edge_of(request).database.transaction() as tx:
        connection = await rails.rail_connection(tx, rail)
        run = await rails.newest_run(tx, connection.rail, day)
        found = await rails.reconciliations(tx, connection.rail, day=day)
    return answer(_run(run, found))


@get(
    "/v1/rails/{rail:str}/reconciliations",
    opt=describe(
        id="list_rail_reconciliations",
        summary="List reconciliations of a rail",
        description="What the newest run that was carried out for each date found.",
        tag="Rails",
        scope=Scope.PAYMENTS_OPERATE,
        query=DatesQuery,
        response=wire.Reconciliations,
        example=wire.Reconciliations([examples.RECONCILED]),
        errors=(RailNotConnected,),
    ),
)
async def list_rail_reconciliations(request: AnyRequest, rail: FromPath[str]) -> ASGIApp:
    """List reconciliations of a rail."""
    query = read_query(request, DatesQuery)
    async with edge_of(request).database.transaction() as tx:
        connection = await rails.rail_connection(tx, rail)
        found = await rails.reconciliations(tx, connection.rail, limit=query.limit)
    return answer(wire.Reconciliations([_reconciliation(one) for one in found]))


def _run(run: rails.ReconciliationRun, found: list[rails.Reconciliation]) -> wire.ReconciliationRun:
    """A run on the wire; what was found for its date belongs to it once it is done."""
    return wire.ReconciliationRun(
        id=run.id,
        rail=run.rail,
        date=run.day,
        state=run.state,
        asked_by=run.asked_by,
        asked_at=run.asked_at,
        finished_at=run.finished_at,
        pages_taken=run.page,
        pages=run.pages,
        entries=run.entries,
        entries_compared=run.done,
        code=run.code,
        detail=run.detail,
        found=_reconciliation(found[0]) if run.state == "done" and found else None,
    )


def _reconciliation(one: rails.Reconciliation) -> wire.Reconciliation:
    return wire.Reconciliation(
        rail=one.rail,
        date=one.day,
        opening=money(one.opening, one.currency),
        closing=money(one.closing, one.currency),
        matched=one.matched,
        missing_here=one.missing_here,
        missing_there=one.missing_there,
        different=one.different,
        settled_by_report=one.settled_by_it,
        under_way=one.under_way,
        clean=one.clean,
        runs=one.runs,
        run_by=one.run_by,
        run_at=one.run_at,
    )


HANDLERS = [reconcile_rail, get_rail_reconciliation, list_rail_reconciliations]
