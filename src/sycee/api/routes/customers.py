"""Customers: register, find, see, change; what is known of them over time, and who changed it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get, patch, post
from litestar.params import FromPath
from litestar.types import ASGIApp
from msgspec import Meta

from sycee import parties
from sycee.api import customer_conversions as conversions
from sycee.api import customer_examples as examples
from sycee.api.bodies import AnyRequest, decode_json, need_content_type, read_body, read_query, read_uuid
from sycee.api.cursors import page_of, read_id_cursor, write_id_cursor
from sycee.api.edge import answer, caller_of, edge_of, require, transaction
from sycee.api.errors import InvalidIdentifier, MissingField, TooManyCustomers
from sycee.api.idempotency import Answer, once
from sycee.api.operations import JSON, describe
from sycee.api.reach import Concern
from sycee.api.schemas.common import Cell, Cursor, Wire
from sycee.api.schemas.customers import (
    CreditCode,
    Customer,
    CustomerChange,
    CustomerPage,
    Customers,
    CustomerStatus,
    CustomerVersions,
    Lei,
    NewCustomers,
    RecordedChange,
    RecordedChangePage,
    RiskGrade,
)
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.kernel.money import InvalidAmount, UnknownCurrency
from sycee.ledger import CellNotFound, InvalidCursor
from sycee.parties import CustomerNotFound

_NEW_CUSTOMERS = msgspec.json.Decoder(NewCustomers)
_CHANGE = msgspec.json.Decoder(CustomerChange)
MAX_CUSTOMERS = 10_000
"""Most customers that one request may register."""

TAG = "Customers"


class OnDate(Wire):
    """On which date."""

    on: Annotated[date | None, Meta(description="By default the cell's business date.")] = None


class CustomerQuery(Wire):
    """Which customers, and where to read on."""

    name: Annotated[
        Annotated[str, Meta(min_length=1, max_length=200)] | None,
        Meta(description="Part of either name, in any case."),
    ] = None
    uscc: Annotated[CreditCode | None, Meta(description="With this code, now or before.")] = None
    lei: Annotated[Lei | None, Meta(description="With this LEI, now or before.")] = None
    status: Annotated[CustomerStatus | None, Meta(description="In this status only.")] = None
    risk_grade: Annotated[RiskGrade | None, Meta(description="Of this grade only.")] = None
    cell: Annotated[Cell | None, Meta(description="Of this cell only.")] = None
    cursor: Annotated[Cursor | None, Meta(description="`next` of the page before.")] = None
    limit: Annotated[int, Meta(ge=1, le=1000, description="Most customers of a page.")] = 100


class VersionQuery(Wire):
    """Which versions."""

    superseded: Annotated[bool, Meta(description="Also what was said before, and is no longer.")] = False


class PageQuery(Wire):
    """Where to read on."""

    cursor: Annotated[Cursor | None, Meta(description="`next` of the page before.")] = None
    limit: Annotated[int, Meta(ge=1, le=1000, description="Most items of a page.")] = 100


@post(
    "/v1/customers",
    opt=describe(
        id="register_customers",
        summary="Register customers",
        description="Registers all legal entities of the list, or none, and places each in a cell. "
        "A code that names a customer already is refused.",
        tag=TAG,
        scope=Scope.CUSTOMERS_WRITE,
        concerns_body=True,
        request=NewCustomers,
        request_example={"customers": [examples.NEW_CUSTOMER]},
        response=Customers,
        status=201,
        example={"customers": [{**examples.FOUND_CUSTOMER, "parent": None, "version": 1}]},
        errors=(
            parties.InvalidCustomer,
            parties.InvalidCreditCode,
            parties.InvalidLei,
            parties.InvalidEffectiveDate,
            parties.CustomerExists,
            CellNotFound,
            InvalidAmount,
            UnknownCurrency,
            TooManyCustomers,
        ),
        idempotency_key=True,
    ),
)
async def register_customers(request: AnyRequest) -> ASGIApp:
    """Register customers."""
    need_content_type(request, JSON)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    wanted = decode_json(body, _NEW_CUSTOMERS).customers
    if len(wanted) > MAX_CUSTOMERS:
        raise TooManyCustomers(
            f"{len(wanted)} customers are sent; at most {MAX_CUSTOMERS} are taken at once",
            limit=MAX_CUSTOMERS,
        )
    customers = [conversions.new_customer(item) for item in wanted]
    await require(request, [Concern(cell=one.cell) for one in customers])

    async def work(tx: Transaction) -> Answer:
        made = await parties.register_customers(tx, customers, by=caller_of(request).id)
        shown = Customers(customers=[conversions.customer(one) for one in made])
        return Answer(body=msgspec.json.encode(shown), status=201)

    return await once(request, body, work)


@get(
    "/v1/customers",
    opt=describe(
        id="find_customers",
        summary="Find customers",
        description="Customers as they are today, in the order of their registration, a page at a time.",
        tag=TAG,
        scope=Scope.CUSTOMERS_READ,
        query=CustomerQuery,
        response=CustomerPage,
        example={"customers": [examples.FOUND_CUSTOMER], "next": None},
        errors=(InvalidCursor,),
    ),
)
async def find_customers(request: AnyRequest) -> ASGIApp:
    """Find customers."""
    query = read_query(request, CustomerQuery)
    async with transaction(request) as tx:
        found = await parties.find_customers(
            tx,
            name=query.name,
            uscc=query.uscc,
            lei=query.lei,
            status=parties.CustomerStatus(query.status) if query.status else None,
            risk_grade=parties.RiskGrade(query.risk_grade) if query.risk_grade else None,
            cell=query.cell,
            after=read_id_cursor(query.cursor),
            limit=query.limit + 1,
        )
    page, following = page_of(found, query.limit, lambda last: write_id_cursor(last.id))
    return answer(
        CustomerPage(
            customers=[conversions.customer(one) for one in page],
            next=following,
        )
    )


@get(
    "/v1/customers/{customer_id:str}",
    opt=describe(
        id="get_customer",
        summary="See a customer",
        description="The customer as it is today, or as it was or will be on a date, by what is known now.",
        tag=TAG,
        scope=Scope.CUSTOMERS_READ,
        query=OnDate,
        response=Customer,
        example=examples.FOUND_CUSTOMER,
        errors=(CustomerNotFound, InvalidIdentifier),
    ),
)
async def get_customer(request: AnyRequest, customer_id: FromPath[str]) -> ASGIApp:
    """See a customer."""
    wanted, query = read_uuid(customer_id), read_query(request, OnDate)
    async with transaction(request) as tx:
        if query.on is None:
            return answer(conversions.customer(await parties.get_customer(tx, wanted)))
        return answer(conversions.customer(await parties.customer_at(tx, wanted, query.on)))


@patch(
    "/v1/customers/{customer_id:str}",
    opt=describe(
        id="change_customer",
        summary="Change a customer",
        description="Changes what is named from a date on and leaves the rest; what was said before is kept. "
        "The change holds until the field was going to change anyway.",
        tag=TAG,
        scope=Scope.CUSTOMERS_WRITE,
        request=CustomerChange,
        request_example={"name": "Silk Road Trading Ltd", "reason": "Licence renewed"},
        response=Customer,
        example=examples.FOUND_CUSTOMER,
        errors=(
            CustomerNotFound,
            InvalidIdentifier,
            MissingField,
            parties.InvalidCustomer,
            parties.InvalidCreditCode,
            parties.InvalidLei,
            parties.InvalidEffectiveDate,
            parties.CustomerExists,
            parties.StatusChangeRefused,
            parties.CustomerHasAccounts,
            InvalidAmount,
            UnknownCurrency,
        ),
    ),
)
async def change_customer(request: AnyRequest, customer_id: FromPath[str]) -> ASGIApp:
    """Change a customer."""
    wanted = read_uuid(customer_id)
    need_content_type(request, JSON)
    change = decode_json(await read_body(request, edge_of(request).settings.max_body_bytes), _CHANGE)
    changes: dict[str, Any] = conversions.changes(change)
    if not changes:
        raise MissingField("name at least one field to change beside the reason")
    async with transaction(request) as tx:
        changed = await parties.change_customer(
            tx,
            wanted,
            by=caller_of(request).id,
            reason=change.reason,
            effective_from=change.effective_from,
            **changes,
        )
    return answer(conversions.customer(changed))


@get(
    "/v1/customers/{customer_id:str}/versions",
    opt=describe(
        id="list_customer_versions",
        summary="See a customer over time",
        description="Every version that stands, in order; on request also those that a later change took "
        "the place of.",
        tag=TAG,
        scope=Scope.CUSTOMERS_READ,
        query=VersionQuery,
        response=CustomerVersions,
        example={"versions": [examples.VERSION]},
        errors=(CustomerNotFound, InvalidIdentifier),
    ),
)
async def list_customer_versions(request: AnyRequest, customer_id: FromPath[str]) -> ASGIApp:
    """See a customer over time."""
    wanted, query = read_uuid(customer_id), read_query(request, VersionQuery)
    async with transaction(request) as tx:
        found = await parties.customer_history(tx, wanted, superseded=query.superseded)
    return answer(CustomerVersions(versions=[conversions.version(one) for one in found]))


@get(
    "/v1/customers/{customer_id:str}/changes",
    opt=describe(
        id="list_customer_changes",
        summary="See who changed what of a customer",
        description="Everything that was recorded of a customer, newest first: data, owners, contacts, due "
        "diligence, mandates.",
        tag=TAG,
        scope=Scope.CUSTOMERS_READ,
        query=PageQuery,
        response=RecordedChangePage,
        example={"changes": [examples.CHANGE], "next": None},
        errors=(CustomerNotFound, InvalidIdentifier, InvalidCursor),
    ),
)
async def list_customer_changes(request: AnyRequest, customer_id: FromPath[str]) -> ASGIApp:
    """See who changed what of a customer."""
    wanted, query = read_uuid(customer_id), read_query(request, PageQuery)
    before: UUID | None = read_id_cursor(query.cursor)
    async with transaction(request) as tx:
        found = await parties.customer_changes(tx, wanted, before=before, limit=query.limit + 1)
    page, following = page_of(found, query.limit, lambda last: write_id_cursor(last.id))
    return answer(
        RecordedChangePage(
            changes=[conversions.same(one, RecordedChange) for one in page],
            next=following,
        )
    )


HANDLERS = [
    register_customers,
    find_customers,
    get_customer,
    change_customer,
    list_customer_versions,
    list_customer_changes,
]
