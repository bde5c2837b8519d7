"""Lists of names that payments are screened against."""

from __future__ import annotations

import msgspec
from litestar import get, put
from litestar.params import FromPath
from litestar.types import ASGIApp

from sycee import payments
from sycee.api import approval_shapes
from sycee.api import payment_examples as examples
from sycee.api.asking import WAITS, done_or_asked
from sycee.api.bodies import AnyRequest, decode_json, need_content_type, read_body
from sycee.api.edge import answer, caller_of, edge_of, transaction
from sycee.api.idempotency import Answer
from sycee.api.operations import JSON, describe
from sycee.api.schemas import rail_terms as wire
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.payments import InvalidScreeningList, ListReplacement, ScreeningList

_NEW = msgspec.json.Decoder(wire.NewScreeningList)


def _shown(found: ScreeningList) -> wire.ScreeningList:
    return wire.ScreeningList(
        name=found.name, entries=found.entries, loaded_by=found.loaded_by, loaded_at=found.loaded_at
    )


@put(
    "/v1/screening-lists/{list_name:str}",
    opt=describe(
        id="load_screening_list",
        summary="Load a list of names",
        description="Replaces a list of names that payments are screened against; width, case, spacing and "
        "punctuation of names make no difference. As long as no list is loaded, not even an empty one, every "
        "payment waits. What a person loads waits for another (202).",
        tag="Payments",
        scope=Scope.PAYMENTS_OPERATE,
        command="screening.replace_list",
        request=wire.NewScreeningList,
        request_example={"names": ["Evil Corporation", "某某有限公司"]},
        response=wire.ScreeningList,
        example=examples.LIST,
        others=WAITS,
        errors=(InvalidScreeningList, *approval_shapes.ASKING),
        idempotency_key=True,
    ),
)
async def load_screening_list(request: AnyRequest, list_name: FromPath[str]) -> ASGIApp:
    """Load a list of names."""
    need_content_type(request, JSON)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    wanted = decode_json(body, _NEW)

    async def work(tx: Transaction) -> Answer:
        by = caller_of(request).id
        made = await payments.load_screening_names(tx, wanted.names, name=list_name, by=by)
        return Answer(body=msgspec.json.encode(_shown(made)))

    payload = payments.screening_list_replacement(ListReplacement(list_name, tuple(wanted.names)))
    return await done_or_asked(
        request, body, command=payments.REPLACE_SCREENING_LIST, payload=payload, work=work
    )


@get(
    "/v1/screening-lists",
    opt=describe(
        id="list_screening_lists",
        summary="List the lists of names",
        description="The lists that payments are screened against, with their age and size.",
        tag="Payments",
        scope=Scope.PAYMENTS_OPERATE,
        response=wire.ScreeningLists,
        example={"lists": [examples.LIST]},
    ),
)
async def list_screening_lists(request: AnyRequest) -> ASGIApp:
    """List the lists of names."""
    async with transaction(request) as tx:
        found = await payments.screening_lists(tx)
    return answer(wire.ScreeningLists(lists=[_shown(one) for one in found]))


HANDLERS = [load_screening_list, list_screening_lists]
