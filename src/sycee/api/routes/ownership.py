"""Groups and owners of customers: who stands above whom, who owns what, and who owns it in the end."""

from __future__ import annotations

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.types import ASGIApp

from sycee import parties
from sycee.api import customer_conversions as conversions
from sycee.api import customer_examples as examples
from sycee.api.bodies import AnyRequest, decode_json, need_content_type, read_body, read_query, read_uuid
from sycee.api.edge import answer, caller_of, edge_of, transaction
from sycee.api.errors import InvalidIdentifier
from sycee.api.idempotency import Answer, once
from sycee.api.operations import JSON, describe
from sycee.api.routes.customers import TAG, OnDate
from sycee.api.schemas.customers import Customer, Group, NewParent
from sycee.api.schemas.ownership import (
    NewOwnershipRegister,
    OwnershipRegister,
    OwnershipRegisters,
    OwnershipReport,
)
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.parties import CustomerNotFound

_NEW_PARENT = msgspec.json.Decoder(NewParent)
_NEW_REGISTER = msgspec.json.Decoder(NewOwnershipRegister)


@post(
    "/v1/customers/{customer_id:str}/parent",
    opt=describe(
        id="set_parent",
        summary="Put a customer into a group",
        description="Sets the company directly above from a date on, or takes it away. A circle is refused, "
        "and the way around is named.",
        tag=TAG,
        scope=Scope.CUSTOMERS_WRITE,
        request=NewParent,
        request_example={"parent": examples.PARENT, "percent": "80", "reason": "Acquired"},
        response=Customer,
        example=examples.FOUND_CUSTOMER,
        errors=(
            CustomerNotFound,
            InvalidIdentifier,
            parties.InvalidCustomer,
            parties.InvalidEffectiveDate,
            parties.CircularGroup,
        ),
        idempotency_key=True,
    ),
)
async def set_parent(request: AnyRequest, customer_id: FromPath[str]) -> ASGIApp:
    """Put a customer into a group."""
    child = read_uuid(customer_id)
    need_content_type(request, JSON)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    wanted = decode_json(body, _NEW_PARENT)
    percent = conversions.read_percent(wanted.percent, parties.InvalidCustomer)

    async def work(tx: Transaction) -> Answer:
        changed = await parties.set_parent(
            tx,
            child,
            wanted.parent,
            percent,
            wanted.from_day,
            by=caller_of(request).id,
            reason=wanted.reason,
        )
        return Answer(body=msgspec.json.encode(conversions.customer(changed)))

    return await once(request, body, work)


@get(
    "/v1/customers/{customer_id:str}/group",
    opt=describe(
        id="get_group",
        summary="See the group of a customer",
        description="The whole tree of companies that it belongs to, on a date.",
        tag=TAG,
        scope=Scope.CUSTOMERS_READ,
        query=OnDate,
        response=Group,
        example=examples.GROUP,
        errors=(CustomerNotFound, InvalidIdentifier),
    ),
)
async def get_group(request: AnyRequest, customer_id: FromPath[str]) -> ASGIApp:
    """See the group of a customer."""
    wanted, query = read_uuid(customer_id), read_query(request, OnDate)
    async with transaction(request) as tx:
        return answer(conversions.group(await parties.group_of(tx, wanted, query.on)))


@post(
    "/v1/customers/{customer_id:str}/ownership-registers",
    opt=describe(
        id="record_ownership",
        summary="Record who owns a customer",
        description="Records the whole register of owners from a date on; it holds until the next one "
        "begins. Circular holdings are refused, and the way around is named.",
        tag=TAG,
        scope=Scope.CUSTOMERS_WRITE,
        request=NewOwnershipRegister,
        request_example={"holdings": examples.HOLDINGS, "reason": "Register of shareholders of 2026"},
        response=OwnershipRegister,
        status=201,
        example=examples.REGISTER,
        errors=(
            CustomerNotFound,
            InvalidIdentifier,
            parties.PersonNotFound,
            parties.InvalidOwnership,
            parties.InvalidEffectiveDate,
            parties.MoreThanTheWhole,
            parties.CircularOwnership,
        ),
        idempotency_key=True,
    ),
)
async def record_ownership(request: AnyRequest, customer_id: FromPath[str]) -> ASGIApp:
    """Record who owns a customer."""
    owned = read_uuid(customer_id)
    need_content_type(request, JSON)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    wanted = decode_json(body, _NEW_REGISTER)
    holdings = conversions.holdings(wanted.holdings)

    async def work(tx: Transaction) -> Answer:
        made = await parties.record_ownership(
            tx,
            owned,
            holdings,
            by=caller_of(request).id,
            reason=wanted.reason,
            from_day=wanted.from_day,
        )
        return Answer(body=msgspec.json.encode(conversions.register(made)), status=201)

    return await once(request, body, work)


@get(
    "/v1/customers/{customer_id:str}/ownership-registers",
    opt=describe(
        id="list_ownership_registers",
        summary="See the registers of owners",
        description="The registers of owners of a customer that stand, in the order of their days.",
        tag=TAG,
        scope=Scope.CUSTOMERS_READ,
        response=OwnershipRegisters,
        example={"registers": [examples.REGISTER]},
        errors=(CustomerNotFound, InvalidIdentifier),
    ),
)
async def list_ownership_registers(request: AnyRequest, customer_id: FromPath[str]) -> ASGIApp:
    """See the registers of owners."""
    wanted = read_uuid(customer_id)
    async with transaction(request) as tx:
        found = await parties.ownership_registers(tx, wanted)
    return answer(OwnershipRegisters(registers=[conversions.register(one) for one in found]))


@get(
    "/v1/customers/{customer_id:str}/beneficial-owners",
    opt=describe(
        id="get_beneficial_owners",
        summary="See who owns a customer in the end",
        description="The natural persons who own or control it on a date, by the rule of 25 %, with the "
        "exact share over all chains of companies and the paths that prove it.",
        tag=TAG,
        scope=Scope.CUSTOMERS_READ,
        query=OnDate,
        response=OwnershipReport,
        example=examples.OWNERSHIP,
        errors=(CustomerNotFound, InvalidIdentifier),
    ),
)
async def get_beneficial_owners(request: AnyRequest, customer_id: FromPath[str]) -> ASGIApp:
    """See who owns a customer in the end."""
    wanted, query = read_uuid(customer_id), read_query(request, OnDate)
    async with transaction(request) as tx:
        return answer(conversions.ownership(await parties.ownership(tx, wanted, query.on)))


HANDLERS = [set_parent, get_group, record_ownership, list_ownership_registers, get_beneficial_owners]
