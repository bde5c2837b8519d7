"""Payments of other banks that screening keeps: credited or returned by a person, or screened again.

The money stands in the rail's suspense account, where the payee neither sees nor has it. What screening could
not judge is screened again in every round of the worker; what it stopped a person of the bank decides.
"""

from __future__ import annotations

from uuid import UUID

import msgspec

from sycee import products
from sycee.database import Transaction
from sycee.payments.errors import RailCaseSettled
from sycee.payments.orders.incoming import IncomingPayment, Received, screen_incoming
from sycee.payments.orders.new_payments import own_number
from sycee.payments.orders.parties import account_aliases
from sycee.payments.rails.cases import NewCase, RailCase, open_case, rail_case, settled_otherwise
from sycee.payments.rails.connections import RailConnection, rail_connection
from sycee.payments.rails.items import Item, read_items
from sycee.payments.rails.suspense import NotBooked, post, suspense_account
from sycee.payments.rails.writing import write_return
from sycee.payments.screening.hook import Screened, Verdict

REGULATORY = "RR04"
"""ISO's reason of a return: regulatory. The payer's bank is told no more, nor is our customer."""

BANK = "bank"


class _Kept(msgspec.Struct, frozen=True):
    """An incoming payment that is not credited."""

    id: UUID
    state: str
    payment: IncomingPayment


_FIELDS = IncomingPayment.__struct_fields__
_KEPT = f"SELECT id, state, {', '.join(_FIELDS)} FROM incoming_payments"  # noqa: S608 - names of columns


async def open_screening_case(tx: Transaction, item: Item, outcome: Received) -> None:
    """Open a case for what was put by because of what screening says."""
    assert item.settled_on is not None
    await open_case(
        tx,
        NewCase(
            rail=item.rail, cell=item.cell, kind="screening", what="incoming", uetr=item.uetr,
            item_id=item.item_id, payment=item.payment, day=item.settled_on, ours=item.amount,
            theirs=item.amount, currency=item.currency, state="in_suspense",
            detail=f"{outcome.state}: {outcome.code}: {outcome.detail}",
        ),
    )  # fmt: skip


async def credit_kept(tx: Transaction, id: UUID, *, by: str, reason: str) -> RailCase:
    """Credit what screening stopped to its payee: somebody has looked at it.

    Raises RailCaseNotFound; RailCaseSettled for any other case, for what could not be screened yet, and when
    the books or the class of the account refuse it.
    """
    case, kept = await _open_case(tx, id)
    if kept.state != "stopped":
        raise RailCaseSettled(f"case {id}: it is not screened yet, and nobody lets it pass unscreened")
    return await _credit(tx, case, kept, by=by, reason=reason)


async def return_kept(tx: Transaction, id: UUID, *, by: str, reason: str) -> RailCase:
    """Send back what screening keeps. Raises RailCaseNotFound, RailCaseSettled, RailNotConnected."""
    case, kept = await _open_case(tx, id)
    item = (await read_items(tx, case.rail, "incoming", [case.uetr]))[case.uetr]
    await write_return(tx, await rail_connection(tx, case.rail), item, reason=REGULATORY, text="")
    await tx.execute(
        "UPDATE incoming_payments SET state = 'refused', reason_code = 'screening', reason = %s"
        " WHERE id = %s",
        (reason, kept.id),
    )
    return await settled_otherwise(tx, case, by=by, resolution="return", reason=reason)


async def screen_again(tx: Transaction, connection: RailConnection, limit: int = 500) -> int:
    """Screen what could not be screened when it came; how many are decided now."""
    cursor = await tx.execute(
        f"{_KEPT} WHERE rail = %s AND state = 'waiting'"
        " ORDER BY received_at, id LIMIT %s FOR UPDATE SKIP LOCKED".encode(),
        (connection.rail, limit),
    )
    waiting = [_kept(row) for row in await cursor.fetchall()]
    verdicts = await screen_incoming(tx, [(kept.payment, kept.id) for kept in waiting])
    decided = 0
    for kept, found in zip(waiting, verdicts, strict=True):
        if found.verdict is not Verdict.WAIT and await _decided(tx, kept, found):
            decided += 1
    return decided


