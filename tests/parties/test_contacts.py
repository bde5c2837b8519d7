"""Persons and contacts: who is who, who holds which post, from when to when."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from sycee.database import Database, Transaction
from sycee.kernel.ids import uuid7
from sycee.parties import (
    LEGAL_REPRESENTATIVE,
    ContactNotFound,
    CustomerNotFound,
    DocumentKind,
    InvalidContact,
    InvalidPerson,
    NewContact,
    NewPerson,
    PersonExists,
    PersonNotFound,
    add_contact,
    contacts,
    customer_changes,
    end_contact,
    get_person,
    legal_representative,
    register_persons,
)
from tests.parties.conftest import TODAY
from tests.parties.people import BY, a_customer, a_person, new_resident_id, some_persons

DAY = timedelta(days=1)


async def test_a_person_is_born_when_the_identity_number_says(tx: Transaction) -> None:
    number = new_resident_id(date(1979, 12, 31))
    (made,) = await register_persons(
        tx, [NewPerson(name="Wang Fang", local_name="王芳", document_number=number.lower())], by=BY
    )
    assert await get_person(tx, made.id) == made
    assert (made.document_number, made.born_on, made.local_name) == (number, date(1979, 12, 31), "王芳")


async def test_the_same_document_is_the_same_person(tx: Transaction) -> None:
    wanted = NewPerson(
        name="Jane Doe", document_kind=DocumentKind.PASSPORT, document_number="p1234567", country="GB"
    )
    first, second = await register_persons(tx, [wanted, wanted], by=BY)
    assert first == second == (await register_persons(tx, [wanted], by=BY))[0]
    with pytest.raises(PersonExists, match="has that document and name Jane Doe, not John Doe"):
        await register_persons(
            tx,
            [
                NewPerson(
                    name="John Doe",
                    document_kind=DocumentKind.PASSPORT,
                    document_number="P1234567",
                    country="GB",
                )
            ],
            by=BY,
        )
    assert await register_persons(tx, [], by=BY) == []


NUMBER = new_resident_id()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"document_number": NUMBER[:-1]}, "17 digits and a check character"),
        ({"document_number": NUMBER[:-1] + ("1" if NUMBER[-1] != "1" else "2")}, "would be right"),
        ({"document_number": "110101199013320015"}, "would be right|no date of birth"),
        ({"born_on": date(1999, 1, 1)}, "this one is of 1980-05-17"),
        ({"country": "GB"}, "is Chinese"),
        ({"country": "China"}, "two capitals"),
        ({"name": ""}, "name is empty"),
        ({"document_kind": DocumentKind.PASSPORT, "document_number": "!!!"}, "not the number of a document"),
        (
            {"document_kind": DocumentKind.OTHER, "document_number": "ABC", "born_on": date(1700, 1, 1)},
            "in the year 1700",
        ),
    ],
)
async def test_a_person_who_cannot_be_is_refused(tx: Transaction, fields: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidPerson, match=words):
        await register_persons(tx, [NewPerson(**{"name": "X", "document_number": NUMBER, **fields})], by=BY)


async def test_contacts_hold_their_posts_between_their_days(tx: Transaction) -> None:
    customer = (await a_customer(tx)).id
    person = await a_person(tx, "Li Wei", local_name="李伟")
    made = await add_contact(
        tx,
        NewContact(
            customer=customer,
            person=person.id,
            post="treasurer",
            phone="+86 21 5555 0101",
            email="li.wei@example.com",
            valid_to=date(2026, 5, 1),
        ),
        by=BY,
    )
    assert (made.name, made.local_name, made.valid_from) == ("Li Wei", "李伟", TODAY)
    assert await contacts(tx, customer, TODAY) == await contacts(tx, customer, date(2026, 4, 30)) == [made]
    assert await contacts(tx, customer, date(2026, 5, 1)) == await contacts(tx, customer, TODAY - DAY) == []
    ended = await end_contact(tx, customer, made.id, by="mia", reason="left", on=date(2026, 4, 10))
    assert await contacts(tx, customer) == [ended]
    assert await contacts(tx, customer, date(2026, 4, 10)) == []
    change = (await customer_changes(tx, customer, limit=1))[0]
    assert (change.what, change.changed_by, change.before["valid_to"], change.after["valid_to"]) == (
        "contact ended",
        "mia",
        "2026-05-01",
        "2026-04-10",
    )


async def test_one_person_represents_a_company_at_a_time(tx: Transaction) -> None:
    customer = (await a_customer(tx)).id
    first, second, third = await some_persons(tx, "First", "Second", "Third")

    async def appoint(person: UUID, start: date, end: date | None = None) -> None:
        new = NewContact(
            customer=customer, person=person, post=LEGAL_REPRESENTATIVE, valid_from=start, valid_to=end
        )
        await add_contact(tx, new, by=BY)

    async def on(day: date) -> str | None:
        found = await legal_representative(tx, customer, day)
        return found.name if found else None

    assert await on(TODAY) is None
    await appoint(first, date(2026, 1, 1))
    await appoint(third, date(2026, 9, 1))
    await appoint(second, date(2026, 5, 1))
    days = [date(2026, 4, 30), date(2026, 5, 1), date(2026, 8, 31), date(2026, 9, 1)]
    assert [await on(day) for day in days] == ["First", "Second", "Second", "Third"]
    # One from the same day takes the place of another that then never held.
    await appoint(first, date(2026, 9, 1), date(2026, 10, 1))
    assert [await on(date(2026, 9, 1)), await on(date(2026, 10, 1))] == ["First", None]


async def test_two_appointments_at_once_leave_one_representative(bank: Database) -> None:
    async with bank.transaction() as tx:
        customer = (await a_customer(tx)).id
        persons = await some_persons(tx, *"abcd")

    async def appoint(person: UUID) -> None:
        async with bank.transaction() as tx:
            await add_contact(
                tx, NewContact(customer=customer, person=person, post=LEGAL_REPRESENTATIVE), by=BY
            )

    await asyncio.gather(*map(appoint, persons))
    async with bank.transaction() as tx:
        assert len(await contacts(tx, customer, TODAY)) == 1
        assert len(await contacts(tx, customer)) == 4


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"post": "Chief Financial Officer"}, InvalidContact),
        ({"phone": "call me"}, InvalidContact),
        ({"email": "nobody"}, InvalidContact),
        ({"email": "x" * 300 + "@example.com"}, InvalidContact),
        ({"valid_to": TODAY}, InvalidContact),
        ({"valid_from": date(3000, 1, 1)}, InvalidContact),
        ({"person": UUID(int=5)}, PersonNotFound),
        ({"customer": UUID(int=5)}, CustomerNotFound),
    ],
)
async def test_a_bad_contact_is_refused(
    tx: Transaction, fields: dict[str, Any], error: type[Exception]
) -> None:
    customer = (await a_customer(tx)).id
    given = {"customer": customer, "person": (await a_person(tx)).id, "post": "treasurer"}
    with pytest.raises(error):
        await add_contact(tx, NewContact(**{**given, **fields}), by=BY)
    assert await contacts(tx, customer) == []


async def test_a_contact_ends_within_its_days(tx: Transaction) -> None:
    customer = (await a_customer(tx)).id
    (person,) = await some_persons(tx, "One")
    new = NewContact(customer=customer, person=person, post="treasurer", valid_to=date(2026, 5, 1))
    made = await add_contact(tx, new, by=BY)
    for day in (TODAY - DAY, date(2026, 5, 2)):
        with pytest.raises(InvalidContact):
            await end_contact(tx, customer, made.id, by=BY, reason="x", on=day)
    with pytest.raises(InvalidContact, match="reason"):
        await end_contact(tx, customer, made.id, by=BY, reason=" ")
    with pytest.raises(ContactNotFound):
        await end_contact(tx, customer, uuid7(), by=BY, reason="x")
    # Ended on its first day, it never held.
    await end_contact(tx, customer, made.id, by=BY, reason="a mistake", on=TODAY)
    assert await contacts(tx, customer, TODAY) == []
