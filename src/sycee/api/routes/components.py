"""Components: found by words, shown on a day, products resolved with choices."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.types import ASGIApp
from msgspec import Meta

from sycee import components
from sycee.api import component_examples as examples
from sycee.api.bodies import AnyRequest, decode_json, need_content_type, read_body, read_query
from sycee.api.cursors import read_cursor, write_cursor
from sycee.api.edge import answer, edge_of, transaction
from sycee.api.errors import InvalidParameter
from sycee.api.operations import JSON, describe
from sycee.api.schemas import components as wire
from sycee.api.schemas.common import Cursor, Wire
from sycee.components import Registry, Title
from sycee.identity import Scope
from sycee.kernel.clock import now
from sycee.ledger import InvalidCursor

_CHOICES = msgspec.json.Decoder(wire.ProductChoices)


class ComponentQuery(Wire):
    """Which components, and where to read on."""

    q: Annotated[str, Meta(max_length=200, description="Words that id, titles or description hold.")] = ""
    sort: Annotated[wire.Sort | None, Meta(description="Of this sort only.")] = None
    kind: Annotated[
        components.Kind | None, Meta(description="Capabilities of this kind and their conditions only.")
    ] = None
    on: Annotated[
        date | None, Meta(description="Versions in force on this day only. Default: all versions.")
    ] = None
    cursor: Annotated[Cursor | None, Meta(description="`next` of the page before.")] = None
    limit: Annotated[int, Meta(ge=1, le=1000, description="Most components of a page.")] = 100


class DayQuery(Wire):
    """On which day."""

    on: Annotated[date | None, Meta(description="The day. Default: today.")] = None


async def _registry(request: AnyRequest) -> Registry:
    async with transaction(request) as tx:
        return await components.released_registry(tx)


def _title(title: Title) -> wire.ComponentTitle:
    return wire.ComponentTitle(en=title.en, zh=title.zh)


def _spans(versions: list[Any]) -> list[wire.Span]:
    return [wire.Span(valid_from=version.valid_from, valid_to=version.valid_to) for version in versions]


@get(
    "/v1/components",
    opt=describe(
        id="find_components",
        summary="Find components",
        description="Capabilities, conditions, product lines and groups, products and packages that hold "
        "all the words, best match first.",
        tag="Components",
        scope=Scope.PRODUCTS_READ,
        query=ComponentQuery,
        response=wire.ComponentPage,
        example={"components": [examples.COMPONENT], "next": None},
        errors=(InvalidCursor, components.ReleasedComponentsInvalid),
    ),
)
async def find_components(request: AnyRequest) -> ASGIApp:
    """Find components."""
    query = read_query(request, ComponentQuery)
    start = read_cursor(query.cursor) or 0
    known = await _registry(request)
    found = known.search(query.q, kind=query.kind, sort=query.sort, on=query.on)
    page = found[start : start + query.limit]
    more = len(found) > start + query.limit
    return answer(
        wire.ComponentPage(
            components=[
                wire.Component(
                    sort=one.sort,
                    id=one.id,
                    title=wire.ComponentTitle(en=one.title, zh=one.local_title),
                    kind=one.kind,
                    part_of=one.part_of,
                    valid_from=one.valid_from,
                    valid_to=one.valid_to,
                    abstract=one.abstract,
                )
                for one in page
            ],
            next=write_cursor(start + query.limit) if more else None,
        )
    )


@get(
    "/v1/components/counts",
    opt=describe(
        id="count_components",
        summary="Count the components",
        description="How many components there are, by sort and by kind; one with several versions once.",
        tag="Components",
        scope=Scope.PRODUCTS_READ,
        response=wire.ComponentCounts,
        example=examples.COUNTS,
        errors=(components.ReleasedComponentsInvalid,),
    ),
)
async def count_components(request: AnyRequest) -> ASGIApp:
    """Count the components."""
    known = await _registry(request)
    kinds = [wire.KindCount(str(kind), *counts) for kind, counts in known.count_by_kind().items()]
    return answer(wire.ComponentCounts(**known.count(), kinds=kinds, release=known.release))


@get(
    "/v1/capabilities/{capability:str}",
    opt=describe(
        id="get_capability",
        summary="See a capability",
        description="A capability of a version, with the schema of its parameters.",
        tag="Components",
        scope=Scope.PRODUCTS_READ,
        response=wire.Capability,
        example=examples.CAPABILITY,
        errors=(
            components.CapabilityNotFound,
            components.ReleasedComponentsInvalid,
            InvalidParameter,
        ),
    ),
)
async def get_capability(request: AnyRequest, capability: FromPath[str]) -> ASGIApp:
    """See a capability."""
    name, _, version = capability.partition("@")
    if not version.isdecimal() or not version.isascii() or len(version) > 6:
        raise InvalidParameter(f"{capability[:100]!r} is not a capability: name@version, interest.tiered@1")
    made = (await _registry(request)).capability(name[:200], int(version))
    return answer(
        wire.Capability(
            id=made.key,
            name=made.name,
            version=made.version,
            kind=made.kind,
            owner=made.owner,
            title=wire.ComponentTitle(en=made.title, zh=made.local_title),
            description=made.description,
            parameters=made.schema(),
        )
    )


@get(
    "/v1/conditions/{component_id:str}",
    opt=describe(
        id="get_condition",
        summary="See a condition",
        description="A condition as it is on a day: its capability and parameters, and where it comes from.",
        tag="Components",
        scope=Scope.PRODUCTS_READ,
        query=DayQuery,
        response=wire.Condition,
        example=examples.CONDITION,
        errors=(components.ConditionNotFound, components.ReleasedComponentsInvalid),
    ),
)
async def get_condition(request: AnyRequest, component_id: FromPath[str]) -> ASGIApp:
    """See a condition."""
    query = read_query(request, DayQuery)
    known = await _registry(request)
    made = known.condition(component_id, query.on or now().date())
    return answer(
        wire.Condition(
            id=made.id,
            uses=made.uses,
            kind=known.kind_of(made),
            title=_title(made.title),
            valid_from=made.valid_from,
            valid_to=made.valid_to,
            parameters=msgspec.to_builtins(made.parameters),
            source=made.source,
            versions=_spans(known.conditions.versions(made.id)),
        )
    )


@get(
    "/v1/products/{component_id:str}",
    opt=describe(
        id="get_product",
        summary="See a product",
        description="A product as it is on a day, its bases laid under it: what fills its slots, and what "
        "may be negotiated.",
        tag="Components",
        scope=Scope.PRODUCTS_READ,
        query=DayQuery,
        response=wire.Product,
        example=examples.PRODUCT,
        errors=(components.ProductNotFound, components.ReleasedComponentsInvalid),
    ),
)
async def get_product(request: AnyRequest, component_id: FromPath[str]) -> ASGIApp:
    """See a product."""
    day = read_query(request, DayQuery).on or now().date()
    known = await _registry(request)
    made = known.composition(component_id, day)
    value = made.chain[0]
    version = known.products.on(component_id, day)
    assert version is not None
    return answer(
        wire.Product(
            id=value.id,
            title=_title(value.title),
            valid_from=value.valid_from,
            valid_to=value.valid_to,
            base=[part.id for part in made.chain[1:]],
            group=made.group,
            abstract=value.abstract,
            slots={slot: list(ids) for slot, ids in made.ids.items()},
            negotiable={
                path: wire.NegotiableView(
                    min=bound.min,
                    max=bound.max,
                    step=bound.step,
                    one_of=list(bound.one_of),
                    any_of=list(bound.any_of),
                    required=bound.required,
                )
                for path, bound in made.bounds.items()
            },
            source=str(version.origin),
            versions=_spans(known.products.versions(value.id)),
        )
    )


@post(
    "/v1/products/{component_id:str}/resolutions",
    opt=describe(
        id="resolve_product",
        summary="Resolve a product",
        description="The product as it would be sold on a day with these choices; nothing is kept.",
        tag="Components",
        scope=Scope.PRODUCTS_READ,
        request=wire.ProductChoices,
        request_example={"on": "2026-03-31", "choices": {"interest.tiers.0.spread": "0.10"}},
        response=wire.ResolvedProduct,
        example=examples.RESOLVED,
        errors=(
            components.ProductNotFound,
            components.ProductIsAbstract,
            components.ChoiceNotNegotiable,
            components.ChoiceOutOfBounds,
            components.ChoiceMissing,
            components.ReleasedComponentsInvalid,
        ),
    ),
)
async def resolve_product(request: AnyRequest, component_id: FromPath[str]) -> ASGIApp:
    """Resolve a product."""
    need_content_type(request, JSON)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    wanted = decode_json(body, _CHOICES)
    known = await _registry(request)
    made = known.resolve(component_id, wanted.on or now().date(), wanted.choices)
    return answer(msgspec.convert(made.as_data(), wire.ResolvedProduct))


@get(
    "/v1/packages/{component_id:str}",
    opt=describe(
        id="get_package",
        summary="See a package",
        description="A package as it is on a day: the products that are signed together.",
        tag="Components",
        scope=Scope.PRODUCTS_READ,
        query=DayQuery,
        response=wire.Package,
        example=examples.PACKAGE,
        errors=(components.PackageNotFound, components.ReleasedComponentsInvalid),
    ),
)
async def get_package(request: AnyRequest, component_id: FromPath[str]) -> ASGIApp:
    """See a package."""
    day = read_query(request, DayQuery).on or now().date()
    known = await _registry(request)
    made = known.package(component_id, day)
    version = known.packages.on(component_id, day)
    assert version is not None
    return answer(
        wire.Package(
            id=made.id,
            title=_title(made.title),
            valid_from=made.valid_from,
            valid_to=made.valid_to,
            items=[
                wire.PackageItemView(
                    key=item.key,
                    product=item.product,
                    count=item.count,
                    optional=item.optional,
                    over=item.over,
                    choices=item.choices,
                )
                for item in made.items
            ],
            source=str(version.origin),
            versions=_spans(known.packages.versions(made.id)),
        )
    )


HANDLERS = [
    find_components,
    count_components,
    get_capability,
    get_condition,
    get_product,
    resolve_product,
    get_package,
]
