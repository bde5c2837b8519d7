"""A product as it is sold on a day: every slot filled with instances of capabilities, choices made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from sycee.components.capabilities import Parameters, key_of
from sycee.components.documents import Title
from sycee.components.errors import SlotNotSingle


class ResolvedProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A product with its conditions put in.

    ``version`` is the day (ISO) since which the product is as it is: the latest start of anything that it is
    made of. ``base`` is the chain of bases, nearest first. ``conditions`` names what each slot was filled
    with; ``negotiated`` holds the choices by path.
    """

    id: str
    version: str
    title: Title
    group: str | None
    line: str | None
    base: tuple[str, ...]
    slots: dict[str, tuple[Parameters, ...]]
    conditions: dict[str, tuple[str, ...]]
    negotiated: dict[str, Any]

    def one(self, slot: str) -> Any:
        """The only instance in a slot. Raises SlotNotSingle when there is none or are several."""
        found = self.slots.get(slot, ())
        if len(found) != 1:
            raise SlotNotSingle(f"slot {slot!r} of {self.id} holds {len(found)} conditions, 1 is expected")
        return found[0]

    def all(self, slot: str) -> tuple[Any, ...]:
        """The instances in a slot, in order; none for an empty one."""
        return self.slots.get(slot, ())

    def get(self, slot: str) -> Any | None:
        """The instance in a slot, or None. Raises SlotNotSingle when there are several."""
        return self.one(slot) if self.slots.get(slot) else None

    def as_data(self) -> dict[str, Any]:
        """A snapshot for JSON, from which ``from_data`` makes the same product again, years later."""
        slots = {
            slot: [
                {"id": id, "uses": key_of(made), "with": msgspec.to_builtins(made)}
                for id, made in zip(self.conditions[slot], instances, strict=True)
            ]
            for slot, instances in self.slots.items()
        }
        return {
            "id": self.id,
            "version": self.version,
            "title": msgspec.to_builtins(self.title),
            "group": self.group,
            "line": self.line,
            "base": list(self.base),
            "slots": slots,
            "negotiated": msgspec.to_builtins(self.negotiated),
        }

    @classmethod
    def from_data(
        cls, data: Mapping[str, Any], parameters: Callable[[str], type[Parameters]] | None = None
    ) -> ResolvedProduct:
        """The product of a snapshot. ``parameters`` finds the class of name@version (default: registry()).

        Raises CapabilityNotFound when the software no longer has a capability of that version.
        """
        if parameters is None:
            from sycee.components.installed import registry  # noqa: PLC0415 - the registry makes these

            parameters = registry().parameters
        slots = {
            slot: tuple(msgspec.convert(part["with"], parameters(part["uses"])) for part in parts)
            for slot, parts in data["slots"].items()
        }
        return cls(
            id=data["id"],
            version=data["version"],
            title=msgspec.convert(data["title"], Title),
            group=data["group"],
            line=data["line"],
            base=tuple(data["base"]),
            slots=slots,
            conditions={slot: tuple(part["id"] for part in parts) for slot, parts in data["slots"].items()},
            negotiated=dict(data["negotiated"]),
        )


class PackageItem(msgspec.Struct, frozen=True, kw_only=True):
    """A product in a package, resolved. ``over`` names the item whose account it lies over."""

    key: str
    product: ResolvedProduct
    count: int = 1
    optional: bool = False
    over: str | None = None


class ResolvedPackage(msgspec.Struct, frozen=True, kw_only=True):
    """A package with its products resolved; ``version`` as a product's."""

    id: str
    version: str
    title: Title
    items: tuple[PackageItem, ...]

    def item(self, key: str) -> PackageItem:
        """The item of a key. Raises KeyError."""
        return next(item for item in self.items if item.key == key)
