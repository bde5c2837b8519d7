"""A direct debit as it is kept, its steps, and the statements that write and read them, a list at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from sycee.database import (
    DateArray,
    Int2Array,
    Int8Array,
    TextArray,
    TimestamptzArray,
    Transaction,
    UuidArray,
)
from sycee.kernel import clock
from sycee.payments.debits.errors import DirectDebitNotFound
from sycee.payments.debits.mandates import DebitMandate, Side, parts_of
from sycee.payments.iso20022 import reason_of


class DebitState(StrEnum):
    """Where a direct debit stands.

    It waits for its day, for funds or for screening; ``stopped`` is a hit in screening that a person decides.
    Before it is settled it may be rejected by the bank, refused by the payer, cancelled by the payee;
    afterwards returned to the payer (who asked for it), or reversed by the payee.
    """

    WAITING = "waiting"
    STOPPED = "stopped"
    SETTLED = "settled"
    REJECTED = "rejected"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    RETURNED = "returned"
    REVERSED = "reversed"


class NewDirectDebit(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A debit that a payee collects under the mandate of that reference. ``amount`` is in minor units.

    ``id`` is made by the payee, once. ``due_on`` None is the present business date; a day that is no
    business day is the next one. Where funds are lacking it is tried again for ``retry_days`` business days.
    """

    id: UUID
    credit_account: int
    debit_account: int
    mandate_reference: str
    amount: int
    currency: str
    due_on: date | None = None
    retry_days: int = 0
    end_to_end_id: str = ""
    remittance: str = ""
    collection: UUID | None = None


class DirectDebit(msgspec.Struct, frozen=True, kw_only=True):
    """A direct debit as it stands; the transfer that pays it has its id. Amounts are minor units.

    ``asked_for`` is the day as it was asked for, ``due_on`` the business day that it means; ``taken_on`` is
    when it was taken, or is tried next. ``refund_until`` is the last day on which the payer may have it
    returned, once it is settled. ``reason_code`` and ``reason`` say why it is in this state.
    """

    cell: int
    id: UUID
    mandate: UUID
    creditor: UUID
    credit_account: int
    debtor: UUID
    debit_account: int
    amount: int
    currency: str
    asked_for: date | None
    due_on: date
    taken_on: date
    retry_days: int
    tries: int
    state: DebitState
    released: bool
    reason_code: str | None
    reason: str | None
    refund_until: date | None
    collection: UUID | None
    end_to_end_id: str
    remittance: str
    submitted_by: str
    submitted_at: datetime
    changed_at: datetime

    def says(self, new: NewDirectDebit, mandate: DebitMandate | None) -> bool:
        """Whether an instruction, under the mandate that it names, is this debit's."""
        return (
            self.mandate,
            self.credit_account,
            self.debit_account,
            self.amount,
            self.currency,
            self.asked_for,
            self.retry_days,
            self.end_to_end_id,
            self.remittance,
            self.collection,
        ) == (
            None if mandate is None else mandate.id,
            new.credit_account,
            new.debit_account,
            new.amount,
            new.currency,
            new.due_on,
            new.retry_days,
            new.end_to_end_id,
            new.remittance,
            new.collection,
        )


class DebitOutcome(msgspec.Struct, frozen=True):
    """What became of a direct debit that was sent in, or that something was done with.

    Of one that is refused when it is sent in (``rejected`` with ``kept`` False) nothing is kept.
    ``duplicate`` says that it was there before: this is how it stands now.
    """

    id: UUID
    state: DebitState | None
    code: str | None = None
    detail: str | None = None
    duplicate: bool = False
    due_on: date | None = None
    kept: bool = True


