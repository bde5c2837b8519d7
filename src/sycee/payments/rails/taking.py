"""What a rail says, and what follows from it here: each message has its effect once, in one transaction.

Messages come late, twice and in any order. What was said before changes nothing; what comes before the
thing it speaks of waits (``NotYet``), and the rail is asked; what contradicts what was said becomes a case.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sycee.database import Transaction
from sycee.kernel import tracing
from sycee.payments.iso20022.interbank import (
    BankPayments,
    Original,
    Payments,
    RecallAnswers,
    Recalls,
    Returns,
    Status,
    Statuses,
    read_interbank,
)
from sycee.payments.orders.moving import Moved
from sycee.payments.orders.returning import RecallAnswer, Returned, recall_answered, return_payments
from sycee.payments.orders.sending import RejectedByRail, Settled, reject_payments, settle_payments
from sycee.payments.rails.cases import NewCase, open_case
from sycee.payments.rails.connections import RailConnection
from sycee.payments.rails.incoming import take_payments, take_recalls
from sycee.payments.rails.items import (
    RETURNS_MESSAGE,
    SIGN,
    Item,
    all_items,
    conclude,
    items_of_message,
    read_items,
    write_items,
)
from sycee.payments.rails.outbox import Letter, deliver_again
from sycee.payments.rails.suspense import book_suspense, entry_id
from sycee.payments.rails.writing import ACTOR

SETTLED, REJECTED = frozenset({"ACSC", "ACCC"}), "RJCT"
UNKNOWN, DUPLICATE = "NOOR", "AM05"
"""Reasons: the rail has no such payment (beside PDNG, which rejects nothing), or has it already."""


class NotYet(Exception):
    """A message speaks of items whose fate is not known yet."""

    def __init__(self, items: Sequence[Item]) -> None:
        super().__init__(f"waits for the answer about {', '.join(item.item_id for item in items)}")
        self.items = items


async def take_letter(tx: Transaction, connection: RailConnection, letter: Letter) -> None:
    """Let a message have its effect.

    Raises NotYet; what reading raises when it cannot be read.
    """
    message = read_interbank(letter.body)
    match message:
        case Statuses():
            await _statuses(tx, connection, message)
        case Payments() | BankPayments():
            await take_payments(tx, connection, message)
        case Returns():
            await _returns(tx, connection, message)
        case Recalls():
            await take_recalls(tx, connection, message)
        case RecallAnswers():
            await _recall_answers(tx, connection, message)
        case _:
            pass  # enquiries are not sent to us: kept, and nothing follows


async def _statuses(tx: Transaction, connection: RailConnection, message: Statuses) -> None:
    told = list(message.items)
    if message.group is not None and message.group_status == REJECTED and not told:
        asked = await items_of_message(tx, connection.rail, message.group.message_id or "")
        told = [Status(_original(item), REJECTED, reason=message.group_reason, text=()) for item in asked]
    returns = [status for status in told if (status.original.message or "").startswith("pacs.004")]
    payments = [status for status in told if not (status.original.message or "").startswith("pacs.004")]
    await _of_payments(tx, connection, message, payments)
    await _of_returns(tx, connection, message, returns)


def _original(item: Item) -> Original:
    return Original(item.message_id, item.message, item.end_to_end_id, item.item_id, item.uetr)


def _uetrs(statuses: Sequence[Status]) -> list[UUID]:
    return [status.original.uetr for status in statuses if status.original.uetr is not None]


async def _of_payments(
    tx: Transaction, connection: RailConnection, message: Statuses, statuses: Sequence[Status]
) -> None:
    known = await read_items(tx, connection.rail, "payment", _uetrs(statuses))
    found = [(known[status.original.uetr], status) for status in statuses if status.original.uetr in known]
    tracing.mark("sycee.payment_ids", (item.payment for item, _ in found))
    await settle_items(
        tx,
        [(item, status) for item, status in found if status.status in SETTLED],
        message_id=message.message_id,
        otherwise_on=message,
    )
    rejected = [
        (item, status) for item, status in found if status.status == REJECTED and status.reason != DUPLICATE
    ]
    outcomes = await reject_payments(
        tx,
        [
            RejectedByRail(
                payment=_payment(item),
                message_id=message.message_id,
                reason_code=status.reason or "NARR",
                text=" ".join(status.text),
            )
            for item, status in rejected
        ],
        actor=ACTOR,
    )
    await _concluded(tx, message, "rejected", rejected, outcomes)
    lost = [item for item, status in found if _is_lost(status) and item.state == "sent"]
    await deliver_again(tx, connection.rail, [item.message_id for item in lost])


def _is_lost(status: Status) -> bool:
    """Whether the rail says that it has nothing of it: the same message is to go out once more."""
    return status.status == "PDNG" and status.reason == UNKNOWN


def _payment(item: Item) -> UUID:
    assert item.payment is not None, "what we sent is a payment of ours"
    return item.payment


async def settle_items(
    tx: Transaction,
    settled: Sequence[tuple[Item, Status]],
    *,
    message_id: str,
    otherwise_on: Statuses,
) -> None:
    """Settle payments that the rail says are settled."""
    outcomes = await settle_payments(
        tx,
        [Settled(payment=_payment(item), message_id=message_id) for item, _ in settled],
        actor=ACTOR,
    )
    await _concluded(tx, otherwise_on, "settled", settled, outcomes)


async def _concluded(
    tx: Transaction,
    message: Statuses,
    state: str,
    told: Sequence[tuple[Item, Status]],
    outcomes: Sequence[Moved],
) -> None:
    """Note what became of the items; what could not be done becomes a case."""
    assert state in {"settled", "rejected"}
    done = [pair for pair, outcome in zip(told, outcomes, strict=True) if outcome.code is None]
    await conclude(
        tx,
        [item for item, _ in done],
        "settled" if state == "settled" else "rejected",
        on=[
            (status.settled_on or message.created_at.date()) if state == "settled" else None
            for _, status in done
        ],
        reasons=[status.reason for _, status in done],
    )
    for (item, status), outcome in zip(told, outcomes, strict=True):
        if outcome.code is not None:
            signed = SIGN[item.what] * item.amount
            ours, theirs = (0, signed) if state == "settled" else (signed, 0)
            await open_case(
                tx,
                _contradiction(
                    item,
                    message,
                    ours,
                    theirs,
                    f"the rail says {status.status}; {outcome.code}: {outcome.detail}",
                ),
            )


def _contradiction(item: Item, message: Statuses | Returns, ours: int, theirs: int, detail: str) -> NewCase:
    return NewCase(
        rail=item.rail, cell=item.cell, kind="contradiction", what=item.what, uetr=item.uetr,
        item_id=item.item_id, payment=item.payment, day=message.created_at.date(), ours=ours, theirs=theirs,
        currency=item.currency, detail=detail,
    )  # fmt: skip


async def _of_returns(
    tx: Transaction, connection: RailConnection, message: Statuses, statuses: Sequence[Status]
) -> None:
    """Returns of ours: settled, the money leaves the suspense account; refused, it stays there for people."""
    known = {
        item.item_id: item for item in await all_items(tx, connection.rail, "return_out", _uetrs(statuses))
    }
    for status in statuses:
        item = known.get(status.original.transaction_id or "")
        if item is None or item.state != "sent":
            continue
        if _is_lost(status):
            await deliver_again(tx, connection.rail, [item.message_id])
        elif status.status in SETTLED:
            await settle_return(tx, item)
            day = status.settled_on or message.created_at.date()
            await conclude(tx, [item], "settled", on=[day], reasons=[None])
        elif status.status == REJECTED and status.reason != DUPLICATE:
            await conclude(tx, [item], "rejected", on=[None], reasons=[status.reason])
            await open_case(
                tx,
                NewCase(
                    rail=item.rail, cell=item.cell, kind="unapplied", what="return_out", uetr=item.uetr,
                    item_id=item.item_id, payment=item.payment, day=message.created_at.date(),
                    ours=item.amount, theirs=item.amount, currency=item.currency, state="in_suspense",
                    detail=f"the rail does not take this payment back: {status.reason}",
                ),
            )  # fmt: skip


async def settle_return(tx: Transaction, item: Item) -> None:
    """Book a return of ours that the rail has settled."""
    await book_suspense(
        tx,
        entry_id("return_out", item.rail, item.item_id),
        cell=item.cell,
        rail=item.rail,
        currency=item.currency,
        signed=-item.amount,
        description=f"{item.rail} return {item.end_to_end_id}",
    )


async def _returns(tx: Transaction, connection: RailConnection, message: Returns) -> None:
    """Payments of ours that come back."""
    uetrs = [item.original.uetr for item in message.items if item.original.uetr is not None]
    known = await read_items(tx, connection.rail, "payment", uetrs)
    if early := [item for item in known.values() if item.state == "sent"]:
        raise NotYet(early)
    for returned in message.items:
        paid = known.get(returned.original.uetr) if returned.original.uetr else None
        item = Item(
            cell=paid.cell if paid else 0,
            rail=connection.rail,
            uetr=returned.original.uetr or UUID(int=0),
            what="return_in",
            item_id=returned.id,
            payment=paid.payment if paid else None,
            message_id=message.message_id,
            end_to_end_id=returned.original.end_to_end_id or "",
            amount=returned.amount.minor,
            currency=returned.amount.currency,
            state="settled",
            settled_on=message.settlement_date,
            reason=returned.reason,
            message=RETURNS_MESSAGE,
        )
        if paid is not None and paid.state == "settled":
            await take_return(tx, item, " ".join(returned.text))
        # What belongs to nothing we know is in the rail's report, and becomes a case by it.


async def take_return(tx: Transaction, item: Item, text: str) -> None:
    """Credit what came back to who had paid; what the books refuse goes into suspense, and is a case."""
    returned = Returned(
        payment=_payment(item),
        return_id=item.item_id,
        amount=item.amount,
        reason_code=item.reason or "NARR",
        text=text,
    )
    (outcome,) = await return_payments(tx, [returned], actor=ACTOR)
    await write_items(tx, [item])
    if outcome.code is None:
        return
    await book_suspense(
        tx,
        # The id of a return is made by the bank that sends it: two banks may make the same.
        entry_id("return_in", item.rail, str(item.uetr), item.item_id),
        cell=item.cell,
        rail=item.rail,
        currency=item.currency,
        signed=item.amount,
        description=f"{item.rail} return {item.end_to_end_id}",
    )
    assert item.settled_on is not None
    await open_case(
        tx,
        NewCase(
            rail=item.rail, cell=item.cell, kind="unapplied", what="return_in", uetr=item.uetr,
            item_id=item.item_id, payment=item.payment, day=item.settled_on, ours=item.amount,
            theirs=item.amount, currency=item.currency, state="in_suspense",
            detail=f"the books do not take it back: {outcome.code}: {outcome.detail}",
        ),
    )  # fmt: skip


async def _recall_answers(tx: Transaction, connection: RailConnection, message: RecallAnswers) -> None:
    uetrs = [answer.original.uetr for answer in message.items if answer.original.uetr is not None]
    known = await read_items(tx, connection.rail, "payment", uetrs)
    decided = [
        (known[answer.original.uetr], answer)
        for answer in message.items
        if answer.original.uetr in known and answer.status in {"ACCR", "RJCR"}
    ]
    # Accepted while our payment is only sent: whether it was settled has to be known first.
    if early := [item for item, answer in decided if item.state == "sent" and answer.status == "ACCR"]:
        raise NotYet(early)
    await recall_answered(
        tx,
        [
            RecallAnswer(
                payment=_payment(item),
                accepted=answer.status == "ACCR",
                reason_code=answer.reason or "",
                text=" ".join(answer.text),
            )
            for item, answer in decided
        ],
        actor=ACTOR,
    )
