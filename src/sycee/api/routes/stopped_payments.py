"""Payments that screening stopped: a person of the bank lets them go on, or refuses them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from litestar import post
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

_DECISION = msgspec.json.Decoder(wire.PaymentDecision)


def _deciding(id: str, summary: str, description: str, state: str) -> dict[str, Any]:
    return describe(
        id=id,
        summary=summary,
        description=description + " Answers with an outcome for each.",
        tag="Payments",
        scope=Scope.PAYMENTS_OPERATE,
        concerns_body=True,
        request=wire.PaymentDecision,
        request_example={"payments": [examples.AWAY_ID], "reason": "Another company of the same name"},
        response=wire.PaymentActOutcomes,
        example={"outcomes": [{"payment": examples.AWAY_ID, "state": state}]},
    )


async def _decide(request: AnyRequest, decide: Callable[..., Awaitable[list[Moved]]]) -> ASGIApp:
    caller = caller_of(request)
    need_content_type(request, JSON)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    wanted = decode_json(body, _DECISION)
    async with transaction(request) as tx:
        await require(request, await of_payments(tx, wanted.payments), tx)

    async def command(tx: Transaction) -> list[Moved]:
        return await decide(tx, wanted.payments, by=caller.id, reason=wanted.reason)

    found = await run(request, command)
    return answer(conversions.act_outcomes(caller, found))


@post(
    "/v1/stopped-payments/release",
    opt=_deciding(
        "release_stopped_payments",
        "Release stopped payments",
        "Lets payments that screening stopped go on; they are not screened again.",
        "held",
    ),
    status_code=200,
)
async def release_stopped_payments(request: AnyRequest) -> ASGIApp:
    """Release stopped payments."""
    return await _decide(request, payments.release_stopped)


@post(
    "/v1/stopped-payments/refuse",
    opt=_deciding(
        "refuse_stopped_payments",
        "Refuse stopped payments",
        "Rejects payments that screening stopped, for good.",
        "rejected",
    ),
    status_code=200,
)
async def refuse_stopped_payments(request: AnyRequest) -> ASGIApp:
    """Refuse stopped payments."""
    return await _decide(request, payments.refuse_stopped)


HANDLERS = [release_stopped_payments, refuse_stopped_payments]
