"""Mandates: give, see, revoke, and ask whether signatures suffice."""

from __future__ import annotations

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.types import ASGIApp

from sycee import ledger, parties
from sycee.api import customer_conversions as conversions
from sycee.api import customer_examples as examples
from sycee.api.approval_shapes import ASKING
from sycee.api.asking import WAITS, waiting
from sycee.api.bodies import AnyRequest, decode_json, need_content_type, read_body, read_query, read_uuid
from sycee.api.edge import answer, caller_of, edge_of, transaction
from sycee.api.errors import InvalidIdentifier
from sycee.api.idempotency import Answer, once
from sycee.api.operations import JSON, describe
from sycee.api.routes.customers import TAG
from sycee.api.routes.persons import HoldsOn
from sycee.api.schemas.mandates import Mandate, MandateDecision, Mandates, NewMandates, SigningCheck
from sycee.api.schemas.persons import EndOfValidity
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.kernel.ids import uuid7
from sycee.kernel.money import InvalidAmount, UnknownCurrency
from sycee.parties import CustomerNotFound, PersonNotFound

_NEW_MANDATES = msgspec.json.Decoder(NewMandates)
_ENDING = msgspec.json.Decoder(EndOfValidity)
_CHECK = msgspec.json.Decoder(SigningCheck)
_OPERATIONS = "; ".join(f"`{name}`: {text}" for name, text in parties.OPERATIONS.items())


@post(
    "/v1/customers/{customer_id:str}/mandates",
    opt=describe(
        id="give_mandates",
        summary="Give mandates",
        description="Records who may sign for a customer, for what, up to how much, and how many together; "
        "all mandates of the list or none. What a person of the bank asks for waits for another (202). "
        f"Operations: {_OPERATIONS}",
        tag=TAG,
        command="customers.mandates",
        scope=Scope.CUSTOMERS_WRITE,
        request=NewMandates,
        request_example={"mandates": [examples.NEW_MANDATE], "reason": "Board of 2026-03-20"},
        response=Mandates,
        status=201,
        example={"mandates": [examples.FOUND_MANDATE]},
        others=WAITS,
        errors=(
            *ASKING,
            CustomerNotFound,
            PersonNotFound,
            InvalidIdentifier,
            parties.InvalidMandate,
            InvalidAmount,
            UnknownCurrency,
        ),
        idempotency_key=True,
    ),
)
async def give_mandates(request: AnyRequest, customer_id: FromPath[str]) -> ASGIApp:
    """Give mandates."""
    customer = read_uuid(customer_id)
    need_content_type(request, JSON)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    wanted = decode_json(body, _NEW_MANDATES)
    given = [conversions.new_mandate(customer, item) for item in wanted.mandates]

    async def work(tx: Transaction) -> Answer:
        caller = caller_of(request)
        if not caller.is_machine:
            act = parties.MandatesToGive(customer=customer, mandates=tuple(given), reason=wanted.reason)
            return waiting(await parties.ask_to_give(tx, act, by=caller, id=uuid7()))
        made = await parties.give_mandates(tx, given, by=caller.id, reason=wanted.reason)
        shown = Mandates(mandates=[conversions.mandate(one) for one in made])
        return Answer(body=msgspec.json.encode(shown), status=201)

    return await once(request, body, work)


@get(
    "/v1/customers/{customer_id:str}/mandates",
    opt=describe(
        id="list_mandates",
        summary="See the mandates of a customer",
        description="The mandates that a customer has given: those that hold on a date, or all there were.",
        tag=TAG,
        scope=Scope.CUSTOMERS_READ,
        customers=True,
        query=HoldsOn,
        response=Mandates,
        example={"mandates": [examples.FOUND_MANDATE]},
        errors=(CustomerNotFound, InvalidIdentifier),
    ),
)
async def list_mandates(request: AnyRequest, customer_id: FromPath[str]) -> ASGIApp:
    """See the mandates of a customer."""
    wanted, query = read_uuid(customer_id), read_query(request, HoldsOn)
    async with transaction(request) as tx:
        found = await parties.mandates(tx, wanted, query.on)
    return answer(Mandates(mandates=[conversions.mandate(one) for one in found]))


