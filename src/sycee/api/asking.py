"""What one person of the bank does not change alone: a person asks for it, and another has to agree.

A machine of the bank does it at once: what it does was agreed on when it was let do it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from litestar.response.base import ASGIResponse

from sycee import approvals
from sycee.api import approval_shapes
from sycee.api.approval_examples import APPROVAL
from sycee.api.bodies import AnyRequest
from sycee.api.edge import caller_of
from sycee.api.idempotency import Answer, once
from sycee.api.schemas.approvals import Approval
from sycee.database import Transaction
from sycee.kernel.ids import uuid7

WAITS: dict[int, Any] = {202: (Approval, APPROVAL)}
"""How a person is answered: with the request that waits."""


def waiting(asked: approvals.Approval) -> Answer:
    """The answer to what waits."""
    return Answer(body=msgspec.json.encode(approval_shapes.approval(asked)), status=202)


async def ask_if_person(request: AnyRequest, tx: Transaction, command: str, payload: bytes) -> Answer | None:
    """For a person: ask for the command with this payload, and answer with what waits. None for a machine."""
    caller = caller_of(request)
    if caller.is_machine:
        return None
    asked = await approvals.request_approval(tx, command, payload, by=caller, id=uuid7())
    return waiting(asked)


async def done_or_asked(
    request: AnyRequest,
    body: bytes,
    *,
    command: str,
    payload: bytes,
    work: Callable[[Transaction], Awaitable[Answer]],
) -> ASGIResponse:
    """Do the work for a machine, once; for a person, ask for the command with this payload (202)."""

    async def ask_or_work(tx: Transaction) -> Answer:
        return await ask_if_person(request, tx, command, payload) or await work(tx)

    return await once(request, body, ask_or_work)
