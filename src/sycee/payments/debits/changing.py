"""What people do with direct debits: refuse or cancel before the day, return or reverse afterwards.

The payer refuses what waits, and within the refund right has returned what was taken, with a reason.
The payee cancels what waits, and reverses what it took. Returns and reversals book the entries of the debit
the other way; where the payee's account does not cover one, the debit stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import TypeAlias
from uuid import UUID

from msgspec.structs import replace

from sycee import ledger
from sycee.database import Transaction, as_bank
from sycee.payments.debits.judging import Scene, scene_of
from sycee.payments.debits.mandates import Side, read_mandates
from sycee.payments.debits.records import (
    DebitOutcome,
    DebitState,
    DirectDebit,
    Step,
    outcome_of,
    read_debits,
    write_steps,
)
from sycee.payments.debits.taking import take
from sycee.payments.orders.new_payments import Instructor
from sycee.payments.orders.transfer_ids import follow_up

_WAITING = frozenset({DebitState.WAITING, DebitState.STOPPED})
Judge: TypeAlias = Callable[[DirectDebit, Side, date], DirectDebit | DebitOutcome]
"""What becomes of a debit for a side on a business date: the debit as it then is, or why nothing does."""


async def refuse_debits(
    tx: Transaction, ids: Sequence[UUID], *, by: Instructor, reason: str
) -> list[DebitOutcome]:
    """Refuse debits before they are taken: the payer does, or the bank for it."""
    return await _end(tx, ids, by, Side.DEBTOR, DebitState.REFUSED, ("debit_refused", reason))


async def cancel_debits(
    tx: Transaction, ids: Sequence[UUID], *, by: Instructor, reason: str
) -> list[DebitOutcome]:
    """Take debits back before they are taken: the payee does, or the bank for it."""
    return await _end(tx, ids, by, Side.CREDITOR, DebitState.CANCELLED, ("cancelled", reason))


async def return_debits(
    tx: Transaction, ids: Sequence[UUID], *, by: Instructor, reason: str
) -> list[DebitOutcome]:
    """Give debits back to their payer, who asks for it (or the bank for it) while the refund right lasts."""
    return await _give_back(tx, ids, by, Side.DEBTOR, DebitState.RETURNED, ("refunded", reason))


async def reverse_debits(
    tx: Transaction, ids: Sequence[UUID], *, by: Instructor, reason: str
) -> list[DebitOutcome]:
    """Give debits back that should not have been taken: the payee does, or the bank for it; at any time."""
    return await _give_back(tx, ids, by, Side.CREDITOR, DebitState.REVERSED, ("reversed", reason))


async def release_stopped_debits(
    tx: Transaction, ids: Sequence[UUID], *, by: str, reason: str
) -> list[DebitOutcome]:
    """Let debits go on that screening stopped: somebody of the bank has looked at them.

    What is due is taken; they are not screened again.
    """

    def judge(debit: DirectDebit, _: Side, __: date) -> DirectDebit | DebitOutcome:
        if debit.state is not DebitState.STOPPED:
            return impossible(debit, "screening has not stopped it")
        waiting = replace(debit, state=DebitState.WAITING, released=True)
        return replace(waiting, reason_code="released", reason=reason)

    return await _act(tx, ids, Instructor(by), judge)


async def refuse_stopped_debits(
    tx: Transaction, ids: Sequence[UUID], *, by: str, reason: str
) -> list[DebitOutcome]:
    """Reject debits that screening stopped, for good."""

    def judge(debit: DirectDebit, _: Side, __: date) -> DirectDebit | DebitOutcome:
        if debit.state is not DebitState.STOPPED:
            return impossible(debit, "screening has not stopped it")
        return replace(debit, state=DebitState.REJECTED, reason_code="screening", reason=reason)

    return await _act(tx, ids, Instructor(by), judge)


def impossible(debit: DirectDebit, what: str) -> DebitOutcome:
    """What is said when a debit does not allow something as it stands."""
    return DebitOutcome(debit.id, debit.state, "not_possible", f"the debit is {debit.state}: {what}")


def _not_theirs(debit: DirectDebit, whose: Side) -> DebitOutcome:
    who = "payer" if whose is Side.DEBTOR else "payee"
    return DebitOutcome(debit.id, debit.state, "not_possible", f"only the {who} of the debit may do that")


async def _end(
    tx: Transaction,
    ids: Sequence[UUID],
    by: Instructor,
    whose: Side,
    to: DebitState,
    why: tuple[str, str],
) -> list[DebitOutcome]:
    """End debits that wait, for that side."""

    def judge(debit: DirectDebit, side: Side, _: date) -> DirectDebit | DebitOutcome:
        if side not in {whose, Side.BANK}:
            return _not_theirs(debit, whose)
        if debit.state is to:
            return outcome_of(debit, duplicate=True)
        if debit.state not in _WAITING:
            return impossible(debit, "only what waits for its day can be ended")
        return replace(debit, state=to, reason_code=why[0], reason=why[1] or None)

    return await _act(tx, ids, by, judge, whose=whose)


async def _give_back(
    tx: Transaction,
    ids: Sequence[UUID],
    by: Instructor,
    whose: Side,
    to: DebitState,
    why: tuple[str, str],
) -> list[DebitOutcome]:
    """Book debits that were taken the other way, for that side."""

    def judge(debit: DirectDebit, side: Side, today: date) -> DirectDebit | DebitOutcome:
        if side not in {whose, Side.BANK}:
            return _not_theirs(debit, whose)
        if debit.state is to:
            return outcome_of(debit, duplicate=True)
        if debit.state is not DebitState.SETTLED:
            return impossible(debit, "only what was taken can be given back")
        if whose is Side.DEBTOR and debit.refund_until is not None and today > debit.refund_until:
            until = f"it could be returned until {debit.refund_until}"
            return DebitOutcome(debit.id, debit.state, "refund_too_late", until)
        return replace(debit, state=to, reason_code=why[0], reason=why[1] or None)

    return await _act(tx, ids, by, judge, whose=whose)


async def _act(
    tx: Transaction, ids: Sequence[UUID], by: Instructor, judge: Judge, *, whose: Side = Side.DEBTOR
) -> list[DebitOutcome]:
    """Judge the debits that somebody sees, each once, move what is to be moved, and write it down.

    Who has both sides of a debit acts for the side ``whose`` it is.
    """
    seen = await read_debits(tx, ids)
    visible = {id for id, one in seen.items() if by.customer in {None, one.creditor, one.debtor}}
    told: dict[UUID, DebitOutcome] = {}
    async with as_bank(tx):
        mandates = await read_mandates(tx, list({seen[id].mandate for id in visible}), lock=True)
        held = await read_debits(tx, list(visible), lock=True)
        scene = await scene_of(tx, mandates)
        moved: list[DirectDebit] = []
        for id in dict.fromkeys(id for id in ids if id in held):
            debit = held[id]
            said = judge(debit, _side(debit, by.customer, whose), scene.days[debit.cell])
            if isinstance(said, DebitOutcome):
                told[id] = said
            else:
                moved.append(said)
        kept, refused = await _booked(tx, moved)
        told |= refused
        steps = [Step(debit=one, side=_side(one, by.customer, whose), actor=by.by) for one in kept]
        await write_steps(tx, steps)
        told |= {one.id: outcome_of(one) for one in await _taken(tx, kept, scene)}
    return [told.get(id) or _missing(id) for id in ids]


def _side(debit: DirectDebit, customer: UUID | None, whose: Side) -> Side:
    if customer is None:
        return Side.BANK
    sides = {Side.CREDITOR: debit.creditor, Side.DEBTOR: debit.debtor}
    if sides[whose] == customer:
        return whose
    return Side.CREDITOR if debit.creditor == customer else Side.DEBTOR


def _missing(id: UUID) -> DebitOutcome:
    return DebitOutcome(id, None, "direct_debit_not_found", f"there is no direct debit {id}")


async def _booked(
    tx: Transaction, moved: Sequence[DirectDebit]
) -> tuple[list[DirectDebit], dict[UUID, DebitOutcome]]:
    """Book what is given back; the debits that are moved, and why others are not."""
    back = [one for one in moved if one.state in {DebitState.RETURNED, DebitState.REVERSED}]
    told = await ledger.post_transfers(
        tx,
        [
            ledger.NewTransfer(
                id=follow_up(one.id, "reversal"),
                kind=ledger.TransferKind.REVERSAL,
                target=one.id,
                reference=one.end_to_end_id or None,
                description=one.reason,
            )
            for one in back
        ],
    )
    refused = {
        one.id: DebitOutcome(one.id, DebitState.SETTLED, outcome.code, _WHY.get(outcome.code or "", _CLOSED))
        for one, outcome in zip(back, told, strict=True)
        if outcome.status == "rejected"
    }
    return [one for one in moved if one.id not in refused], refused


_CLOSED = "the books do not allow it now: one of the accounts is blocked or closed"
_WHY = {"insufficient_funds": "the payee's account does not cover it now"}


async def _taken(tx: Transaction, debits: Sequence[DirectDebit], scene: Scene) -> list[DirectDebit]:
    """Take what was released and is due; returns all of the debits as they now are."""
    due = [one for one in debits if one.state is DebitState.WAITING and one.taken_on <= scene.days[one.cell]]
    return await try_again(tx, due, scene) + [one for one in debits if one not in due]


async def try_again(tx: Transaction, due: Sequence[DirectDebit], scene: Scene) -> list[DirectDebit]:
    """Try debits that waited and are due, and write down how they fare; the caller holds them.

    They are judged anew: a mandate may have been suspended, a payee blocked, a month begun.
    """
    found, going = [], []
    for debit in due:
        today = scene.days[debit.cell]
        mandate = scene.mandates[debit.mandate]
        refusal = scene.refuses(mandate, today)
        if refusal is None and debit.taken_on < today:
            refusal = scene.uses[mandate.id].move(debit, today)
        if refusal is None:
            going.append(replace(debit, taken_on=today))
            continue
        rejected = replace(debit, state=DebitState.REJECTED)
        found.append(replace(rejected, reason_code=refusal.code, reason=refusal.detail))
    found += await take(tx, going, scene)
    before = {debit.id: debit for debit in due}
    await write_steps(
        tx,
        [Step(debit=one, side=Side.BANK, actor="bank", noted=_noted(before[one.id], one)) for one in found],
    )
    return found


def _noted(before: DirectDebit, after: DirectDebit) -> bool:
    """Whether a try was a step: what screening could not judge has not moved."""
    return (before.state, before.tries) != (after.state, after.tries)
