"""Fees: what each charges, and that no way of splitting or bundling changes what is owed."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sycee.components import library
from sycee.components.library.fees import AmountTier, VolumeTier

Use = library.FeeUse
COUNTER = library.TieredAmountFee(
    event="transfer",
    channel="counter",
    tiers=(
        AmountTier(up_to=Decimal(10000), price=Decimal(5)),
        AmountTier(up_to=Decimal(100000), price=Decimal(10)),
        AmountTier(percent=Decimal("0.002")),
    ),
    most=Decimal(200),
)
VOLUME = library.TieredVolumeFee(
    event="transfer",
    tiers=(
        VolumeTier(up_to=100, price=Decimal(5)),
        VolumeTier(up_to=1000, price=Decimal(3)),
        VolumeTier(price=Decimal("1.50")),
    ),
)
ITEM = library.PerItemFee(event="transfer", price=Decimal(3), free_items=50, most_per_period=Decimal(300))
SHARE = library.AdValoremFee(
    event="remittance", percent=Decimal("0.1"), least=Decimal(50), most=Decimal(1000)
)
BUNDLE = library.BundleFee(event="file", amount=Decimal(30), items=100, beyond=Decimal("0.40"))
MONTHLY = library.MaintenanceFee(
    event="maintenance", amount=Decimal(30), cycle="monthly", waived_from=Decimal(10000), free_cycles=3
)
PAGES = library.PerPageFee(event="statement", price=Decimal(20), pages_included=10, page_price=Decimal(1))


@pytest.mark.parametrize(
    ("fee", "use", "fen"),
    [
        (library.FlatFee(event="opening", amount=Decimal(100)), Use(), 100_00),
        (library.FlatFee(event="opening", amount=Decimal(1000), currency="JPY"), Use(count=2), 2000),
        (COUNTER, Use(volume=10_000_00), 5_00),
        (COUNTER, Use(volume=10_000_01), 10_00),
        (COUNTER, Use(volume=2_000_000_00), 40_00),
        (COUNTER, Use(volume=100_000_000_00), 200_00),
        (COUNTER, Use(count=3, volume=30_000_00), 15_00),
        (VOLUME, Use(count=100), 500_00),
        (VOLUME, Use(count=1, used=100), 3_00),
        (VOLUME, Use(count=1100), 500_00 + 2_700_00 + 150_00),
        (ITEM, Use(count=50), 0),
        (ITEM, Use(count=2, used=49), 3_00),
        (ITEM, Use(count=1000), 300_00),
        (ITEM, Use(count=10, used=1000), 0),
        (SHARE, Use(volume=100_000_00), 100_00),
        (SHARE, Use(volume=1_000_00), 50_00),
        (SHARE, Use(volume=100_000_000_00), 1_000_00),
        (SHARE, Use(count=2, volume=300_000_00), 300_00),
        (BUNDLE, Use(count=100), 30_00),
        (BUNDLE, Use(count=150), 50_00),
        (BUNDLE, Use(count=10, used=95), 2_00),
        (MONTHLY, Use(used=3, balance=9_999_99), 30_00),
        (MONTHLY, Use(used=3, balance=10_000_00), 0),
        (MONTHLY, Use(used=2), 0),
        (MONTHLY, Use(count=5), 60_00),
        (PAGES, Use(volume=10), 20_00),
        (PAGES, Use(count=2, volume=15), 50_00),
        (library.FreeOfCharge(event="transfer"), Use(count=9, volume=10**9), 0),
    ],
)
def test_what_is_charged(fee: library.Fee, use: library.FeeUse, fen: int) -> None:
    found = fee.charge(use)
    assert (found.amount, found.currency) == (fen, fee.currency)
    assert sum(line.charge for line in found.lines) == fen


def test_a_fee_is_charged_for_its_event_on_its_channel() -> None:
    assert COUNTER.applies("transfer", "counter")
    assert not COUNTER.applies("transfer", "online")
    assert not COUNTER.applies("cash_in", "counter")
    assert VOLUME.applies("transfer", "online")
    assert VOLUME.applies("transfer")


def test_a_waived_fee_says_so() -> None:
    assert MONTHLY.charge(Use(used=3, balance=10_000_00)).waived
    assert not MONTHLY.charge(Use(used=3)).waived


additive = st.sampled_from([VOLUME, ITEM])
counts = st.integers(0, 3000)


@given(additive, counts, counts, counts)
def test_splitting_a_periods_items_changes_nothing(fee: library.Fee, used: int, one: int, two: int) -> None:
    whole = fee.charge(Use(count=one + two, used=used)).amount
    parts = fee.charge(Use(count=one, used=used)).amount + fee.charge(Use(count=two, used=used + one)).amount
    assert whole == parts


@given(counts.filter(bool), counts.filter(bool))
def test_a_bundle_is_paid_once_a_cycle(one: int, two: int) -> None:
    parts = BUNDLE.charge(Use(count=one)).amount + BUNDLE.charge(Use(count=two, used=one)).amount
    assert parts == BUNDLE.charge(Use(count=one + two)).amount


@given(st.sampled_from([VOLUME, ITEM, BUNDLE]), counts, counts, counts)
def test_more_items_never_cost_less(fee: library.Fee, used: int, count: int, more: int) -> None:
    assert (
        fee.charge(Use(count=count + more, used=used)).amount
        >= fee.charge(Use(count=count, used=used)).amount
    )


@given(st.integers(0, 10**13), st.integers(0, 10**12))
def test_a_larger_amount_never_costs_less_and_stays_between_the_bounds(volume: int, more: int) -> None:
    low, high = SHARE.charge(Use(volume=volume)).amount, SHARE.charge(Use(volume=volume + more)).amount
    assert 50_00 <= low <= high <= 1_000_00


@given(st.integers(1, 50), st.integers(0, 10**11))
def test_equal_items_cost_together_what_they_cost_one_by_one(count: int, each: int) -> None:
    for fee in (SHARE, COUNTER):
        together = fee.charge(Use(count=count, volume=count * each)).amount
        assert together == count * fee.charge(Use(volume=each)).amount


@pytest.mark.parametrize(
    ("kind", "bad", "says"),
    [
        (library.FlatFee, {"amount": "-1"}, "amount is -1"),
        (library.FlatFee, {"amount": "1.005"}, "CNY has 2"),
        (library.FlatFee, {"amount": "1.5", "currency": "JPY"}, "JPY has 0"),
        (library.FlatFee, {"amount": "1", "currency": "ZZZ"}, "ZZZ"),
        (library.FlatFee, {"amount": "1", "event": "breathing"}, "breathing"),
        (library.AdValoremFee, {"percent": "0.1", "least": "2", "most": "1"}, "below least"),
        (library.AdValoremFee, {"percent": "-0.1"}, "between 0"),
        (library.TieredAmountFee, {"tiers": [{"up_to": "10"}]}, "none in the last"),
        (library.TieredAmountFee, {"tiers": [{"up_to": "10"}, {"up_to": "5"}, {}]}, "ascending"),
        (library.TieredAmountFee, {"tiers": [{}, {}]}, "ascending"),
        (library.TieredVolumeFee, {"tiers": [{"up_to": 0, "price": "1"}, {"price": "1"}]}, "ascending"),
        (library.BundleFee, {"amount": "1", "items": 0, "beyond": "1"}, ">= 1"),
        (library.MaintenanceFee, {"amount": "1", "cycle": "weekly"}, "weekly"),
    ],
)
def test_fees_that_do_not_hold_are_refused(kind: type, bad: dict[str, object], says: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=says):
        msgspec.convert({"event": "transfer", **bad}, kind)
