"""Choices within bounds: a value at a path into a slot's parameters, or a condition for a slot."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec

from sycee.components.capabilities import Parameters
from sycee.components.documents import Negotiable
from sycee.components.errors import ChoiceMissing, ChoiceNotNegotiable, ChoiceOutOfBounds

if TYPE_CHECKING:
    from sycee.components.registry import Registry

Applied = tuple[dict[str, tuple[str, ...]], dict[str, tuple[Parameters, ...]], list[date], dict[str, Any]]


def apply_choices(
    registry: Registry,
    id: str,
    on: date,
    ids: dict[str, tuple[str, ...]],
    bounds: Mapping[str, Negotiable | None],
    choices: Mapping[str, Any],
) -> Applied:
    """Fill the slots, then put the choices in."""
    for path in choices:
        if bounds.get(path) is None:
            raise ChoiceNotNegotiable(f"{path} of {id} cannot be negotiated")
    for path, bound in bounds.items():
        if bound is not None and bound.required and path not in choices:
            raise ChoiceMissing(f"{id} needs a choice for {path}")
    ids = dict(ids)
    for path, value in choices.items():
        if "." not in path:
            chosen = (value,) if isinstance(value, str) else tuple(value)
            bound = bounds[path]
            assert bound is not None
            if not set(chosen) <= set(bound.one_of) | set(bound.any_of):
                raise ChoiceOutOfBounds(f"{path} of {id} is one of {', '.join(map(str, bound.one_of))}")
            ids[path] = chosen
    found = {slot: [registry.condition(part, on) for part in parts] for slot, parts in ids.items() if parts}
    slots = {slot: tuple(part.parameters for part in parts) for slot, parts in found.items()}
    starts = [part.valid_from for parts in found.values() for part in parts]
    for path, value in choices.items():
        if "." in path:
            bound = bounds[path]
            assert bound is not None
            slot, _, rest = path.partition(".")
            slots[slot] = (_put(slots[slot][0], rest.split("."), value, bound, f"{path} of {id}"),)
    return {slot: parts for slot, parts in ids.items() if parts}, slots, starts, dict(choices)


def _put(made: Parameters, path: list[str], value: Any, bound: Negotiable, what: str) -> Parameters:
    data = msgspec.json.decode(msgspec.json.encode(made))  # mutable, unlike to_builtins
    at: Any = data
    for part in path[:-1]:
        at = at[int(part)] if isinstance(at, list) else at[part]
    last: Any = int(path[-1]) if isinstance(at, list) else path[-1]
    at[last] = value
    try:
        changed = msgspec.convert(data, type(made), strict=True)
    except msgspec.ValidationError as error:
        raise ChoiceOutOfBounds(f"{what}: {error}") from None
    now: Any = changed
    for part in path:
        now = now[int(part)] if isinstance(now, tuple | list) else getattr(now, part)
    low = None if bound.min is None else msgspec.convert(bound.min, type(now))
    high = None if bound.max is None else msgspec.convert(bound.max, type(now))
    if (low is not None and now < low) or (high is not None and now > high):
        raise ChoiceOutOfBounds(f"{what} is between {low} and {high}, not {now}")
    return changed
