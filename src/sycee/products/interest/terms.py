"""Terms on which accounts bear interest, kept once for all that have the same."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from sycee.components import InterestTerms, RateTier
from sycee.database import Transaction
from sycee.kernel import money
from sycee.products.interest.errors import InvalidInterest

DAY_COUNTS = ("actual/360", "actual/365", "actual/actual", "30E/360")
RATE_RULES = ("split", "settlement_day")
TIERINGS = ("parts", "whole")
_LOWEST = -(2**63)
MAX_RATE = Decimal(999)
"""The highest rate or spread, percent a year, on either side of zero."""


class InterestAccounting(msgspec.Struct, frozen=True, kw_only=True):
    """GL subjects of the interest on an account, and the tax withheld from it in percent."""

    expense: str = "6411"
    payable: str = "2231"
    tax_rate: Decimal = Decimal(0)
    tax_subject: str = "2221"


async def define_terms(
    tx: Transaction, terms: Sequence[InterestTerms], accounting: InterestAccounting | None = None
) -> list[int]:
    """The ids of these terms, in order; those that are new are kept. ``accounting`` goes for all of them.

    Raises InvalidInterest, and UnknownCurrency.
    """
    booked = accounting or InterestAccounting()
    rows = [_row(one, booked) for one in terms]
    contents = [row[-1] for row in rows]
    known = await _known(tx, contents)
    new = {row[-1]: row for row in rows if row[-1] not in known}
    for row in new.values():
        await tx.execute(
            """
            INSERT INTO interest_terms (currency, day_count, rate_rule, tiering, lowers, rate_keys, spreads,
                                        floors, caps, expense_subject, payable_subject, tax_rate, tax_subject,
                                        content)
            VALUES (%s, %s, %s, %s, %s::bigint[], %s::text[], %s::numeric[], %s::numeric[], %s::numeric[],
                    %s, %s, %s, %s, %s)
            ON CONFLICT (content) DO NOTHING
            """,
            row,
        )
    if new:
        known = await _known(tx, contents)
        await tx.execute(
            "SELECT interest_make_pieces(%s::integer[])", ([known[content] for content in sorted(new)],)
        )
    return [known[content] for content in contents]


async def _known(tx: Transaction, contents: Sequence[str]) -> dict[str, int]:
    cursor = await tx.execute(
        "SELECT content, id FROM interest_terms WHERE content = ANY(%s::text[])", (list(contents),)
    )
    return dict(await cursor.fetchall())


def _row(terms: InterestTerms, booked: InterestAccounting) -> tuple[Any, ...]:
    money.currency(terms.currency)
    if terms.rate_rule == "settlement_day" and terms.day_count == "actual/actual":
        raise InvalidInterest(
            "the rate of the settlement day for all days cannot be counted actual/actual, whose days differ"
            " in weight: take actual/365, or split the period by rate"
        )
    tiers = (terms.overdraft or RateTier(), *terms.tiers)
    for tier in tiers:
        for name in ("spread", "floor", "cap"):
            _check_rate(getattr(tier, name), name)
        if tier.floor is not None and tier.cap is not None and tier.floor > tier.cap:
            raise InvalidInterest(f"the floor {tier.floor} lies above the cap {tier.cap}")
    values = (
        terms.currency,
        DAY_COUNTS.index(terms.day_count),
        RATE_RULES.index(terms.rate_rule),
        TIERINGS.index(terms.tiering),
        [_LOWEST, *(tier.above for tier in terms.tiers)],
        [tier.rate_key for tier in tiers],
        [tier.spread for tier in tiers],
        [tier.floor for tier in tiers],
        [tier.cap for tier in tiers],
        booked.expense,
        booked.payable,
        booked.tax_rate,
        booked.tax_subject,
    )
    return (*values, msgspec.json.encode(values).decode())


def _check_rate(rate: Decimal | None, name: str) -> None:
    if rate is None:
        return
    if not rate.is_finite() or abs(rate) > MAX_RATE or rate != round(rate, 6):
        raise InvalidInterest(
            f"the {name} {rate} is not a rate in percent a year: at most {MAX_RATE} either way, six decimals"
        )
