"""Stages of agreement: how many, and who; and whose yes is counted where. Plain values, no database.

``who`` names an authority and what of it: ``scope:payments:approve``, ``bank:approvals:decide``,
``principal:<id>,<id>``, ``mandate:pay`` (as many as the customer's mandate asks for), ``mandate:pay:A``.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

MOST_STAGES, MOST_PERSONS = 6, 20


class Stage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """So many different persons, of such authority.

    ``with_maker``: the maker's own signature under a mandate is one of them.
    """

    who: str
    count: int = 1
    with_maker: bool = False

    @property
    def authority(self) -> str:
        """The name of the authority."""
        return self.who.partition(":")[0]

    @property
    def detail(self) -> str:
        """What of the authority."""
        return self.who.partition(":")[2]

    def __str__(self) -> str:
        return f"{self.count} × {self.who}"


def capacity(stages: Sequence[Stage]) -> int:
    """How many persons beside the maker stages ask for at least."""
    return sum(max(0, stage.count - stage.with_maker) for stage in stages)


def counted(needs: Sequence[int], carried: Sequence[Sequence[bool]]) -> list[list[int]]:
    """Whose yes is counted at which stage.

    ``needs[s]`` persons are asked for at stage s; ``carried[v][s]`` says whether voter v's authority reaches
    it. Each voter counts once. Returns the voters of each stage. Earlier stages are filled first, and voters
    are moved to where they are needed (augmenting paths), so a way to fill all is found if there is one.
    """
    places = [stage for stage, need in enumerate(needs) for _ in range(need)]
    holder: dict[int, int] = {}  # place -> voter
    seat: dict[int, int] = {}  # voter -> place

    def take(place: int, tried: set[int]) -> bool:
        for voter, reach in enumerate(carried):
            if voter in tried or not reach[places[place]]:
                continue
            tried.add(voter)
            if voter not in seat or take(seat[voter], tried):
                seat[voter] = place
                holder[place] = voter
                return True
        return False

    for place in range(len(places)):
        take(place, set())
    return [
        sorted(holder[place] for place, of in enumerate(places) if of == stage and place in holder)
        for stage in range(len(needs))
    ]
