"""Submitting payments: a list in, an outcome each out.

What is refused is not kept: it may be put right and sent again under the same id. The same instruction sent
twice is paid once and answered with how the first stands. Whatever is accepted has gone as far as it can
within this one transaction; within this bank that is to the payee's account.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import psycopg
from msgspec.structs import replace

from sycee.database import (
    DateArray,
    Int2Array,
    Int4Array,
    Int8Array,
    TextArray,
    TimestamptzArray,
    Transaction,
    UuidArray,
    as_bank,
)
from sycee.kernel import clock
from sycee.payments.errors import InvalidPayment
from sycee.payments.orders.drafts import Draft
from sycee.payments.orders.executing import execute
from sycee.payments.orders.new_payments import (
    Instructor,
    NewPayment,
    PaymentKind,
    PaymentOutcome,
    Refusal,
    Urgency,
    refusal_of,
)
from sycee.payments.orders.parties import Payer, Register, look_up, look_up_payers, payee_of
from sycee.payments.orders.permitting import permitted
from sycee.payments.orders.records import read_payments
from sycee.payments.orders.states import NUMBERS, TAKEN_IN, PaymentState
from sycee.payments.orders.supervised import hold_for_release, write_waiting


async def submit_payments(
    tx: Transaction,
    payments: Sequence[NewPayment],
    *,
    by: str | Instructor | Sequence[Instructor],
    all_or_nothing: bool = False,
    dry_run: bool = False,
) -> list[PaymentOutcome]:
    """Take payments in and carry them out as far as they go now; returns their outcomes, in order.

    ``by`` is who instructs, one for all or one each: what is not an account of theirs is not found. With
    ``all_or_nothing`` one refused payment refuses the list. ``dry_run`` tells what would happen (rail, fee
    and time included), and does nothing. Raises InvalidPayment for a value that no field can hold, and
    psycopg's SerializationFailure when the transaction has to be run again as a whole.
    """
    if not payments:
        return []
    makers = _makers(by, len(payments))
    if not (all_or_nothing or dry_run):
        return await _submit(tx, payments, makers)
    async with tx.transaction() as savepoint:
        outcomes = await _submit(tx, payments, makers)
        if dry_run or _any_refused(outcomes):
            raise psycopg.Rollback(savepoint)
    if all_or_nothing and _any_refused(outcomes):
        return [_with_the_list(outcome) for outcome in outcomes]
    return outcomes


def _any_refused(outcomes: Sequence[PaymentOutcome]) -> bool:
    return any(outcome.state is PaymentState.REJECTED for outcome in outcomes)


def _makers(by: str | Instructor | Sequence[Instructor], count: int) -> Sequence[Instructor]:
    if isinstance(by, str):
        return [Instructor(by)] * count
    return [by] * count if isinstance(by, Instructor) else by


def _with_the_list(outcome: PaymentOutcome) -> PaymentOutcome:
    if (outcome.code is not None and outcome.state is PaymentState.REJECTED) or outcome.duplicate:
        return outcome
    return PaymentOutcome(
        outcome.id, PaymentState.REJECTED, "order_refused", "another payment of the same list was refused"
    )


async def _submit(
    tx: Transaction, payments: Sequence[NewPayment], makers: Sequence[Instructor]
) -> list[PaymentOutcome]:
    outcomes: list[PaymentOutcome | None] = [None] * len(payments)
    try:
        # Who acts for a customer finds that customer's accounts alone; all that follows is the bank's part.
        payers = await look_up_payers(tx, payments)
        async with as_bank(tx):
            fresh = await _not_known(tx, payments, makers, range(len(payments)), outcomes)
            register = await look_up(tx, [payments[place] for place in fresh], payers)
            drafts = []
            for place in fresh:
                draft = _draft(payments[place], place, makers[place], register)
                if isinstance(draft, Refusal):
                    outcomes[place] = _refused(payments[place].id, draft)
                else:
                    drafts.append(draft)
            await _carry_out(tx, payments, makers, drafts, outcomes, register)
    except (psycopg.DataError, OverflowError) as error:
        raise InvalidPayment(f"a value does not fit its field: {str(error).partition(chr(10))[0]}") from error
    for draft in drafts:
        outcomes[draft.place] = outcomes[draft.place] or draft.outcome()
    return _with_repetitions(payments, outcomes)


async def _carry_out(
    tx: Transaction,
    payments: Sequence[NewPayment],
    makers: Sequence[Instructor],
    drafts: Sequence[Draft],
    outcomes: list[PaymentOutcome | None],
    register: Register,
) -> None:
    """Carry out what is due, and write down what was not refused."""
    await hold_for_release(tx, drafts)
    going = [draft for draft in drafts if not draft.supervised]
    due = [draft for draft in going if draft.due_on <= register.days[draft.cell]]
    if len(due) < len(going):
        await permitted(tx, [draft for draft in going if draft.due_on > register.days[draft.cell]])
    await execute(tx, due)
    kept = [draft for draft in drafts if draft.state is not PaymentState.REJECTED]
    if len(kept) < len(drafts):
        await _explain(tx, payments, makers, drafts, outcomes)
    if kept:
        await insert(tx, kept)
        await write_waiting(tx, [draft for draft in kept if draft.supervised])


def _refused(id: UUID, refusal: Refusal) -> PaymentOutcome:
    return PaymentOutcome(id, PaymentState.REJECTED, refusal.code, refusal.detail)


async def _not_known(
    tx: Transaction,
    payments: Sequence[NewPayment],
    makers: Sequence[Instructor],
    places: Sequence[int],
    outcomes: list[PaymentOutcome | None],
) -> list[int]:
    """The places of what is neither known nor said before in the list; what is known is answered."""
    known = await read_payments(tx, [payments[place].id for place in places])
    fresh: dict[UUID, int] = {}
    for place in places:
        payment = payments[place]
        found = known.get(payment.id)
        if found is not None:
            same = found.says(payment) and makers[place].customer in {None, found.customer}
            outcomes[place] = found.outcome(duplicate=True) if same else _refused(payment.id, ID_REUSED)
        else:
            fresh.setdefault(payment.id, place)
    return list(fresh.values())


ID_REUSED = Refusal("id_reused", "the id was used before for a payment with other content")


def _with_repetitions(
    payments: Sequence[NewPayment], outcomes: list[PaymentOutcome | None]
) -> list[PaymentOutcome]:
    """The outcomes, with those of payments that stand in the list more than once."""
    if None not in outcomes:
        return outcomes  # type: ignore[return-value]
    first: dict[UUID, int] = {}
    whole: list[PaymentOutcome] = []
    for place, (payment, outcome) in enumerate(zip(payments, outcomes, strict=True)):
        earlier = first.setdefault(payment.id, place)
        if outcome is not None:
            whole.append(outcome)
        elif payments[earlier] != payment:
            whole.append(_refused(payment.id, ID_REUSED))
        else:
            said = whole[earlier]
            whole.append(replace(said, duplicate=said.state is not PaymentState.REJECTED))
    return whole


async def _explain(
    tx: Transaction,
    payments: Sequence[NewPayment],
    makers: Sequence[Instructor],
    drafts: Sequence[Draft],
    outcomes: list[PaymentOutcome | None],
) -> None:
    """Whose transfer id was taken may be known by now: another list brought the same payment in meanwhile."""
    taken = [draft.place for draft in drafts if draft.refusal and draft.refusal.code == "id_reused"]
    if taken:
        await _not_known(tx, payments, makers, taken, outcomes)


def _draft(payment: NewPayment, place: int, maker: Instructor, register: Register) -> Draft | Refusal:
    """What is to be done with a new payment, or why nothing is."""
    payer = register.payers.get(payment.debit_account)
    if refusal := refusal_of(payment):
        return refusal
    if payer is None or maker.customer not in {None, payer.customer}:
        return Refusal("account_not_found", f"there is no account {payment.debit_account}")
    if payer.currency != payment.currency:
        return Refusal("currency_mismatch", f"account {payment.debit_account} is kept in {payer.currency}")
    today = register.days[payer.cell]
    due_on = payment.execute_on or today
    if due_on < today:
        return Refusal("execution_date_past", f"{due_on} is past: the present business date is {today}")
    own = payment.creditor_agent is None or payment.creditor_agent in register.own_agents
    credit = _not_between_banks(payment, payer, own=own) or (payee_of(payment, register) if own else None)
    if isinstance(credit, Refusal):
        return credit
    return Draft(
        payment=payment,
        place=place,
        actor=maker.by,
        due_on=due_on,
        own=own,
        customer=payer.customer,
        credit=credit,
        passed=TAKEN_IN,
    )


def _not_between_banks(payment: NewPayment, payer: Payer, *, own: bool) -> Refusal | None:
    """Why a bank transfer is none; None for one that is, and for any other payment."""
    if payment.kind is not PaymentKind.BANK or not (own or payer.customer is not None):
        return None
    return Refusal(
        "not_between_banks",
        f"a bank transfer goes from an account of the bank's own to another bank, not from"
        f" {payment.debit_account} to {payment.creditor_agent or 'this bank'}",
    )


def _column(values: list[Any], wrap: Callable[[list[Any]], Any]) -> Any:
    """An array; None (NULL) when it would hold nothing."""
    return wrap(values) if any(values) else None


async def insert(tx: Transaction, drafts: Sequence[Draft]) -> None:
    """Write new payments and the steps they have gone through."""
    said = [draft.payment for draft in drafts]
    reasons = [draft.refusal for draft in drafts]
    arguments = [
        clock.now(),
        UuidArray([payment.id for payment in said]),
        Int2Array([NUMBERS[draft.state] for draft in drafts]),
        Int4Array([draft.passed for draft in drafts]),
        Int8Array([payment.debit_account for payment in said]),
        Int8Array([payment.amount for payment in said]),
        TextArray([payment.currency for payment in said]),
        _column([draft.customer for draft in drafts], UuidArray),
        TextArray([payment.creditor_account for payment in said]),
        TextArray([payment.creditor_name for payment in said]),
        _column([payment.creditor_agent for payment in said], TextArray),
        _column([payment.purpose for payment in said], TextArray),
        _column([payment.remittance for payment in said], TextArray),
        _column([payment.end_to_end_id for payment in said], TextArray),
        _column([payment.execute_on for payment in said], DateArray),
        _column([int(payment.urgency is Urgency.URGENT) for payment in said], Int2Array),
        _column([payment.order for payment in said], UuidArray),
        DateArray([draft.due_on for draft in drafts]),
        TextArray([draft.actor for draft in drafts]),
        _column([draft.credit for draft in drafts], Int8Array),
        _column([draft.rail for draft in drafts], TextArray),
        _column([draft.send_at for draft in drafts], TimestamptzArray),
        _column([draft.fee for draft in drafts], Int8Array),
        _column([reason and reason.code for reason in reasons], TextArray),
        _column([reason and reason.detail for reason in reasons], TextArray),
    ]
    await tx.execute(_INSERT, arguments, binary=True)
    if between_banks := [payment.id for payment in said if payment.kind is PaymentKind.BANK]:
        await tx.execute("UPDATE payments SET kind = 'bank' WHERE id = ANY(%b)", (UuidArray(between_banks),))


_INSERT = b"SELECT payments_insert(" + b", ".join([b"%b"] * 25) + b")"
