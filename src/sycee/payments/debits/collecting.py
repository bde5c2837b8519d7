"""Collecting direct debits: a list in, an outcome each out.

What is refused when it is sent in is not kept: it may be put right and sent again under the same id. What is
taken in counts to the limits of its mandate from then on; what is due today is taken within the same
transaction, the rest waits for its day. The same debit sent twice is taken once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import psycopg
from msgspec.structs import replace

from sycee.database import Int8Array, TextArray, Transaction, as_bank
from sycee.kernel import clock
from sycee.payments.debits.errors import InvalidDirectDebit
from sycee.payments.debits.judging import Scene, due_day, flaw_of, mismatch, scene_of
from sycee.payments.debits.mandates import DebitMandate, Side, read_mandates
from sycee.payments.debits.records import (
    DebitOutcome,
    DebitState,
    DirectDebit,
    NewDirectDebit,
    Step,
    insert_debits,
    note_steps,
    outcome_of,
    read_debits,
)
from sycee.payments.debits.taking import take
from sycee.payments.orders.new_payments import Instructor, Refusal

_REUSED = Refusal("id_reused", "the id was used before for another direct debit")
_Key = tuple[int, str]


async def collect(
    tx: Transaction, debits: Sequence[NewDirectDebit], *, by: Instructor, all_or_nothing: bool = False
) -> list[DebitOutcome]:
    """Take direct debits in and take what is due; returns their outcomes, in order.

    Of a customer's user the mandates of that customer are known alone. With ``all_or_nothing`` one debit that
    is refused when it is sent in refuses the list. Raises InvalidDirectDebit for a value that no field
    can hold, and psycopg's SerializationFailure when the transaction has to be run again as a whole.
    """
    if not debits:
        return []
    try:
        async with tx.transaction() as savepoint:
            outcomes = await _collect(tx, debits, by)
            refused = any(not outcome.kept for outcome in outcomes)
            if all_or_nothing and refused:
                raise psycopg.Rollback(savepoint)
    except (psycopg.DataError, OverflowError) as error:
        raise InvalidDirectDebit(
            f"a value does not fit its field: {str(error).partition(chr(10))[0]}"
        ) from error
    return [_with_the_list(one) for one in outcomes] if all_or_nothing and refused else outcomes


def _with_the_list(outcome: DebitOutcome) -> DebitOutcome:
    if not outcome.kept or outcome.duplicate:
        return outcome
    return refused_outcome(outcome.id, Refusal("order_refused", "another debit of the same list was refused"))


def refused_outcome(id: UUID, refusal: Refusal) -> DebitOutcome:
    """The outcome of a debit of which nothing is kept."""
    return DebitOutcome(id, DebitState.REJECTED, refusal.code, refusal.detail, kept=False)


async def _collect(tx: Transaction, debits: Sequence[NewDirectDebit], by: Instructor) -> list[DebitOutcome]:
    found = await _mandates_named(tx, debits, by)
    async with as_bank(tx):
        held = await read_mandates(tx, list(found.values()), lock=True)
        named = {key: held[id] for key, id in found.items()}
        # Read once the mandates are held: whoever brought the same debit in before has committed it.
        known = await read_debits(tx, [debit.id for debit in debits])
        scene = await scene_of(tx, held)
        outcomes: dict[UUID, DebitOutcome] = {}
        drafts: dict[UUID, DirectDebit] = {}
        told: list[DebitOutcome | None] = []
        for new in debits:
            mandate = named.get((new.credit_account, new.mandate_reference))
            earlier = known.get(new.id) or drafts.get(new.id)
            if earlier is not None:
                same = earlier.says(new, mandate)
                again = None if new.id in drafts else outcome_of(earlier, duplicate=True)
                told.append(again if same else refused_outcome(new.id, _REUSED))
                continue
            draft = _draft(new, mandate, scene, by)
            if isinstance(draft, Refusal):
                told.append(refused_outcome(new.id, draft))
            else:
                drafts[new.id] = draft
                told.append(None)
        await _carry_out(tx, drafts, scene, by)
    outcomes = {id: outcome_of(debit) for id, debit in drafts.items()}
    return _in_order(debits, told, outcomes)


def _in_order(
    debits: Sequence[NewDirectDebit],
    told: Sequence[DebitOutcome | None],
    outcomes: Mapping[UUID, DebitOutcome],
) -> list[DebitOutcome]:
    """The outcomes in order; what stands in the list again is told as a duplicate of the first."""
    seen: set[UUID] = set()
    whole = []
    for new, outcome in zip(debits, told, strict=True):
        if outcome is None:
            outcome = replace(outcomes[new.id], duplicate=new.id in seen)  # noqa: PLW2901
            seen.add(new.id)
        whole.append(outcome)
    return whole


async def _mandates_named(
    tx: Transaction, debits: Sequence[NewDirectDebit], by: Instructor
) -> dict[_Key, UUID]:
    """The mandates that a list names, by account credited and reference: the payee's own alone."""
    keys = sorted({(debit.credit_account, debit.mandate_reference) for debit in debits})
    cursor = await tx.execute(
        "SELECT w.credit, w.reference, m.id, m.creditor FROM unnest(%b, %b) AS w(credit, reference)"
        " JOIN account_profiles p ON p.cell = w.credit / 1000000000000000 AND p.number = w.credit"
        " JOIN debit_mandates m ON m.creditor = p.customer AND m.reference = w.reference",
        (Int8Array([account for account, _ in keys]), TextArray([reference for _, reference in keys])),
    )
    return {
        (account, reference): id
        for account, reference, id, creditor in await cursor.fetchall()
        if by.customer in {None, creditor}
    }


