"""What becomes of agreements: changed, extended, ended; customers on old versions found and moved."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.types import ASGIApp
from msgspec import Meta

from sycee import components, ledger, parties, products
from sycee.api import agreement_conversions as conversions
from sycee.api import agreement_examples as examples
from sycee.api.bodies import (
    AnyRequest,
    decode_json,
    need_content_type,
    read_body,
    read_query,
    read_uuid,
    sane_date,
)
from sycee.api.conversions import read_account
from sycee.api.cursors import page_of, read_id_cursor, write_id_cursor
from sycee.api.edge import answer, caller_of, edge_of, require, transaction
from sycee.api.errors import DateOutOfRange, InvalidIdentifier
from sycee.api.idempotency import Answer, once
from sycee.api.operations import JSON, describe
from sycee.api.reach import Concern
from sycee.api.routes.agreements import TAG
from sycee.api.schemas import agreements as wire
from sycee.api.schemas.common import EXAMPLE_PAYEE, Cursor, Wire
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.kernel.ids import InvalidAccountNumber

_CHANGE = msgspec.json.Decoder(wire.AgreementChange)
_EXTENSION = msgspec.json.Decoder(wire.AgreementExtension)
_END = msgspec.json.Decoder(wire.AgreementEnd)
_MOVES = msgspec.json.Decoder(wire.NewMoves)
_CUSTOMER_REFUSED = (
    parties.CustomerNotActive,
    parties.DueDiligenceMissing,
    parties.DueDiligenceFailed,
    parties.DueDiligenceExpired,
    parties.MandateMissing,
    parties.SignerNotMandated,
    parties.SignaturesMissing,
)
_CHOICES_REFUSED = (
    components.ProductNotFound,
    components.ChoiceNotNegotiable,
    components.ChoiceOutOfBounds,
    components.ChoiceMissing,
    products.ChoiceWithoutMeaning,
    products.EndDateMissing,
    products.EndDateOutOfRange,
)
_THERE = (InvalidIdentifier, products.AgreementNotFound, products.AgreementEnded)


@post(
    "/v1/agreements/{agreement_id:str}/changes",
    opt=describe(
        id="change_agreement",
        summary="Change an agreement",
        description="Agrees on other terms for one arrangement from the business date on, within the bounds "
        "of the version that was signed. Answers with the new revision of the contract.",
        tag=TAG,
        scope=Scope.AGREEMENTS_WRITE,
        request=wire.AgreementChange,
        request_example={
            "key": "surplus",
            "negotiated": {"interest.spread": "0.10"},
            "signers": examples.NEW_AGREEMENT["signers"],
            "reason": "Board 2026-07",
        },
        response=products.Contract,
        example={**examples.CONTRACT, "revision": 2},
        errors=(
            *_THERE,
            DateOutOfRange,
            products.ArrangementNotFound,
            products.NothingToChange,
            *_CHOICES_REFUSED,
            *_CUSTOMER_REFUSED,
        ),
        idempotency_key=True,
    ),
)
async def change_agreement(request: AnyRequest, agreement_id: FromPath[str]) -> ASGIApp:
    """Change an agreement."""
    wanted = read_uuid(agreement_id)
    need_content_type(request, JSON)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    change = decode_json(body, _CHANGE)
    sane_date(change.ends_on, "ends_on")

    async def work(tx: Transaction) -> Answer:
        made = await products.change_agreement(
            tx,
            wanted,
            change.key,
            negotiated=change.negotiated,
            ends_on=change.ends_on,
            signers=tuple(change.signers),
            by=caller_of(request).id,
            reason=change.reason,
        )
        return Answer(body=made.document())

    return await once(request, body, work)


@post(
    "/v1/agreements/{agreement_id:str}/items",
    opt=describe(
        id="extend_agreement",
        summary="Extend an agreement",
        description="Takes further items of the package, as it is sold today. Answers with the new revision "
        "of the contract.",
        tag=TAG,
        scope=Scope.AGREEMENTS_WRITE,
        request=wire.AgreementExtension,
        request_example={
            "items": examples.CHOICES,
            "signers": examples.NEW_AGREEMENT["signers"],
            "reason": "Board 2026-07",
        },
        response=products.Contract,
        status=201,
        example={**examples.CONTRACT, "revision": 2},
        errors=(
            *_THERE,
            DateOutOfRange,
            components.PackageNotFound,
            products.UnknownItem,
            products.ItemTakenAlready,
            products.BaseItemMissing,
            products.BasicAccountExists,
            products.AccountClassRefused,
            products.NotEligible,
            *_CHOICES_REFUSED,
            *_CUSTOMER_REFUSED,
        ),
        idempotency_key=True,
    ),
)
async def extend_agreement(request: AnyRequest, agreement_id: FromPath[str]) -> ASGIApp:
    """Extend an agreement."""
    wanted = read_uuid(agreement_id)
    need_content_type(request, JSON)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    extension = decode_json(body, _EXTENSION)
    choices = conversions.choices(extension.items)

    async def work(tx: Transaction) -> Answer:
        made = await products.extend_agreement(
            tx,
            wanted,
            choices,
            signers=tuple(extension.signers),
            by=caller_of(request).id,
            reason=extension.reason,
        )
        return Answer(body=made.document(), status=201)

    return await once(request, body, work)


@post(
    "/v1/agreements/{agreement_id:str}/end",
    opt=describe(
        id="end_agreement",
        summary="End an agreement",
        description="Ends all of it or some arrangements: interest is settled, what is left on the accounts "
        "goes to `pay_to`, and they are closed. What something else builds on is not ended before that.",
        tag=TAG,
        scope=Scope.AGREEMENTS_WRITE,
        request=wire.AgreementEnd,
        request_example={
            "signers": examples.NEW_AGREEMENT["signers"],
            "reason": "Board 2026-07",
            "pay_to": EXAMPLE_PAYEE,
        },
        response=wire.EndedAgreement,
        example=examples.ENDING,
        errors=(
            *_THERE,
            InvalidAccountNumber,
            products.ArrangementNotFound,
            products.ArrangementInUse,
            products.BalanceLeft,
            products.PayoutRefused,
            products.InterestNotSettled,
            ledger.AccountNotEmpty,
            *_CUSTOMER_REFUSED,
        ),
        idempotency_key=True,
    ),
)
async def end_agreement(request: AnyRequest, agreement_id: FromPath[str]) -> ASGIApp:
    """End an agreement."""
    wanted = read_uuid(agreement_id)
    need_content_type(request, JSON)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    end = decode_json(body, _END)
    pay_to = None if end.pay_to is None else read_account(end.pay_to)

    async def work(tx: Transaction) -> Answer:
        found = await products.end_agreement(
            tx,
            wanted,
            keys=end.keys,
            pay_to=pay_to,
            signers=tuple(end.signers),
            by=caller_of(request).id,
            reason=end.reason,
        )
        return Answer(body=msgspec.json.encode(conversions.ending(found)))

    return await once(request, body, work)


class VersionQuery(Wire):
    """Which versions, and where to read on."""

    older_than: Annotated[
        Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")] | None,
        Meta(description="On versions before this one (a date) only."),
    ] = None
    cursor: Annotated[Cursor | None, Meta(description="`next` of the page before.")] = None
    limit: Annotated[int, Meta(ge=1, le=1000, description="Most customers of a page.")] = 100


@get(
    "/v1/packages/{package_id:str}/customers",
    opt=describe(
        id="list_package_customers",
        summary="List the customers of a package",
        description="Those with an agreement in force, and the version of the package that each is on; with "
        "`older_than` only those on older versions. A package that nobody has signed has none.",
        tag=TAG,
        scope=Scope.AGREEMENTS_READ,
        query=VersionQuery,
        response=wire.PackageCustomers,
        example={
            "customers": [
                {
                    "customer": examples.NEW_AGREEMENT["customer"],
                    "agreement": examples.AGREEMENT_ID,
                    "version": "2020-01-01",
                    "signed_on": "2026-03-31",
                }
            ],
            "next": None,
        },
        errors=(ledger.InvalidCursor,),
    ),
)
async def list_package_customers(request: AnyRequest, package_id: FromPath[str]) -> ASGIApp:
    """List the customers of a package."""
    query = read_query(request, VersionQuery)
    after = read_id_cursor(query.cursor)
    async with transaction(request) as tx:
        found = await products.customers_on_versions(
            tx, package_id, older_than=query.older_than, after=after, limit=query.limit + 1
        )
    page, following = page_of(found, query.limit, lambda last: write_id_cursor(last.agreement))
    return answer(
        wire.PackageCustomers(
            customers=[conversions.package_customer(one) for one in page],
            next=following,
        )
    )


@post(
    "/v1/agreement-moves",
    opt=describe(
        id="move_agreements",
        summary="Move agreements to the newest version",
        description="Moves each agreement to its package as it is sold today, in a transaction of its own, "
        "with the choices it has, and reports on each. One that does not fit the new version is refused with "
        "the rule's code and stays as it is. Moving again is safe: what was moved is `current`.",
        tag=TAG,
        scope=Scope.AGREEMENTS_WRITE,
        concerns_body=True,
        request=wire.NewMoves,
        request_example={"agreements": [examples.AGREEMENT_ID], "reason": "Price list of October 2026"},
        response=wire.AgreementMoves,
        example={"moves": [examples.MOVE]},
    ),
)
async def move_agreements(request: AnyRequest) -> ASGIApp:
    """Move agreements to the newest version."""
    need_content_type(request, JSON)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    wanted = decode_json(body, _MOVES)
    await require(request, [Concern(agreement=one) for one in wanted.agreements])
    found = await products.move_agreements(
        edge_of(request).database,
        wanted.agreements,
        by=caller_of(request).id,
        reason=wanted.reason,
        dry_run=wanted.dry_run,
    )
    return answer(wire.AgreementMoves(moves=[conversions.move(one) for one in found]))


HANDLERS = [change_agreement, extend_agreement, end_agreement, list_package_customers, move_agreements]
