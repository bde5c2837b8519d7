"""Fees: flat, per item with an allowance, ad valorem between bounds, tiered, for maintenance, per page.

All in minor units of the fee's currency; every charge is rounded once. The prices that banks may ask
from corporate customers are partly set by the state's price list, partly their own: data, with dates.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from sycee.components.capabilities import Kind, capability
from sycee.components.library.fee_records import Charge, Fee, FeeLine, FeeUse, clamp, share
from sycee.components.library.money import Money, Percent, check_money, check_rate

ZERO = Decimal(0)


@capability("fee.flat", version=1, kind=Kind.FEE, owner="pricing", zh="固定金额收费")
class FlatFee(Fee, frozen=True, kw_only=True):
    """Flat fee

    One amount an event, whatever its size.
    """

    amount: Annotated[Money, Meta(description="price of an event")]

    def __post_init__(self) -> None:
        super().__post_init__()
        check_money("amount", self.amount, self.currency)

    def charge(self, use: FeeUse) -> Charge:
        """The amount, as often as the event happened."""
        total = self._minor(self.amount) * use.count
        return Charge(self.currency, total, (FeeLine("event", use.count, total),))


@capability("fee.per_item", version=1, kind=Kind.FEE, owner="pricing", zh="按笔收费")
class PerItemFee(Fee, frozen=True, kw_only=True):
    """Fee per item, with a free allowance

    A price an item once the period's free items are used up; no more than a maximum a period, if one
    is set.
    """

    price: Annotated[Money, Meta(description="price of an item")]
    free_items: Annotated[int, Meta(description="free items of a period", ge=0, le=1_000_000)] = 0
    most_per_period: (
        Annotated[Money, Meta(description="most that a period costs; none for without limit")] | None
    ) = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_money("price", self.price, self.currency)
        check_money("most_per_period", self.most_per_period, self.currency)

    def charge(self, use: FeeUse) -> Charge:
        """The price of the items past the allowance; earlier items of the period count too."""
        after, before = self._upto(use.used + use.count), self._upto(use.used)
        free = min(max(self.free_items - use.used, 0), use.count)
        lines = (FeeLine("free", free, 0), FeeLine("item", use.count - free, after - before))
        return Charge(self.currency, after - before, tuple(line for line in lines if line.quantity))

    def _upto(self, items: int) -> int:
        most = None if self.most_per_period is None else self._minor(self.most_per_period)
        return clamp(max(items - self.free_items, 0) * self._minor(self.price), 0, most)


@capability("fee.ad_valorem", version=1, kind=Kind.FEE, owner="pricing", zh="按金额比例收费")
class AdValoremFee(Fee, frozen=True, kw_only=True):
    """Fee by a share of the amount

    A per cent of the amount, at least a minimum and at most a maximum for each item. ``volume`` of a use
    is the amount of its items together, taken as equal.
    """

    percent: Annotated[Percent, Meta(description="share of the amount, in per cent")]
    least: Annotated[Money, Meta(description="least that an item costs")] = ZERO
    most: Annotated[Money, Meta(description="most that an item costs; none for without limit")] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_rate("percent", self.percent, ZERO)
        check_money("least", self.least, self.currency)
        check_money("most", self.most, self.currency)
        if self.most is not None and self.most < self.least:
            raise ValueError(f"most is {self.most}, below least, {self.least}")

    def charge(self, use: FeeUse) -> Charge:
        """The share of each item, between the bounds."""
        if not use.count:
            return Charge(self.currency, 0)
        most = None if self.most is None else self._minor(self.most)
        each, more = divmod(use.volume, use.count)
        low = clamp(share(each, self.percent), self._minor(self.least), most)
        high = clamp(share(each + 1, self.percent), self._minor(self.least), most) if more else 0
        total = low * (use.count - more) + high * more
        return Charge(self.currency, total, (FeeLine("share", use.count, total),))


class AmountTier(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A price for amounts up to ``up_to`` (included; none for without limit): flat, plus a share."""

    up_to: (
        Annotated[Money, Meta(description="largest amount of the tier, included; none in the last")] | None
    ) = None
    price: Annotated[Money, Meta(description="flat part of the price")] = ZERO
    percent: Annotated[Percent, Meta(description="share of the amount, in per cent")] = ZERO


