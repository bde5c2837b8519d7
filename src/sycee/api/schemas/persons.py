"""Persons, and the posts they hold at customers, on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from sycee.api.schemas.common import Wire
from sycee.api.schemas.customers import Country, EffectiveFrom, EntityLocalName, EntityName, Reason

Post = Annotated[
    str,
    Meta(
        max_length=40,
        description="Small letters, digits and `_`. `legal_representative` is held by one person at a time; "
        "`general_manager` counts as beneficial owner when nobody else does.",
        examples=["legal_representative"],
        extra_json_schema={"pattern": "^[a-z][a-z0-9_]{1,39}$"},
    ),
]
LastDay = Annotated[date | None, Meta(description="First day on which it no longer holds; null: open.")]


class NewPerson(Wire):
    """A natural person to record, known by a document."""

    name: EntityName
    document_number: Annotated[
        str, Meta(max_length=40, description="A resident identity number is verified.", examples=["P1234567"])
    ]
    local_name: EntityLocalName = ""
    document_kind: Literal["resident_id", "passport", "other"] = "resident_id"
    country: Annotated[Country, Meta(description="That issued the document.")] = "CN"
    born_on: Annotated[date | None, Meta(description="Taken from a resident identity number.")] = None


class NewPersons(Wire):
    """Persons to record: all of them or none."""

    persons: Annotated[list[NewPerson], Meta(min_length=1, description="The persons, in order.")]


class Person(Wire):
    """A natural person that the bank knows."""

    id: UUID
    name: EntityName
    local_name: EntityLocalName
    document_kind: Literal["resident_id", "passport", "other"]
    document_number: str
    country: Country
    born_on: date | None


class Persons(Wire):
    """The persons that were recorded or known before, in the order of the request."""

    persons: list[Person]


class NewContact(Wire):
    """A person who holds a post at a customer, from a date on."""

    person: UUID
    post: Post
    phone: Annotated[str, Meta(max_length=32, examples=["+86 21 5555 0101"])] = ""
    email: Annotated[str, Meta(max_length=254, examples=["li.wei@example.com"])] = ""
    valid_from: EffectiveFrom = None
    valid_to: LastDay = None
    reason: Annotated[str, Meta(max_length=500)] = ""


class Contact(Wire):
    """A person at a customer, in a post, while it is so."""

    id: UUID
    customer: UUID
    person: UUID
    name: str
    local_name: str
    post: Post
    phone: str
    email: str
    valid_from: date
    valid_to: LastDay
    recorded_at: datetime
    recorded_by: str


class Contacts(Wire):
    """The contacts of a customer, by post and first day."""

    contacts: list[Contact]


class EndOfValidity(Wire):
    """The end of something that holds: from which day on, and why."""

    reason: Reason
    on: Annotated[
        date | None,
        Meta(description="First day on which it no longer holds; by default the cell's business date."),
    ] = None
