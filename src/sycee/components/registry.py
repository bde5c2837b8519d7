"""The registry: capabilities, conditions, products and packages, by id and day."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from sycee.components.capabilities import Capability, Kind, Parameters, capabilities_of, declared
from sycee.components.documents import (
    ConditionDefinition,
    Document,
    PackageDefinition,
    ProductDefinition,
    ProductGroupDefinition,
    ProductLineDefinition,
    Title,
)
from sycee.components.errors import (
    CapabilityNotFound,
    ConditionNotFound,
    Fault,
    InvalidComponents,
    PackageNotFound,
    ProductIsAbstract,
    ProductNotFound,
)
from sycee.components.negotiation import apply_choices
from sycee.components.resolved import PackageItem, ResolvedPackage, ResolvedProduct
from sycee.components.yaml_files import read_document, yaml_files
from sycee.kernel.errors import SyceeError

GROUP = "sycee.components"
"""The group of entry points by which packages add components; ours come in by the same door."""


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """A condition in force from ``valid_from`` until before ``valid_to``."""

    id: str
    uses: str
    title: Title
    valid_from: date
    valid_to: date | None
    parameters: Parameters
    source: str


D = TypeVar("D", Condition, ProductDefinition, PackageDefinition)


class Registry:
    """Everything that products are made of. It does not change once it is built."""

    def __init__(self, capabilities: Iterable[Capability], documents: Iterable[tuple[str, Document]]) -> None:
        self._capabilities = {made.key: made for made in capabilities}
        self._conditions: dict[str, list[Condition]] = {}
        self._products: dict[str, list[ProductDefinition]] = {}
        self._packages: dict[str, list[PackageDefinition]] = {}
        self._groups: dict[str, ProductGroupDefinition] = {}
        self._lines: dict[str, ProductLineDefinition] = {}
        for name, document in documents:
            self._add(name, document)

    @classmethod
    def load(cls, paths: Iterable[Path], capabilities: Iterable[type[Parameters]] | None = None) -> Registry:
        """A registry of YAML files, or directories of them, over some capabilities (default: all declared).

        Raises InvalidComponents naming file, line, field and what was expected.
        """
        found = _declared() if capabilities is None else capabilities_of(list(capabilities))
        named = [(str(file), file.read_bytes()) for path in paths for file in yaml_files(path)]
        return cls(found, [(name, read_document(name, data)) for name, data in named])

    def _add(self, name: str, document: Document) -> None:
        for condition in document.conditions:
            made = self._condition(name, condition)
            self._conditions.setdefault(made.id, []).append(made)
        for product in document.products:
            self._products.setdefault(product.id, []).append(product)
        for package in document.packages:
            self._packages.setdefault(package.id, []).append(package)
        self._groups |= {group.id: group for group in document.product_groups}
        self._lines |= {line.id: line for line in document.product_lines}

    def _condition(self, name: str, definition: ConditionDefinition) -> Condition:
        try:
            parameters = msgspec.json.decode(definition.with_, type=self.parameters(definition.uses))
        except (SyceeError, msgspec.ValidationError) as error:
            fault = Fault(name, 0, f"conditions.{definition.id}.with", "invalid_definition", str(error))
            raise InvalidComponents([fault]) from None
        return Condition(
            id=definition.id,
            uses=definition.uses,
            title=definition.title,
            valid_from=definition.valid_from,
            valid_to=definition.valid_to,
            parameters=parameters,
            source=name,
        )

    def parameters(self, uses: str) -> type[Parameters]:
        """The class of a capability, name@version. Raises CapabilityNotFound."""
        found = self._capabilities.get(uses)
        if found is None:
            raise CapabilityNotFound(f"there is no capability {uses}")
        return found.parameters

    def capability(self, name: str, version: int) -> Capability:
        """A capability of a version. Raises CapabilityNotFound."""
        self.parameters(f"{name}@{version}")
        return self._capabilities[f"{name}@{version}"]

    def condition(self, id: str, on: date) -> Condition:
        """The condition in force on a day. Raises ConditionNotFound."""
        found = _in_force(self._conditions.get(id, []), on)
        if found is None:
            raise ConditionNotFound(f"there is no condition {id} on {on}")
        return found

    def product(self, id: str, on: date) -> ProductDefinition:
        """The definition of a product in force on a day. Raises ProductNotFound."""
        found = _in_force(self._products.get(id, []), on)
        if found is None:
            raise ProductNotFound(f"there is no product {id} on {on}")
        return found

    def package(self, id: str, on: date) -> PackageDefinition:
        """The definition of a package in force on a day. Raises PackageNotFound."""
        found = _in_force(self._packages.get(id, []), on)
        if found is None:
            raise PackageNotFound(f"there is no package {id} on {on}")
        return found

    def resolve(self, id: str, on: date, choices: Mapping[str, Any] | None = None) -> ResolvedProduct:
        """The product as it is sold on a day, with the choices put in.

        ``choices`` map a path that is negotiable to a value. Raises ProductNotFound, ProductIsAbstract,
        ChoiceNotNegotiable, ChoiceOutOfBounds, ChoiceMissing.
        """
        chain = [self.product(id, on)]
        if chain[0].abstract:
            raise ProductIsAbstract(f"{id} is a base for other products")
        while (base := chain[-1].base) is not None:
            chain.append(self.product(base, on))
        ids: dict[str, tuple[str, ...]] = {}
        bounds: dict[str, Any] = {}
        for part in reversed(chain):
            for slot, filled in part.slots.items():
                ids[slot] = () if filled is None else (filled,) if isinstance(filled, str) else filled
            bounds |= part.negotiable
        ids, slots, starts, negotiated = apply_choices(self, id, on, ids, bounds, choices or {})
        group = next((part.group for part in chain if part.group), None)
        return ResolvedProduct(
            id=id,
            version=max([*starts, *(part.valid_from for part in chain)]).isoformat(),
            title=chain[0].title,
            group=group,
            line=self._groups[group].line if group in self._groups else None,
            base=tuple(part.id for part in chain[1:]),
            slots=slots,
            conditions=ids,
            negotiated=negotiated,
        )

    def resolve_package(
        self, id: str, on: date, choices: Mapping[str, Mapping[str, Any]] | None = None
    ) -> ResolvedPackage:
        """The package as it is sold on a day; ``choices`` by the key of an item. Raises as ``resolve``."""
        definition = self.package(id, on)
        items = tuple(
            PackageItem(
                key=item.key,
                product=self.resolve(item.product, on, {**item.choices, **(choices or {}).get(item.key, {})}),
                count=item.count,
                optional=item.optional,
                over=item.over,
            )
            for item in definition.items
        )
        version = max([definition.valid_from.isoformat(), *(item.product.version for item in items)])
        return ResolvedPackage(id=id, version=version, title=definition.title, items=items)

    def search(self, text: str = "", *, kind: Kind | None = None) -> list[Capability | Condition]:
        """Capabilities and conditions whose id or title holds the text."""
        wanted = text.casefold()
        found: list[Capability | Condition] = [
            made
            for made in self._capabilities.values()
            if wanted in f"{made.key} {made.title} {made.local_title}".casefold()
            and kind in (None, made.kind)
        ]
        for versions in self._conditions.values():
            found += [
                made
                for made in versions
                if wanted in f"{made.id} {made.title.en} {made.title.zh}".casefold()
                and kind in (None, self._capabilities[made.uses].kind)
            ]
        return found

    def count(self) -> dict[str, int]:
        """How many there are of each."""
        return {
            "capabilities": len(self._capabilities),
            "conditions": len(self._conditions),
            "product_lines": len(self._lines),
            "product_groups": len(self._groups),
            "products": len(self._products),
            "packages": len(self._packages),
        }


def _in_force(versions: list[D], on: date) -> D | None:
    for made in versions:
        if made.valid_from <= on and (made.valid_to is None or on < made.valid_to):
            return made
    return None


def _entry_packages() -> list[str]:
    return sorted(
        {found.value.partition(":")[0] for found in entry_points(group=GROUP)} | {f"{GROUP}.library"}
    )


def _declared() -> list[Capability]:
    modules = _entry_packages()
    for module in modules:
        importlib.import_module(module)
    return declared({module.partition(".")[0] for module in modules})


@cache
def registry() -> Registry:
    """The registry of this process, from the entry points. Raises InvalidComponents."""
    found = _declared()
    paths = [Path(str(files(module))) / "data" for module in _entry_packages()]
    named = [(str(file), file.read_bytes()) for path in paths for file in yaml_files(path) if path.is_dir()]
    return Registry(found, [(name, read_document(name, data)) for name, data in named])
