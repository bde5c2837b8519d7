"""What msgspec found wrong, told with its place, what was expected there, and what may have been meant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, get_args

import msgspec

from sycee.components.errors import Fault
from sycee.components.origins import Origin

_AT = re.compile(r" - at `(?:key in `)?\$(.*?)`+$")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`")
_MISSING = re.compile(r"Object missing required field `(.*)`")
_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "str": "text",
    "int": "a whole number",
    "bool": "true or false",
}


def nearest(name: str, known: Iterable[str]) -> str:
    """Which known names look like this one, as the end of a sentence; nothing when none does."""
    found = get_close_matches(name, list(known), n=3, cutoff=0.6)
    return f"; did you mean {' or '.join(found)}?" if found else ""


def explained(place: Origin, error: Exception, data: Any, cls: Any, *further: str | int) -> Fault:
    """The fault behind a refusal to read ``data`` as a ``cls``, which stands ``further`` below ``place``."""
    said = str(error)
    path: list[str | int] = []
    found = _AT.search(said)
    if found:
        said = said[: found.start()]
        path = _path(found[1], data, cls)
    code, said, last = _told(said, _struct_at(cls, path))
    where = (*further, *path, *last)
    return Fault(place.text.name, place.line(*where), place.field(*where), code, said)


def _told(said: str, cls: Any) -> tuple[str, str, tuple[str, ...]]:
    """The code, the words, and the field inside of the place."""
    if unknown := _UNKNOWN.fullmatch(said):
        known = [field.encode_name for field in msgspec.structs.fields(cls)] if cls is not None else []
        listed = f"; the fields are {', '.join(known)}" if known else ""
        hint = nearest(unknown[1], known)
        return "unknown_field", f"there is no field {unknown[1]}{hint or listed}", (unknown[1],)
    if missing := _MISSING.fullmatch(said):
        return "missing_field", f"the field {missing[1]} is expected", ()
    words = re.sub(r"`(\w+)`", lambda match: _TYPES.get(match[1], match[0]), said)
    return "invalid_value", words[:1].lower() + words[1:], ()


def _path(text: str, data: Any, cls: Any) -> list[str | int]:
    """A path of msgspec; where it does not name the key of a mapping (``[...]``) the key is searched for."""
    path: list[str | int] = []
    at = data
    for name, place in _STEP.findall(text):
        step: str | int
        if place == "...":
            wrong = _wrong_key(data, path, at, cls)
            if wrong is None:
                return path
            step = wrong
        else:
            step = name or int(place)
        path.append(step)
        try:
            at = at[step]
        except (KeyError, IndexError, TypeError):
            return path
    return path


def _wrong_key(data: Any, path: list[str | int], at: Any, cls: Any) -> str | None:
    """The key of the mapping at a path without which all would be well, trying each alone."""
    if not isinstance(at, dict):
        return None
    for key in at:
        try:
            msgspec.convert(_replaced(data, path, {key: at[key]}), cls)
        except (msgspec.ValidationError, ValueError, TypeError):
            return str(key)
    return None


def _replaced(data: Any, path: list[str | int], value: Any) -> Any:
    if not path:
        return value
    first, *rest = path
    if isinstance(data, list):
        place = int(first)
        return [*data[:place], _replaced(data[place], rest, value), *data[place + 1 :]]
    return {**data, first: _replaced(data[first], rest, value)}


def _struct_at(cls: Any, path: list[str | int]) -> Any:
    """The class of definition or parameters at a path, or None where that is not plain."""
    for step in path:
        if isinstance(step, int):
            inner = [part for part in _parts(cls) if part is not Ellipsis]
            cls = inner[0] if inner else None
        else:
            struct = _as_struct(cls)
            if struct is None:
                return None
            fields = {field.encode_name: field.type for field in msgspec.structs.fields(struct)}
            cls = fields.get(step)
    return _as_struct(cls)


def _parts(cls: Any) -> list[Any]:
    """The types that a list is made of, looking through Annotated and unions."""
    parts = list(get_args(cls))
    if hasattr(cls, "__metadata__"):
        return _parts(parts[0])
    if any(part is type(None) for part in parts):
        return _parts(next(part for part in parts if part is not type(None)))
    return parts


def _as_struct(cls: Any) -> Any:
    if isinstance(cls, type) and issubclass(cls, msgspec.Struct):
        return cls
    return next((found for part in get_args(cls) if (found := _as_struct(part)) is not None), None)