@capability("fee.tiered_amount", version=1, kind=Kind.FEE, owner="pricing", zh="按金额分档收费")
class TieredAmountFee(Fee, frozen=True, kw_only=True):
    """Fee by the amount's tier

    The price of the tier that an item's amount lies in: flat, or a share, or both; at most ``most``. The
    fee of transfers at the counter has this shape in most price lists.
    """

    tiers: Annotated[
        tuple[AmountTier, ...], Meta(description="ascending; the last without up_to", min_length=1)
    ]
    most: Annotated[Money, Meta(description="most that an item costs; none for without limit")] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_ends([tier.up_to for tier in self.tiers])
        check_money("most", self.most, self.currency)
        for place, tier in enumerate(self.tiers):
            check_money(f"tiers.{place}.price", tier.price, self.currency)
            check_money(f"tiers.{place}.up_to", tier.up_to, self.currency)
            check_rate(f"tiers.{place}.percent", tier.percent, ZERO)

    def charge(self, use: FeeUse) -> Charge:
        """The price of an item of ``volume / count``, as often as there are items."""
        if not use.count:
            return Charge(self.currency, 0)
        each, more = divmod(use.volume, use.count)
        total = self._price(each) * (use.count - more) + (self._price(each + 1) * more if more else 0)
        return Charge(self.currency, total, (FeeLine("tier", use.count, total),))

    def _price(self, amount: int) -> int:
        tier = next(tier for tier in self.tiers if tier.up_to is None or amount <= self._minor(tier.up_to))
        most = None if self.most is None else self._minor(self.most)
        return clamp(self._minor(tier.price) + share(amount, tier.percent), 0, most)


