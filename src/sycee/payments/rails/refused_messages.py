"""Messages that one side could not read: people look at them, and have them tried again or closed.

What a message of ours asked for stays held while it is refused, since nobody has it. Tried again, the same
bytes travel once more: the rail, or this program, can read them now. Closed, the message is given up: what
ours asked for is rejected and given back. What the rail settled by a message of its own is in its end-of-day
report, which makes a case of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from sycee.database import Transaction
from sycee.payments.errors import RailMessageNotFound, RailMessageNotRefused
from sycee.payments.orders.returning import RecallAnswer, recall_answered
from sycee.payments.orders.sending import RejectedByRail, reject_payments
from sycee.payments.rails.cases import NewCase, open_case
from sycee.payments.rails.items import Item, conclude, items_of_message

MessageState = Literal["waiting", "done", "refused", "closed"]
NARRATIVE = "NARR"
"""ISO 20022: the reason is given in words."""


class RailMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message to or from a rail as it stands.

    state: waiting (to be delivered, or to have its effect), done, refused (whoever got it cannot read it;
    error says why), closed (given up by people). ``worked_by`` tried it again or closed it last.
    """

    id: UUID
    rail: str
    outgoing: bool
    message_id: str
    name: str
    state: MessageState
    attempts: int
    error: str | None
    created_at: datetime
    done_at: datetime | None
    worked_by: str | None
    work_reason: str | None


_COLUMNS = ", ".join(RailMessage.__struct_fields__)


async def rail_messages(
    tx: Transaction,
    *,
    state: MessageState = "refused",
    rail: str | None = None,
    after: UUID | None = None,
    limit: int = 100,
) -> list[RailMessage]:
    """Messages in a state, the oldest first, those after one when it is named."""
    cursor = await tx.execute(
        f"SELECT {_COLUMNS} FROM rail_messages WHERE state = %s AND rail = coalesce(%s, rail)"  # noqa: S608
        " AND (%s::uuid IS NULL"
        " OR (created_at, id) > (SELECT created_at, id FROM rail_messages WHERE id = %s))"
        " ORDER BY created_at, id LIMIT %s".encode(),
        (state, rail, after, after, limit),
    )
    return [_message(row) for row in await cursor.fetchall()]


async def rail_message(tx: Transaction, id: UUID, *, lock: bool = False) -> RailMessage:
    """One message. Raises RailMessageNotFound."""
    cursor = await tx.execute(
        f"SELECT {_COLUMNS} FROM rail_messages WHERE id = %s{' FOR UPDATE' if lock else ''}".encode(),  # noqa: S608
        (id,),
    )
    row = await cursor.fetchone()
    if row is None:
        raise RailMessageNotFound(f"there is no message {id}")
    return _message(row)


async def rail_message_body(tx: Transaction, id: UUID) -> bytes:
    """A message as it was written. Raises RailMessageNotFound."""
    cursor = await tx.execute("SELECT body FROM rail_messages WHERE id = %s", (id,))
    row = await cursor.fetchone()
    if row is None:
        raise RailMessageNotFound(f"there is no message {id}")
    return bytes(row[0])


def _message(row: Sequence[object]) -> RailMessage:
    return RailMessage(**dict(zip(RailMessage.__struct_fields__, row, strict=True)))  # type: ignore[arg-type]


async def try_message_again(tx: Transaction, id: UUID, *, by: str, reason: str) -> RailMessage:
    """Let a refused message be delivered, or have its effect, once more.

    Raises RailMessageNotFound, RailMessageNotRefused.
    """
    await _refused(tx, id)
    return await _work(tx, id, "waiting", by, reason)


async def close_message(tx: Transaction, id: UUID, *, by: str, reason: str) -> RailMessage:
    """Give a refused message up. What was in one of ours is rejected, and what is held for it given back.

    Raises RailMessageNotFound, RailMessageNotRefused.
    """
    message = await _refused(tx, id)
    if message.outgoing:
        await _give_up(tx, message, by, reason)
    return await _work(tx, id, "closed", by, reason)


async def _refused(tx: Transaction, id: UUID) -> RailMessage:
    message = await rail_message(tx, id, lock=True)
    if message.state != "refused":
        raise RailMessageNotRefused(
            f"message {message.message_id} is {message.state}: nothing is to be repaired"
        )
    return message


async def _work(tx: Transaction, id: UUID, state: MessageState, by: str, reason: str) -> RailMessage:
    await tx.execute(
        "UPDATE rail_messages SET state = %s, worked_by = %s, work_reason = %s,"
        " attempts = 0, next_at = clock_timestamp(),"
        " done_at = CASE WHEN %s THEN clock_timestamp() END WHERE id = %s",
        (state, by, reason, state == "closed", id),
    )
    return await rail_message(tx, id)


async def _give_up(tx: Transaction, message: RailMessage, by: str, reason: str) -> None:
    text = f"{message.rail} could not read it: {reason}"[:105]
    items = await items_of_message(tx, message.rail, message.message_id)
    payments = [item.payment for item in items if item.what == "payment" and item.payment is not None]
    told = [
        RejectedByRail(payment=payment, message_id=message.message_id, reason_code=NARRATIVE, text=text)
        for payment in payments
    ]
    refused = [one for one in await reject_payments(tx, told, actor=by) if one.code is not None]
    assert not refused, "what is sent is held, and the books give every hold back"
    await conclude(tx, items, "rejected", on=[None] * len(items), reasons=[NARRATIVE] * len(items))
    for item in items:
        if item.what == "return_out":
            await _keep_in_suspense(tx, message, item, text)
    cursor = await tx.execute(
        "SELECT payment FROM payment_recalls WHERE sent_as = %s AND answer IS NULL", (message.message_id,)
    )
    unasked = [
        RecallAnswer(payment=payment, accepted=False, reason_code=NARRATIVE, text=text)
        for (payment,) in await cursor.fetchall()
    ]
    await recall_answered(tx, unasked, actor=by)


async def _keep_in_suspense(tx: Transaction, message: RailMessage, item: Item, text: str) -> None:
    """Money that was to go back to another bank stays in suspense, for people to apply."""
    case = NewCase(
        rail=item.rail, cell=item.cell, kind="unapplied", what=item.what, uetr=item.uetr,
        item_id=item.item_id, payment=item.payment, day=message.created_at.date(), ours=item.amount,
        theirs=item.amount, currency=item.currency, state="in_suspense", detail=text,
    )  # fmt: skip
    await open_case(tx, case)