async def _decided(tx: Transaction, kept: _Kept, found: Screened) -> bool:
    """Note what screening says now, and credit what passes; a person sees to what cannot be credited."""
    case = await _case_of(tx, kept)
    if case is None:
        return False
    if found.verdict is Verdict.PASS:
        try:
            async with tx.transaction():
                await _credit(tx, case, kept, by=BANK, reason="screened")
        except RailCaseSettled as refusal:
            found = Screened(Verdict.STOP, "not_booked", refusal.detail)
        else:
            return True
    await tx.execute(
        "UPDATE incoming_payments SET state = 'stopped', reason_code = %s, reason = %s WHERE id = %s",
        (found.code, found.detail, kept.id),
    )
    await tx.execute(
        "UPDATE rail_cases SET detail = %s WHERE id = %s", (f"stopped: {found.code}: {found.detail}", case.id)
    )
    return True


async def _credit(tx: Transaction, case: RailCase, kept: _Kept, *, by: str, reason: str) -> RailCase:
    """Move the money from suspense to the payee, under the id that a direct credit would have had."""
    named = kept.payment.creditor_account
    payee = (await account_aliases(tx, {named})).get(named) or own_number(named)
    if not isinstance(payee, int):
        raise RailCaseSettled(f"case {case.id}: {named[:64]!r} is no account of this bank any more")
    movement = products.Movement(0, payee, case.ours)
    (problem,) = await products.movement_problems(tx, [movement])
    if problem is not None:
        raise RailCaseSettled(f"case {case.id}: {problem}")
    suspense = await suspense_account(tx, case.cell, case.rail, case.currency)
    description = (kept.payment.remittance or f"{case.rail} {kept.payment.end_to_end_id}")[:140]
    try:
        await post(tx, kept.id, suspense, payee, case.ours, case.currency, description)
    except NotBooked as refusal:
        raise RailCaseSettled(f"the books refuse the entry: {refusal}") from None
    await tx.execute(
        "UPDATE incoming_payments i SET state = 'credited', credit = %(payee)s, reason_code = NULL,"
        " reason = NULL, customer = (SELECT customer FROM account_profiles p"
        " WHERE p.cell = i.cell AND p.number = %(payee)s) WHERE id = %(id)s",
        {"payee": payee, "id": kept.id},
    )
    return await settled_otherwise(tx, case, by=by, resolution="credit", reason=reason, entry=kept.id)


async def _open_case(tx: Transaction, id: UUID) -> tuple[RailCase, _Kept]:
    case = await rail_case(tx, id, lock=True)
    if case.kind != "screening" or case.state != "in_suspense":
        raise RailCaseSettled(f"case {id} ({case.kind}) is {case.state}: screening keeps nothing under it")
    cursor = await tx.execute(f"{_KEPT} WHERE id = %s FOR UPDATE".encode(), (case.payment,))
    row = await cursor.fetchone()
    assert row is not None, "what a case of screening is about is kept"
    return case, _kept(row)


async def _case_of(tx: Transaction, kept: _Kept) -> RailCase | None:
    cursor = await tx.execute(
        "SELECT id FROM rail_cases WHERE rail = %s AND payment = %s AND kind = 'screening'"
        " AND state = 'in_suspense' FOR UPDATE SKIP LOCKED",
        (kept.payment.rail, kept.id),
    )
    row = await cursor.fetchone()
    return None if row is None else await rail_case(tx, row[0])


def _kept(row: tuple[object, ...]) -> _Kept:
    id, state, *rest = row
    payment = IncomingPayment(**dict(zip(_FIELDS, rest, strict=True)))  # type: ignore[arg-type]
    return _Kept(id, state, payment)  # type: ignore[arg-type]
