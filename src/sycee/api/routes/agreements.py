"""Agreements: sign a list in one act, read what was signed, draw up contracts."""

from __future__ import annotations

import asyncio
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp
from msgspec import Meta

from sycee import products
from sycee.api import agreement_conversions as conversions
from sycee.api import agreement_examples as examples
from sycee.api.bodies import AnyRequest, decode_json, need_content_type, read_body, read_query, read_uuid
from sycee.api.cursors import page_of, read_id_cursor, write_id_cursor
from sycee.api.edge import answer, caller_of, edge_of, require, transaction
from sycee.api.errors import DateOutOfRange, InvalidIdentifier
from sycee.api.formats import negotiate
from sycee.api.operations import JSON, describe
from sycee.api.reach import Concern
from sycee.api.schemas import agreements as wire
from sycee.api.schemas.common import Cursor, Wire
from sycee.identity import Scope
from sycee.ledger import InvalidCursor

PDF = "application/pdf"
TAG = "Agreements"
SHARED_AT_MOST = 20
"""Lists up to this long share a database transaction with others; longer ones have their own."""

_NEW_AGREEMENTS = msgspec.json.Decoder(wire.NewAgreements)


class AgreementQuery(Wire):
    """Which agreements, and where to read on."""

    customer: Annotated[UUID | None, Meta(description="Of this customer only.")] = None
    package: Annotated[wire.PackageId | None, Meta(description="On this package only.")] = None
    cursor: Annotated[Cursor | None, Meta(description="`next` of the page before.")] = None
    limit: Annotated[int, Meta(ge=1, le=1000, description="Most agreements of a page.")] = 100


class RevisionQuery(Wire):
    """Which revision of the contract."""

    revision: Annotated[
        Annotated[int, Meta(ge=1, le=1_000_000)] | None,
        Meta(description="Number of the revision; the newest when absent."),
    ] = None


@post(
    "/v1/agreements",
    opt=describe(
        id="sign_agreements",
        summary="Sign agreements",
        description="One click: each agreement opens all accounts, arrangements, limits, channels and fees "
        "of its package and starts interest, or does nothing, in one transaction; the contract comes back as "
        "data and, with `pdf`, as a document. Sending the same ids again is safe: what was signed is "
        "`duplicate` with its first contract. What a rule refuses is `rejected` with its code (such as "
        "`due_diligence_expired`, `mandate_missing`, `basic_account_exists`, `choice_out_of_bounds`), and "
        "the others are signed. `dry_run` shows exactly what would be opened and priced, without numbers.",
        tag=TAG,
        scope=Scope.AGREEMENTS_WRITE,
        concerns_body=True,
        request=wire.NewAgreements,
        request_example={"agreements": [examples.NEW_AGREEMENT], "dry_run": False, "pdf": False},
        response=wire.SigningOutcomes,
        example={"outcomes": [examples.OUTCOME]},
        errors=(DateOutOfRange, products.TooManyAgreements),
    ),
)
async def sign_agreements(request: AnyRequest) -> ASGIApp:
    """Sign agreements."""
    edge = edge_of(request)
    need_content_type(request, JSON)
    wanted = decode_json(await read_body(request, edge.settings.max_body_bytes), _NEW_AGREEMENTS)
    requests = [conversions.sign_request(one) for one in wanted.agreements]
    await require(request, [Concern(customer=one.customer, product=one.package) for one in requests])
    by = caller_of(request).id
    if wanted.dry_run or not edge.settings.batching or len(requests) > SHARED_AT_MOST:
        found = await edge.sign(requests, by=by, dry_run=wanted.dry_run)
    else:
        found = await edge.signings.submit([(one, by) for one in requests])
    return answer(await conversions.outcomes(found, pdf=wanted.pdf))


@get(
    "/v1/agreements",
    opt=describe(
        id="list_agreements",
        summary="List agreements",
        description="Agreements by id (the order in which they were made), a page at a time.",
        tag=TAG,
        scope=Scope.AGREEMENTS_READ,
        customers=True,
        query=AgreementQuery,
        response=wire.AgreementPage,
        example={"agreements": [examples.AGREEMENT], "next": None},
        errors=(InvalidCursor,),
    ),
)
async def list_agreements(request: AnyRequest) -> ASGIApp:
    """List agreements."""
    query = read_query(request, AgreementQuery)
    after = read_id_cursor(query.cursor)
    async with transaction(request) as tx:
        found = await products.list_agreements(
            tx, customer=query.customer, package=query.package, after=after, limit=query.limit + 1
        )
    page, following = page_of(found, query.limit, lambda last: write_id_cursor(last.id))
    return answer(
        wire.AgreementPage(
            agreements=[conversions.agreement(one) for one in page],
            next=following,
        )
    )


