"""Choices within bounds: a value at a path into a slot's parameters, or conditions for a slot.

A path reads ``slot`` or ``slot.field.0.field``; in a slot that takes several conditions the second part is
the place of the condition (``fees.0.amount``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from sycee.components.capabilities import Parameters
from sycee.components.documents import Negotiable
from sycee.components.errors import ChoiceMissing, ChoiceNotNegotiable, ChoiceOutOfBounds
from sycee.components.slots import SLOTS


class PathNotThere(Exception):
    """A path leads nowhere in the parameters"""


def check_named(what: str, bounds: Mapping[str, Negotiable], choices: Mapping[str, Any]) -> None:
    """Raises ChoiceNotNegotiable for a path without bounds, ChoiceMissing for a required one not chosen."""
    for path in choices:
        if path not in bounds:
            allowed = ", ".join(sorted(bounds)) or "nothing"
            raise ChoiceNotNegotiable(f"{path} of {what} cannot be negotiated; {allowed} can")
    for path, bound in bounds.items():
        if bound.required and path not in choices:
            raise ChoiceMissing(f"{what} needs a choice for {path}: {bound.told()}")


def choose_conditions(what: str, slot: str, value: Any, bound: Negotiable) -> tuple[str, ...]:
    """The conditions chosen for a slot. Raises ChoiceOutOfBounds."""
    chosen = tuple(value) if isinstance(value, list | tuple) and bound.any_of else (value,)
    allowed = bound.any_of or bound.one_of
    known = all(isinstance(id, str) and id in allowed for id in chosen)
    if not known or len(set(chosen)) != len(chosen):
        raise ChoiceOutOfBounds(f"{slot} of {what} is {bound.told()}, not {_shown(value)}")
    return chosen


def choose_value(
    what: str, path: str, instances: Sequence[Parameters], value: Any, bound: Negotiable
) -> tuple[Parameters, ...]:
    """The instances of a slot with a value put in at a path. Raises ChoiceOutOfBounds."""
    place, steps = split(path)
    try:
        changed, now = put(instances[place], steps, value)
        within = _within(instances[place], steps, now, bound)
    except (ArithmeticError, ValueError, TypeError, PathNotThere, IndexError) as error:
        raise ChoiceOutOfBounds(f"{path} of {what}: {_shown(value)} does not fit: {error}") from None
    if not within:
        raise ChoiceOutOfBounds(f"{path} of {what} is {bound.told()}, not {_shown(value)}")
    return (*instances[:place], changed, *instances[place + 1 :])


def split(path: str) -> tuple[int, list[str]]:
    """Which instance of its slot a path leads into, and the steps from there. Raises PathNotThere."""
    slot, *steps = path.split(".")
    if slot not in SLOTS or not SLOTS[slot].many:
        return 0, steps
    if not steps or not steps[0].isdecimal():
        raise PathNotThere(f"{slot} takes several: a path is {slot}.<place from 0>.<field>")
    return int(steps[0]), steps[1:]


def value_at(made: Parameters, steps: Sequence[str]) -> Any:
    """The value at a path. Raises PathNotThere naming the step and what is there instead."""
    now: Any = made
    for step in steps:
        if isinstance(now, tuple | list):
            if not step.isdecimal() or int(step) >= len(now):
                raise PathNotThere(f"there is no {step!r}: a place from 0 to {len(now) - 1} is expected")
            now = now[int(step)]
        elif isinstance(now, msgspec.Struct):
            names = now.__struct_fields__
            if step not in names:
                raise PathNotThere(f"there is no {step!r} in {', '.join(names)}")
            now = getattr(now, step)
        elif isinstance(now, dict) and step in now:
            now = now[step]
        else:
            raise PathNotThere(f"there is no {step!r} below {_shown(now)}")
    return now


def put(made: Parameters, steps: Sequence[str], value: Any) -> tuple[Parameters, Any]:
    """The parameters with another value at a path, and that value in the type of its field.

    Raises PathNotThere; msgspec.ValidationError or whatever the parameters raise when it does not fit.
    """
    value_at(made, steps)
    if not steps:
        raise PathNotThere("a path names a field inside of the parameters")
    data = msgspec.json.decode(msgspec.json.encode(made))
    at: Any = data
    for step in steps[:-1]:
        at = at[int(step)] if isinstance(at, list) else at[step]
    last: Any = int(steps[-1]) if isinstance(at, list) else steps[-1]
    at[last] = value
    changed = msgspec.convert(data, type(made))
    now = value_at(changed, steps)
    if isinstance(now, Decimal) and not now.is_finite():
        raise ValueError("a finite number is expected")
    return changed, now


def _within(made: Parameters, steps: Sequence[str], now: Any, bound: Negotiable) -> bool:
    if now is None:
        return None in bound.one_of
    if bound.one_of:
        return any(put(made, steps, allowed)[1] == now for allowed in bound.one_of)
    low = None if bound.min is None else put(made, steps, bound.min)[1]
    high = None if bound.max is None else put(made, steps, bound.max)[1]
    if (low is not None and now < low) or (high is not None and now > high):
        return False
    if bound.step is None:
        return True
    return bool((Decimal(now) - Decimal(low or 0)) % Decimal(str(bound.step)) == 0)


def misfits(path: str, instances: Sequence[Parameters], bound: Negotiable) -> str | None:
    """Why bounds do not fit the parameters at their path; None when they do."""
    try:
        _check_fit(path, instances, bound)
    except PathNotThere as error:
        return str(error)
    except (ArithmeticError, ValueError, TypeError) as error:
        return f"the bounds do not fit the field: {error}"
    return None


def _check_fit(path: str, instances: Sequence[Parameters], bound: Negotiable) -> None:
    place, steps = split(path)
    if place >= len(instances):
        raise PathNotThere(f"there is no condition at place {place}, there are {len(instances)}")
    made = instances[place]
    current = value_at(made, steps)
    if bound.any_of:
        raise ValueError(
            "any_of is for a slot that takes several conditions; min, max or one_of are expected"
        )
    limits = [limit for limit in (bound.min, bound.max, *bound.one_of) if limit is not None]
    if not limits:
        raise ValueError("min, max or one_of are expected")
    values = [put(made, steps, limit)[1] for limit in limits]
    if bound.min is not None and bound.max is not None and values[0] > values[1]:
        raise ValueError(f"min {bound.min} is above max {bound.max}")
    if bound.step is not None and not Decimal(str(bound.step)) > 0:
        raise ValueError(f"a step above 0 is expected, not {bound.step}")
    if current is not None and not bound.required and not _within(made, steps, current, bound):
        raise ValueError(f"without a choice it would be {_shown(current)}, which is not {bound.told()}")


def _shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
