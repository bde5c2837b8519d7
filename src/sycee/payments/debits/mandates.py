"""Direct debit mandates (代扣协议): what a payer agrees that a payee may take, as it is kept and read.

The payee proposes a mandate, the payer signs it. Limits are minor units of the mandate's currency; months are
those of the calendar.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from sycee.database import Transaction, UuidArray
from sycee.payments.debits.errors import DebitMandateNotFound


class MandateState(StrEnum):
    """Where a mandate stands. Only under an active one, and between its dates, may be debited."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    CANCELLED = "cancelled"


class Side(StrEnum):
    """Who acts on a mandate or a debit: the payee, the payer, or the bank."""

    BANK = "bank"
    CREDITOR = "creditor"
    DEBTOR = "debtor"


class NewDebitMandate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A mandate that a payee proposes. ``id`` is its client's; ``reference`` is unique for the payee.

    ``recurring`` False allows a single debit. ``valid_from`` None is the present business date, ``valid_to``
    the last day. ``per_debit``, ``per_day`` and ``per_month`` bound amounts, ``debits_most`` how many
    debits there may be in all.
    """

    id: UUID
    credit_account: int
    debit_account: int
    reference: str
    currency: str
    recurring: bool = True
    purpose: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    per_debit: int | None = None
    per_day: int | None = None
    per_month: int | None = None
    debits_most: int | None = None


class DebitMandate(msgspec.Struct, frozen=True, kw_only=True):
    """A mandate as it stands.

    ``creditor_name`` is the payee as the bank knows it. ``signed_on`` is the business date on which the payer
    agreed, ``paper`` the signed paper that the bank holds (None: the payer agreed here).
    """

    cell: int
    id: UUID
    creditor: UUID
    credit_account: int
    creditor_name: str
    debtor: UUID
    debit_account: int
    reference: str
    recurring: bool
    currency: str
    purpose: str
    valid_from: date
    valid_to: date | None
    per_debit: int | None
    per_day: int | None
    per_month: int | None
    debits_most: int | None
    state: MandateState
    signed_on: date | None
    paper: str | None
    proposed_by: str
    proposed_at: datetime
    changed_at: datetime

    def says(self, new: NewDebitMandate) -> bool:
        """Whether a proposal is this mandate's."""
        most = new.debits_most if new.recurring else 1
        return new.valid_from in {None, self.valid_from} and (
            self.credit_account,
            self.debit_account,
            self.reference,
            self.recurring,
            self.currency,
            self.purpose,
            self.valid_to,
            self.per_debit,
            self.per_day,
            self.per_month,
            self.debits_most,
        ) == (
            new.credit_account,
            new.debit_account,
            new.reference,
            new.recurring,
            new.currency,
            new.purpose,
            new.valid_to,
            new.per_debit,
            new.per_day,
            new.per_month,
            most,
        )

    def side_of(self, customer: UUID | None) -> Side:
        """On which side a customer stands; None is the bank. Who has both sides acts as the payer."""
        if customer is None:
            return Side.BANK
        return Side.DEBTOR if customer == self.debtor else Side.CREDITOR


class MandateEvent(msgspec.Struct, frozen=True):
    """A step of a mandate: the state it came to, when, who took it, for which side, and why."""

    step: int
    state: MandateState
    at: datetime
    side: Side
    actor: str
    reason: str


_COLUMNS = (
    "m.cell, m.id, m.creditor, m.credit, m.creditor_name, m.debtor, m.debit, m.reference, m.recurring,"
    " m.currency, m.purpose, m.valid_from, m.valid_to, m.per_debit, m.per_day, m.per_month, m.debits_most,"
    " m.state, m.signed_on, m.paper, m.proposed_by, m.proposed_at, m.changed_at"
)


def _mandate(row: Sequence[Any]) -> DebitMandate:
    said = dict(zip(DebitMandate.__struct_fields__, row, strict=True))
    said["state"] = MandateState(said["state"])
    return DebitMandate(**said)


async def read_mandates(
    tx: Transaction, ids: Sequence[UUID], *, lock: bool = False, skip: bool = False
) -> dict[UUID, DebitMandate]:
    """The mandates of these ids that there are.

    With ``lock`` nobody else debits under them until the commit, with ``skip`` those that are held are left
    out. They are held in one order everywhere, and before any debit.
    """
    query = f"SELECT {_COLUMNS} FROM debit_mandates m WHERE m.id = ANY(%s) ORDER BY m.cell, m.id"  # noqa: S608 - ours
    if lock:
        query += " FOR NO KEY UPDATE" + (" SKIP LOCKED" if skip else "")
    cursor = await tx.execute(query.encode(), (UuidArray(list(ids)),))
    return {found.id: found for found in map(_mandate, await cursor.fetchall())}


async def get_debit_mandate(tx: Transaction, id: UUID, *, lock: bool = False) -> DebitMandate:
    """The mandate with this id. Raises DebitMandateNotFound."""
    found = await read_mandates(tx, [id], lock=lock)
    if id not in found:
        raise DebitMandateNotFound(f"there is no direct debit mandate {id}")
    return found[id]


async def list_debit_mandates(
    tx: Transaction,
    *,
    customer: UUID | None = None,
    side: Side | None = None,
    account: int | None = None,
    state: MandateState | None = None,
    before: UUID | None = None,
    limit: int = 100,
) -> list[DebitMandate]:
    """Mandates, the greatest id first, those before ``before``: of a customer, on one side or on either."""
    conditions, values = parts_of(customer, side, account, before)
    if state is not None:
        conditions.append("t.state = %s")
        values.append(str(state))
    where = " AND ".join(conditions).replace("t.", "m.")
    cursor = await tx.execute(
        f"SELECT {_COLUMNS} FROM debit_mandates m WHERE {where} ORDER BY m.id DESC LIMIT %s".encode(),  # noqa: S608
        [*values, limit],
    )
    return [_mandate(row) for row in await cursor.fetchall()]


def parts_of(
    customer: UUID | None, side: Side | None, account: int | None, before: UUID | None
) -> tuple[list[str], list[Any]]:
    """Conditions (on ``t``) that narrow mandates or debits to somebody's, and their values."""
    conditions, values = ["true"], list[Any]()
    sides = [name for name in ("creditor", "debtor") if side in {None, Side(name)}]
    accounts = [{"creditor": "credit", "debtor": "debit"}[name] for name in sides]
    for names, value in ((sides, customer), (accounts, account)):
        if value is not None:
            conditions.append("(" + " OR ".join(f"t.{name} = %s" for name in names) + ")")
            values += [value] * len(names)
    if before is not None:
        conditions.append("t.id < %s")
        values.append(before)
    return conditions, values


async def debit_mandate_events(tx: Transaction, id: UUID) -> list[MandateEvent]:
    """Everything that was done to a mandate, the first first. Raises DebitMandateNotFound."""
    mandate = await get_debit_mandate(tx, id)
    cursor = await tx.execute(
        "SELECT step, state, at, side, actor, reason FROM debit_mandate_events"
        " WHERE cell = %s AND mandate = %s ORDER BY step",
        (mandate.cell, id),
    )
    return [
        MandateEvent(step, MandateState(state), at, Side(side), actor, reason)
        for step, state, at, side, actor, reason in await cursor.fetchall()
    ]
