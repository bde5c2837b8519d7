"""Payments that screening stopped: a person of the bank lets them go on, or refuses them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import msgspec
from litestar import post
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp

from sycee import payments
from sycee.api import payment_conversions as conversions
from sycee.api import payment_examples as examples
from sycee.api.bodies import AnyRequest, decode_json, need_content_type, read_body
from sycee.api.edge import answer, caller_of, edge_of, require, run, transaction
from sycee.api.operations import JSON, describe
from sycee.api.reach import of_payments
from sycee.api.schemas import payments as wire
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.payments import Moved

Decide: TypeAlias = Callable[..., Awaitable[list[Moved]]]

_DECISION = msgspec.json.Decoder(wire.PaymentDecision)


def _decide(
    path: str, decide: Decide, *, id: str, summary: str, description: str, state: str
) -> HTTPRouteHandler:
    """The operation that decides the same about every payment of a list."""

    async def decide_on_stopped_payments(request: AnyRequest) -> ASGIApp:
        caller = caller_of(request)
        need_content_type(request, JSON)
        body = await read_body(request, edge_of(request).settings.max_body_bytes)
        wanted = decode_json(body, _DECISION)
        async with transaction(request) as tx:
            await require(request, await of_payments(tx, wanted.payments), tx)

        async def command(tx: Transaction) -> list[Moved]:
            return await decide(tx, wanted.payments, by=caller.id, reason=wanted.reason)

        return answer(conversions.act_outcomes(caller, await run(request, command)))

    operation = describe(
        id=id,
        summary=summary,
        description=f"{description} Answers with an outcome for each.",
        tag="Payments",
        scope=Scope.PAYMENTS_OPERATE,
        concerns_body=True,
        request=wire.PaymentDecision,
        request_example={"payments": [examples.AWAY_ID], "reason": "Another company of the same name"},
        response=wire.PaymentActOutcomes,
        example={"outcomes": [{"payment": examples.AWAY_ID, "state": state}]},
    )
    return post(path, opt=operation, status_code=200)(decide_on_stopped_payments)


HANDLERS = [
    _decide(
        "/v1/stopped-payments/release",
        payments.release_stopped,
        id="release_stopped_payments",
        summary="Release stopped payments",
        description="Lets payments that screening stopped go on; they are not screened again.",
        state="held",
    ),
    _decide(
        "/v1/stopped-payments/refuse",
        payments.refuse_stopped,
        id="refuse_stopped_payments",
        summary="Refuse stopped payments",
        description="Rejects payments that screening stopped, for good.",
        state="rejected",
    ),
]
