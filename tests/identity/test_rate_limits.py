"""Limits by address: so many sign-ins and refusals a minute, each address for itself."""

from __future__ import annotations

import pytest

from sycee.identity import AddressLimits, RateLimited
from sycee.identity.addresses import counted_as


async def test_an_address_signs_in_so_often_and_then_waits() -> None:
    limits = AddressLimits(sign_ins_per_minute=3)
    for _ in range(3):
        await limits.count_sign_in("203.0.113.7")
    with pytest.raises(RateLimited, match=r"203\.0\.113\.7") as refused:
        await limits.count_sign_in("203.0.113.7")
    assert 1 <= refused.value.facts["retry_after_s"] <= 60
    await limits.count_sign_in("203.0.113.8")


async def test_refusals_are_counted_and_room_is_asked_for() -> None:
    limits = AddressLimits(60, refusals_per_minute=2)
    for _ in range(2):
        await limits.need_room("203.0.113.7")
        await limits.count_refusal("203.0.113.7")
    with pytest.raises(RateLimited):
        await limits.need_room("203.0.113.7")
    await limits.need_room("203.0.113.8")
    await limits.count_sign_in("203.0.113.7")


async def test_a_host_of_ipv6_gains_nothing_by_the_addresses_of_its_network() -> None:
    limits = AddressLimits(2)
    for host in (1, 2):
        await limits.count_sign_in(f"2001:db8::{host}")
    with pytest.raises(RateLimited):
        await limits.count_sign_in("2001:db8::3")
    await limits.count_sign_in("2001:db8:0:1::1")


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:0:1:2::3", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "?"),
        ("unknown", "?unknown"),
        ("*", "?*"),
    ],
)
def test_an_address_is_counted_by_whose_it_is(address: str, counted: str) -> None:
    assert counted_as(address) == counted