@post(
    "/v1/customers/{customer_id:str}/mandates/{mandate_id:str}/revoke",
    opt=describe(
        id="revoke_mandate",
        summary="Revoke a mandate",
        description="From a date on nobody signs under it any more.",
        tag=TAG,
        scope=Scope.CUSTOMERS_WRITE,
        request=EndOfValidity,
        request_example={"reason": "Board of 2026-04-20", "on": "2026-04-30"},
        response=Mandate,
        example={**examples.FOUND_MANDATE, "valid_to": "2026-04-30"},
        errors=(CustomerNotFound, parties.MandateNotFound, InvalidIdentifier, parties.InvalidMandate),
        idempotency_key=True,
    ),
)
async def revoke_mandate(
    request: AnyRequest, customer_id: FromPath[str], mandate_id: FromPath[str]
) -> ASGIApp:
    """Revoke a mandate."""
    customer, mandate = read_uuid(customer_id), read_uuid(mandate_id)
    need_content_type(request, JSON)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    ending = decode_json(body, _ENDING)

    async def work(tx: Transaction) -> Answer:
        ended = await parties.revoke_mandate(
            tx, customer, mandate, by=caller_of(request).id, reason=ending.reason, on=ending.on
        )
        return Answer(body=msgspec.json.encode(conversions.mandate(ended)))

    return await once(request, body, work)


@post(
    "/v1/customers/{customer_id:str}/mandates/check",
    opt=describe(
        id="check_mandate",
        summary="Ask whether signatures suffice",
        description="Whether these persons, signing together, may do this for the customer on a date; "
        "changes nothing. The answer names the mandate; a no is the problem that they would meet.",
        tag=TAG,
        scope=Scope.CUSTOMERS_READ,
        request=SigningCheck,
        request_example=examples.CHECK,
        response=MandateDecision,
        example=examples.DECISION,
        errors=(
            CustomerNotFound,
            InvalidIdentifier,
            InvalidAmount,
            UnknownCurrency,
            parties.InvalidMandate,
            parties.MandateMissing,
            parties.SignerNotMandated,
            parties.SignaturesMissing,
            parties.MandateExceeded,
        ),
    ),
)
async def check_mandate(request: AnyRequest, customer_id: FromPath[str]) -> ASGIApp:
    """Ask whether signatures suffice."""
    wanted = read_uuid(customer_id)
    need_content_type(request, JSON)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    check = decode_json(body, _CHECK)
    amount, currency = conversions.read_check(check)
    async with transaction(request) as tx:
        customer = await parties.get_customer(tx, wanted)
        day = check.on or (await ledger.get_cell(tx, customer.cell)).business_date
        found = await parties.check_mandate(tx, wanted, check.operation, amount, currency, check.signers, day)
    return answer(conversions.decision(found))


@get(
    "/v1/persons/{person_id:str}/mandates",
    opt=describe(
        id="list_mandates_of_person",
        summary="See for whom a person may sign",
        description="The mandates of all customers that name the person. Those of posts are listed with the "
        "customer.",
        tag=TAG,
        scope=Scope.CUSTOMERS_READ,
        query=HoldsOn,
        response=Mandates,
        example={"mandates": [examples.FOUND_MANDATE]},
        errors=(PersonNotFound, InvalidIdentifier),
    ),
)
async def list_mandates_of_person(request: AnyRequest, person_id: FromPath[str]) -> ASGIApp:
    """See for whom a person may sign."""
    wanted, query = read_uuid(person_id), read_query(request, HoldsOn)
    async with transaction(request) as tx:
        await parties.get_person(tx, wanted)
        found = await parties.mandates_for(tx, wanted, query.on)
    return answer(Mandates(mandates=[conversions.mandate(one) for one in found]))


HANDLERS = [give_mandates, list_mandates, revoke_mandate, check_mandate, list_mandates_of_person]
