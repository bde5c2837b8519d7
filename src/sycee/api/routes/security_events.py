"""The security log: read it, verify it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.types import ASGIApp
from msgspec import Meta

from sycee import identity
from sycee.api import identity_examples as examples
from sycee.api.bodies import AnyRequest, decode_json, need_content_type, read_body, read_query
from sycee.api.cursors import page_of, read_cursor, write_cursor
from sycee.api.edge import answer, edge_of
from sycee.api.operations import JSON, describe
from sycee.api.schemas.common import Cursor, Wire
from sycee.api.schemas.identity import (
    LogBreak,
    LogVerification,
    SecurityEvent,
    SecurityEventPage,
    VerificationOrder,
)
from sycee.identity import Scope
from sycee.ledger import InvalidCursor

TAG = "Security log"
_ORDER = msgspec.json.Decoder(VerificationOrder)


class EventQuery(Wire):
    """Which events, and where to read on."""

    principal: Annotated[UUID | None, Meta(description="About this principal only.")] = None
    event: Annotated[Annotated[str, Meta(max_length=60)] | None, Meta(description="Of this kind only.")] = (
        None
    )
    cursor: Annotated[Cursor | None, Meta(description="`next` of the page before.")] = None
    limit: Annotated[int, Meta(ge=1, le=1000, description="Most events of a page.")] = 100


@get(
    "/v1/security-events",
    opt=describe(
        id="list_security_events",
        summary="Read the security log",
        description="Who signed in, who was refused, who changed what anybody may do; newest first.",
        tag=TAG,
        scope=Scope.SECURITY_READ,
        query=EventQuery,
        response=SecurityEventPage,
        example={"events": [examples.EVENT], "next": None},
        errors=(InvalidCursor,),
    ),
)
async def list_security_events(request: AnyRequest) -> ASGIApp:
    """Read the security log."""
    query = read_query(request, EventQuery)
    before = read_cursor(query.cursor)
    async with edge_of(request).database.transaction() as tx:
        found = await identity.security_events(
            tx, principal=query.principal, event=query.event, before=before, limit=query.limit + 1
        )
    page, following = page_of(found, query.limit, lambda last: write_cursor(last.position))
    return answer(
        SecurityEventPage(
            events=[SecurityEvent(**msgspec.structs.asdict(one)) for one in page],
            next=following,
        )
    )


@post(
    "/v1/security-events/verify",
    opt=describe(
        id="verify_security_log",
        summary="Verify the security log",
        description="Recomputes the seal of every event, beside live traffic, and compares it with what is "
        "stored, and with seals that were noted elsewhere.",
        tag=TAG,
        scope=Scope.SECURITY_READ,
        request=VerificationOrder,
        request_example={"noted": [examples.NOTED]},
        response=LogVerification,
        example=examples.VERIFICATION,
    ),
)
async def verify_security_log(request: AnyRequest) -> ASGIApp:
    """Verify the security log."""
    need_content_type(request, JSON)
    edge = edge_of(request)
    order = decode_json(await read_body(request, edge.settings.max_body_bytes), _ORDER)
    noted = [(one.position, one.seal) for one in order.noted]
    found = await identity.verify_security_log(edge.database, noted)
    return answer(
        LogVerification(
            events=found.events,
            seal=found.seal,
            breaks=[LogBreak(position=one.position, detail=one.detail) for one in found.breaks],
        )
    )


HANDLERS = [list_security_events, verify_security_log]
