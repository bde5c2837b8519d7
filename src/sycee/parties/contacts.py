"""Contacts: which person holds which post at a customer, from when to when, and how to reach them.

Two posts mean something to the bank: ``legal_representative``, which one person holds at a time, and
``general_manager``, who counts as beneficial owner when nobody else does. A mandate may be given to a post:
then whoever holds it may sign.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from sycee.database import Transaction, UuidArray
from sycee.kernel.ids import uuid7
from sycee.parties.changes import NewChange, business_dates, cell_of_customer, write_changes
from sycee.parties.errors import ContactNotFound, InvalidContact
from sycee.parties.identifiers import kept_text
from sycee.parties.persons import get_person
from sycee.parties.versions import LAST_DAY, LONGEST_REASON

LEGAL_REPRESENTATIVE = "legal_representative"
GENERAL_MANAGER = "general_manager"

_POST = re.compile(r"[a-z][a-z0-9_]{1,39}", re.ASCII)
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{3,189}")
_PHONE = re.compile(r"\+?[0-9][0-9 ()\-]{2,30}", re.ASCII)


class NewContact(msgspec.Struct, frozen=True, kw_only=True):
    """A person who holds a post at a customer from a date on (default: the cell's business date).

    ``valid_to`` is the first day on which it no longer holds; None leaves it open.
    """

    customer: UUID
    person: UUID
    post: str
    phone: str = ""
    email: str = ""
    valid_from: date | None = None
    valid_to: date | None = None


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """A person at a customer, in a post, while it is so."""

    id: UUID
    customer: UUID
    person: UUID
    name: str
    local_name: str
    post: str
    phone: str
    email: str
    valid_from: date
    valid_to: date | None
    recorded_at: datetime
    recorded_by: str


_SELECT = """
    SELECT t.id, t.customer, t.person, p.name, p.local_name, t.post, t.phone, t.email, t.valid_from,
           t.valid_to, t.recorded_at, t.recorded_by
    FROM customer_contacts t JOIN persons p ON p.id = t.person
"""


def checked_post(post: str, error: type[Exception] = InvalidContact) -> str:
    """The name of a post. Raises ``error``."""
    if not _POST.fullmatch(post):
        raise error(
            f"{post[:60]!r} is not a post: small letters, digits and _, such as {LEGAL_REPRESENTATIVE}"
        )
    return post


def checked_span(start: date, end: date | None, error: type[Exception]) -> None:
    """Raise ``error`` when nothing can hold from ``start`` until before ``end``."""
    if end is not None and end <= start:
        raise error(f"from {start} until before {end} there is no day")
    if start > LAST_DAY or (end is not None and end > LAST_DAY):
        raise error(f"dates go up to {LAST_DAY}")


async def add_contact(tx: Transaction, new: NewContact, *, by: str, reason: str = "") -> Contact:
    """Let a person hold a post. A legal representative takes the place of the one before, from that day on.

    Raises CustomerNotFound, PersonNotFound, InvalidContact.
    """
    post, phone = checked_post(new.post), new.phone.strip()
    email = kept_text(new.email, "the e-mail address", 254, InvalidContact)
    reason = kept_text(reason, "the reason", LONGEST_REASON, InvalidContact)
    if phone and not _PHONE.fullmatch(phone):
        raise InvalidContact(f"{phone[:40]!r} is not a telephone number, such as +86 21 5555 0101")
    if email and not _EMAIL.fullmatch(email):
        raise InvalidContact(f"{email[:80]!r} is not an e-mail address")
    await get_person(tx, new.person)
    cell = await cell_of_customer(tx, new.customer, lock=True)
    start = new.valid_from or (await business_dates(tx))[cell]
    end = new.valid_to
    checked_span(start, end, InvalidContact)
    if post == LEGAL_REPRESENTATIVE:
        end = await _make_room(tx, cell, new.customer, start, end)
    id = uuid7()
    await tx.execute(
        "INSERT INTO customer_contacts"
        " (cell, customer, id, person, post, phone, email, valid_from, valid_to, recorded_by)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (cell, new.customer, id, new.person, post, phone, email, start, end, by),
    )
    made = await _get(tx, cell, new.customer, id)
    change = NewChange(
        cell=cell, customer=new.customer, what="contact", effective=start, by=by, reason=reason, after=made
    )
    await write_changes(tx, [change])
    return made


async def _make_room(
    tx: Transaction, cell: int, customer: UUID, start: date, end: date | None
) -> date | None:
    """End who represents the customer on ``start``; returns where the new one ends: where the next begins."""
    cursor = await tx.execute(
        "SELECT id, valid_from FROM customer_contacts WHERE cell = %s AND customer = %s AND post = %s"
        " AND (valid_to IS NULL OR valid_to > greatest(valid_from, %s)) ORDER BY valid_from",
        (cell, customer, LEGAL_REPRESENTATIVE, start),
    )
    found: list[tuple[UUID, date]] = [(row[0], row[1]) for row in await cursor.fetchall()]
    for id, begins in found:
        if begins > start:
            return begins if end is None else min(begins, end)
        await tx.execute(
            "UPDATE customer_contacts SET valid_to = %s WHERE cell = %s AND customer = %s AND id = %s",
            (start, cell, customer, id),
        )
    return end


async def end_contact(
    tx: Transaction, customer: UUID, id: UUID, *, by: str, reason: str, on: date | None = None
) -> Contact:
    """Let a contact hold no longer from a day on (default: the cell's business date).

    A contact that has ended may be ended earlier, not later. Raises CustomerNotFound, ContactNotFound,
    InvalidContact.
    """
    reason = kept_text(reason, "the reason", LONGEST_REASON, InvalidContact, needed=True)
    cell = await cell_of_customer(tx, customer, lock=True)
    before = await _get(tx, cell, customer, id)
    day = on or (await business_dates(tx))[cell]
    if day < before.valid_from:
        raise InvalidContact(
            f"the contact begins on {before.valid_from} and cannot end on {day}, before that"
        )
    if before.valid_to is not None and day > before.valid_to:
        raise InvalidContact(f"the contact ends on {before.valid_to} already")
    await tx.execute(
        "UPDATE customer_contacts SET valid_to = %s WHERE cell = %s AND customer = %s AND id = %s",
        (day, cell, customer, id),
    )
    after = await _get(tx, cell, customer, id)
    change = NewChange(
        cell=cell,
        customer=customer,
        what="contact ended",
        effective=day,
        by=by,
        reason=reason,
        before=before,
        after=after,
    )
    await write_changes(tx, [change])
    return after


async def _get(tx: Transaction, cell: int, customer: UUID, id: UUID) -> Contact:
    cursor = await tx.execute(
        _SELECT + "WHERE t.cell = %s AND t.customer = %s AND t.id = %s", (cell, customer, id)
    )
    found = _read(await cursor.fetchall())
    if not found:
        raise ContactNotFound(f"customer {customer} has no contact {id}")
    return found[0]


def _read(rows: Iterable[Sequence[Any]]) -> list[Contact]:
    names = Contact.__struct_fields__
    return [Contact(**dict(zip(names, row, strict=True))) for row in rows]


async def contacts(tx: Transaction, customer: UUID, on: date | None = None) -> list[Contact]:
    """Who holds a post at a customer on a date; without one, everybody who ever did or will.

    By post, then by first day. Raises CustomerNotFound.
    """
    cell = await cell_of_customer(tx, customer)
    cursor = await tx.execute(
        _SELECT
        + """
        WHERE t.cell = %s AND t.customer = %s AND (%s::date IS NULL OR
            (t.valid_from <= %s AND (t.valid_to IS NULL OR t.valid_to > %s)))
        ORDER BY t.post, t.valid_from, t.id
        """,
        (cell, customer, on, on, on),
    )
    return _read(await cursor.fetchall())


async def posts_on(tx: Transaction, customers: Iterable[UUID], on: date) -> dict[tuple[UUID, str], set[UUID]]:
    """Who holds each post at each of some customers on a date."""
    cursor = await tx.execute(
        "SELECT t.customer, t.post, t.person FROM customer_contacts t JOIN customers c"
        " ON c.cell = t.cell AND c.id = t.customer"
        " WHERE c.id = ANY(%s::uuid[]) AND t.valid_from <= %s AND (t.valid_to IS NULL OR t.valid_to > %s)",
        (UuidArray(sorted(set(customers))), on, on),
    )
    found: dict[tuple[UUID, str], set[UUID]] = {}
    for customer, post, person in await cursor.fetchall():
        found.setdefault((customer, post), set()).add(person)
    return found


async def legal_representative(tx: Transaction, customer: UUID, on: date) -> Contact | None:
    """Who represents a customer by law on a date; None when nobody is recorded. Raises CustomerNotFound."""
    found = [one for one in await contacts(tx, customer, on) if one.post == LEGAL_REPRESENTATIVE]
    return found[0] if found else None
