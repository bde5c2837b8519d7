"""Cells and the business date each stands at."""

from __future__ import annotations

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.types import ASGIApp

from sycee import ledger
from sycee.api import examples
from sycee.api.bodies import AnyRequest, decode_json, need_content_type, read_body, sane_date
from sycee.api.edge import answer, edge_of, transaction
from sycee.api.errors import DateOutOfRange, InvalidParameter
from sycee.api.idempotency import Answer, once
from sycee.api.operations import JSON, describe
from sycee.api.schemas.reports import BusinessDateAdvance, Cells, CellState, NewCell
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.kernel.ids import FIRST_CELL, LAST_CELL
from sycee.ledger import CellNotFound

_NEW_CELL = msgspec.json.Decoder(NewCell)
_ADVANCE = msgspec.json.Decoder(BusinessDateAdvance)


@get(
    "/v1/cells",
    opt=describe(
        id="list_cells",
        summary="List the cells",
        description="Every cell of the bank with its business date.",
        tag="Cells",
        scope=Scope.BOOKS_READ,
        response=Cells,
        example={"cells": [examples.CELL]},
    ),
)
async def list_cells(request: AnyRequest) -> ASGIApp:
    """List the cells."""
    async with transaction(request) as tx:
        found = await ledger.list_cells(tx)
    return answer(Cells(cells=[_shown(cell) for cell in found]))


@post(
    "/v1/cells",
    opt=describe(
        id="create_cell",
        summary="Create a cell",
        description="Creates a cell standing at a business date.",
        tag="Cells",
        scope=Scope.ADMIN,
        request=NewCell,
        request_example=examples.CELL,
        response=CellState,
        status=201,
        example=examples.CELL,
        errors=(DateOutOfRange, ledger.CellExists),
        idempotency_key=True,
    ),
)
async def create_cell(request: AnyRequest) -> ASGIApp:
    """Create a cell."""
    need_content_type(request, JSON)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    wanted = decode_json(body, _NEW_CELL)
    sane_date(wanted.business_date, "business_date")

    async def work(tx: Transaction) -> Answer:
        made = await ledger.create_cell(tx, wanted.cell, wanted.name, wanted.business_date)
        return Answer(body=msgspec.json.encode(_shown(made)), status=201)

    return await once(request, body, work)


@post(
    "/v1/cells/{cell:str}/business-date",
    opt=describe(
        id="advance_business_date",
        summary="Advance a cell's business date",
        description="Posts the marker: what is posted after it belongs to the new date. Nothing stops.",
        tag="Cells",
        scope=Scope.ADMIN,
        request=BusinessDateAdvance,
        request_example={"to": "2026-04-01"},
        response=CellState,
        example={**examples.CELL, "business_date": "2026-04-01"},
        errors=(CellNotFound, DateOutOfRange, ledger.BusinessDateNotLater),
    ),
)
async def advance_business_date(request: AnyRequest, cell: FromPath[str]) -> ASGIApp:
    """Advance a cell's business date."""
    number = read_cell(cell)
    need_content_type(request, JSON)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    wanted = decode_json(body, _ADVANCE)
    sane_date(wanted.to, "to")
    async with transaction(request) as tx:
        advanced = await ledger.advance_business_date(tx, number, wanted.to)
    return answer(_shown(advanced))


def read_cell(text: str) -> int:
    """A cell's number from a path. Raises InvalidParameter."""
    if len(text) == 3 and text.isascii() and text.isdigit() and FIRST_CELL <= int(text) <= LAST_CELL:
        return int(text)
    raise InvalidParameter(f"{text[:20]!r} is not a cell: {FIRST_CELL} to {LAST_CELL}")


def _shown(cell: ledger.Cell) -> CellState:
    return CellState(cell=cell.cell, name=cell.name, business_date=cell.business_date)


HANDLERS = [list_cells, create_cell, advance_business_date]
