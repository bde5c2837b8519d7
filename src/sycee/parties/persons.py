"""Natural persons: who acts for customers, and who owns them in the end."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from sycee.database import DateArray, TextArray, Transaction, UuidArray
from sycee.kernel.ids import uuid7
from sycee.parties.errors import InvalidPerson, PersonExists, PersonNotFound
from sycee.parties.identifiers import kept_text, resident_id


class DocumentKind(StrEnum):
    """What a person is identified by."""

    RESIDENT_ID = "resident_id"
    PASSPORT = "passport"
    OTHER = "other"


class NewPerson(msgspec.Struct, frozen=True, kw_only=True):
    """A person to be recorded. The date of birth of a resident identity number is taken from it."""

    name: str
    local_name: str = ""
    document_kind: DocumentKind = DocumentKind.RESIDENT_ID
    document_number: str
    country: str = "CN"
    born_on: date | None = None


class Person(NewPerson, frozen=True, kw_only=True):
    """A person that the bank knows; ``country`` (ISO 3166) is the one that issued the document."""

    id: UUID


_COLUMNS = "name, local_name, document_kind, document_number, country, born_on, id"
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_DOCUMENT = re.compile(r"[0-9A-Z][0-9A-Z/.\-]{2,39}", re.ASCII)


async def register_persons(tx: Transaction, persons: Sequence[NewPerson], *, by: str) -> list[Person]:
    """Record persons, all or none, and return them in order.

    One whose document is known under the same particulars is answered with as he or she is.
    Raises InvalidPerson, PersonExists when the document is known under other particulars.
    """
    wanted = [_checked(person) for person in persons]
    # Sorted: two lists that share documents meet at the first of them instead of in a deadlock.
    ordered = sorted(wanted, key=_document)
    await tx.execute(
        f"INSERT INTO persons ({_COLUMNS}, recorded_by)"  # noqa: S608 - names of ours only
        " SELECT n, l, k, d, c, b, i, %s FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[],"
        " %s::text[], %s::date[], %s::uuid[]) WITH ORDINALITY AS p(n, l, k, d, c, b, i, ord) ORDER BY ord"
        " ON CONFLICT DO NOTHING",
        (
            by,
            TextArray([person.name for person in ordered]),
            TextArray([person.local_name for person in ordered]),
            TextArray([str(person.document_kind) for person in ordered]),
            TextArray([person.document_number for person in ordered]),
            TextArray([person.country for person in ordered]),
            DateArray([person.born_on for person in ordered]),
            UuidArray([uuid7() for _ in ordered]),
        ),
    )
    cursor = await tx.execute(
        f"SELECT {_COLUMNS} FROM persons"  # noqa: S608 - names of ours only
        " JOIN unnest(%s::text[], %s::text[], %s::text[])"
        " AS wanted(document_kind, country, document_number)"
        " USING (document_kind, country, document_number)",
        [TextArray(list(column)) for column in zip(*map(_document, ordered), strict=True)]
        or [TextArray([])] * 3,
    )
    found = {_document(person): person for person in map(_person, await cursor.fetchall())}
    for person in wanted:
        known = found[_document(person)]
        for field in ("name", "local_name", "born_on"):
            has, new = getattr(known, field), getattr(person, field)
            if has != new:
                raise PersonExists(f"person {known.id} has that document and {field} {has}, not {new}")
    return [found[_document(person)] for person in wanted]


def _document(person: NewPerson) -> tuple[str, str, str]:
    return str(person.document_kind), person.country, person.document_number


def _checked(person: NewPerson) -> NewPerson:
    number, born_on = person.document_number.strip().upper(), person.born_on
    if not _COUNTRY.fullmatch(person.country):
        raise InvalidPerson(f"{person.country[:20]!r} is not a country: two capitals of ISO 3166, such as CN")
    if person.document_kind is DocumentKind.RESIDENT_ID:
        number, in_number = resident_id(number)
        if person.country != "CN" or born_on not in (None, in_number):
            raise InvalidPerson(f"a resident identity number is Chinese, and this one is of {in_number}")
        born_on = in_number
    elif not _DOCUMENT.fullmatch(number):
        raise InvalidPerson(f"{number[:50]!r} is not the number of a document: 3 to 40 letters and digits")
    if born_on is not None and not 1850 <= born_on.year <= 2999:
        raise InvalidPerson(f"nobody of today was born in the year {born_on.year}")
    return NewPerson(
        name=kept_text(person.name, "the name", 200, InvalidPerson, needed=True),
        local_name=kept_text(person.local_name, "the local name", 200, InvalidPerson),
        document_kind=DocumentKind(person.document_kind),
        document_number=number,
        country=person.country,
        born_on=born_on,
    )


def _person(row: Sequence[Any]) -> Person:
    values = dict(zip(_COLUMNS.split(", "), row, strict=True))
    return Person(**{**values, "document_kind": DocumentKind(values["document_kind"])})


async def get_persons(tx: Transaction, ids: Iterable[UUID]) -> dict[UUID, Person]:
    """Persons by id. Raises PersonNotFound when one of them is not known."""
    wanted = sorted(set(ids))
    cursor = await tx.execute(
        f"SELECT {_COLUMNS} FROM persons WHERE id = ANY(%s::uuid[])",  # noqa: S608 - names of ours only
        (UuidArray(wanted),),
    )
    found = {person.id: person for person in map(_person, await cursor.fetchall())}
    for id in wanted:
        if id not in found:
            raise PersonNotFound(f"there is no person {id}")
    return found


async def get_person(tx: Transaction, id: UUID) -> Person:
    """The person with this id. Raises PersonNotFound."""
    return (await get_persons(tx, [id]))[id]
