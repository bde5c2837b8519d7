"""Rails at work: where they are, and the cases that people work."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.types import ASGIApp
from msgspec import Meta

from sycee.api import approval_shapes
from sycee.api import rail_examples as examples
from sycee.api.asking import WAITS, done_or_asked
from sycee.api.bodies import AnyRequest, decode_json, need_content_type, read_body, read_query, read_uuid
from sycee.api.conversions import money, read_account
from sycee.api.cursors import page_of, read_id_cursor, write_id_cursor
from sycee.api.edge import answer, caller_of, edge_of
from sycee.api.errors import InvalidIdentifier
from sycee.api.idempotency import Answer
from sycee.api.operations import JSON, describe
from sycee.api.schemas import rails as wire
from sycee.api.schemas.common import Cursor, Wire
from sycee.api.schemas.rail_terms import RailName
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.kernel.errors import InvalidInput
from sycee.kernel.ids import InvalidAccountNumber
from sycee.ledger import InvalidCursor
from sycee.payments import (
    InvalidConnection,
    RailCaseNotFound,
    RailCaseSettled,
    RailNotConnected,
    RailNotFound,
    rails,
)

_CONNECT = msgspec.json.Decoder(wire.NewRailConnection)
_ACT = msgspec.json.Decoder(wire.RailCaseAct)


class CaseQuery(Wire):
    """Which cases, and where to read on."""

    rail: Annotated[RailName | None, Meta(description="Of this rail only.")] = None
    state: Annotated[wire.CaseState | None, Meta(description="In this state only.")] = None
    cursor: Annotated[Cursor | None, Meta(description="`next` of the page before.")] = None
    limit: Annotated[int, Meta(ge=1, le=1000, description="Most cases of a page.")] = 100


class AccountMissing(InvalidInput):
    """An account is needed to apply what stands in suspense"""

    code = "account_missing"


@get(
    "/v1/rail-connections",
    opt=describe(
        id="list_rail_connections",
        summary="List connected rails",
        description="Where each rail is reached, and what waits there.",
        tag="Rails",
        scope=Scope.PAYMENTS_OPERATE,
        response=wire.RailConnections,
        example=wire.RailConnections([examples.CONNECTION]),
    ),
)
async def list_rail_connections(request: AnyRequest) -> ASGIApp:
    """List connected rails."""
    async with edge_of(request).database.transaction() as tx:
        found = await rails.rail_connections(tx)
        queues = await rails.rail_queues(tx)
    return answer(wire.RailConnections([_connection(one, queues[one.rail]) for one in found]))


@post(
    "/v1/rail-connections",
    opt=describe(
        id="connect_rail",
        summary="Connect a rail",
        description="Says where a rail is reached and as whom, in place of what was said before. Saying the "
        "same again changes nothing. Workers take it up within seconds. What a person says waits for another "
        "(202).",
        tag="Rails",
        scope=Scope.PAYMENTS_OPERATE,
        command="rails.connect",
        request=wire.NewRailConnection,
        request_example={"rail": "BEPS", "address": "http://127.0.0.1:8900", "participant": "313100000013"},
        response=wire.RailConnection,
        example=examples.CONNECTION,
        others=WAITS,
        errors=(RailNotFound, InvalidConnection, *approval_shapes.ASKING),
        idempotency_key=True,
    ),
    status_code=200,
)
async def connect_rail(request: AnyRequest) -> ASGIApp:
    """Connect a rail."""
    body = await _body(request)
    wanted = decode_json(body, _CONNECT)
    by = caller_of(request).id

    async def work(tx: Transaction) -> Answer:
        made = await rails.connect_rail(
            tx, wanted.rail, url=wanted.address, participant=wanted.participant, by=by
        )
        queues = await rails.rail_queues(tx)
        return Answer(body=msgspec.json.encode(_connection(made, queues[made.rail])))

    payload = rails.rail_connecting(rails.NewConnection(wanted.rail, wanted.address, wanted.participant))
    return await done_or_asked(request, body, command=rails.CONNECT_RAIL, payload=payload, work=work)


@get(
    "/v1/rail-cases",
    opt=describe(
        id="list_rail_cases",
        summary="List cases of rails",
        description="What does not agree with a rail, what the books refuse to credit, and what other banks "
        "ask back, in the order in which the cases were opened.",
        tag="Rails",
        scope=Scope.PAYMENTS_OPERATE,
        query=CaseQuery,
        response=wire.RailCasePage,
        example=wire.RailCasePage(cases=[examples.CASE], next=None),
        errors=(InvalidCursor,),
    ),
)
async def list_rail_cases(request: AnyRequest) -> ASGIApp:
    """List cases of rails."""
    query = read_query(request, CaseQuery)
    async with edge_of(request).database.transaction() as tx:
        found = await rails.rail_cases(
            tx,
            rail=query.rail,
            state=query.state,
            after=read_id_cursor(query.cursor),
            limit=query.limit + 1,
        )
        page, following = page_of(found, query.limit, lambda last: write_id_cursor(last.id))
        cases = [_case(one, await rails.case_entries(tx, one.id)) for one in page]
    return answer(wire.RailCasePage(cases=cases, next=following))


@get(
    "/v1/rail-cases/{case_id:str}",
    opt=describe(
        id="get_rail_case",
        summary="See a case",
        description="The case as it stands, with the entries by which it was worked.",
        tag="Rails",
        scope=Scope.PAYMENTS_OPERATE,
        response=wire.RailCase,
        example=examples.CASE,
        errors=(RailCaseNotFound, InvalidIdentifier),
    ),
)
async def get_rail_case(request: AnyRequest, case_id: FromPath[str]) -> ASGIApp:
    """See a case."""
    id = read_uuid(case_id)
    async with edge_of(request).database.transaction() as tx:
        return answer(_case(await rails.rail_case(tx, id), await rails.case_entries(tx, id)))


@post(
    "/v1/rail-cases/{case_id:str}/actions",
    opt=describe(
        id="act_on_rail_case",
        summary="Work a case",
        description="Does what is said about a case and books the entry that it takes, once: what a case "
        "allowed before is refused when it stands otherwise now.",
        tag="Rails",
        scope=Scope.PAYMENTS_OPERATE,
        request=wire.RailCaseAct,
        request_example={"action": "suspense", "reason": "The rail never settled it"},
        response=wire.RailCase,
        example=examples.CASE,
        errors=(
            RailCaseNotFound,
            RailCaseSettled,
            RailNotConnected,
            AccountMissing,
            InvalidAccountNumber,
            InvalidIdentifier,
        ),
    ),
    status_code=200,
)
async def act_on_rail_case(request: AnyRequest, case_id: FromPath[str]) -> ASGIApp:
    """Work a case."""
    id = read_uuid(case_id)
    act = _action(decode_json(await _body(request), _ACT))
    by = caller_of(request).id

    async def command(tx: Transaction) -> wire.RailCase:
        await rails.rail_case(tx, id)
        return _case(await act(tx, id, by=by), await rails.case_entries(tx, id))

    return answer(await edge_of(request).database.run(command))


def _action(wanted: wire.RailCaseAct) -> Callable[..., Awaitable[rails.RailCase]]:
    if wanted.action == "apply":
        if wanted.account is None:
            raise AccountMissing("`apply` needs `account`: to whom it is given, or from whom it is taken")
        account = read_account(wanted.account)
        return partial(rails.apply_suspense, account=account, reason=wanted.reason)
    acts: dict[str, Callable[..., Awaitable[rails.RailCase]]] = {
        "suspense": rails.put_in_suspense,
        "explain": rails.explain,
        "credit": rails.credit_kept,
        "return": rails.give_back,
        "refuse": rails.refuse_recall,
    }
    return partial(acts[wanted.action], reason=wanted.reason)


async def _body(request: AnyRequest) -> bytes:
    need_content_type(request, JSON)
    return await read_body(request, edge_of(request).settings.max_body_bytes)


def _connection(one: rails.RailConnection, queue: rails.RailQueue) -> wire.RailConnection:
    return wire.RailConnection(
        rail=one.rail,
        address=one.url,
        participant=one.participant,
        connected_by=one.connected_by,
        connected_at=one.connected_at,
        to_deliver=queue.to_deliver,
        to_process=queue.to_process,
        unanswered=queue.unanswered,
        refused=queue.refused,
    )


def _case(one: rails.RailCase, entries: list[UUID]) -> wire.RailCase:
    shared: dict[str, Any] = {
        name: getattr(one, name)
        for name in (
            "id", "rail", "kind", "what", "uetr", "item_id", "payment", "state", "detail", "opened_at",
            "settled_by", "settled_at", "resolution", "reason",
        )
    }  # fmt: skip
    return wire.RailCase(
        **shared,
        date=one.day,
        ours=money(one.ours, one.currency),
        theirs=money(one.theirs, one.currency),
        entries=entries,
    )


HANDLERS = [
    list_rail_connections,
    connect_rail,
    list_rail_cases,
    get_rail_case,
    act_on_rail_case,
]
