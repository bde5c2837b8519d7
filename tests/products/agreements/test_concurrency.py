"""Signings at the same time: what only one can have, one gets, whoever comes first."""

from __future__ import annotations

import asyncio

from sycee.kernel.ids import uuid7
from sycee.products import Signed, SignRequest
from tests.products.agreements.offering import Office


async def _at_once(office: Office, *requests: SignRequest) -> list[Signed]:
    outcomes = await asyncio.gather(*(office.sign(request) for request in requests))
    return [outcome for (outcome,) in outcomes]


async def test_two_signings_at_once_open_one_basic_account(office: Office) -> None:
    for _ in range(10):
        buyer = await office.buyer()
        outcomes = await _at_once(office, buyer.request(), buyer.request())
        assert sorted(one.status for one in outcomes) == ["rejected", "signed"]
        (refused,) = (one for one in outcomes if one.status == "rejected")
        assert refused.code == "basic_account_exists"
        row = await office.row("SELECT count(*) FROM account_profiles WHERE customer = %s", buyer.id)
        assert row[0] == 1


async def test_the_same_signing_sent_twice_at_once_is_signed_once(office: Office) -> None:
    for _ in range(10):
        request = (await office.buyer()).request()
        outcomes = await _at_once(office, request, request, request)
        assert sorted(one.status for one in outcomes) == ["duplicate", "duplicate", "signed"]
        assert len({one.contract for one in outcomes}) == 1


async def test_one_id_for_two_customers_at_once_is_signed_for_one_and_refused_for_the_other(
    office: Office,
) -> None:
    for _ in range(10):
        id = uuid7()
        one, other = await office.buyer("One Ltd"), await office.buyer("Other Ltd", cell=102)
        outcomes = await _at_once(office, one.request(id=id), other.request(id=id))
        assert sorted(found.status for found in outcomes) == ["rejected", "signed"]
        (refused,) = (found for found in outcomes if found.status == "rejected")
        assert refused.code == "agreement_id_reused"
        # Whoever lost has given up what it claimed, and may sign under another id.
        loser = one if outcomes[0].status == "rejected" else other
        (again,) = await office.sign(loser.request())
        assert again.status == "signed"


async def test_lists_in_opposite_orders_do_not_wait_in_a_ring(office: Office) -> None:
    buyers = [await office.buyer(f"Customer {number}") for number in range(10)]
    forth = [buyer.request() for buyer in buyers]
    back = [buyer.request() for buyer in reversed(buyers)]
    first, second = await asyncio.gather(office.sign_list(forth), office.sign_list(back))
    statuses = [one.status for one in (*first, *second)]
    assert statuses.count("signed") == statuses.count("rejected") == 10
