"""The catalogue of components as a page of Markdown: everything there is, in both languages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from sycee.components import Capability, Kind, Registry
from sycee.components import Condition as RegisteredCondition


def catalogue(registry: Registry) -> str:
    """The page, without a title: counts, then kind by kind capabilities and conditions, then products."""
    lines = [*_counts(registry), *_kinds(registry), *_products(registry), *_packages(registry)]
    return "\n".join(lines).rstrip("\n") + "\n"


def catalogue_data(registry: Registry) -> dict[str, Any]:
    """The same for programs: every capability with its schema, and every version of everything else."""
    capabilities = [
        {**msgspec.to_builtins(made, enc_hook=_no_class), "parameters": made.schema()}
        for _, made in sorted(registry.capabilities.items())
    ]
    conditions = [
        {
            "id": id,
            "uses": version.value.uses,
            "title": version.value.title,
            "from": version.valid_from,
            "to": version.valid_to,
            "with": version.value.parameters,
        }
        for id in sorted(registry.conditions)
        for version in registry.conditions.versions(id)
    ]
    return {
        "counts": registry.count(),
        "capabilities": capabilities,
        "conditions": conditions,
        "product_lines": [line for _, line in sorted(registry.lines.items())],
        "product_groups": [group for _, group in sorted(registry.groups.items())],
        "products": [
            version.value for id in sorted(registry.products) for version in registry.products.versions(id)
        ],
        "packages": [
            version.value for id in sorted(registry.packages) for version in registry.packages.versions(id)
        ],
    }


def _no_class(_: object) -> None:
    """A class of parameters is told by its schema."""


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    if not rows:
        return
    yield f"| {' | '.join(columns)} |"
    yield f"|{'|'.join(' --- ' for _ in columns)}|"
    for row in rows:
        yield f"| {' | '.join(' '.join(cell.split()).replace('|', chr(92) + '|') for cell in row)} |"
    yield ""


def _counts(registry: Registry) -> Iterator[str]:
    yield "## How many"
    yield ""
    yield "A component with several versions in time counts once."
    yield ""
    counts = [(name.replace("_", " "), str(number)) for name, number in registry.count().items()]
    yield from _table(["sort", "count"], counts)
    rows = [
        [f"`{kind}`", str(capabilities), str(conditions)]
        for kind, (capabilities, conditions) in registry.count_by_kind().items()
    ]
    yield from _table(["kind", "capabilities", "conditions"], rows)


def _kinds(registry: Registry) -> Iterator[str]:
    for kind in Kind:
        capabilities = [made for key, made in sorted(registry.capabilities.items()) if made.kind == kind]
        conditions = [
            registry.conditions.latest(id).value
            for id in sorted(registry.conditions)
            if registry.kind_of(registry.conditions.latest(id).value) == kind
        ]
        if not capabilities:
            continue
        yield f"## {kind.replace('_', ' ').capitalize()}"
        yield ""
        for made in capabilities:
            yield from _capability(made)
        rows = [
            [f"`{made.id}`", made.title.en, made.title.zh, f"`{made.uses}`", _since(made)]
            for made in conditions
        ]
        yield from _table(["condition", "title", "名称", "capability", "in force"], rows)


def _since(made: RegisteredCondition) -> str:
    end = f" until before {made.valid_to}" if made.valid_to else ""
    return f"from {made.valid_from}{end}"


def _capability(made: Capability) -> Iterator[str]:
    yield f"### `{made.key}`"
    yield ""
    yield f"**{made.title}** · {made.local_title} · kept by {made.owner}"
    yield ""
    if made.description:
        yield made.description
        yield ""
    schema = made.schema()
    shared = schema.get("$defs", {})
    body = shared[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    required = body.get("required", ())
    rows = [
        [
            f"`{name}`",
            _type(part, shared),
            "needed" if name in required else _default(part),
            str(part.get("description", "")),
        ]
        for name, part in body.get("properties", {}).items()
    ]
    yield from _table(["parameter", "type", "default", "meaning"], rows)


def _default(part: dict[str, Any]) -> str:
    value = part.get("default")
    return "" if value is None else f"`{msgspec.json.encode(value).decode()}`"


def _type(part: dict[str, Any], shared: dict[str, Any]) -> str:
    if "$ref" in part:
        name = part["$ref"].rpartition("/")[2]
        return _type(shared[name], shared) if "properties" not in shared[name] else name
    if "anyOf" in part:
        return " or ".join(dict.fromkeys(_type(one, shared) for one in part["anyOf"]))
    if "enum" in part:
        return ", ".join(f"`{value}`" for value in part["enum"])
    if part.get("type") == "array" and isinstance(part.get("items"), dict):
        return f"list of {_type(part['items'], shared)}"
    return str(part.get("format") or part.get("type") or "any")


def _products(registry: Registry) -> Iterator[str]:
    yield "## Products"
    yield ""
    yield "As of their latest version. A slot or bound that is not named is that of the base."
    yield ""
    for id in sorted(registry.products):
        version = registry.products.latest(id)
        made = registry.composition(id, version.valid_from)
        yield f"### `{id}`"
        yield ""
        about = [f"**{version.value.title.en}** · {version.value.title.zh}"]
        about += ["a base for others"] if version.value.abstract else []
        about += [f"over `{version.value.base}`"] if version.value.base else []
        about += [f"group `{made.group}`"] if made.group else []
        yield " · ".join(about)
        yield ""
        if version.value.description is not None:
            yield f"{version.value.description.en} {version.value.description.zh}"
            yield ""
        rows = [[f"`{slot}`", _filled(ids)] for slot, ids in version.value.slots.items()]
        bounds = version.value.negotiable.items()
        rows += [
            [f"`{path}`", f"negotiable: {bound.told() if bound else 'no more'}"] for path, bound in bounds
        ]
        yield from _table(["slot", "filled with"], rows)


def _filled(ids: str | tuple[str, ...] | None) -> str:
    named = (ids,) if isinstance(ids, str) else ids or ()
    return ", ".join(f"`{id}`" for id in named) or "nothing"


def _packages(registry: Registry) -> Iterator[str]:
    yield "## Packages"
    yield ""
    for id in sorted(registry.packages):
        made = registry.packages.latest(id).value
        yield f"### `{id}`"
        yield ""
        yield f"**{made.title.en}** · {made.title.zh}"
        yield ""
        rows = [
            [
                f"`{item.key}`",
                f"`{item.product}`",
                str(item.count),
                "optional" if item.optional else "",
                f"`{item.over}`" if item.over else "",
            ]
            for item in made.items
        ]
        yield from _table(["item", "product", "count", "", "over"], rows)