def _draft(
    new: NewDirectDebit, mandate: DebitMandate | None, scene: Scene, by: Instructor
) -> DirectDebit | Refusal:
    """The debit that is to be kept, or why it is not taken in; what is kept counts to its limits."""
    refusal = flaw_of(new) or mismatch(new, mandate)
    if refusal is not None:
        return refusal
    assert mandate is not None
    today = scene.days[mandate.cell]
    day = due_day(new, today, scene.terms[mandate.cell])
    if isinstance(day, Refusal):
        return day
    use = scene.uses[mandate.id]
    refusal = scene.refuses(mandate, day) or use.breach(new.amount, day)
    if refusal is not None:
        return refusal
    use.take(new.amount, day)
    now = clock.now()
    return DirectDebit(
        cell=mandate.cell,
        id=new.id,
        mandate=mandate.id,
        creditor=mandate.creditor,
        credit_account=mandate.credit_account,
        debtor=mandate.debtor,
        debit_account=mandate.debit_account,
        amount=new.amount,
        currency=new.currency,
        asked_for=new.due_on,
        due_on=day,
        taken_on=day,
        retry_days=new.retry_days,
        tries=0,
        state=DebitState.WAITING,
        released=False,
        reason_code=None,
        reason=None,
        refund_until=None,
        collection=new.collection,
        end_to_end_id=new.end_to_end_id,
        remittance=new.remittance,
        submitted_by=by.by,
        submitted_at=now,
        changed_at=now,
    )


async def _carry_out(tx: Transaction, drafts: dict[UUID, DirectDebit], scene: Scene, by: Instructor) -> None:
    """Take what is due today, and write everything down; ``drafts`` are then as they were kept."""
    if not drafts:
        return
    waiting = list(drafts.values())
    due = [draft for draft in waiting if draft.taken_on <= scene.days[draft.cell]]
    for tried in await take(tx, due, scene):
        drafts[tried.id] = tried
    await insert_debits(tx, list(drafts.values()))
    side = Side.BANK if by.customer is None else Side.CREDITOR
    await note_steps(tx, [Step(debit=draft, side=side, actor=by.by) for draft in waiting])
    moved = [drafts[draft.id] for draft in due if drafts[draft.id] != draft]
    if moved:
        await note_steps(tx, [Step(debit=draft, side=Side.BANK, actor="bank") for draft in moved])
