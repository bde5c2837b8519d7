"""Steps of direct debits as they happen: streamed, and told to webhooks, to those whom they concern."""

from __future__ import annotations

import asyncio
from typing import Any

from sycee import identity, operations
from sycee.database import Database
from sycee.kernel.ids import uuid7
from sycee.operations import NewEndpoint
from sycee.payments import debits
from tests.api.test_direct_debits_http import Desk, debit, desk
from tests.api.test_payments_http import read_stream

__all__ = ["desk"]  # the fixture

PATH, ONCE = "/v1/direct-debits/events", {"follow": "false"}


async def stream(desk: Desk, who: dict[str, str] | None, **more: Any) -> list[tuple[str, dict[str, Any]]]:
    response = await desk.client.get(PATH, params={**ONCE, "after": "0", **more}, headers=who or {})
    assert (response.status_code, response.headers["content-type"]) == (200, "text/event-stream")
    return read_stream(response.text)


async def test_the_stream_goes_on_where_it_was_left_and_misses_nothing(desk: Desk) -> None:
    mandate = await desk.mandate()
    one, two = debit(mandate), debit(mandate, "500.00")
    await desk.collect(one, two)
    await desk.act(desk.payer, "return", one["id"])
    whole = await stream(desk, None)
    assert [(step["debit"], step["state"], step["side"]) for _, step in whole] == [
        (one["id"], "waiting", "creditor"),
        (two["id"], "waiting", "creditor"),
        (one["id"], "settled", "bank"),
        (two["id"], "rejected", "bank"),
        (one["id"], "returned", "debtor"),
    ]
    assert whole[3][1]["code"] == "insufficient_funds"
    for place, (id, _) in enumerate(whole):
        rest = await desk.client.get(PATH, params=ONCE, headers={"Last-Event-ID": id})
        assert read_stream(rest.text) == whole[place + 1 :]
    assert read_stream((await desk.client.get(PATH, params=ONCE)).text) == [], "from now on"
    wrong = await desk.client.get(PATH, params={**ONCE, "after": "101.1_"})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid_parameter")


async def test_payee_and_payer_see_their_own_and_nobody_else_does(desk: Desk) -> None:
    await desk.collect(debit(await desk.mandate()))
    for who, knows in ((desk.payee, [True, False]), (desk.payer, [False, False]), (None, [True, True])):
        seen = await stream(desk, who)
        assert [step["state"] for _, step in seen] == ["waiting", "settled"]
        assert [step["actor"] is not None for _, step in seen] == knows
    assert await stream(desk, desk.other) == []


async def test_a_customer_is_not_told_that_screening_stopped_a_debit(desk: Desk, bank: Database) -> None:
    ears = {name: await listen(bank, desk, name) for name in ("Power Grid Ltd", "Paper Mill Ltd", None)}
    await desk.client.put("/v1/screening-lists/own", json={"names": ["Power Grid Ltd"]})
    one = debit(await desk.mandate())
    await desk.collect(one)
    await desk.post(None, "stopped-direct-debits/release", {"debits": [one["id"]], "reason": "known"})
    for who in (desk.payee, desk.payer):
        text = (await desk.client.get(PATH, params={**ONCE, "after": "0"}, headers=who)).text
        assert [step["state"] for _, step in read_stream(text)] == ["waiting", "settled"]
        assert "screening" not in text
    states = [step["state"] for _, step in await stream(desk, None)]
    assert "stopped" in states
    for name, endpoint in ears.items():
        told = await heard(bank, endpoint)
        expected = states if name is None else ["waiting", "settled"]
        assert [one.type for one in told] == [f"direct_debit.{state}" for state in expected]
        if name is not None:
            assert not any(one.data["reason_code"] for one in told)


async def test_webhooks_of_both_sides_are_told_and_of_nobody_else(desk: Desk, bank: Database) -> None:
    ears = {name: await listen(bank, desk, name) for name in desk.customers}
    deaf = await listen(bank, desk, "Power Grid Ltd", "payment.*")
    one = debit(await desk.mandate(), "7.00", end_to_end_id="BILL-7")
    await desk.collect(one)
    for name in ("Power Grid Ltd", "Paper Mill Ltd"):
        first, last = await heard(bank, ears[name])
        assert (first.type, last.type) == ("direct_debit.waiting", "direct_debit.settled")
        assert last.data["direct_debit"] == one["id"] == last.subject
        assert (last.data["amount"]["minor"], last.data["end_to_end_id"]) == (700, "BILL-7")
        assert "actor" not in last.data
    assert await heard(bank, ears["Reef Ltd"]) == await heard(bank, deaf) == []


async def test_what_is_rolled_back_is_in_no_stream_and_leaves_no_gap(desk: Desk, bank: Database) -> None:
    mandate = await desk.mandate(per_debit={"currency": "CNY", "value": "50.00"})
    await desk.collect(debit(mandate))
    before = await stream(desk, None)
    await desk.collect(debit(mandate), debit(mandate, "5000.00"), all_or_nothing=True)
    assert await stream(desk, None) == before
    await desk.collect(debit(mandate))
    async with bank.transaction() as tx:
        positions = await debits.debit_positions(tx)
        steps, reached = await debits.stream_debit_steps(tx, {})
    assert reached == positions
    assert [step.position for step in steps] == [1, 2, 3, 4] == list(range(1, positions[101] + 1))


async def test_lists_collected_side_by_side_have_every_position_once(desk: Desk) -> None:
    mandates = [await desk.mandate() for _ in range(2)]
    lists = [[debit(mandate, "0.01") for _ in range(5)] for mandate in mandates for _ in range(3)]
    await asyncio.gather(*[desk.collect(*one) for one in lists])
    seen = await stream(desk, None)
    assert len(seen) == len({place for place, _ in seen}) == 2 * sum(map(len, lists))
    for one in (item["id"] for items in lists for item in items):
        assert [step["state"] for _, step in seen if step["debit"] == one] == ["waiting", "settled"]


async def test_who_may_not_read_payments_follows_no_debits(desk: Desk, bank: Database) -> None:
    async with bank.transaction() as tx:
        token = (await identity.issue_token(tx, "clerk", [identity.Scope.PAYMENTS_WRITE])).text
    refused = await desk.client.get(PATH, params=ONCE, headers={"Authorization": f"Bearer {token}"})
    assert refused.status_code == 403


async def listen(bank: Database, desk: Desk, name: str | None, events: str = "direct_debit.*") -> Any:
    """A webhook of one of the desk's customers, or of the bank."""
    customer = None if name is None else desk.customers[name]
    new = NewEndpoint(id=uuid7(), url="https://erp.example.com/", events=(events,), customer=customer)
    async with bank.transaction() as tx:
        keys = identity.KeyFile({b"test": bytes(32)})
        made, *_ = await operations.register_webhook(tx, keys, new, by="test", anywhere=True)
    return made


async def heard(bank: Database, endpoint: Any) -> list[operations.Delivery]:
    async with bank.transaction() as tx:
        found = await operations.list_deliveries(tx, endpoint.id, limit=1_000)
    return found[::-1]
