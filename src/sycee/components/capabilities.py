"""Capabilities: what a component can do, in Python, with the parameters that conditions fill in.

A capability is a frozen class of parameters whose methods are the behaviour, declared by a decorator::

    @capability("interest.tiered", version=1, kind=Kind.INTEREST, owner="deposits", zh="分档计息")
    class TieredInterest(Parameters, frozen=True, kw_only=True):
        '''Interest by tiers of the balance

        What it does, and where the rule comes from.
        '''

        tiers: Annotated[tuple[Tier, ...], Meta(min_length=1, description="Ascending, from 0.")]

Or it is one function over such parameters; an instance of what comes of it is called with the rest::

    class Flat(Parameters, frozen=True, kw_only=True):
        amount: Annotated[int, Meta(ge=0, description="Minor units.")]

    @capability("fee.flat", version=1, kind=Kind.FEE, owner="pricing", zh="定额收费")
    def flat_fee(parameters: Flat, items: int) -> int:
        '''A flat fee an item'''
        return parameters.amount * items

    flat_fee(amount=500)(3)  # 1500

A version's parameters never change in a way that would break a condition written for it: that takes a new
version beside the old one, so that old agreements keep theirs (see fingerprints.py).
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any, Concatenate, Protocol, TypeVar, get_type_hints, overload

import msgspec

from sycee.components.errors import InvalidCapability

NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")


class Kind(StrEnum):
    """What a capability is about; a slot of a product takes conditions of one kind."""

    ACCOUNT_CLASS = "account_class"
    DEPOSIT_FORM = "deposit_form"
    INTEREST = "interest"
    DAY_COUNT = "day_count"
    RATE_SOURCE = "rate_source"
    TIERS = "tiers"
    TENOR = "tenor"
    RENEWAL = "renewal"
    NOTICE = "notice"
    EARLY_WITHDRAWAL = "early_withdrawal"
    SETTLEMENT = "settlement"
    ROUNDING = "rounding"
    TAX = "tax"
    FEE = "fee"
    LIMIT = "limit"
    CHANNEL = "channel"
    ELIGIBILITY = "eligibility"
    STATEMENT = "statement"
    SWEEP = "sweep"
    CALENDAR = "calendar"
    CURRENCY = "currency"
    PROCESS = "process"
    ACCOUNTING = "accounting"


class Parameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of every capability: typed, documented parameters; methods are the behaviour."""


class Capability(msgspec.Struct, frozen=True):
    """A capability as the registry knows it."""

    name: str
    version: int
    kind: Kind
    owner: str
    title: str
    local_title: str
    description: str
    parameters: type[Parameters]

    @property
    def key(self) -> str:
        """The name and version by which conditions use it: ``interest.tiered@1``."""
        return f"{self.name}@{self.version}"

    @property
    def module(self) -> str:
        """The module that declares it."""
        return self.parameters.__module__

    def schema(self) -> dict[str, Any]:
        """The JSON schema of its parameters."""
        return msgspec.json.schema(self.parameters)


_DECLARED: list[Capability] = []
P = TypeVar("P", bound=type[Parameters])
One = TypeVar("One", bound=Parameters)


class Declare(Protocol):
    """What makes a capability of a class of parameters, or of a function whose first parameter is one."""

    @overload
    def __call__(self, behaviour: P) -> P: ...
    @overload
    def __call__(self, behaviour: Callable[Concatenate[One, ...], Any]) -> type[One]: ...


def capability(name: str, *, version: int, kind: Kind, owner: str, zh: str) -> Declare:
    """Declare a class of parameters, or a function over one, as a capability.

    ``name`` is dotted and lower case, ``owner`` the part of the bank that answers for it, ``zh`` its title
    in Chinese; the docstring's first line is the English title, the rest says what it does and where its
    rule comes from. Raises InvalidCapability when one of these is missing.
    """
    if not NAME.fullmatch(name) or version < 1 or not owner or not zh:
        raise InvalidCapability(
            f"{name!r} version {version}: a dotted lower-case name, a version from 1 up, "
            "an owner and a Chinese title are expected"
        )

    def declare(behaviour: Any) -> Any:
        cls = behaviour if isinstance(behaviour, type) else _class_of(name, behaviour)
        title, _, rest = inspect.cleandoc(cls.__doc__ or "").partition("\n")
        if not title:
            raise InvalidCapability(f"{name}@{version}: a docstring is expected")
        made = Capability(name, version, kind, owner, title.rstrip("."), zh, rest.strip(), cls)
        _KEYS[cls] = made.key
        _DECLARED.append(made)
        return cls

    return declare


def _class_of(name: str, function: Callable[..., Any]) -> type[Parameters]:
    """A class of the parameters that a function takes first, whose instances are called with the rest."""
    parameters = next(iter(get_type_hints(function).values()), None)
    if not (isinstance(parameters, type) and issubclass(parameters, Parameters)):
        raise InvalidCapability(
            f"{name!r}: the first parameter of {function.__name__} is expected to be of a class of Parameters"
        )
    made: Any = msgspec.defstruct(
        function.__name__,
        [],
        bases=(parameters,),
        module=function.__module__,
        namespace={"__call__": function, "__doc__": function.__doc__},
        frozen=True,
        kw_only=True,
        forbid_unknown_fields=True,
    )
    declared_class: type[Parameters] = made
    return declared_class


_KEYS: dict[type[Parameters], str] = {}


def key_of(parameters: Parameters) -> str:
    """The capability, name and version, that an instance of parameters belongs to."""
    return _KEYS[type(parameters)]


def declared(package: str) -> list[Capability]:
    """The capabilities declared so far by a package and the modules below it."""
    return [made for made in _DECLARED if f"{made.module}.".startswith(f"{package}.")]


def capabilities_of(classes: Iterable[type[Parameters]]) -> list[Capability]:
    """The capabilities of these classes."""
    wanted = set(classes)
    return [made for made in _DECLARED if made.parameters in wanted]
