"""The registry: capabilities, conditions, products and packages, by id and day.

A registry is built once, of everything at once, and checked as a whole; then it does not change. What is
released later makes another one (see releases.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Self, TypeVar

import msgspec

from sycee.components import searching, validation
from sycee.components.capabilities import Capability, Kind, Parameters, capabilities_of
from sycee.components.compositions import Composition, compose
from sycee.components.conditions import Condition, ConditionReader
from sycee.components.documents import (
    ConditionDefinition,
    PackageDefinition,
    ProductDefinition,
    ProductGroupDefinition,
    ProductLineDefinition,
)
from sycee.components.entry_points import declared_capabilities
from sycee.components.errors import (
    CapabilityNotFound,
    ChoiceNotNegotiable,
    ConditionNotFound,
    Fault,
    InvalidComponents,
    PackageNotFound,
    ProductIsAbstract,
    ProductNotFound,
)
from sycee.components.messages import nearest
from sycee.components.negotiation import check_named, choose_conditions, choose_value, split, value_at
from sycee.components.origins import Origin
from sycee.components.resolved import PackageItem, ResolvedPackage, ResolvedProduct
from sycee.components.searching import Component, Sort
from sycee.components.slots import SLOTS
from sycee.components.versions import Ending, Shelf, Version
from sycee.components.yaml_files import Source, read_files

D = TypeVar("D", ProductDefinition, PackageDefinition)
_Choices = Mapping[str, Any]
_MOST_HINTS = 20


class Registry:
    """Everything that products are made of.

    ``faults`` lists all that is wrong; ``Registry.load`` and ``registry()`` never give out one with faults.
    ``release`` counts what was released to it from the database.
    """

    def __init__(
        self,
        capabilities: Iterable[Capability],
        sources: Iterable[Source],
        endings: Iterable[Ending] = (),
        *,
        release: int = 0,
    ) -> None:
        self.release = release
        self.sources = tuple(sources)
        self.endings = tuple(endings)
        self.capabilities: dict[str, Capability] = {}
        self.conditions: Shelf[Condition] = Shelf()
        self.products: Shelf[ProductDefinition] = Shelf()
        self.packages: Shelf[PackageDefinition] = Shelf()
        self.groups: dict[str, ProductGroupDefinition] = {}
        self.lines: dict[str, ProductLineDefinition] = {}
        self.faults: list[Fault] = []
        self.broken: set[str] = set()
        for made in capabilities:
            self._add_capability(made)
        self._hints = 0
        self._reader = ConditionReader(self.capabilities)
        self._ends: dict[tuple[str, str, date], date | None] = {
            (end.list, end.id, end.valid_from): end.valid_to for end in self.endings
        }
        for source in self.sources:
            self._add(source)
        self._check()

    @classmethod
    def load(cls, paths: Iterable[Path], capabilities: Iterable[type[Parameters]] | None = None) -> Self:
        """A registry of YAML files, or directories of them, over some capabilities (default: all declared).

        Raises InvalidComponents naming file, line, field and what was expected.
        """
        made = cls.examine(paths, capabilities)
        made.refuse_faults()
        return made

    @classmethod
    def examine(cls, paths: Iterable[Path], capabilities: Iterable[type[Parameters]] | None = None) -> Self:
        """The same, but with whatever is wrong left in ``faults``."""
        found = declared_capabilities() if capabilities is None else capabilities_of(capabilities)
        return cls(found, read_files(paths))

    def extended(
        self, sources: Iterable[Source], endings: Iterable[Ending] = (), *, release: int | None = None
    ) -> Self:
        """This registry with more definitions and endings; look at its ``faults`` before it is used."""
        return type(self)(
            self.capabilities.values(),
            [*self.sources, *sources],
            [*self.endings, *endings],
            release=self.release if release is None else release,
        )

    def refuse_faults(self) -> None:
        """Raises InvalidComponents when anything is wrong."""
        if self.faults:
            raise InvalidComponents(self.faults)

    # Building

    def _add_capability(self, made: Capability) -> None:
        there = self.capabilities.setdefault(made.key, made)
        if there is not made:
            message = f"{made.key} is declared by {there.module} and by {made.module}"
            self.faults.append(Fault(made.module, 0, "", "repeated_capability", message))

    def _add(self, source: Source) -> None:
        self.faults += source.faults
        self.broken |= source.broken
        document, origins = source.document, source.origins
        for condition, origin in zip(document.conditions, origins.get("conditions", ()), strict=True):
            self._add_condition(condition, origin)
        for product, origin in zip(document.products, origins.get("products", ()), strict=True):
            self.products.put(product.id, self._version("products", product, origin))
        for package, origin in zip(document.packages, origins.get("packages", ()), strict=True):
            self.packages.put(package.id, self._version("packages", package, origin))
        for line, origin in zip(document.product_lines, origins.get("product_lines", ()), strict=True):
            if self.lines.setdefault(line.id, line) != line:
                self._fault(origin, "id", "repeated_id", f"there is another product line {line.id}")
        for group, origin in zip(document.product_groups, origins.get("product_groups", ()), strict=True):
            if self.groups.setdefault(group.id, group) != group:
                self._fault(origin, "id", "repeated_id", f"there is another product group {group.id}")

    def _version(self, name: str, value: D, origin: Origin) -> Version[D]:
        end = self._ends.get((name, value.id, value.valid_from), value.valid_to)
        if end != value.valid_to:
            value = msgspec.structs.replace(value, valid_to=end)
        return Version(value, value.valid_from, end, origin)

    def _add_condition(self, definition: ConditionDefinition, origin: Origin) -> None:
        if definition.uses not in self.capabilities:
            name = definition.uses.partition("@")[0]
            versions = [made.key for made in self.capabilities.values() if made.name == name]
            hint = f"; there is {', '.join(versions)}" if versions else self.nearest(name, self._names())
            message = f"{definition.id}: there is no capability {definition.uses}{hint}"
            self._fault(origin, "uses", "unknown_capability", message)
            self.broken.add(definition.id)
            return
        end = self._ends.get(("conditions", definition.id, definition.valid_from), definition.valid_to)
        made = self._reader.read(definition, origin, end)
        if isinstance(made, Fault):
            message = f"{definition.id}: {made.message}"
            self.faults.append(msgspec.structs.replace(made, message=message))
            self.broken.add(definition.id)
        else:
            self.conditions.put(made.id, Version(made, made.valid_from, end, origin))

    def nearest(self, name: str, known: Iterable[str]) -> str:
        """The known names like this one, for a message; for the first of many faults only, it takes time."""
        self._hints += 1
        return nearest(name, known) if self._hints <= _MOST_HINTS else ""

    def _names(self) -> set[str]:
        return {made.name for made in self.capabilities.values()}

    def _fault(self, origin: Origin, field: str, code: str, message: str) -> None:
        self.faults.append(Fault(origin.text.name, origin.line(field), origin.field(field), code, message))

    def _check(self) -> None:
        for shelf in (self.conditions, self.products, self.packages):
            self.faults += shelf.sort()
        for source in self.sources:
            for group, origin in zip(
                source.document.product_groups, source.origins.get("product_groups", ()), strict=True
            ):
                if group.line not in self.lines:
                    hint = nearest(group.line, self.lines)
                    self._fault(
                        origin, "line", "unknown_line", f"there is no product line {group.line}{hint}"
                    )
        wrong = validation.faults_of_products(self)
        self.faults += wrong
        if not wrong:
            self.faults += validation.faults_of_packages(self)

    # Finding

    def parameters(self, uses: str) -> type[Parameters]:
        """The class of a capability, name@version. Raises CapabilityNotFound."""
        found = self.capabilities.get(uses)
        if found is None:
            raise CapabilityNotFound(f"there is no capability {uses}{nearest(uses, self.capabilities)}")
        return found.parameters

    def capability(self, name: str, version: int) -> Capability:
        """A capability of a version. Raises CapabilityNotFound."""
        self.parameters(f"{name}@{version}")
        return self.capabilities[f"{name}@{version}"]

    def kind_of(self, condition: Condition) -> Kind:
        """The kind of a condition: that of its capability."""
        return self.capabilities[condition.uses].kind

    def condition(self, id: str, on: date) -> Condition:
        """The condition in force on a day. Raises ConditionNotFound."""
        found = self.conditions.on(id, on)
        if found is None:
            raise ConditionNotFound(_not_found("condition", id, on, self.conditions))
        return found.value

    def product(self, id: str, on: date) -> ProductDefinition:
        """The definition of a product in force on a day. Raises ProductNotFound."""
        found = self.products.on(id, on)
        if found is None:
            raise ProductNotFound(_not_found("product", id, on, self.products))
        return found.value

    def package(self, id: str, on: date) -> PackageDefinition:
        """The definition of a package in force on a day. Raises PackageNotFound."""
        found = self.packages.on(id, on)
        if found is None:
            raise PackageNotFound(_not_found("package", id, on, self.packages))
        return found.value

    def composition(self, id: str, on: date) -> Composition:
        """What a product is made of on a day, its bases laid under it. Raises ProductNotFound."""
        self.product(id, on)
        return compose(self.products, id, on)

    # Resolving

    def resolve(self, id: str, on: date, choices: _Choices | None = None) -> ResolvedProduct:
        """The product as it is sold on a day, with the choices put in.

        ``choices`` map a path that is negotiable to a value. Raises ProductNotFound, ProductIsAbstract,
        ChoiceNotNegotiable, ChoiceOutOfBounds, ChoiceMissing.
        """
        return self._resolve(id, on, choices or {}, complete=True)

    def check_choices(self, id: str, on: date, choices: _Choices) -> None:
        """Whether choices may be made, others being left to be made later. Raises as ``resolve``."""
        self._resolve(id, on, choices, complete=False)

    def standard(self, id: str, on: date, choices: _Choices, path: str) -> Any:
        """What a product has at a negotiable path when nobody chooses it; None where somebody has to.

        ``choices`` are made before that, as a package makes them. Raises ProductNotFound,
        ChoiceNotNegotiable.
        """
        bound = self.composition(id, on).bounds.get(path)
        if bound is None:
            raise ChoiceNotNegotiable(f"{path} of {id} cannot be negotiated")
        if bound.required and path not in choices:
            return None
        product = self._resolve(id, on, choices, complete=False)
        if "." not in path:
            return product.conditions.get(path)
        place, steps = split(path)
        return value_at(product.slots[path.partition(".")[0]][place], steps)

    def _resolve(self, id: str, on: date, choices: _Choices, *, complete: bool) -> ResolvedProduct:
        made = self.composition(id, on)
        if made.chain[0].abstract:
            raise ProductIsAbstract(f"{id} is a base for other products")
        bounds = (
            made.bounds if complete else {path: made.bounds[path] for path in choices if path in made.bounds}
        )
        check_named(id, bounds, choices)
        ids = dict(made.ids)
        for path, value in choices.items():
            if "." not in path:
                ids[path] = choose_conditions(id, path, value, made.bounds[path])
        found = {slot: [self.condition(part, on) for part in parts] for slot, parts in ids.items() if parts}
        slots = {slot: tuple(part.parameters for part in parts) for slot, parts in found.items()}
        for path, value in choices.items():
            if "." in path:
                slot = path.partition(".")[0]
                if slot not in slots:
                    raise ChoiceNotNegotiable(f"{path} of {id} is in a slot that is not filled")
                slots[slot] = choose_value(id, path, slots[slot], value, made.bounds[path])
        starts = [part.valid_from for part in made.chain]
        starts += [part.valid_from for parts in found.values() for part in parts]
        group = self.groups.get(made.group or "")
        return ResolvedProduct(
            id=id,
            version=max(starts).isoformat(),
            title=made.chain[0].title,
            group=made.group,
            line=group.line if group else None,
            base=tuple(part.id for part in made.chain[1:]),
            slots={slot: slots[slot] for slot in SLOTS if slot in slots},
            conditions={slot: ids[slot] for slot in SLOTS if slot in slots},
            negotiated=dict(choices),
        )

    def resolve_package(
        self, id: str, on: date, choices: Mapping[str, _Choices] | None = None
    ) -> ResolvedPackage:
        """The package as it is sold on a day; ``choices`` by the key of an item.

        Raises PackageNotFound, ChoiceNotNegotiable for an item that the package does not have, and as
        ``resolve`` does.
        """
        definition = self.package(id, on)
        chosen = dict(choices or {})
        keys = [item.key for item in definition.items]
        for key in chosen:
            if key not in keys:
                raise ChoiceNotNegotiable(f"{id} has no item {key}; its items are {', '.join(keys)}")
        items = tuple(
            PackageItem(
                key=item.key,
                product=self.resolve(item.product, on, {**item.choices, **chosen.get(item.key, {})}),
                count=item.count,
                optional=item.optional,
                over=item.over,
            )
            for item in definition.items
        )
        version = max([definition.valid_from.isoformat(), *(item.product.version for item in items)])
        return ResolvedPackage(id=id, version=version, title=definition.title, items=items)

    # Looking around

    def search(
        self,
        text: str = "",
        *,
        kind: Kind | None = None,
        sort: Sort | None = None,
        on: date | None = None,
    ) -> list[Component]:
        """The components that hold every word of a text, of a kind or sort, in force on a day or ever."""
        return searching.search(self, text, kind, sort, on)

    def count(self) -> dict[str, int]:
        """How many there are of each, an id with several versions counted once."""
        return {
            "capabilities": len(self.capabilities),
            "conditions": len(self.conditions),
            "product_lines": len(self.lines),
            "product_groups": len(self.groups),
            "products": len(self.products),
            "packages": len(self.packages),
        }

    def count_by_kind(self) -> dict[Kind, tuple[int, int]]:
        """How many capabilities and how many conditions there are of each kind."""
        counts = {kind: [0, 0] for kind in Kind}
        for made in self.capabilities.values():
            counts[made.kind][0] += 1
        for id in self.conditions:
            counts[self.kind_of(self.conditions.latest(id).value)][1] += 1
        return {kind: (capabilities, conditions) for kind, (capabilities, conditions) in counts.items()}


def _not_found(what: str, id: str, on: date, shelf: Shelf[Any]) -> str:
    versions = shelf.versions(id)
    if not versions:
        return f"there is no {what} {id[:100]}{nearest(id[:100], shelf)}"
    spans = ", ".join(
        f"from {version.valid_from}" + (f" until before {version.valid_to}" if version.valid_to else "")
        for version in versions
    )
    return f"{what} {id} is not in force on {on}: it is {spans}"
