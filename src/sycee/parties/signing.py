"""Whether signatures suffice: the rules of mandates on plain values, without a database.

A rule says which operations it covers, up to which amount, and which signatures do: ``"A+B"`` is one
signatory of group A together with one of group B, ``"A+A"`` two different ones of group A. Each line of
``signatures`` is enough by itself, so ``("A+A", "A+B")`` reads "two of A, or one of A and one of B".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import msgspec

from sycee.kernel.money import Amount

ANY_OPERATION = "any"
OPERATIONS: Mapping[str, str] = {
    "sign_agreement": "Sign, extend and change agreements.",
    "end_agreement": "End agreements and close accounts.",
    "pay": "Pay from accounts.",
    "place_deposit": "Place money on notice, time, large CD and margin deposits.",
    "give_notice": "Give notice of a withdrawal, and take it back.",
    "withdraw": "Withdraw from deposits, at maturity or before.",
    "renew": "Renew deposits.",
    "transfer_deposit": "Transfer large CDs to another holder.",
    "change_mandate": "Give mandates and revoke them.",
    ANY_OPERATION: "Everything above, and what may be added later.",
}
"""What a mandate may be given for, and what that means."""

MOST_SIGNATURES = 6
_SIGNATURES = re.compile(r"[A-Z](\+[A-Z]){0,5}", re.ASCII)


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What the signatories of a mandate may sign for, and how many of them together.

    ``currency`` None covers every currency; ``up_to`` is the largest amount, in its minor unit, None for any.
    An act without an amount, such as signing an agreement, is covered whatever the limit.
    """

    operations: tuple[str, ...]
    signatures: tuple[str, ...] = ("A",)
    currency: str | None = None
    up_to: int | None = None

    def covers(self, operation: str) -> bool:
        """Whether the rule is about an operation."""
        return operation in self.operations or ANY_OPERATION in self.operations

    def allows(self, amount: Amount | None) -> bool:
        """Whether an amount is within the rule."""
        if amount is None:
            return True
        if self.currency is not None and self.currency != amount.currency:
            return False
        return self.up_to is None or amount.minor <= self.up_to


def is_signatures(text: str) -> bool:
    """Whether a text says which signatures are needed, such as ``A`` or ``A+B``."""
    return _SIGNATURES.fullmatch(text) is not None


def needed(signatures: str) -> Counter[str]:
    """How many signatories of each group a line of signatures asks for."""
    return Counter(signatures.split("+"))


def chosen(signatures: str, groups: Mapping[UUID, Iterable[str]]) -> tuple[UUID, ...] | None:
    """Different signers for each place of ``"A+B"``, from the groups that each signer is in; None if none do.

    A signer of two groups takes one place. Places are filled by augmenting paths, so an order in which all
    can be filled is found when there is one.
    """
    places = sorted(needed(signatures).elements())
    taken: dict[UUID, int] = {}

    def fill(place: int, tried: set[UUID]) -> bool:
        for signer, own in groups.items():
            if signer in tried or places[place] not in own:
                continue
            tried.add(signer)
            if signer not in taken or fill(taken[signer], tried):
                taken[signer] = place
                return True
        return False

    for place in range(len(places)):
        if not fill(place, set()):
            return None
    return tuple(sorted(taken, key=lambda signer: taken[signer]))


def lacking(signatures: str, groups: Mapping[UUID, Iterable[str]]) -> int:
    """How many signatures are missing of a line, at the best use of those that are there."""
    present = max(
        (len(part) for part in _parts(signatures) if chosen("+".join(part), groups) is not None), default=0
    )
    return len(signatures.split("+")) - present


def _parts(signatures: str) -> list[tuple[str, ...]]:
    """Every way to leave out some of the signatures of a line, but never all."""
    letters = signatures.split("+")
    return [
        tuple(letter for index, letter in enumerate(letters) if bits >> index & 1)
        for bits in range(1, 2 ** len(letters))
    ]


def in_words(lines: Sequence[str]) -> str:
    """Lines of signatures for people: ``A+A or A+B``."""
    return " or ".join(lines)
