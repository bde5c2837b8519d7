"""Lists of signings that wait: as many statements for many as for few, and what comes of them is the same."""

from __future__ import annotations

import pytest

from sycee import products
from sycee.approvals import Decision, decide, get_approvals
from sycee.identity import Scope
from sycee.products import Signed, SignRequest
from tests.approvals.house import CHECKER, a_principal, statements
from tests.products.agreements.offering import Office, a_buyer

MAKER = (Scope.AGREEMENTS_WRITE,)


async def test_a_longer_list_of_signings_takes_no_more_statements_to_ask_for_or_to_agree_to(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = {}
    async with office.database.transaction() as tx:
        maker, checker = await a_principal(tx, *MAKER), await a_principal(tx, *CHECKER)
        for size in (4, 5, 20):  # the first list leaves what the bank and the process keep once
            buyers = [await a_buyer(tx, f"Weaver {size} {number}") for number in range(size)]
            requests = [buyer.request("settlement-starter") for buyer in buyers]
            outcomes: list[Signed] = []

            async def ask(requests: list[SignRequest] = requests, outcomes: list[Signed] = outcomes) -> None:
                outcomes += await products.ask_to_sign(tx, requests, by=maker)

            asking = await statements(tx, monkeypatch, ask)
            assert {one.status for one in outcomes} == {"waiting"}
            kept = await get_approvals(tx, [one.id for one in requests])
            votes = [Decision(approval=one.id, vote="yes", digest=one.digest) for one in kept]

            async def agree(votes: list[Decision] = votes) -> None:
                assert {one.state for one in await decide(tx, votes, by=checker)} == {"executed"}

            taken[size] = (asking, await statements(tx, monkeypatch, agree))
            again = await products.ask_to_sign(tx, requests, by=maker)
            assert {one.status for one in again} == {"duplicate"}
    assert taken[20] == taken[5], taken


async def test_what_waits_and_is_agreed_to_is_signed_as_it_would_be_at_once(office: Office) -> None:
    async with office.database.transaction() as tx:
        maker, checker = await a_principal(tx, *MAKER), await a_principal(tx, *CHECKER)
        one, other = [await a_buyer(tx, name) for name in ("Silk Road Ltd", "Silk Route Ltd")]
        (signed,) = await products.sign(tx, [one.request("settlement-starter")], by="machine")
        request = other.request("settlement-starter")
        await products.ask_to_sign(tx, [request], by=maker)
        (kept,) = await get_approvals(tx, [request.id])
        await decide(tx, [Decision(approval=kept.id, vote="yes", digest=kept.digest)], by=checker)
        found = await products.contract(tx, request.id)
    assert signed.contract is not None
    shown = [
        [(item.key, item.product, item.product_version, item.rates, item.fees) for item in contract.items]
        for contract in (signed.contract, found)
    ]
    assert shown[0] == shown[1]
    assert all(item.account for item in found.items if item.opens_account)
