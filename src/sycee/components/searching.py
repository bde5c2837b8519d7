"""Search: one line about each component, whatever it is, found by the words in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Literal

import msgspec

from sycee.components.capabilities import Kind

if TYPE_CHECKING:
    from sycee.components.registry import Registry

Sort = Literal["capability", "condition", "product_line", "product_group", "product", "package"]
SORTS: tuple[Sort, ...] = (
    "capability",
    "condition",
    "product_line",
    "product_group",
    "product",
    "package",
)
"""The sorts of component, from the smallest to the largest."""


class Component(msgspec.Struct, frozen=True, kw_only=True):
    """A component in one line.

    ``kind`` is that of a capability and of its conditions; ``part_of`` names what it belongs to: the
    capability of a condition, the line of a group, the base of a product (or its group).
    """

    sort: Sort
    id: str
    title: str
    local_title: str
    kind: Kind | None = None
    part_of: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    abstract: bool = False
    description: str = ""

    def holds(self, word: str) -> bool:
        """Whether a folded word is in its id, titles, kind or description."""
        text = f"{self.id} {self.title} {self.local_title} {self.kind or ''} {self.part_of or ''}"
        return word in text.casefold() or word in self.description.casefold()


def search(
    registry: Registry, text: str, kind: Kind | None, sort: Sort | None, on: date | None
) -> list[Component]:
    """The components that hold every word: those whose id begins with the text first, then by sort and id."""
    words = text.casefold().split()
    found = [
        made
        for made in components(registry, sort, on)
        if (kind is None or made.kind == kind) and all(made.holds(word) for word in words)
    ]
    start = text.strip().casefold()
    if start:
        found.sort(key=lambda made: (made.id != start, not made.id.startswith(start)))
    return found


def components(registry: Registry, sort: Sort | None = None, on: date | None = None) -> Iterator[Component]:
    """Every component, by sort and id: the versions in force on a day, or all of them."""
    makers = {
        "capability": _capabilities,
        "condition": _conditions,
        "product_line": _lines,
        "product_group": _groups,
        "product": _products,
        "package": _packages,
    }
    for name in SORTS:
        if sort in (None, name):
            for made in makers[name](registry):
                if on is None or made.valid_from is None or _in_force(made, on):
                    yield made


def _in_force(made: Component, on: date) -> bool:
    assert made.valid_from is not None
    return made.valid_from <= on and (made.valid_to is None or on < made.valid_to)


def _capabilities(registry: Registry) -> Iterator[Component]:
    for key, made in sorted(registry.capabilities.items()):
        yield Component(
            sort="capability",
            id=key,
            title=made.title,
            local_title=made.local_title,
            kind=made.kind,
            part_of=made.owner,
            description=made.description,
        )


def _conditions(registry: Registry) -> Iterator[Component]:
    for id in sorted(registry.conditions):
        for version in registry.conditions.versions(id):
            made = version.value
            yield Component(
                sort="condition",
                id=id,
                title=made.title.en,
                local_title=made.title.zh,
                kind=registry.kind_of(made),
                part_of=made.uses,
                valid_from=version.valid_from,
                valid_to=version.valid_to,
            )


def _lines(registry: Registry) -> Iterator[Component]:
    for id, line in sorted(registry.lines.items()):
        yield Component(sort="product_line", id=id, title=line.title.en, local_title=line.title.zh)


def _groups(registry: Registry) -> Iterator[Component]:
    for id, group in sorted(registry.groups.items()):
        yield Component(
            sort="product_group",
            id=id,
            title=group.title.en,
            local_title=group.title.zh,
            part_of=group.line,
        )


def _products(registry: Registry) -> Iterator[Component]:
    for id in sorted(registry.products):
        for version in registry.products.versions(id):
            made = version.value
            yield Component(
                sort="product",
                id=id,
                title=made.title.en,
                local_title=made.title.zh,
                part_of=made.base or made.group,
                valid_from=version.valid_from,
                valid_to=version.valid_to,
                abstract=made.abstract,
                description=made.description.en if made.description else "",
            )


def _packages(registry: Registry) -> Iterator[Component]:
    for id in sorted(registry.packages):
        for version in registry.packages.versions(id):
            made = version.value
            yield Component(
                sort="package",
                id=id,
                title=made.title.en,
                local_title=made.title.zh,
                valid_from=version.valid_from,
                valid_to=version.valid_to,
                description=made.description.en if made.description else "",
            )
