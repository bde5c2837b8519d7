"""Components, products and packages as the bank answers with them, and proposals of them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct, field

ComponentSort = Literal["capability", "condition", "product_line", "product_group", "product", "package"]
ProposalState = Literal["proposed", "released", "rejected", "withdrawn", "expired", "failed"]
ComponentList = Literal["conditions", "products", "packages"]


class Title(Struct, frozen=True, kw_only=True):
    """A title in English and Chinese."""

    en: str
    zh: str


class Component(Struct, frozen=True, kw_only=True):
    """A component in one line; ``part_of`` is the capability, owner, line, group or base it belongs to."""

    sort: ComponentSort
    id: str
    title: Title
    kind: str | None
    part_of: str | None
    valid_from: date | None
    valid_to: date | None
    abstract: bool


class ComponentPage(Struct, frozen=True, kw_only=True):
    """A page of components and the cursor of the next page (None on the last)."""

    components: list[Component]
    next: str | None = None


class KindCount(Struct, frozen=True, kw_only=True):
    """How many capabilities and conditions there are of a kind."""

    kind: str
    capabilities: int
    conditions: int


class ComponentCounts(Struct, frozen=True, kw_only=True):
    """How many components there are; ``release`` counts the releases on top of what is installed."""

    capabilities: int
    conditions: int
    product_lines: int
    product_groups: int
    products: int
    packages: int
    kinds: list[KindCount]
    release: int


class Capability(Struct, frozen=True, kw_only=True):
    """A capability of a version; ``parameters`` is the JSON schema of its parameters."""

    id: str
    name: str
    version: int
    kind: str
    owner: str
    title: Title
    description: str
    parameters: dict[str, Any]


class Span(Struct, frozen=True, kw_only=True):
    """The days of a version: from the first until before the last."""

    valid_from: date
    valid_to: date | None


class Condition(Struct, frozen=True, kw_only=True):
    """A condition on a day."""

    id: str
    uses: str
    kind: str
    title: Title
    valid_from: date
    valid_to: date | None
    parameters: dict[str, Any]
    source: str
    versions: list[Span]


class Negotiable(Struct, frozen=True, kw_only=True):
    """What may be chosen at one path of a product."""

    min: Any = None
    max: Any = None
    step: Any = None
    one_of: tuple[Any, ...] = ()
    any_of: tuple[Any, ...] = ()
    required: bool = False


class Product(Struct, frozen=True, kw_only=True):
    """A product on a day, its bases laid under it."""

    id: str
    title: Title
    valid_from: date
    valid_to: date | None
    base: list[str]
    group: str | None
    abstract: bool
    slots: dict[str, list[str]]
    negotiable: dict[str, Negotiable]
    source: str
    versions: list[Span]


class ProductInPackage(Struct, frozen=True, kw_only=True):
    """A product in a package."""

    key: str
    product: str
    count: int
    optional: bool
    over: str | None
    choices: dict[str, Any]


class Package(Struct, frozen=True, kw_only=True):
    """A package on a day."""

    id: str
    title: Title
    valid_from: date
    valid_to: date | None
    items: list[ProductInPackage]
    source: str
    versions: list[Span]


class ConditionInSlot(Struct, frozen=True, kw_only=True):
    """A condition in a slot of a resolved product, choices put in."""

    id: str
    uses: str
    values: dict[str, Any] = field(name="with")


class ResolvedProduct(Struct, frozen=True, kw_only=True):
    """A product as it is sold on a day with choices."""

    id: str
    version: str
    title: Title
    group: str | None
    line: str | None
    base: list[str]
    slots: dict[str, list[ConditionInSlot]]
    negotiated: dict[str, Any]


class NewEnding(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A version to end before ``valid_to``: that which began on ``valid_from``, or that of the day before."""

    list: ComponentList
    id: str
    valid_to: date = field(name="to")
    valid_from: date | None = field(name="from", default=None)


class Ending(Struct, frozen=True, kw_only=True):
    """A version that ends."""

    list: ComponentList
    id: str
    valid_from: date = field(name="from")
    valid_to: date = field(name="to")


class ComponentProposal(Struct, frozen=True, kw_only=True):
    """A proposal of components and what became of it."""

    id: UUID
    reason: str
    document: dict[str, Any]
    endings: list[Ending]
    state: ProposalState
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    remark: str
    release: int | None


class ComponentProposalPage(Struct, frozen=True, kw_only=True):
    """A page of proposals, newest first, and the cursor of the next page."""

    proposals: list[ComponentProposal]
    next: str | None = None