class VolumeTier(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A price an item for the items of a period up to the ``up_to``-th (none for without limit)."""

    up_to: Annotated[int | None, Meta(description="last item at this price")] = None
    price: Annotated[Money, Meta(description="price of an item")]


@capability("fee.tiered_volume", version=1, kind=Kind.FEE, owner="pricing", zh="按笔数分档收费")
class TieredVolumeFee(Fee, frozen=True, kw_only=True):
    """Fee per item, cheaper with their number

    Each item costs the price of the tier that its number in the period lies in: splitting a period's
    items over several charges changes nothing.
    """

    tiers: Annotated[
        tuple[VolumeTier, ...], Meta(description="ascending; the last without up_to", min_length=1)
    ]

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_ends([None if tier.up_to is None else Decimal(tier.up_to) for tier in self.tiers])
        for place, tier in enumerate(self.tiers):
            check_money(f"tiers.{place}.price", tier.price, self.currency)

    def charge(self, use: FeeUse) -> Charge:
        """The price of the items from the ``used``-th on."""
        lines: list[FeeLine] = []
        low, last = 0, use.used + use.count
        for tier in self.tiers:
            high = last if tier.up_to is None else min(tier.up_to, last)
            items = high - max(low, use.used)
            if items > 0:
                lines.append(FeeLine("tier", items, items * self._minor(tier.price)))
            low = max(low, high)
        return Charge(self.currency, sum(line.charge for line in lines), tuple(lines))


@capability("fee.maintenance", version=1, kind=Kind.FEE, owner="pricing", zh="账户管理费")
class MaintenanceFee(Fee, frozen=True, kw_only=True):
    """Maintenance fee, waived by balance

    One amount a cycle for keeping the account, nothing when the average balance of the cycle reaches
    the line.
    """

    amount: Annotated[Money, Meta(description="price of a cycle")]
    cycle: Annotated[Literal["monthly", "quarterly", "annual"], Meta(description="how often it falls due")]
    waived_from: Annotated[
        Decimal | None, Meta(description="average balance (whole units) that waives it; none for never")
    ] = None
    free_cycles: Annotated[int, Meta(description="cycles after opening that cost nothing", ge=0, le=120)] = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_money("amount", self.amount, self.currency)
        check_money("waived_from", self.waived_from, self.currency)

    def charge(self, use: FeeUse) -> Charge:
        """The amount, for ``count`` cycles after ``used`` earlier ones; ``balance`` may waive it."""
        free = min(max(self.free_cycles - use.used, 0), use.count)
        waived = self.waived_from is not None and use.balance >= self._minor(self.waived_from)
        cycles = 0 if waived else use.count - free
        total = cycles * self._minor(self.amount)
        return Charge(self.currency, total, (FeeLine("cycle", cycles, total),), waived or not cycles)


@capability("fee.per_page", version=1, kind=Kind.FEE, owner="pricing", zh="按份按页收费")
class PerPageFee(Fee, frozen=True, kw_only=True):
    """Fee per document and page

    A basic price for a document with its first pages and a price for each page beyond: reprinted
    statements, confirmations, proofs of deposit. ``volume`` of a use is the number of pages of each.
    """

    price: Annotated[Money, Meta(description="price of a document with the pages included")]
    pages_included: Annotated[int, Meta(description="pages that the basic price covers", ge=0, le=1000)] = 1
    page_price: Annotated[Money, Meta(description="price of each page beyond")] = ZERO

    def __post_init__(self) -> None:
        super().__post_init__()
        check_money("price", self.price, self.currency)
        check_money("page_price", self.page_price, self.currency)

    def charge(self, use: FeeUse) -> Charge:
        """The price of ``count`` documents of ``volume`` pages each."""
        beyond = max(use.volume - self.pages_included, 0) * use.count
        first, rest = self._minor(self.price) * use.count, self._minor(self.page_price) * beyond
        lines = (FeeLine("document", use.count, first), FeeLine("page", beyond, rest))
        return Charge(self.currency, first + rest, tuple(line for line in lines if line.quantity))


@capability("fee.package", version=1, kind=Kind.FEE, owner="pricing", zh="套餐收费")
class BundleFee(Fee, frozen=True, kw_only=True):
    """Bundle of items for a fixed price

    A fixed price a cycle covers so many items; each item beyond has a price of its own.
    """

    amount: Annotated[Money, Meta(description="price of the bundle a cycle")]
    items: Annotated[int, Meta(description="items that the bundle covers in a cycle", ge=1, le=1_000_000)]
    beyond: Annotated[Money, Meta(description="price of each item beyond the bundle")]

    def __post_init__(self) -> None:
        super().__post_init__()
        check_money("amount", self.amount, self.currency)
        check_money("beyond", self.beyond, self.currency)

    def charge(self, use: FeeUse) -> Charge:
        """The bundle (with the cycle's first charge) and the items beyond it."""
        bundle = 0 if use.used else self._minor(self.amount)
        extra = max(use.used + use.count - self.items, 0) - max(use.used - self.items, 0)
        lines = (
            FeeLine("bundle", int(not use.used), bundle),
            FeeLine("item", extra, extra * self._minor(self.beyond)),
        )
        return Charge(
            self.currency, sum(line.charge for line in lines), tuple(line for line in lines if line.quantity)
        )


@capability("fee.free", version=1, kind=Kind.FEE, owner="pricing", zh="免费")
class FreeOfCharge(Fee, frozen=True, kw_only=True):
    """Free of charge

    Says that a service costs nothing, so that no general fee is charged for it.
    """

    def charge(self, use: FeeUse) -> Charge:
        """Nothing."""
        return Charge(self.currency, 0, (FeeLine("free", use.count, 0),), True)


def _check_ends(ends: list[Decimal | None]) -> None:
    bounded = [end for end in ends[:-1] if end is not None]
    ascending = all(low < high for low, high in pairwise(bounded))
    if (
        ends[-1] is not None
        or len(bounded) != len(ends) - 1
        or not ascending
        or any(end <= 0 for end in bounded)
    ):
        shown = ", ".join(map(str, ends))
        raise ValueError(f"up_to of the tiers is {shown}: ascending and none in the last is expected")
