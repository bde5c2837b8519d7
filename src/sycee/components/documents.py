"""The shape of definitions as people write them: in YAML files, and in proposals to the database."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import msgspec
from msgspec import Meta, field

Id = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)*$",
        max_length=100,
        description="Lower case, digits, - and _, in parts between dots.",
    ),
]
Text = Annotated[str, Meta(min_length=1, max_length=500)]
Choices = dict[str, Any]


class Definition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every definition keeps to: no unknown fields."""


class Title(Definition, frozen=True, kw_only=True):
    """A title in the languages of a bank's people."""

    en: Text
    zh: Text


class ConditionDefinition(Definition, frozen=True, kw_only=True):
    """A named, effective-dated set of parameters for a capability (``uses``: name@version)."""

    id: Id
    uses: Annotated[str, Meta(pattern=r"^[a-z0-9_.]+@[1-9][0-9]{0,5}$", max_length=110)]
    title: Title
    valid_from: date = field(name="from")
    valid_to: date | None = field(name="to", default=None)
    with_: msgspec.Raw = field(name="with", default_factory=lambda: msgspec.Raw(b"{}"))


class ProductLineDefinition(Definition, frozen=True, kw_only=True):
    """A line of business: the root of the tree of products."""

    id: Id
    title: Title


class ProductGroupDefinition(Definition, frozen=True, kw_only=True):
    """A group of products within a line."""

    id: Id
    line: Id
    title: Title


class Negotiable(Definition, frozen=True, kw_only=True, omit_defaults=True):
    """What may be chosen at one place of a product.

    For a parameter: between ``min`` and ``max`` (both included, in multiples of ``step`` from ``min`` or 0),
    or one of ``one_of``. For a slot: one of the conditions ``one_of``; for a slot that takes several: any of
    ``any_of``. ``required``: there is no default, the customer's choice must be given.
    """

    min: Any = None
    max: Any = None
    step: Any = None
    one_of: tuple[Any, ...] = ()
    any_of: tuple[Any, ...] = ()
    required: bool = False

    def told(self) -> str:
        """The bounds as people read them."""
        if self.any_of:
            return f"a list of {', '.join(map(str, self.any_of))}"
        if self.one_of:
            return f"one of {', '.join(map(str, self.one_of))}"
        low = "" if self.min is None else f"from {self.min} "
        high = "" if self.max is None else f"up to {self.max} "
        step = "" if self.step is None else f"in steps of {self.step}"
        return f"{low}{high}{step}".strip()


class ProductDefinition(Definition, frozen=True, kw_only=True):
    """A composition of conditions by slot; inherits the slots and bounds of its base."""

    id: Id
    title: Title
    valid_from: date = field(name="from")
    valid_to: date | None = field(name="to", default=None)
    base: Id | None = None
    group: Id | None = None
    abstract: bool = False
    description: Title | None = None
    slots: dict[str, Id | tuple[Id, ...] | None] = {}
    negotiable: dict[str, Negotiable | None] = {}


class PackageItemDefinition(Definition, frozen=True, kw_only=True):
    """A product in a package; ``over`` names the item whose account it lies over."""

    key: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]*$", max_length=50)]
    product: Id
    count: Annotated[int, Meta(ge=1, le=100)] = 1
    optional: bool = False
    over: str | None = None
    choices: Choices = {}


class PackageDefinition(Definition, frozen=True, kw_only=True):
    """Products that a customer signs together."""

    id: Id
    title: Title
    valid_from: date = field(name="from")
    valid_to: date | None = field(name="to", default=None)
    description: Title | None = None
    items: Annotated[tuple[PackageItemDefinition, ...], Meta(min_length=1, max_length=50)]


class Document(Definition, frozen=True, kw_only=True):
    """All that one file, or one proposal, may hold."""

    conditions: tuple[ConditionDefinition, ...] = ()
    product_lines: tuple[ProductLineDefinition, ...] = ()
    product_groups: tuple[ProductGroupDefinition, ...] = ()
    products: tuple[ProductDefinition, ...] = ()
    packages: tuple[PackageDefinition, ...] = ()


LISTS: dict[str, type[Definition]] = {
    "conditions": ConditionDefinition,
    "product_lines": ProductLineDefinition,
    "product_groups": ProductGroupDefinition,
    "products": ProductDefinition,
    "packages": PackageDefinition,
}
"""The lists of a document and what each holds."""
