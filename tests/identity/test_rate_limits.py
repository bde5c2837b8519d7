"""Limits by address: so many sign-ins and refusals a minute, each address for itself."""

from __future__ import annotations

import pytest

from sycee.identity import AddressLimits, RateLimited


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
