"""Whether products and packages hold: everything they name is there, of the right kind, on every day.

What a product is made of may change while it is in force, so it is looked at on its first day and on every
later day on which something that it is made of begins or ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

from sycee.components.compositions import Composition, circle, compose
from sycee.components.documents import Negotiable, PackageDefinition, PackageItemDefinition, ProductDefinition
from sycee.components.errors import ConditionNotFound, Fault, ProductNotFound
from sycee.components.messages import nearest
from sycee.components.negotiation import misfits
from sycee.components.slots import SLOTS
from sycee.components.versions import Shelf, Version
from sycee.kernel.errors import SyceeError

if TYPE_CHECKING:
    from sycee.components.registry import Registry

Finding = tuple[tuple[str | int, ...], str, str]
"""The place inside of the definition, the code and the message."""


def faults_of_products(registry: Registry) -> list[Fault]:
    """Everything that is wrong with the products of a registry, whose versions do not overlap."""
    found: list[Fault] = []
    products = registry.products
    for id in products:
        around = circle(products, id)
        for version in products.versions(id):
            if around is not None:
                message = f"the bases run in a circle: {' → '.join(around)}"
                found.append(_fault(version, (("base",), "circular_inheritance", message)))
            elif all(circle(products, base) is None for base in _bases(products, id)):
                found += _once(version, _product_findings(registry, id, version))
    return found


def _bases(products: Shelf[ProductDefinition], id: str) -> set[str]:
    """Every product that a product stands on, on whatever day."""
    seen: set[str] = set()
    waiting = [id]
    while waiting:
        for version in products.versions(waiting.pop()):
            base = version.value.base
            if base is not None and base not in seen:
                seen.add(base)
                waiting.append(base)
    return seen


def faults_of_packages(registry: Registry) -> list[Fault]:
    """Everything that is wrong with the packages of a registry, whose products hold."""
    found: list[Fault] = []
    for id in registry.packages:
        for version in registry.packages.versions(id):
            found += _once(version, _package_findings(registry, version))
    return found


def _once(
    version: Version[ProductDefinition] | Version[PackageDefinition], findings: Iterable[Finding]
) -> list[Fault]:
    """A fault for each finding, once for those that several days have in common."""
    return [_fault(version, finding) for finding in dict.fromkeys(findings)]


def _fault(version: Version[ProductDefinition] | Version[PackageDefinition], finding: Finding) -> Fault:
    place, code, message = finding
    origin = version.origin
    return Fault(
        origin.text.name, origin.line(*place), origin.field(*place), code, f"{version.value.id}: {message}"
    )


def _product_findings(registry: Registry, id: str, version: Version[ProductDefinition]) -> Iterator[Finding]:
    value = version.value
    yield from _slot_names(value)
    if value.group is not None and value.group not in registry.groups and value.group not in registry.broken:
        hint = registry.nearest(value.group, registry.groups)
        yield ("group",), "unknown_group", f"there is no product group {value.group}{hint}"
    if value.base is not None and (
        missing := _missing(registry, registry.products, "product", value.base, version)
    ):
        yield ("base",), "unknown_product", missing
        return
    waiting, seen = [version.valid_from], set[date]()
    while waiting:
        day = waiting.pop()
        if day in seen:
            continue
        seen.add(day)
        try:
            made = compose(registry.products, id, day)
        except ProductNotFound:
            return  # a base of the base is missing: that is said there
        yield from _on(registry, version, made, day)
        waiting += _boundaries(registry, made, version)


def _boundaries(registry: Registry, made: Composition, version: Version[ProductDefinition]) -> Iterator[date]:
    start, end = version.valid_from, version.valid_to
    for part in made.chain[1:]:
        yield from registry.products.boundaries(part.id, start, end)
    chosen = [id for path, bound in made.bounds.items() if "." not in path for id in _offered(bound)]
    for id in [*(id for ids in made.ids.values() for id in ids), *chosen]:
        yield from registry.conditions.boundaries(id, start, end)


def _offered(bound: Negotiable) -> list[str]:
    return [id for id in (*bound.one_of, *bound.any_of) if isinstance(id, str)]


def _slot_names(value: ProductDefinition) -> Iterator[Finding]:
    for slot, filled in value.slots.items():
        if slot not in SLOTS:
            hint = nearest(slot, SLOTS) or f"; the slots are {', '.join(SLOTS)}"
            yield ("slots", slot), "unknown_slot", f"there is no slot {slot}{hint}"
        elif isinstance(filled, tuple):
            if not SLOTS[slot].many:
                yield ("slots", slot), "slot_not_single", f"{slot} takes one condition, not a list"
            elif len(set(filled)) < len(filled):
                yield ("slots", slot), "repeated_condition", f"{slot} names a condition twice"
    for path in value.negotiable:
        if path.partition(".")[0] not in SLOTS:
            hint = nearest(path.partition(".")[0], SLOTS)
            yield ("negotiable", path), "negotiable_path", f"{path} begins with no slot{hint}"


def _on(
    registry: Registry, version: Version[ProductDefinition], made: Composition, day: date
) -> Iterator[Finding]:
    value = version.value
    if not value.abstract and made.group is None:
        yield (), "missing_group", "a product that is sold belongs to a group, by itself or by a base"
    for slot, filled in value.slots.items():
        if slot in SLOTS and filled is not None:
            for id in (filled,) if isinstance(filled, str) else filled:
                wrong = _condition(registry, slot, id, version)
                if wrong is not None:
                    yield ("slots", slot), *wrong
    for path in made.bounds:
        slot = path.partition(".")[0]
        here = path in value.negotiable or slot in value.slots
        if slot in SLOTS and (here or (not value.abstract and slot not in made.ids)):
            field = ("negotiable", path) if path in value.negotiable else ("slots", slot)
            for code, message in _bound(registry, version, made, path, day):
                yield field, code, message


def _condition(
    registry: Registry, slot: str, id: str, version: Version[ProductDefinition]
) -> tuple[str, str] | None:
    missing = _missing(registry, registry.conditions, "condition", id, version)
    if missing is not None:
        return "unknown_condition", missing
    for found in registry.conditions.versions(id):
        kind = registry.kind_of(found.value)
        if kind not in SLOTS[slot].kinds:
            wanted = " or ".join(sorted(SLOTS[slot].kinds))
            return "wrong_kind", f"{slot} takes a condition of kind {wanted}, {id} is of kind {kind}"
    return None


def _missing(registry: Registry, shelf: Shelf[Any], what: str, id: str, version: Version[Any]) -> str | None:
    """Why an id does not stand behind a product or package on all of its days; None when it does."""
    if id in registry.broken:
        return None  # what is wrong with it is said there
    if id not in shelf:
        return f"there is no {what} {id}{registry.nearest(id, shelf)}"
    day = shelf.uncovered(id, version.valid_from, version.valid_to)
    if day is None:
        return None
    return f"{what} {id} is not in force on {day}, and this is"


def _bound(
    registry: Registry, version: Version[ProductDefinition], made: Composition, path: str, day: date
) -> Iterator[tuple[str, str]]:
    bound = made.bounds[path]
    slot = path.partition(".")[0]
    offer = made.bounds.get(slot)
    if path == slot:
        yield from _slot_bound(registry, version, slot, bound)
        return
    fillings = [made.ids[slot]] if slot in made.ids else []
    fillings += [(id,) for id in _offered(offer)] if offer is not None and not SLOTS[slot].many else []
    if not fillings and not version.value.abstract:
        yield "negotiable_path", f"{path} leads into a slot that is not filled"
    for ids in fillings:
        found = [registry.conditions.on(id, day) for id in ids]
        if None in found:
            continue  # said where the slot is filled
        wrong = misfits(path, [part.value.parameters for part in found if part is not None], bound)
        if wrong is not None:
            yield "negotiable_path", f"{path} with {', '.join(ids)}: {wrong}"


def _slot_bound(
    registry: Registry, version: Version[ProductDefinition], slot: str, bound: Negotiable
) -> Iterator[tuple[str, str]]:
    field = "any_of" if SLOTS[slot].many else "one_of"
    offered = bound.any_of if SLOTS[slot].many else bound.one_of
    ranged = (bound.min, bound.max, bound.step) != (None, None, None)
    if not offered or (bound.any_of and bound.one_of) or ranged:
        yield "negotiable_path", f"for the slot {slot} the conditions to choose from are expected in {field}"
    for id in offered:
        if not isinstance(id, str):
            yield "negotiable_path", f"{field} of the slot {slot} names conditions, {id!r} is none"
            continue
        wrong = _condition(registry, slot, id, version)
        if wrong is not None:
            yield wrong


def _package_findings(registry: Registry, version: Version[PackageDefinition]) -> Iterator[Finding]:
    value = version.value
    keys = [item.key for item in value.items]
    over = {item.key: item.over for item in value.items}
    for place, item in enumerate(value.items):
        if keys.count(item.key) > 1:
            yield ("items", place, "key"), "repeated_key", f"the key {item.key} is there more than once"
        if item.over is not None and item.over not in keys:
            hint = nearest(item.over, keys)
            yield ("items", place, "over"), "unknown_item", f"there is no item {item.over}{hint}"
        if _over_itself(over, item.key):
            yield ("items", place, "over"), "circular_items", f"{item.key} lies over itself"
        yield from _item_product(registry, version, place, item)


def _item_product(
    registry: Registry, version: Version[PackageDefinition], place: int, item: PackageItemDefinition
) -> Iterator[Finding]:
    missing = _missing(registry, registry.products, "product", item.product, version)
    if missing is not None:
        yield ("items", place, "product"), "unknown_product", missing
    elif item.product in registry.products:
        for day in _preset_days(registry, item.product, version):
            try:
                registry.check_choices(item.product, day, item.choices)
            except ConditionNotFound:
                continue  # said where the product names it
            except SyceeError as error:
                yield ("items", place, "choices"), error.code, error.detail


def _preset_days(registry: Registry, product: str, version: Version[PackageDefinition]) -> set[date]:
    days = {version.valid_from}
    days.update(registry.products.boundaries(product, version.valid_from, version.valid_to))
    for day in tuple(days):
        made = compose(registry.products, product, day)
        for id in (id for ids in made.ids.values() for id in ids):
            days.update(registry.conditions.boundaries(id, version.valid_from, version.valid_to))
    return days


def _over_itself(over: dict[str, str | None], key: str) -> bool:
    at = over[key]
    for _ in over:
        if at is None or at not in over:
            return False
        if at == key:
            return True
        at = over[at]
    return False