@get(
    "/v1/agreements/{agreement_id:str}",
    opt=describe(
        id="get_agreement",
        summary="See an agreement",
        description="The agreement with its arrangements, in force and ended, as it stands now.",
        tag=TAG,
        scope=Scope.AGREEMENTS_READ,
        customers=True,
        response=wire.Agreement,
        example=examples.AGREEMENT,
        errors=(InvalidIdentifier, products.AgreementNotFound),
    ),
)
async def get_agreement(request: AnyRequest, agreement_id: FromPath[str]) -> ASGIApp:
    """See an agreement."""
    wanted = read_uuid(agreement_id)
    async with transaction(request) as tx:
        return answer(conversions.agreement(await products.get_agreement(tx, wanted)))


@get(
    "/v1/agreements/{agreement_id:str}/contract",
    opt=describe(
        id="get_contract",
        summary="Draw up a contract",
        description="The contract word for word as it was agreed to: as data, or in Chinese and English on "
        "paper with `Accept: application/pdf`. Every revision stays.",
        tag=TAG,
        scope=Scope.AGREEMENTS_READ,
        customers=True,
        query=RevisionQuery,
        response=products.Contract,
        example=examples.CONTRACT,
        other_media={PDF: "%PDF-1.4 …"},
        errors=(InvalidIdentifier, products.AgreementNotFound, products.ContractNotFound),
    ),
)
async def get_contract(request: AnyRequest, agreement_id: FromPath[str]) -> ASGIApp:
    """Draw up a contract."""
    wanted, media = read_uuid(agreement_id), negotiate(request, JSON, PDF)
    revision = read_query(request, RevisionQuery).revision
    async with transaction(request) as tx:
        found = await products.contract(tx, wanted, revision)
    if media == JSON:
        return ASGIResponse(body=found.document(), media_type=JSON)
    return ASGIResponse(body=await asyncio.to_thread(products.contract_pdf, found), media_type=PDF)


@get(
    "/v1/agreements/{agreement_id:str}/events",
    opt=describe(
        id="list_agreement_events",
        summary="See what happened to an agreement",
        description="Changes, extensions, moves and ends since it was signed, oldest first: what was, what "
        "is, who did it and why.",
        tag=TAG,
        scope=Scope.AGREEMENTS_READ,
        customers=True,
        response=wire.AgreementEvents,
        example={"events": [examples.EVENT]},
        errors=(InvalidIdentifier, products.AgreementNotFound),
    ),
)
async def list_agreement_events(request: AnyRequest, agreement_id: FromPath[str]) -> ASGIApp:
    """See what happened to an agreement."""
    wanted = read_uuid(agreement_id)
    async with transaction(request) as tx:
        await products.get_agreement(tx, wanted)
        found = await products.agreement_events(tx, wanted)
    return answer(wire.AgreementEvents(events=[conversions.event(one) for one in found]))


@get(
    "/v1/arrangements/{arrangement_id:str}/conditions",
    opt=describe(
        id="list_arrangement_conditions",
        summary="See the limits, channels and fees of an arrangement",
        description="Those that hold and those that held, with the days from when to when.",
        tag=TAG,
        scope=Scope.AGREEMENTS_READ,
        customers=True,
        response=wire.ArrangementConditions,
        example={"conditions": [examples.CONDITION]},
        errors=(InvalidIdentifier, products.ArrangementNotFound),
    ),
)
async def list_arrangement_conditions(request: AnyRequest, arrangement_id: FromPath[str]) -> ASGIApp:
    """See the limits, channels and fees of an arrangement."""
    wanted = read_uuid(arrangement_id)
    async with transaction(request) as tx:
        found = await products.conditions_of(tx, await products.get_arrangement(tx, wanted))
    return answer(wire.ArrangementConditions(conditions=[conversions.condition(one) for one in found]))


HANDLERS = [
    sign_agreements,
    list_agreements,
    get_agreement,
    get_contract,
    list_agreement_events,
    list_arrangement_conditions,
]
