"""The slots of a product: which kinds of condition each takes, and whether it takes several."""

from __future__ import annotations

import msgspec

from sycee.components.capabilities import Kind


class Slot(msgspec.Struct, frozen=True):
    """A place in a product for one condition, or for a list of them (``many``)."""

    name: str
    kinds: frozenset[Kind]
    many: bool = False


def _slot(name: str, *kinds: Kind, many: bool = False) -> tuple[str, Slot]:
    return name, Slot(name, frozenset(kinds), many)


SLOTS: dict[str, Slot] = dict(
    [
        _slot("account_class", Kind.ACCOUNT_CLASS),
        _slot("form", Kind.DEPOSIT_FORM),
        _slot("currency", Kind.CURRENCY),
        _slot("interest", Kind.INTEREST),
        _slot("early_interest", Kind.EARLY_WITHDRAWAL, Kind.INTEREST),
        _slot("day_count", Kind.DAY_COUNT),
        _slot("rate_source", Kind.RATE_SOURCE),
        _slot("tiers", Kind.TIERS),
        _slot("settlement", Kind.SETTLEMENT),
        _slot("rounding", Kind.ROUNDING),
        _slot("tax", Kind.TAX),
        _slot("tenor", Kind.TENOR),
        _slot("renewal", Kind.RENEWAL),
        _slot("notice", Kind.NOTICE),
        _slot("calendar", Kind.CALENDAR),
        _slot("fees", Kind.FEE, many=True),
        _slot("limits", Kind.LIMIT, many=True),
        _slot("channels", Kind.CHANNEL, many=True),
        _slot("eligibility", Kind.ELIGIBILITY, many=True),
        _slot("statement", Kind.STATEMENT),
        _slot("sweep", Kind.SWEEP),
        _slot("process", Kind.PROCESS, many=True),
        _slot("accounting", Kind.ACCOUNTING),
    ]
)
"""Every slot by its name."""
