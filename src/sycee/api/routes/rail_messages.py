"""Messages to and from rails: those that one side could not read are tried again or closed by people."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.types import ASGIApp
from msgspec import Meta

from sycee.api import rail_examples as examples
from sycee.api.bodies import AnyRequest, decode_json, need_content_type, read_body, read_query, read_uuid
from sycee.api.cursors import page_of, read_id_cursor, write_id_cursor
from sycee.api.edge import answer, caller_of, edge_of
from sycee.api.errors import InvalidIdentifier
from sycee.api.operations import JSON, describe
from sycee.api.schemas import rails as wire
from sycee.api.schemas.common import Cursor, Wire
from sycee.api.schemas.rail_terms import RailName
from sycee.identity import Scope
from sycee.ledger import InvalidCursor
from sycee.payments import RailMessageNotFound, RailMessageNotRefused, rails

_ACT = msgspec.json.Decoder(wire.RailMessageAct)
_ACTS = {"retry": rails.try_message_again, "close": rails.close_message}
_TAG = "Rails"


class MessageQuery(Wire):
    """Which messages, and where to read on."""

    state: Annotated[wire.MessageState, Meta(description="In this state only.")] = "refused"
    rail: Annotated[RailName | None, Meta(description="Of this rail only.")] = None
    cursor: Annotated[Cursor | None, Meta(description="`next` of the page before.")] = None
    limit: Annotated[int, Meta(ge=1, le=1000, description="Most messages of a page.")] = 100


@get(
    "/v1/rail-messages",
    opt=describe(
        id="list_rail_messages",
        summary="List messages to and from rails",
        description="Those that one side could not read, unless another state is asked for; the oldest "
        "first.",
        tag=_TAG,
        scope=Scope.PAYMENTS_OPERATE,
        query=MessageQuery,
        response=wire.RailMessagePage,
        example=wire.RailMessagePage(messages=[examples.MESSAGE], next=None),
        errors=(InvalidCursor,),
    ),
)
async def list_rail_messages(request: AnyRequest) -> ASGIApp:
    """List messages to and from rails."""
    query = read_query(request, MessageQuery)
    async with edge_of(request).database.transaction() as tx:
        found = await rails.rail_messages(
            tx,
            state=query.state,
            rail=query.rail,
            after=read_id_cursor(query.cursor),
            limit=query.limit + 1,
        )
    page, following = page_of(found, query.limit, lambda last: write_id_cursor(last.id))
    return answer(
        wire.RailMessagePage(messages=[wire.RailMessage(**_said(one)) for one in page], next=following)
    )


@get(
    "/v1/rail-messages/{message_id:str}",
    opt=describe(
        id="get_rail_message",
        summary="See a message",
        description="The message as it stands, and what is written in it.",
        tag=_TAG,
        scope=Scope.PAYMENTS_OPERATE,
        response=wire.RailMessageText,
        example=wire.RailMessageText(
            **msgspec.structs.asdict(examples.MESSAGE), body="<Document>…</Document>"
        ),
        errors=(RailMessageNotFound, InvalidIdentifier),
    ),
)
async def get_rail_message(request: AnyRequest, message_id: FromPath[str]) -> ASGIApp:
    """See a message."""
    id = read_uuid(message_id)
    async with edge_of(request).database.transaction() as tx:
        found, body = await rails.rail_message(tx, id), await rails.rail_message_body(tx, id)
    return answer(wire.RailMessageText(**_said(found), body=body.decode(errors="replace")))


@post(
    "/v1/rail-messages/{message_id:str}/actions",
    opt=describe(
        id="act_on_rail_message",
        summary="Repair a message",
        description="Has a message that one side could not read tried again, or gives it up: payments that "
        "were in one of ours are rejected and what was held for them is given back. What the rail settled by "
        "a message of its own becomes a case when its day is reconciled.",
        tag=_TAG,
        scope=Scope.PAYMENTS_OPERATE,
        request=wire.RailMessageAct,
        request_example={"action": "retry", "reason": "The rail's new release reads it"},
        response=wire.RailMessage,
        example=examples.MESSAGE,
        errors=(RailMessageNotFound, RailMessageNotRefused, InvalidIdentifier),
    ),
    status_code=200,
)
async def act_on_rail_message(request: AnyRequest, message_id: FromPath[str]) -> ASGIApp:
    """Repair a message."""
    id = read_uuid(message_id)
    need_content_type(request, JSON)
    wanted = decode_json(await read_body(request, edge_of(request).settings.max_body_bytes), _ACT)
    act = partial(_ACTS[wanted.action], id=id, by=caller_of(request).id, reason=wanted.reason)
    return answer(wire.RailMessage(**_said(await edge_of(request).database.run(act))))


def _said(one: rails.RailMessage) -> dict[str, Any]:
    said = msgspec.structs.asdict(one)
    return {"direction": "out" if said.pop("outgoing") else "in", **said}


HANDLERS = [list_rail_messages, get_rail_message, act_on_rail_message]
