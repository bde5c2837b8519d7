"""Authority: what makes somebody's yes count. Sources are asked anew at every look, and never remembered.

A source is a function over a list of questions. ``scope`` (a permission, on the side whose request it is),
``bank`` (on the bank's), ``either``, and ``principal`` (named ones) are built in; domains above register
theirs, as parties does for the mandates of customers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

import msgspec

from sycee import identity
from sycee.approvals.errors import InvalidRule
from sycee.approvals.facts import Facts
from sycee.approvals.stages import MOST_PERSONS, Stage
from sycee.database import Transaction
from sycee.identity import SCOPES, Scope, Standing
from sycee.kernel.money import Amount


class Place(msgspec.Struct, frozen=True):
    """Where a customer lies: cell, and branch of the bank."""

    cell: int | None = None
    branch: str | None = None


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """Which of these principals carry an authority in a matter, and do they suffice together?"""

    detail: str
    command: str
    facts: Facts
    principals: tuple[Standing, ...]
    place: Place = Place()


class Authority(msgspec.Struct, frozen=True, kw_only=True):
    """Who carries it. ``enough``: whether all of them together suffice; None where they are just counted."""

    carried_by: frozenset[UUID]
    enough: bool | None = None
    lacking: str = ""


Source: TypeAlias = Callable[[Transaction, Sequence[Ask], datetime], Awaitable[Sequence[Authority]]]


class _Registered(msgspec.Struct, frozen=True):
    source: Source
    check: Callable[[str], bool]
    joint: Callable[[str], bool]
    personal: bool


Places: TypeAlias = Callable[[Transaction, Collection[UUID]], Awaitable[dict[UUID, Place]]]
_sources: dict[str, _Registered] = {}
_places: Places | None = None


def register_places(find: Places) -> None:
    """Say how to find out where customers lie: the domain of customers does, once."""
    global _places  # noqa: PLW0603 - one book of customers to a bank
    _places = find


def register_authority(
    name: str,
    source: Source,
    *,
    check: Callable[[str], bool],
    joint: Callable[[str], bool] = lambda _: False,
    personal: bool = False,
) -> None:
    """Make a source of authority known, which answers each Ask with an Authority, in order.

    ``check`` says whether a detail makes sense, ``joint`` whether the source judges the persons together
    rather than have them counted. A ``personal`` authority, such as a signature, is never a substitute's.
    """
    if name in _sources:
        raise ValueError(f"the authority {name} is taken")
    _sources[name] = _Registered(source, check, joint, personal)


def check_stage(stage: Stage) -> None:
    """Refuse a stage that nobody could meet. Raises InvalidRule."""
    found = _sources.get(stage.authority)
    if found is None or not found.check(stage.detail):
        raise InvalidRule(
            f"{stage.who[:80]!r} names nobody: an authority is one of {', '.join(sorted(_sources))},"
            " as in scope:payments:approve"
        )
    if not 1 <= stage.count <= MOST_PERSONS:
        raise InvalidRule(f"a stage asks for 1 to {MOST_PERSONS} persons, not {stage.count}")
    if found.joint(stage.detail) and stage.count != 1:
        raise InvalidRule(f"{stage.who} says itself how many it takes: leave the count at 1")
    if stage.with_maker and not found.personal:
        raise InvalidRule(f"{stage.who}: only a signature under a mandate may be the maker's own")


def is_joint(stage: Stage) -> bool:
    """Whether the source judges the persons of a stage together."""
    return _sources[stage.authority].joint(stage.detail)


def is_personal(stage: Stage) -> bool:
    """Whether the authority of a stage is never a substitute's."""
    return _sources[stage.authority].personal


async def authorities(tx: Transaction, asks: Sequence[tuple[str, Ask]], at: datetime) -> list[Authority]:
    """The answers to questions, each beside the name of its source; every source is asked once."""
    by_source: dict[str, list[int]] = defaultdict(list)
    for index, (name, _) in enumerate(asks):
        by_source[name].append(index)
    found: dict[int, Authority] = {}
    for name, places in by_source.items():
        answers = await _sources[name].source(tx, [asks[index][1] for index in places], at)
        found.update(zip(places, answers, strict=True))
    return [found[index] for index in range(len(asks))]


def may_take_part(standing: Standing, facts: Facts) -> bool:
    """Whether somebody has any business with a request: the bank's own, or the customer's whose it is."""
    return standing.active and standing.customer in (None, facts.customer)


def holds(standing: Standing, scope: str, facts: Facts, place: Place) -> bool:
    """Whether somebody has a permission that reaches a matter: its customer, place, products and amount."""
    amount = None
    if facts.amount is not None and facts.currency is not None:
        amount = Amount(facts.amount, facts.currency)
    return all(
        standing.may(
            identity.Ask(
                permission=Scope(scope),
                customer=facts.customer,
                cell=facts.cell or place.cell,
                branch=place.branch,
                product=product,
                amount=amount,
            )
        )
        for product in ((facts.package,) if facts.package is not None else facts.products or (None,))
    )


async def places_of(
    tx: Transaction, customers: Collection[UUID], people: Collection[Standing]
) -> dict[UUID, Place]:
    """Where customers lie, if somebody's authority is limited to a place."""
    limited = any(one.cell is not None or one.branch is not None for who in people for one in who.grants)
    if not limited or not customers or _places is None:
        return {}
    return await _places(tx, customers)


async def _by_scope(_tx: Transaction, asks: Sequence[Ask], _at: datetime) -> list[Authority]:
    """Those with a permission on the side that the request belongs to: the customer's, or the bank's."""
    return [
        Authority(
            carried_by=frozenset(
                one.id
                for one in ask.principals
                if may_take_part(one, ask.facts)
                and one.customer == ask.facts.customer
                and holds(one, ask.detail, ask.facts, ask.place)
            )
        )
        for ask in asks
    ]


async def _by_scope_of_the_bank(_tx: Transaction, asks: Sequence[Ask], _at: datetime) -> list[Authority]:
    """The bank's own with a permission, whosever the request is."""
    return [
        Authority(
            carried_by=frozenset(
                one.id
                for one in ask.principals
                if one.customer is None and holds(one, ask.detail, ask.facts, ask.place)
            )
        )
        for ask in asks
    ]


async def _by_scope_of_either(_tx: Transaction, asks: Sequence[Ask], _at: datetime) -> list[Authority]:
    """Those with a permission, the customer's own and the bank's alike."""
    return [
        Authority(
            carried_by=frozenset(
                one.id
                for one in ask.principals
                if may_take_part(one, ask.facts) and holds(one, ask.detail, ask.facts, ask.place)
            )
        )
        for ask in asks
    ]


async def _by_name(_tx: Transaction, asks: Sequence[Ask], _at: datetime) -> list[Authority]:
    """Those who are named."""
    return [
        Authority(
            carried_by=frozenset(
                one.id
                for one in ask.principals
                if may_take_part(one, ask.facts) and str(one.id) in ask.detail.split(",")
            )
        )
        for ask in asks
    ]


def _are_ids(detail: str) -> bool:
    try:
        return all(str(UUID(text)) == text for text in detail.split(","))
    except ValueError:
        return False


register_authority("scope", _by_scope, check=lambda detail: detail in SCOPES)
register_authority("bank", _by_scope_of_the_bank, check=lambda detail: detail in SCOPES)
register_authority("either", _by_scope_of_either, check=lambda detail: detail in SCOPES)
register_authority("principal", _by_name, check=_are_ids)
