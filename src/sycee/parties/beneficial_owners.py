"""Who owns a company in the end: the rule of 25 %, computed exactly, on plain values.

A person is a beneficial owner by the first of these that he or she meets (rules on the beneficial owners of
legal entities, in force since November 2024; the shares are parameters of ``OwnershipRule``):

1. 25 % or more of the equity, directly or through other companies;
2. 25 % or more of the benefits, or of the votes;
3. control in another way: a recorded one, or more than half of the votes at every step of the way.

When nobody meets any, whoever runs the company counts as its beneficial owner.

Shares are multiplied along a chain and summed over all chains; they are fractions, so nothing is rounded.
Benefits and votes of a company follow its equity, unless its register of owners says otherwise.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, localcontext
from enum import StrEnum
from fractions import Fraction
from graphlib import TopologicalSorter
from itertools import count
from uuid import UUID

import msgspec

from sycee.kernel.money import Amount

MOST_PATHS = 20
"""How many ways to one owner are shown, those of the largest shares first; all of them are counted."""


class HoldingKind(StrEnum):
    """What a holding is a share of; control has no share."""

    EQUITY = "equity"
    VOTES = "votes"
    BENEFITS = "benefits"
    CONTROL = "control"


class OwnerRule(StrEnum):
    """By which rule somebody is a beneficial owner."""

    EQUITY = "equity"
    BENEFITS = "benefits"
    VOTES = "votes"
    CONTROL = "control"
    MANAGEMENT = "management"


class OwnershipRule(msgspec.Struct, frozen=True, kw_only=True):
    """What the law lets vary: the share that makes an owner, and who need not name any.

    A company is exempt when its registered capital is at most ``exempt_capital`` and only natural persons
    own it. A capital in another currency is not converted, and so never exempt.
    """

    share_percent: Decimal = Decimal(25)
    exempt_capital: Amount = Amount(10_000_000_00, "CNY")
    majority_percent: Decimal = Decimal(50)
    managing_posts: tuple[str, ...] = ("general_manager", "legal_representative")


class Stake(msgspec.Struct, frozen=True, kw_only=True):
    """One holding of a company: ``owner`` is a person or a company, ``percent`` None for control."""

    company: UUID
    owner: UUID
    is_person: bool
    kind: HoldingKind
    percent: Decimal | None = None

    @property
    def share(self) -> Fraction:
        """The share as a fraction of the whole."""
        assert self.percent is not None
        return Fraction(self.percent) / 100


class Path(msgspec.Struct, frozen=True, kw_only=True):
    """A way from a person to the company: its stakes, the person's own first, and the share that it makes."""

    stakes: tuple[Stake, ...]
    percent: Decimal | None


class FoundOwner(msgspec.Struct, frozen=True, kw_only=True):
    """A beneficial owner and what proves it; ``percent`` is exact and counts every path."""

    person: UUID
    rule: OwnerRule
    percent: Decimal | None
    paths: tuple[Path, ...]


def exact_percent(share: Fraction) -> Decimal:
    """A share of the whole in percent, as a decimal without rounding.

    It has an end as a decimal, because it is a product and sum of decimals: its denominator has no prime
    factors but 2 and 5.
    """
    percent = share * 100
    rest, twos, fives = percent.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    assert rest == 1, f"{share} has no end as a decimal"
    digits = max(twos, fives)
    scaled = int(percent * 10**digits)
    with localcontext() as context:
        context.prec = scaled.bit_length() // 3 + digits + 1  # enough: a digit has more than three bits
        return Decimal(scaled).scaleb(-digits)


