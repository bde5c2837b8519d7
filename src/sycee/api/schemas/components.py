"""Components on the wire: found, shown, resolved, proposed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, field

from sycee.api.schemas.common import Cursor, Wire

ComponentId = Annotated[
    str, Meta(max_length=110, description="Id of the component.", examples=["demand.rate.listed"])
]
Sort = Annotated[
    Literal["capability", "condition", "product_line", "product_group", "product", "package"],
    Meta(description="What the component is."),
]
Start = Annotated[date, Meta(description="The first day of its force.")]
End = Annotated[
    date | None, Meta(description="The day before which its force ends; null when it has no end.")
]
Values = Annotated[dict[str, Any], Meta(description="Parameters, by the names of the capability.")]


class ComponentTitle(Wire):
    """A title in English and Chinese."""

    en: str
    zh: str


class Component(Wire):
    """A component in one line."""

    sort: Sort
    id: ComponentId
    title: ComponentTitle
    kind: Annotated[str | None, Meta(description="What a capability, or a condition of it, is about.")]
    part_of: Annotated[
        str | None,
        Meta(
            description="The capability of a condition, the owner of a capability, the line of a group, "
            "the base (or group) of a product."
        ),
    ]
    valid_from: Annotated[date | None, Meta(description="The first day of its force, where it has one.")]
    valid_to: End
    abstract: Annotated[bool, Meta(description="Whether a product is only a base for others.")]


class ComponentPage(Wire):
    """A page of components."""

    components: list[Component]
    next: Annotated[Cursor | None, Meta(description="Cursor of the next page; null on the last.")]


class KindCount(Wire):
    """How many capabilities and conditions there are of a kind."""

    kind: str
    capabilities: int
    conditions: int


class ComponentCounts(Wire):
    """How many components there are; one with several versions counts once."""

    capabilities: int
    conditions: int
    product_lines: int
    product_groups: int
    products: int
    packages: int
    kinds: list[KindCount]
    release: Annotated[int, Meta(description="How many releases are on top of what is installed.")]


class Capability(Wire):
    """A capability of a version."""

    id: Annotated[str, Meta(description="Name and version.", examples=["interest.tiered@1"])]
    name: str
    version: int
    kind: str
    owner: Annotated[str, Meta(description="The part of the bank that answers for it.")]
    title: ComponentTitle
    description: str
    parameters: Annotated[dict[str, Any], Meta(description="JSON schema of the parameters.")]


class Span(Wire):
    """The days on which one version is in force."""

    valid_from: Start
    valid_to: End


class Condition(Wire):
    """A condition on a day."""

    id: ComponentId
    uses: Annotated[str, Meta(description="The capability, name@version.")]
    kind: str
    title: ComponentTitle
    valid_from: Start
    valid_to: End
    parameters: Values
    source: Annotated[str, Meta(description="File and line, or the proposal that brought it.")]
    versions: Annotated[list[Span], Meta(description="Every version there is, in order.")]


class NegotiableView(Wire):
    """What may be chosen at one path of a product."""

    min: Any = None
    max: Any = None
    step: Any = None
    one_of: list[Any] = field(default_factory=list)
    any_of: list[Any] = field(default_factory=list)
    required: bool = False


class Product(Wire):
    """A product on a day, its bases laid under it."""

    id: ComponentId
    title: ComponentTitle
    valid_from: Start
    valid_to: End
    base: Annotated[list[str], Meta(description="Its bases, nearest first.")]
    group: str | None
    abstract: Annotated[bool, Meta(description="Whether it is only a base for others.")]
    slots: Annotated[dict[str, list[str]], Meta(description="The conditions that fill each slot.")]
    negotiable: Annotated[dict[str, NegotiableView], Meta(description="What may be chosen, by path.")]
    source: Annotated[str, Meta(description="File and line, or the proposal that brought it.")]
    versions: Annotated[list[Span], Meta(description="Every version there is, in order.")]


class PackageItemView(Wire):
    """A product in a package."""

    key: str
    product: str
    count: int
    optional: bool
    over: Annotated[str | None, Meta(description="The item whose account it lies over.")]
    choices: Annotated[dict[str, Any], Meta(description="Choices that the package has made, by path.")]


class Package(Wire):
    """A package on a day."""

    id: ComponentId
    title: ComponentTitle
    valid_from: Start
    valid_to: End
    items: list[PackageItemView]
    source: Annotated[str, Meta(description="File and line, or the proposal that brought it.")]
    versions: Annotated[list[Span], Meta(description="Every version there is, in order.")]


class ProductChoices(Wire):
    """The day and the choices to resolve a product with."""

    on: Annotated[date | None, Meta(description="Default: today.")] = None
    choices: Annotated[dict[str, Any], Meta(description="Values by negotiable path.")] = field(
        default_factory=dict
    )


class ConditionInSlot(Wire):
    """A condition in a slot, choices put in."""

    id: str
    uses: str
    values: Values = field(name="with")


class ResolvedProduct(Wire):
    """A product as it is sold on a day: the snapshot that an agreement keeps."""

    id: str
    version: Annotated[str, Meta(description="The day since which the product is as it is.")]
    title: ComponentTitle
    group: str | None
    line: str | None
    base: list[str]
    slots: dict[str, list[ConditionInSlot]]
    negotiated: dict[str, Any]


ListName = Annotated[
    Literal["conditions", "products", "packages"],
    Meta(description="The list that holds such definitions."),
]


class NewEnding(Wire):
    """A version to end: the one that began on `from`, or the one in force before `to`."""

    list: ListName
    id: ComponentId
    valid_to: Annotated[date, Meta(description="The day before which it ends.")] = field(name="to")
    valid_from: Annotated[date | None, Meta(description="The day on which it began.")] = field(
        name="from", default=None
    )


class Ending(Wire):
    """A version that ends."""

    list: ListName
    id: ComponentId
    valid_from: Start = field(name="from")
    valid_to: Annotated[date, Meta(description="The day before which it ends.")] = field(name="to")


Document = Annotated[
    msgspec.Raw,
    Meta(
        description="Definitions as a YAML file holds them: lists of conditions, product_lines, "
        "product_groups, products and packages.",
        extra_json_schema={"type": "object"},
    ),
]
Remark = Annotated[str, Meta(max_length=500, description="A word on the decision.")]


class NewComponentProposal(Wire):
    """Definitions to add, and versions to end."""

    reason: Annotated[str, Meta(min_length=1, max_length=500, description="Why, for the record.")]
    document: Document = field(default_factory=lambda: msgspec.Raw(b"{}"))
    endings: Annotated[list[NewEnding], Meta(max_length=1000)] = field(default_factory=list)
    dry_run: Annotated[bool, Meta(description="Only check it; nothing is kept.")] = False


class Decision(Wire):
    """A decision on a proposal."""

    remark: Remark = ""


class ComponentProposal(Wire):
    """A proposal and what became of it."""

    id: UUID
    reason: str
    document: Annotated[dict[str, Any], Meta(description="The definitions.")]
    endings: Annotated[
        list[Ending],
        Meta(description="Versions that end, those included that a new version of the same id follows."),
    ]
    state: Literal["proposed", "released", "rejected", "withdrawn", "expired", "failed"]
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    remark: str
    release: Annotated[int | None, Meta(description="Its place in the order of releases.")]


class ComponentProposalPage(Wire):
    """A page of proposals, newest first."""

    proposals: list[ComponentProposal]
    next: Annotated[Cursor | None, Meta(description="Cursor of the next page; null on the last.")]
