"""Conditions: named, effective-dated sets of parameters for a capability."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from sycee.components.capabilities import Capability, Parameters
from sycee.components.documents import ConditionDefinition, Title
from sycee.components.errors import Fault
from sycee.components.messages import explained
from sycee.components.origins import Origin
from sycee.kernel.errors import SyceeError


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """A condition, in force from ``valid_from`` until before ``valid_to`` (None: without an end).

    ``uses`` is the capability, name@version; ``parameters`` an instance of its class.
    """

    id: str
    uses: str
    title: Title
    valid_from: date
    valid_to: date | None
    parameters: Parameters
    origin: Origin

    @property
    def source(self) -> str:
        """The file and line where it is written, or the release that brought it."""
        return str(self.origin)


class ConditionReader:
    """Makes conditions of their definitions, over some capabilities."""

    def __init__(self, capabilities: Mapping[str, Capability]) -> None:
        self._capabilities = capabilities
        self._decoders = {key: msgspec.json.Decoder(made.parameters) for key, made in capabilities.items()}

    def read(
        self, definition: ConditionDefinition, origin: Origin, valid_to: date | None
    ) -> Condition | Fault:
        """The condition, or what is wrong with it; a capability that is not there is not found here."""
        decoder = self._decoders[definition.uses]
        try:
            parameters = decoder.decode(definition.with_)
        except (msgspec.ValidationError, SyceeError, ValueError, TypeError, ArithmeticError) as error:
            data, cls = msgspec.json.decode(definition.with_), self._capabilities[definition.uses].parameters
            return explained(origin, error, data, cls, "with")
        for path, value in _decimals(parameters) if _maybe_infinite(definition.with_) else ():
            if not value.is_finite():
                where = ("with", *path)
                message = f"a finite number is expected, not {value}"
                line, field = origin.line(*where), origin.field(*where)
                return Fault(origin.text.name, line, field, "invalid_value", message)
        return Condition(
            id=definition.id,
            uses=definition.uses,
            title=definition.title,
            valid_from=definition.valid_from,
            valid_to=valid_to,
            parameters=parameters,
            origin=origin,
        )


def _maybe_infinite(raw: msgspec.Raw) -> bool:
    text = bytes(raw).lower()
    return b"nan" in text or b"inf" in text


def _decimals(
    value: Any, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], Decimal]]:
    if isinstance(value, Decimal):
        yield path, value
    elif isinstance(value, msgspec.Struct):
        for field in msgspec.structs.fields(value):
            yield from _decimals(getattr(value, field.name), (*path, field.encode_name))
    elif isinstance(value, dict):
        for key, below in value.items():
            yield from _decimals(below, (*path, str(key)))
    elif isinstance(value, tuple | list):
        for place, below in enumerate(value):
            yield from _decimals(below, (*path, place))