class Ownership:
    """The stakes above one company on one day, and who that makes its owners.

    The stakes hold no circle: registers of owners that would close one are refused (ownership.py).
    """

    def __init__(self, company: UUID, stakes: Iterable[Stake], rule: OwnershipRule | None = None) -> None:
        self.company = company
        self.rule = rule or OwnershipRule()
        self._stakes: dict[tuple[UUID, HoldingKind], list[Stake]] = defaultdict(list)
        for stake in stakes:
            self._stakes[stake.company, stake.kind].append(stake)
        self._threshold = Fraction(self.rule.share_percent) / 100
        self._majority = Fraction(self.rule.majority_percent) / 100

    def stakes(self, company: UUID, kind: HoldingKind) -> Sequence[Stake]:
        """The stakes of one kind in a company; its equity where nothing else is said."""
        own = self._stakes.get((company, kind), [])
        if own or kind in (HoldingKind.EQUITY, HoldingKind.CONTROL):
            return own
        return self._stakes.get((company, HoldingKind.EQUITY), [])

    def shares(self, kind: HoldingKind) -> dict[UUID, Fraction]:
        """What each person has of the company in the end, over all paths."""
        weights: dict[UUID, Fraction] = defaultdict(Fraction)
        weights[self.company] = Fraction(1)
        found: dict[UUID, Fraction] = defaultdict(Fraction)
        for company in self._downwards(kind):
            for stake in self.stakes(company, kind):
                (found if stake.is_person else weights)[stake.owner] += weights[company] * stake.share
        return dict(found)

    def _downwards(self, kind: HoldingKind) -> list[UUID]:
        """The companies above this one, and itself first: each before those that own it."""
        sorter: TopologicalSorter[UUID] = TopologicalSorter()
        sorter.add(self.company)
        waiting, seen = [self.company], {self.company}
        while waiting:
            company = waiting.pop()
            for stake in self.stakes(company, kind):
                if stake.is_person:
                    continue
                sorter.add(stake.owner, company)
                if stake.owner not in seen:
                    seen.add(stake.owner)
                    waiting.append(stake.owner)
        return list(sorter.static_order())

    def untraced(self) -> Fraction:
        """The part of the equity that leads to no natural person."""
        return 1 - sum(self.shares(HoldingKind.EQUITY).values(), Fraction(0))

    def owners(self, managers: Iterable[UUID] = ()) -> list[FoundOwner]:
        """The beneficial owners, by rule and then by share; ``managers`` when there are no others."""
        found: dict[UUID, FoundOwner] = {}
        for rule, kind in (
            (OwnerRule.EQUITY, HoldingKind.EQUITY),
            (OwnerRule.BENEFITS, HoldingKind.BENEFITS),
            (OwnerRule.VOTES, HoldingKind.VOTES),
        ):
            shares = self.shares(kind)
            for person in sorted(shares, key=lambda one: (-shares[one], one)):
                if shares[person] >= self._threshold and person not in found:
                    percent, paths = exact_percent(shares[person]), tuple(self.paths(person, kind))
                    found[person] = FoundOwner(person=person, rule=rule, percent=percent, paths=paths)
        for person, path in self._controllers().items():
            if person not in found:
                found[person] = FoundOwner(person=person, rule=OwnerRule.CONTROL, percent=None, paths=(path,))
        if not found:
            for person in dict.fromkeys(managers):
                found[person] = FoundOwner(person=person, rule=OwnerRule.MANAGEMENT, percent=None, paths=())
        return list(found.values())

    def paths(self, person: UUID, kind: HoldingKind, most: int = MOST_PATHS) -> list[Path]:
        """The ways from a person to the company, largest share first.

        A best-first search downwards from the company. It is led by the largest share that any way onwards
        still has, so it never follows one that is not among those shown.
        """
        best = self._best_shares(person, kind)
        order = count(0, -1)  # among equals the newest goes on, so that one way is finished before another
        if self.company not in best:
            return []
        heap: list[tuple[Fraction, int, Fraction, UUID, tuple[Stake, ...]]] = [
            (-best[self.company], next(order), Fraction(1), self.company, ())
        ]
        found: list[Path] = []
        while heap and len(found) < most:
            _, _, share, at, stakes = heapq.heappop(heap)
            if at == person:
                found.append(Path(stakes=stakes[::-1], percent=exact_percent(share)))
                continue
            for stake in self.stakes(at, kind):
                if stake.owner in best:
                    reached = share * stake.share
                    estimate = -reached * best[stake.owner]
                    heapq.heappush(heap, (estimate, next(order), reached, stake.owner, (*stakes, stake)))
        return found

    def _best_shares(self, person: UUID, kind: HoldingKind) -> dict[UUID, Fraction]:
        """The largest share that one way from the person makes of each company that it reaches."""
        best = {person: Fraction(1)}
        for company in reversed(self._downwards(kind)):
            ways = [
                stake.share * best[stake.owner] for stake in self.stakes(company, kind) if stake.owner in best
            ]
            if ways:
                best[company] = max(ways)
        return best

    def _controllers(self) -> Mapping[UUID, Path]:
        """The persons who control the company, step by step, each with a shortest way."""
        ways: dict[UUID, tuple[Stake, ...]] = {self.company: ()}
        persons: dict[UUID, Path] = {}
        waiting = [self.company]
        for company in waiting:  # grows while it is read: those reached first are read first
            votes = [
                stake for stake in self.stakes(company, HoldingKind.VOTES) if stake.share > self._majority
            ]
            for stake in [*self.stakes(company, HoldingKind.CONTROL), *votes]:
                way = (stake, *ways[company])
                if stake.is_person:
                    persons.setdefault(stake.owner, Path(stakes=way, percent=None))
                elif stake.owner not in ways:
                    ways[stake.owner] = way
                    waiting.append(stake.owner)
        return persons
