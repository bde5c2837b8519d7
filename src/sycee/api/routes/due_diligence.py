"""Due diligence on customers, and whether a customer may use the bank on a date."""

from __future__ import annotations

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.types import ASGIApp

from sycee import ledger, parties
from sycee.api import customer_conversions as conversions
from sycee.api import customer_examples as examples
from sycee.api.bodies import AnyRequest, decode_json, need_content_type, read_body, read_query, read_uuid
from sycee.api.edge import answer, caller_of, edge_of, transaction
from sycee.api.errors import InvalidIdentifier
from sycee.api.idempotency import Answer, once
from sycee.api.operations import JSON, describe
from sycee.api.routes.customers import TAG, OnDate
from sycee.api.schemas.customers import Customer
from sycee.api.schemas.due_diligence import DueDiligence, DueDiligenceRecord, NewDueDiligence
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.parties import CustomerNotFound, DueDiligenceOutcome, RiskGrade

_NEW = msgspec.json.Decoder(NewDueDiligence)


@post(
    "/v1/customers/{customer_id:str}/due-diligence",
    opt=describe(
        id="record_due_diligence",
        summary="Record due diligence on a customer",
        description="Records what was found, until when it counts, and the risk grade from that day on.",
        tag=TAG,
        scope=Scope.CUSTOMERS_WRITE,
        request=NewDueDiligence,
        request_example=examples.NEW_DUE_DILIGENCE,
        response=DueDiligence,
        status=201,
        example=examples.FOUND_DUE_DILIGENCE,
        errors=(
            CustomerNotFound,
            InvalidIdentifier,
            parties.InvalidDueDiligence,
            parties.InvalidEffectiveDate,
        ),
        idempotency_key=True,
    ),
)
async def record_due_diligence(request: AnyRequest, customer_id: FromPath[str]) -> ASGIApp:
    """Record due diligence on a customer."""
    customer = read_uuid(customer_id)
    need_content_type(request, JSON)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    wanted = decode_json(body, _NEW)

    async def work(tx: Transaction) -> Answer:
        made = await parties.record_due_diligence(
            tx,
            customer,
            DueDiligenceOutcome(wanted.outcome),
            wanted.valid_until,
            RiskGrade(wanted.risk_grade),
            by=caller_of(request).id,
            done_on=wanted.done_on,
            note=wanted.note,
        )
        return Answer(body=msgspec.json.encode(conversions.same(made, DueDiligence)), status=201)

    return await once(request, body, work)


@get(
    "/v1/customers/{customer_id:str}/due-diligence",
    opt=describe(
        id="get_due_diligence",
        summary="See due diligence on a customer",
        description="Every round, the last one first, and what they amount to on a date.",
        tag=TAG,
        scope=Scope.CUSTOMERS_READ,
        query=OnDate,
        response=DueDiligenceRecord,
        example={"on": "2026-03-31", "status": "valid", "rounds": [examples.FOUND_DUE_DILIGENCE]},
        errors=(CustomerNotFound, InvalidIdentifier),
    ),
)
async def get_due_diligence(request: AnyRequest, customer_id: FromPath[str]) -> ASGIApp:
    """See due diligence on a customer."""
    wanted, query = read_uuid(customer_id), read_query(request, OnDate)
    async with transaction(request) as tx:
        customer = await parties.get_customer(tx, wanted)
        day = query.on or (await ledger.get_cell(tx, customer.cell)).business_date
        found = await parties.due_diligence(tx, wanted)
    return answer(
        DueDiligenceRecord(
            on=day,
            status=parties.status_on(found, day).value,
            rounds=[conversions.same(one, DueDiligence) for one in found],
        )
    )


@get(
    "/v1/customers/{customer_id:str}/fitness",
    opt=describe(
        id="get_fitness",
        summary="Ask whether a customer may use the bank",
        description="The customer as it is on a date, if it is active then and due diligence on it is valid; "
        "else the problem that whoever signs or pays for it would meet.",
        tag=TAG,
        scope=Scope.CUSTOMERS_READ,
        query=OnDate,
        response=Customer,
        example=examples.FOUND_CUSTOMER,
        errors=(
            CustomerNotFound,
            InvalidIdentifier,
            parties.CustomerNotActive,
            parties.DueDiligenceMissing,
            parties.DueDiligenceExpired,
            parties.DueDiligenceFailed,
        ),
    ),
)
async def get_fitness(request: AnyRequest, customer_id: FromPath[str]) -> ASGIApp:
    """Ask whether a customer may use the bank."""
    wanted, query = read_uuid(customer_id), read_query(request, OnDate)
    async with transaction(request) as tx:
        customer = await parties.get_customer(tx, wanted)
        day = query.on or (await ledger.get_cell(tx, customer.cell)).business_date
        return answer(conversions.customer(await parties.require_fit(tx, wanted, day)))


HANDLERS = [record_due_diligence, get_due_diligence, get_fitness]