class DebitEvent(msgspec.Struct, frozen=True):
    """A step of a direct debit: the state it came to, when, who took it, for which side, and why."""

    step: int
    state: DebitState
    at: datetime
    side: Side
    actor: str
    reason_code: str | None
    reason: str | None


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A debit as it now is, and who brought it there. What is not ``noted`` is only kept, and is no step."""

    debit: DirectDebit
    side: Side
    actor: str
    noted: bool = True


_FIELDS = {
    name: {"credit_account": "credit", "debit_account": "debit"}.get(name, name)
    for name in DirectDebit.__struct_fields__
}
_COLUMNS = ", ".join(f"t.{column}" for column in _FIELDS.values())


def _debit(row: Sequence[Any]) -> DirectDebit:
    said = dict(zip(_FIELDS, row, strict=True))
    said["state"] = DebitState(said["state"])
    return DirectDebit(**said)


def outcome_of(debit: DirectDebit, *, duplicate: bool = False) -> DebitOutcome:
    """How a debit stands, as an outcome."""
    return DebitOutcome(debit.id, debit.state, debit.reason_code, debit.reason, duplicate, debit.due_on)


def iso_reason(code: str) -> str:
    """The external status reason of ISO 20022 for a code of ours: AM04, MD01, MD06, MS02, ..."""
    return str(reason_of(code))


async def read_debits(tx: Transaction, ids: Sequence[UUID], *, lock: bool = False) -> dict[UUID, DirectDebit]:
    """The debits of these ids that there are; with ``lock``, once their mandates are held, held too."""
    query = f"SELECT {_COLUMNS} FROM direct_debits t WHERE t.id = ANY(%b) ORDER BY t.cell, t.id"  # noqa: S608
    query += " FOR NO KEY UPDATE" if lock else ""
    cursor = await tx.execute(query.encode(), (UuidArray(list(ids)),))
    return {found.id: found for found in map(_debit, await cursor.fetchall())}


async def waiting_under(tx: Transaction, mandate: DebitMandate) -> list[DirectDebit]:
    """The debits that wait under a mandate, which the caller holds; they are held too."""
    cursor = await tx.execute(
        f"SELECT {_COLUMNS} FROM direct_debits t"  # noqa: S608 - names of ours only
        " WHERE t.cell = %s AND t.mandate = %s AND t.state IN ('waiting', 'stopped')"
        " ORDER BY t.id FOR NO KEY UPDATE".encode(),
        (mandate.cell, mandate.id),
    )
    return [_debit(row) for row in await cursor.fetchall()]


async def get_direct_debit(tx: Transaction, id: UUID) -> DirectDebit:
    """The direct debit with this id. Raises DirectDebitNotFound."""
    found = await read_debits(tx, [id])
    if id not in found:
        raise DirectDebitNotFound(f"there is no direct debit {id}")
    return found[id]


async def list_direct_debits(
    tx: Transaction,
    *,
    customer: UUID | None = None,
    side: Side | None = None,
    account: int | None = None,
    mandate: UUID | None = None,
    states: Sequence[DebitState] = (),
    before: UUID | None = None,
    limit: int = 100,
) -> list[DirectDebit]:
    """Direct debits, the greatest id first, those before ``before``: of a customer, on one side or either."""
    conditions, values = parts_of(customer, side, account, before)
    if mandate is not None:
        conditions.append("t.mandate = %s")
        values.append(mandate)
    if states:
        conditions.append("t.state = ANY(%s)")
        values.append([str(state) for state in states])
    cursor = await tx.execute(
        f"SELECT {_COLUMNS} FROM direct_debits t WHERE {' AND '.join(conditions)}"  # noqa: S608 - names of ours
        " ORDER BY t.id DESC LIMIT %s".encode(),
        [*values, limit],
    )
    return [_debit(row) for row in await cursor.fetchall()]


async def direct_debit_events(tx: Transaction, id: UUID) -> list[DebitEvent]:
    """Every step of a direct debit, the first first. Raises DirectDebitNotFound."""
    debit = await get_direct_debit(tx, id)
    cursor = await tx.execute(
        "SELECT step, state, at, side, actor, reason_code, reason FROM direct_debit_events"
        " WHERE cell = %s AND debit = %s ORDER BY step",
        (debit.cell, id),
    )
    return [
        DebitEvent(step, DebitState(state), at, Side(side), *rest)
        for step, state, at, side, *rest in await cursor.fetchall()
    ]


_ARRAYS: dict[str, Any] = {
    "cell": Int2Array,
    "id": UuidArray,
    "mandate": UuidArray,
    "creditor": UuidArray,
    "credit_account": Int8Array,
    "debtor": UuidArray,
    "debit_account": Int8Array,
    "amount": Int8Array,
    "currency": TextArray,
    "asked_for": DateArray,
    "due_on": DateArray,
    "taken_on": DateArray,
    "retry_days": Int2Array,
    "tries": Int2Array,
    "state": TextArray,
    "reason_code": TextArray,
    "reason": TextArray,
    "refund_until": DateArray,
    "collection": UuidArray,
    "end_to_end_id": TextArray,
    "remittance": TextArray,
    "submitted_by": TextArray,
    "submitted_at": TimestamptzArray,
    "changed_at": TimestamptzArray,
}
_INSERT = (
    f"INSERT INTO direct_debits ({', '.join(_FIELDS[name] for name in _ARRAYS)})"  # noqa: S608 - names of ours
    f" SELECT * FROM unnest({', '.join(['%b'] * len(_ARRAYS))})"
).encode()


async def insert_debits(tx: Transaction, debits: Sequence[DirectDebit]) -> None:
    """Write new debits, as they are now.

    Raises psycopg's SerializationFailure when an id was taken meanwhile: the command is run again.
    """
    columns = [wrap([getattr(debit, name) for debit in debits]) for name, wrap in _ARRAYS.items()]
    try:
        await tx.execute(_INSERT, columns)
    except psycopg.errors.UniqueViolation as error:
        raise psycopg.errors.SerializationFailure("a direct debit's id was taken meanwhile") from error


async def note_steps(tx: Transaction, steps: Sequence[Step]) -> None:
    """Write steps down, each after the steps that the debit has; one of a debit in a list."""
    debits = [step.debit for step in steps]
    await tx.execute(
        "SELECT debits_note(%b, %b, %b, %b, %b, %b, %b, %b)",
        (
            clock.now(),
            Int2Array([debit.cell for debit in debits]),
            UuidArray([debit.id for debit in debits]),
            TextArray([str(debit.state) for debit in debits]),
            TextArray([str(step.side) for step in steps]),
            TextArray([step.actor for step in steps]),
            TextArray([debit.reason_code for debit in debits]),
            TextArray([debit.reason for debit in debits]),
        ),
    )


async def write_steps(tx: Transaction, steps: Sequence[Step]) -> None:
    """Write down where debits, which the caller holds, now are, and the steps that brought them there."""
    if not steps:
        return
    debits = [step.debit for step in steps]
    await tx.execute(
        "UPDATE direct_debits d SET state = s.state, taken_on = s.taken_on, tries = s.tries,"
        " released = s.released = 1, reason_code = s.reason_code, reason = s.reason,"
        " refund_until = s.refund_until, changed_at = %b"
        " FROM unnest(%b, %b, %b, %b, %b, %b, %b, %b, %b)"
        "      AS s(cell, id, state, taken_on, tries, released, reason_code, reason, refund_until)"
        " WHERE d.cell = s.cell AND d.id = s.id",
        (
            clock.now(),
            Int2Array([debit.cell for debit in debits]),
            UuidArray([debit.id for debit in debits]),
            TextArray([str(debit.state) for debit in debits]),
            DateArray([debit.taken_on for debit in debits]),
            Int2Array([debit.tries for debit in debits]),
            Int2Array([int(debit.released) for debit in debits]),
            TextArray([debit.reason_code for debit in debits]),
            TextArray([debit.reason for debit in debits]),
            DateArray([debit.refund_until for debit in debits]),
        ),
    )
    noted = [step for step in steps if step.noted]
    if noted:
        await note_steps(tx, noted)
