"""Whether a capability's parameters still take every condition written for them.

The schemas of all capabilities that were ever published lie in ``schemas.json`` beside the package that
declares them. A version whose schema has changed so that a condition or an old agreement would be refused,
or would mean something else, is refused itself: the change needs a new version beside the old one.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from sycee.components.capabilities import Capability, declared
from sycee.components.entry_points import component_packages, package_directory
from sycee.components.errors import Fault

FILE = "schemas.json"
Schema = dict[str, Any]
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_SAME = ("pattern", "format", "multipleOf", "const")
_ABOUT = ("title", "description", "examples")


def published(made: Capability) -> Schema:
    """What is kept of a capability: its kind and the schema of its parameters, without words for people."""
    schema = made.schema()
    found = {"kind": str(made.kind), "parameters": _plain(schema, schema.get("$defs", {}), ())}
    as_kept: Schema = msgspec.json.decode(msgspec.json.encode(found))
    return as_kept


def _plain(schema: Any, shared: Schema, within: tuple[str, ...]) -> Any:
    if isinstance(schema, list):
        return [_plain(part, shared, within) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return {"recursive": name} if name in within else _plain(shared[name], shared, (*within, name))
    kept = {}
    for key, value in schema.items():
        if key == "properties":
            kept[key] = {name: _plain(part, shared, within) for name, part in value.items()}
        elif key == "default":
            kept[key] = value
        elif key not in (*_ABOUT, "$defs"):
            kept[key] = _plain(value, shared, within)
    return kept


def breaking(old: Schema, new: Schema) -> list[str]:
    """What of the old parameters the new ones no longer take, or would read otherwise."""
    if old["kind"] != new["kind"]:
        return [f"its kind changed from {old['kind']} to {new['kind']}"]
    return list(_narrowed(old["parameters"], new["parameters"], ""))


def _variants(schema: Schema) -> list[Schema]:
    found: list[Schema] = schema.get("anyOf", [schema])
    return found


def _narrowed(old: Schema, new: Schema, at: str) -> Iterator[str]:
    """Every way in which ``new`` takes less than ``old``."""
    olds, news = _variants(old), _variants(new)
    if len(olds) > 1 or len(news) > 1:
        for variant in olds:
            if not any(not list(_narrowed(variant, other, at)) for other in news):
                yield f"{at or 'it'} no longer takes {_told(variant)}"
        return
    yield from _other_type(old, new, at)
    if "properties" in old:
        yield from _properties(old, new, at)
    for key in ("items", "additionalProperties"):
        if isinstance(old.get(key), dict) and isinstance(new.get(key), dict):
            yield from _narrowed(old[key], new[key], f"{at}[]")
    if old.get("prefixItems") != new.get("prefixItems"):
        yield f"{at} is another list of fixed places"
    yield from _bounds(old, new, at or "it")


def _other_type(old: Schema, new: Schema, at: str) -> Iterator[str]:
    before, after = _type(old), _type(new)
    if after not in (None, before) and (before, after) != ("integer", "number"):
        yield f"{at or 'it'} was {_told(old)} and is {_told(new)}"
    elif "enum" in new:
        gone = [value for value in old.get("enum", ["other values"]) if value not in new["enum"]]
        if gone:
            yield f"{at} no longer takes {', '.join(map(str, gone))}"


def _type(schema: Schema) -> str | None:
    """The JSON type of a schema; that of its values when it only lists them."""
    if "enum" in schema and "type" not in schema:
        kinds = {type(value) for value in schema["enum"]}
        return {frozenset({str}): "string", frozenset({int}): "integer"}.get(frozenset(kinds))
    found: str | None = schema.get("type")
    return found


def _properties(old: Schema, new: Schema, at: str) -> Iterator[str]:
    before, after = old["properties"], new.get("properties", {})
    required, needed = set(old.get("required", ())), set(new.get("required", ()))
    for name, schema in before.items():
        place = f"{at}.{name}".lstrip(".")
        if name not in after:
            yield f"{place} is gone"
            continue
        yield from _narrowed(schema, after[name], place)
        if name not in required and name not in needed:
            was, now = schema.get("default"), after[name].get("default")
            if was != now:
                yield f"{place} without a value meant {was!r} and means {now!r}"
    for name in sorted(needed - required):
        place = f"{at}.{name}".lstrip(".")
        yield f"{place} must be given now" if name in before else f"{place} is new and must be given"


def _bounds(old: Schema, new: Schema, at: str) -> Iterator[str]:
    for key in _LOWER:
        if key in new and (key not in old or new[key] > old[key]):
            yield f"{at} has the bound {key} {new[key]}, before {old.get(key, 'none')}"
    for key in _UPPER:
        if key in new and (key not in old or new[key] < old[key]):
            yield f"{at} has the bound {key} {new[key]}, before {old.get(key, 'none')}"
    for key in _SAME:
        if key in new and new[key] != old.get(key):
            yield f"{at} has the {key} {new[key]}, before {old.get(key, 'none')}"


def _told(schema: Schema) -> str:
    if "enum" in schema:
        return " or ".join(map(str, schema["enum"]))
    return str(schema.get("format") or schema.get("type") or "anything")


def compare(kept: dict[str, Schema], made: Iterable[Capability], file: str) -> list[Fault]:
    """A fault for every published capability that is gone or was changed in a way that breaks conditions."""
    there = {capability.key: capability for capability in made}
    faults = []
    for key, old in kept.items():
        if key not in there:
            message = f"{key} is gone; old agreements keep it: leave it beside newer versions"
            faults.append(Fault(file, 0, key, "capability_gone", message))
            continue
        wrong = breaking(old, published(there[key]))
        if wrong:
            name, _, version = key.partition("@")
            message = (
                f"{key} would break conditions and agreements made for it: {'; '.join(wrong)}. "
                f"Leave it as it was, and declare {name} version {int(version) + 1} beside it"
            )
            faults.append(Fault(file, 0, key, "breaking_change", message))
    return faults


def kept_schemas(package: str) -> dict[str, Schema]:
    """The published schemas of a package that brings components; none when it keeps no file of them."""
    file = package_directory(package) / FILE
    found: dict[str, Schema] = msgspec.json.decode(file.read_bytes()) if file.exists() else {}
    return found


def own_capabilities(package: str) -> list[Capability]:
    """The capabilities that a package declares, below itself."""
    importlib.import_module(package)
    return declared(package)


def check_published() -> list[Fault]:
    """What is wrong with the capabilities of installed packages against their published schemas."""
    faults: list[Fault] = []
    for package in component_packages():
        name = "/".join([*package.split("."), FILE])
        faults += compare(kept_schemas(package), own_capabilities(package), name)
    return faults


def schemas_text(made: Iterable[Capability]) -> str:
    """The text of the file: a line a capability, so that changes of several people meet well."""
    lines = [
        f"{msgspec.json.encode(capability.key).decode()}: "
        f"{msgspec.json.encode(published(capability), order='sorted').decode()}"
        for capability in sorted(made, key=lambda capability: (capability.name, capability.version))
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def schemas_file(package: str) -> Path:
    """Where a package keeps its published schemas."""
    return package_directory(package) / FILE
