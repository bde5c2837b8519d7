"""Persons, and the posts they hold at customers."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.types import ASGIApp
from msgspec import Meta

from sycee import parties
from sycee.api import customer_conversions as conversions
from sycee.api import customer_examples as examples
from sycee.api.approval_shapes import ASKING
from sycee.api.asking import WAITS, waiting
from sycee.api.bodies import AnyRequest, decode_json, need_content_type, read_body, read_query, read_uuid
from sycee.api.edge import answer, caller_of, edge_of, transaction
from sycee.api.errors import InvalidIdentifier, TooManyPersons
from sycee.api.idempotency import Answer, once
from sycee.api.operations import JSON, describe
from sycee.api.routes.customers import TAG
from sycee.api.schemas.common import Wire
from sycee.api.schemas.persons import (
    Contact,
    Contacts,
    EndOfValidity,
    NewContact,
    NewPersons,
    Person,
    Persons,
)
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.kernel.ids import uuid7
from sycee.parties import CustomerNotFound, PersonNotFound

_NEW_PERSONS = msgspec.json.Decoder(NewPersons)
_NEW_CONTACT = msgspec.json.Decoder(NewContact)
_ENDING = msgspec.json.Decoder(EndOfValidity)
MAX_PERSONS = 10_000
"""Most persons that one request may record."""


class HoldsOn(Wire):
    """On which date."""

    on: Annotated[date | None, Meta(description="Those that hold on this date; by default all of them.")] = (
        None
    )


@post(
    "/v1/persons",
    opt=describe(
        id="register_persons",
        summary="Record persons",
        description="Records all persons of the list, or none. One whose document is known under the same "
        "particulars is answered with as he or she is.",
        tag=TAG,
        scope=Scope.CUSTOMERS_WRITE,
        request=NewPersons,
        request_example={"persons": [examples.NEW_PERSON]},
        response=Persons,
        status=201,
        example={"persons": [examples.FOUND_PERSON]},
        errors=(parties.InvalidPerson, parties.PersonExists, TooManyPersons),
        idempotency_key=True,
    ),
)
async def register_persons(request: AnyRequest) -> ASGIApp:
    """Record persons."""
    need_content_type(request, JSON)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    wanted = decode_json(body, _NEW_PERSONS).persons
    if len(wanted) > MAX_PERSONS:
        raise TooManyPersons(
            f"{len(wanted)} persons are sent; at most {MAX_PERSONS} are taken at once", limit=MAX_PERSONS
        )
    persons = [conversions.same(item, parties.NewPerson) for item in wanted]

    async def work(tx: Transaction) -> Answer:
        made = await parties.register_persons(tx, persons, by=caller_of(request).id)
        shown = Persons(persons=[conversions.same(one, Person) for one in made])
        return Answer(body=msgspec.json.encode(shown), status=201)

    return await once(request, body, work)


@get(
    "/v1/persons/{person_id:str}",
    opt=describe(
        id="get_person",
        summary="See a person",
        description="What the bank knows of a natural person.",
        tag=TAG,
        scope=Scope.CUSTOMERS_READ,
        response=Person,
        example=examples.FOUND_PERSON,
        errors=(PersonNotFound, InvalidIdentifier),
    ),
)
async def get_person(request: AnyRequest, person_id: FromPath[str]) -> ASGIApp:
    """See a person."""
    wanted = read_uuid(person_id)
    async with transaction(request) as tx:
        return answer(conversions.same(await parties.get_person(tx, wanted), Person))


@post(
    "/v1/customers/{customer_id:str}/contacts",
    opt=describe(
        id="add_contact",
        summary="Let a person hold a post at a customer",
        description="From a date on. A legal representative takes the place of the one before. Mandates name "
        "posts, so what a person of the bank asks for waits for another (202).",
        tag=TAG,
        command="customers.mandates",
        scope=Scope.CUSTOMERS_WRITE,
        request=NewContact,
        request_example=examples.NEW_CONTACT,
        response=Contact,
        status=201,
        example=examples.FOUND_CONTACT,
        others=WAITS,
        errors=(CustomerNotFound, PersonNotFound, InvalidIdentifier, parties.InvalidContact, *ASKING),
        idempotency_key=True,
    ),
)
async def add_contact(request: AnyRequest, customer_id: FromPath[str]) -> ASGIApp:
    """Let a person hold a post at a customer."""
    customer = read_uuid(customer_id)
    need_content_type(request, JSON)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    item = decode_json(body, _NEW_CONTACT)
    values = {name: getattr(item, name) for name in item.__struct_fields__ if name != "reason"}
    new = parties.NewContact(customer=customer, **values)

    async def work(tx: Transaction) -> Answer:
        caller = caller_of(request)
        if not caller.is_machine:
            act = parties.PostToHold(contact=new, reason=item.reason)
            return waiting(await parties.ask_to_give(tx, act, by=caller, id=uuid7()))
        made = await parties.add_contact(tx, new, by=caller.id, reason=item.reason)
        return Answer(body=msgspec.json.encode(conversions.same(made, Contact)), status=201)

    return await once(request, body, work)


@get(
    "/v1/customers/{customer_id:str}/contacts",
    opt=describe(
        id="list_contacts",
        summary="See the contacts of a customer",
        description="Who holds which post at a customer on a date, or ever did, and how to reach them.",
        tag=TAG,
        scope=Scope.CUSTOMERS_READ,
        customers=True,
        query=HoldsOn,
        response=Contacts,
        example={"contacts": [examples.FOUND_CONTACT]},
        errors=(CustomerNotFound, InvalidIdentifier),
    ),
)
async def list_contacts(request: AnyRequest, customer_id: FromPath[str]) -> ASGIApp:
    """See the contacts of a customer."""
    wanted, query = read_uuid(customer_id), read_query(request, HoldsOn)
    async with transaction(request) as tx:
        found = await parties.contacts(tx, wanted, query.on)
    return answer(Contacts(contacts=[conversions.same(one, Contact) for one in found]))


@post(
    "/v1/customers/{customer_id:str}/contacts/{contact_id:str}/end",
    opt=describe(
        id="end_contact",
        summary="End a contact",
        description="From a date on the person holds the post no longer.",
        tag=TAG,
        scope=Scope.CUSTOMERS_WRITE,
        request=EndOfValidity,
        request_example={"reason": "Left the company", "on": "2026-04-30"},
        response=Contact,
        example={**examples.FOUND_CONTACT, "valid_to": "2026-04-30"},
        errors=(CustomerNotFound, parties.ContactNotFound, InvalidIdentifier, parties.InvalidContact),
        idempotency_key=True,
    ),
)
async def end_contact(request: AnyRequest, customer_id: FromPath[str], contact_id: FromPath[str]) -> ASGIApp:
    """End a contact."""
    customer, contact = read_uuid(customer_id), read_uuid(contact_id)
    need_content_type(request, JSON)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    ending = decode_json(body, _ENDING)

    async def work(tx: Transaction) -> Answer:
        ended = await parties.end_contact(
            tx, customer, contact, by=caller_of(request).id, reason=ending.reason, on=ending.on
        )
        return Answer(body=msgspec.json.encode(conversions.same(ended, Contact)))

    return await once(request, body, work)


HANDLERS = [register_persons, get_person, add_contact, list_contacts, end_contact]
