"""Mandates: who may sign for a customer, for what, up to how much, and how many together.

A mandate is one paper of the customer's, such as a board resolution or a signature card: its signatories,
each in a group (A, B, …), and its rules. Each stands by itself: signatories of two are not added up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from sycee.database import Transaction, UuidArray
from sycee.kernel import money
from sycee.kernel.ids import uuid7
from sycee.parties.changes import NewChange, business_dates, cell_of_customer, write_changes
from sycee.parties.contacts import checked_post, checked_span
from sycee.parties.errors import InvalidMandate, MandateNotFound
from sycee.parties.identifiers import kept_text
from sycee.parties.persons import get_persons
from sycee.parties.signing import OPERATIONS, Rule, is_signatures, needed
from sycee.parties.versions import LONGEST_REASON

MOST_SIGNATORIES, MOST_RULES = 100, 50


class Signatory(msgspec.Struct, frozen=True, kw_only=True):
    """Who may sign, in which group: a person, or whoever holds a post at the customer (contacts.py)."""

    group: str = "A"
    person: UUID | None = None
    post: str | None = None


class NewMandate(msgspec.Struct, frozen=True, kw_only=True):
    """A mandate to be given from a date on (default: the cell's business date).

    ``reference`` names the paper. ``valid_to`` is the first day on which it no longer holds.
    """

    customer: UUID
    signatories: tuple[Signatory, ...]
    rules: tuple[Rule, ...]
    reference: str = ""
    valid_from: date | None = None
    valid_to: date | None = None


class Mandate(msgspec.Struct, frozen=True, kw_only=True):
    """A mandate as it stands."""

    id: UUID
    customer: UUID
    reference: str
    signatories: tuple[Signatory, ...]
    rules: tuple[Rule, ...]
    valid_from: date
    valid_to: date | None
    recorded_at: datetime
    recorded_by: str


def sole_mandate(
    customer: UUID,
    person: UUID,
    operations: Sequence[str] = ("any",),
    *,
    currency: str | None = None,
    up_to: int | None = None,
    valid_from: date | None = None,
) -> NewMandate:
    """The plainest mandate: one person signs alone, for some operations, up to an amount in minor units."""
    return NewMandate(
        customer=customer,
        signatories=(Signatory(person=person),),
        rules=(Rule(operations=tuple(operations), currency=currency, up_to=up_to),),
        valid_from=valid_from,
    )


async def give_mandates(
    tx: Transaction, mandates: Sequence[NewMandate], *, by: str, reason: str = ""
) -> list[Mandate]:
    """Give mandates, all or none; returns them in order.

    Raises InvalidMandate, CustomerNotFound, PersonNotFound, UnknownCurrency.
    """
    reason = kept_text(reason, "the reason", LONGEST_REASON, InvalidMandate)
    for mandate in mandates:
        _check(mandate)
    await get_persons(tx, {one.person for new in mandates for one in new.signatories if one.person})
    cells = {
        customer: await cell_of_customer(tx, customer, lock=True)
        for customer in sorted({new.customer for new in mandates})
    }
    dates = await business_dates(tx)
    made = []
    for new in mandates:
        start = new.valid_from or dates[cells[new.customer]]
        checked_span(start, new.valid_to, InvalidMandate)
        made.append(await _insert(tx, cells[new.customer], new, start, by))
    await write_changes(
        tx,
        [
            NewChange(
                cell=cells[mandate.customer],
                customer=mandate.customer,
                what="mandate",
                effective=mandate.valid_from,
                by=by,
                reason=reason,
                after=mandate,
            )
            for mandate in made
        ],
    )
    return made


def _check(new: NewMandate) -> None:
    kept_text(new.reference, "the reference", 140, InvalidMandate)
    if not 1 <= len(new.signatories) <= MOST_SIGNATORIES:
        raise InvalidMandate(f"a mandate has from 1 to {MOST_SIGNATORIES} signatories")
    if not 1 <= len(new.rules) <= MOST_RULES:
        raise InvalidMandate(f"a mandate has from 1 to {MOST_RULES} rules")
    if len(set(new.signatories)) < len(new.signatories):
        raise InvalidMandate("a signatory comes twice in the same group")
    for signatory in new.signatories:
        if (signatory.person is None) is (signatory.post is None):
            raise InvalidMandate("a signatory is either a person or a post")
        if signatory.post is not None:
            checked_post(signatory.post, InvalidMandate)
        if "+" in signatory.group or not is_signatures(signatory.group):
            raise InvalidMandate(
                f"{signatory.group[:20]!r} is not a group of signatories: one letter, A to Z"
            )
    for rule in new.rules:
        _check_rule(rule, new.signatories)


def _check_rule(rule: Rule, signatories: Iterable[Signatory]) -> None:
    unknown = sorted(set(rule.operations) - OPERATIONS.keys())
    if unknown or not rule.operations:
        named = f"{unknown[0][:40]!r} is no operation" if unknown else "no operation is named"
        raise InvalidMandate(f"{named}; there are {', '.join(OPERATIONS)}")
    if rule.currency is not None:
        money.currency(rule.currency)
    if rule.up_to is not None and (rule.currency is None or not 0 < rule.up_to <= money.MAX_MINOR):
        raise InvalidMandate(f"a limit is an amount of a currency, from 1 to {money.MAX_MINOR} minor units")
    _check_signatures(rule, signatories)


def _check_signatures(rule: Rule, signatories: Iterable[Signatory]) -> None:
    """Refuse signatures that nobody could ever give."""
    if not rule.signatures:
        raise InvalidMandate("which signatures are needed is not said, such as A, or A+B")
    persons: dict[str, int] = {}
    posts = set()
    for signatory in signatories:
        persons[signatory.group] = persons.get(signatory.group, 0) + 1
        if signatory.post is not None:
            posts.add(signatory.group)  # several persons may hold it
    for line in rule.signatures:
        if not is_signatures(line):
            raise InvalidMandate(f"{line[:40]!r} does not say which signatures are needed, such as A, or A+B")
        for group, count in needed(line).items():
            if persons.get(group, 0) < count and group not in posts:
                raise InvalidMandate(
                    f"{line} needs {count} of group {group}, which has {persons.get(group, 0)} signatories"
                )


async def _insert(tx: Transaction, cell: int, new: NewMandate, start: date, by: str) -> Mandate:
    id = uuid7()
    cursor = await tx.execute(
        "INSERT INTO mandates (cell, customer, id, reference, rules, valid_from, valid_to, recorded_by)"
        " VALUES (%s, %s, %s, %s, %s::jsonb, %s, %s, %s) RETURNING recorded_at",
        (
            cell,
            new.customer,
            id,
            new.reference.strip(),
            msgspec.json.encode(new.rules).decode(),
            start,
            new.valid_to,
            by,
        ),
    )
    row = await cursor.fetchone()
    assert row is not None
    await tx.execute(
        "INSERT INTO mandate_signatories (cell, customer, mandate, position, label, person, post)"
        " SELECT %s, %s, %s, ord, l, p, t FROM unnest(%s::text[], %s::uuid[], %s::text[])"
        " WITH ORDINALITY AS n(l, p, t, ord)",
        (
            cell,
            new.customer,
            id,
            [one.group for one in new.signatories],
            UuidArray([one.person for one in new.signatories]),
            [one.post for one in new.signatories],
        ),
    )
    return Mandate(
        id=id,
        customer=new.customer,
        reference=new.reference.strip(),
        signatories=new.signatories,
        rules=new.rules,
        valid_from=start,
        valid_to=new.valid_to,
        recorded_at=row[0],
        recorded_by=by,
    )


async def revoke_mandate(
    tx: Transaction, customer: UUID, id: UUID, *, by: str, reason: str, on: date | None = None
) -> Mandate:
    """Let a mandate hold no longer from a day on (default: the cell's business date).

    One that has ended may be ended earlier, not later. Raises CustomerNotFound, MandateNotFound,
    InvalidMandate.
    """
    reason = kept_text(reason, "the reason", LONGEST_REASON, InvalidMandate, needed=True)
    cell = await cell_of_customer(tx, customer, lock=True)
    before = await get_mandate(tx, customer, id)
    day = on or (await business_dates(tx))[cell]
    if day < before.valid_from:
        raise InvalidMandate(
            f"the mandate begins on {before.valid_from} and cannot end on {day}, before that"
        )
    if before.valid_to is not None and day > before.valid_to:
        raise InvalidMandate(f"the mandate ends on {before.valid_to} already")
    await tx.execute(
        "UPDATE mandates SET valid_to = %s WHERE cell = %s AND customer = %s AND id = %s",
        (day, cell, customer, id),
    )
    after = msgspec.structs.replace(before, valid_to=day)
    change = NewChange(
        cell=cell,
        customer=customer,
        what="mandate revoked",
        effective=day,
        by=by,
        reason=reason,
        before={"valid_to": before.valid_to, "mandate": id},
        after={"valid_to": day, "mandate": id},
    )
    await write_changes(tx, [change])
    return after


async def get_mandate(tx: Transaction, customer: UUID, id: UUID) -> Mandate:
    """A mandate that a customer has given. Raises CustomerNotFound, MandateNotFound."""
    await cell_of_customer(tx, customer)
    found = await _select(tx, "m.customer = %s AND m.id = %s", (customer, id))
    if not found:
        raise MandateNotFound(f"customer {customer} has given no mandate {id}")
    return found[0]


async def mandates(tx: Transaction, customer: UUID, on: date | None = None) -> list[Mandate]:
    """The mandates that hold on a date, oldest first; without one, all there ever were.

    Raises CustomerNotFound.
    """
    await cell_of_customer(tx, customer)
    if on is None:
        return await _select(tx, "m.customer = %s", (customer,))
    return await mandates_of(tx, [customer], on)


async def mandates_of(tx: Transaction, customers: Iterable[UUID], on: date) -> list[Mandate]:
    """The mandates of several customers that hold on a date, oldest first."""
    return await _select(
        tx,
        "m.customer = ANY(%s::uuid[]) AND m.valid_from <= %s AND (m.valid_to IS NULL OR m.valid_to > %s)",
        (UuidArray(sorted(set(customers))), on, on),
    )


async def mandates_for(tx: Transaction, person: UUID, on: date | None = None) -> list[Mandate]:
    """The mandates that name a person (not a post of theirs): for whom he or she signs.

    Those that hold on a date; without one, all there ever were.
    """
    return await _select(
        tx,
        "m.id IN (SELECT mandate FROM mandate_signatories WHERE person = %s) AND (%s::date IS NULL OR"
        " (m.valid_from <= %s AND (m.valid_to IS NULL OR m.valid_to > %s)))",
        (person, on, on, on),
    )


async def _select(tx: Transaction, where: str, values: Sequence[object]) -> list[Mandate]:
    cursor = await tx.execute(
        f"""
        SELECT m.id, m.customer, m.reference, m.rules, m.valid_from, m.valid_to, m.recorded_at, m.recorded_by,
            (SELECT array_agg((s.label, s.person::text, s.post) ORDER BY s.position)
             FROM mandate_signatories s
             WHERE s.cell = m.cell AND s.customer = m.customer AND s.mandate = m.id)
        FROM customers c JOIN mandates m ON m.cell = c.cell AND m.customer = c.id
        WHERE {where} ORDER BY m.id
        """.encode(),  # noqa: S608 - conditions of ours only
        values,
    )
    return [
        Mandate(
            id=row[0],
            customer=row[1],
            reference=row[2],
            rules=msgspec.convert(row[3], tuple[Rule, ...]),
            valid_from=row[4],
            valid_to=row[5],
            recorded_at=row[6],
            recorded_by=row[7],
            signatories=tuple(
                Signatory(group=label, person=UUID(person) if person else None, post=post)
                for label, person, post in row[8]
            ),
        )
        for row in await cursor.fetchall()
    ]
