"""Products as compositions: what a product is made of once its bases are laid under it."""

from __future__ import annotations

from datetime import date

import msgspec

from sycee.components.documents import Negotiable, ProductDefinition
from sycee.components.errors import ProductNotFound
from sycee.components.versions import Shelf


class Composition(msgspec.Struct, frozen=True):
    """A product and its bases on a day, nearest first, with what comes out of them.

    ``ids`` names the conditions of each slot that is filled; ``bounds`` says what may be chosen where.
    """

    chain: tuple[ProductDefinition, ...]
    ids: dict[str, tuple[str, ...]]
    bounds: dict[str, Negotiable]

    @property
    def group(self) -> str | None:
        """The group of the nearest that names one."""
        return next((part.group for part in self.chain if part.group is not None), None)


def compose(products: Shelf[ProductDefinition], id: str, day: date) -> Composition:
    """What a product is made of on a day: a slot or a bound set nearer replaces the one set farther.

    Raises ProductNotFound for it or one of its bases. Its bases must not run in a circle.
    """
    chain: list[ProductDefinition] = []
    wanted: str | None = id
    while wanted is not None:
        found = products.on(wanted, day)
        if found is None:
            raise ProductNotFound(f"there is no product {wanted} on {day}")
        chain.append(found.value)
        wanted = found.value.base
    ids: dict[str, tuple[str, ...]] = {}
    bounds: dict[str, Negotiable | None] = {}
    for part in reversed(chain):
        for slot, filled in part.slots.items():
            ids[slot] = () if filled is None else (filled,) if isinstance(filled, str) else filled
        bounds |= part.negotiable
    return Composition(
        tuple(chain),
        {slot: filled for slot, filled in ids.items() if filled},
        {path: bound for path, bound in bounds.items() if bound is not None},
    )


def circle(products: Shelf[ProductDefinition], start: str) -> list[str] | None:
    """The circle in which the bases of a product run, from it back to it, whatever the day; or None."""
    waiting: list[list[str]] = [[start]]
    seen: set[str] = set()
    while waiting:
        path = waiting.pop()
        for version in products.versions(path[-1]):
            base = version.value.base
            if base == start:
                return [*path, start]
            if base is not None and base not in seen:
                seen.add(base)
                waiting.append([*path, base])
    return None
