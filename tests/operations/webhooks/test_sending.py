"""Sending: signed, at least once, in order of each subject, after growing pauses, never past what fails."""

from __future__ import annotations

import asyncio
import base64
from datetime import timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest
import standardwebhooks
from msgspec.structs import replace

from sycee import operations, payments
from sycee.client import WebhookRefused, verify_webhook
from sycee.kernel.clock import now
from sycee.kernel.ids import uuid7
from sycee.operations import DeliveryState, EndpointChange, EndpointState, WebhookPace
from tests.operations.webhooks.conftest import QUICK, TODAY, House
from tests.operations.webhooks.receiver import Receiver


def independent(secret: str, headers: dict[str, str], body: bytes) -> Any:
    """What the scheme's own library reads from a request."""
    return standardwebhooks.Webhook(secret).verify(body, headers)


async def test_a_delivery_is_signed_as_the_scheme_says(house: House, receiver: Receiver) -> None:
    silk, secret = await house.register(receiver.url, "payment.*")
    await house.pay(wanted := house.payment(5_00))
    assert await house.send(silk) == 1
    (request,) = receiver.taken
    assert independent(secret, request.headers, request.body) == request.event
    told = request.verified(secret)
    assert (told.type, told.data["payment"]) == ("payment.settled", str(wanted.id))
    (delivery,) = await house.deliveries(silk)
    assert (str(delivery.id), delivery.state) == (request.id, DeliveryState.DELIVERED)
    (attempt,) = await house.attempts(delivery)
    assert (attempt.status, attempt.problem) == (204, None)
    assert attempt.duration_ms >= 0


async def test_what_was_changed_recorded_or_signed_by_others_is_refused(
    house: House, receiver: Receiver
) -> None:
    silk, secret = await house.register(receiver.url, "payment.*")
    await house.pay(house.payment())
    await house.send(silk)
    headers, body = receiver.taken[0].headers, receiver.taken[0].body
    _, other = await house.register(receiver.url, "payment.*")
    late = now() + timedelta(minutes=6)
    for changed, content, key, at in (
        (headers, body + b" ", secret, None),
        (headers, body, other, None),
        (headers, body, secret, late),
        ({**headers, "webhook-id": str(uuid7())}, body, secret, None),
        ({**headers, "webhook-signature": "v1,"}, body, secret, None),
        ({name: value for name, value in headers.items() if name != "webhook-id"}, body, secret, None),
    ):
        with pytest.raises(WebhookRefused):
            verify_webhook(changed, content, key, now=at)


async def test_after_a_rotation_both_secrets_hold_for_a_while_and_never_three(
    house: House, receiver: Receiver
) -> None:
    silk, first = await house.register(receiver.url, "payment.*")
    rotate = operations.rotate_webhook_secret
    id = uuid7()
    second = await house.call(rotate, house.keys, silk.id, id, by="test")
    assert await house.call(rotate, house.keys, silk.id, id, by="test") == second
    await house.pay(house.payment())
    await house.send(silk)
    for secret in (first, second.text):
        assert receiver.taken[-1].verified(secret).type == "payment.settled"
        assert independent(secret, receiver.taken[-1].headers, receiver.taken[-1].body)
    third = await house.call(rotate, house.keys, silk.id, uuid7(), by="test", overlap=timedelta(0))
    await house.pay(house.payment())
    await house.send(silk)
    assert receiver.taken[-1].verified(third.text).type == "payment.settled"
    for secret in (first, second.text):
        with pytest.raises(WebhookRefused):
            receiver.taken[-1].verified(secret)


async def test_secrets_lie_encrypted_in_the_database(house: House, receiver: Receiver) -> None:
    _, secret = await house.register(receiver.url, "payment.*")
    async with house.database.transaction() as tx:
        cursor = await tx.execute("SELECT secret FROM webhook_secrets")
        ((kept,),) = await cursor.fetchall()
    assert base64.b64decode(secret.removeprefix("whsec_")) not in bytes(kept)


@pytest.mark.parametrize(
    ("behaviour", "status", "problem"),
    [
        (500, 500, None),
        (404, 404, None),
        (302, 302, None),
        ("hang", None, "no response within"),
        ("die", None, "RemoteProtocolError"),
    ],
)
async def test_what_does_not_arrive_is_tried_again_under_the_same_id(
    house: House, receiver: Receiver, behaviour: int | str, status: int | None, problem: str | None
) -> None:
    silk, _ = await house.register(receiver.url, "payment.*")
    await house.pay(house.payment())
    receiver.behaviour = lambda _: behaviour
    pace = replace(QUICK, timeout_s=0.3)
    assert await house.send(silk, pace) == 1
    assert len(receiver.received) == 1  # a redirect is not followed
    (waiting,) = await house.deliveries(silk)
    assert (waiting.state, waiting.attempts) == (DeliveryState.WAITING, 1)
    assert (await house.endpoint(silk)).failures == 1
    receiver.behaviour = lambda _: 200
    await house.hurry()
    assert await house.send(silk, pace) == 1
    assert {one.id for one in receiver.received} == {str(waiting.id)}
    assert receiver.received[0].body == receiver.received[1].body
    first, second = await house.attempts(waiting)
    assert (first.status, second.status) == (status, 200)
    assert problem is None or problem in (first.problem or "")
    assert (await house.endpoint(silk)).failures == 0


async def test_a_machine_that_is_not_there_is_a_failure_like_any_other(house: House) -> None:
    async with Receiver() as gone:
        url = gone.url
    silk, _ = await house.register(url, "payment.*")
    await house.pay(house.payment())
    await house.send(silk)
    (delivery,) = await house.deliveries(silk)
    (attempt,) = await house.attempts(delivery)
    assert "ConnectError" in (attempt.problem or "")


async def test_events_of_one_subject_arrive_in_order_whatever_fails_between(
    house: House, receiver: Receiver
) -> None:
    silk, _ = await house.register(receiver.url, "payment.*")
    wanted = [house.payment(execute_on=TODAY + timedelta(1)) for _ in range(3)]
    await house.pay(*wanted)
    await house.call(payments.cancel_payments, [one.id for one in wanted], by="maker")
    failing = str(wanted[0].id)
    receiver.behaviour = lambda event: 500 if event["data"]["payment"] == failing else 200
    for _ in range(6):
        await house.send(silk)
        await house.hurry()
    assert receiver.types(failing) == []
    for one in wanted[1:]:
        assert receiver.types(str(one.id)) == ["payment.approved", "payment.cancelled"]
    assert {one.event["type"] for one in receiver.received if one.event["data"]["payment"] == failing} == {
        "payment.approved"
    }
    receiver.behaviour = lambda _: 200
    for _ in range(2):
        await house.send(silk)
        await house.hurry()
    assert receiver.types(failing) == ["payment.approved", "payment.cancelled"]


async def test_what_is_tried_too_often_is_dead_until_somebody_asks_for_it_again(
    house: House, receiver: Receiver
) -> None:
    silk, _ = await house.register(receiver.url, "payment.*")
    await house.pay(house.payment())
    receiver.behaviour = lambda _: 500
    pace = replace(QUICK, attempts=3)
    for _ in range(5):
        await house.send(silk, pace)
        await house.hurry()
    (dead,) = await house.deliveries(silk, DeliveryState.DEAD)
    assert (dead.attempts, len(receiver.received)) == (3, 3)
    receiver.behaviour = lambda _: 200
    again = await house.call(operations.redeliver, dead.id)
    assert (again.id, again.state, again.attempts) == (dead.id, DeliveryState.WAITING, 0)
    await house.send(silk, pace)
    assert [one.id for one in receiver.taken] == [str(dead.id)]
    assert [one.status for one in await house.attempts(dead)] == [500, 500, 500, 200]
    await house.call(operations.redeliver, dead.id)  # what arrived, too: it may have been lost there
    await house.send(silk, pace)
    assert [one.id for one in receiver.taken] == [str(dead.id)] * 2


async def test_while_a_machine_fails_it_is_tried_one_by_one_after_growing_pauses(
    house: House, receiver: Receiver
) -> None:
    silk, _ = await house.register(receiver.url, "payment.*")
    await house.pay(*(house.payment() for _ in range(40)))
    receiver.behaviour = lambda _: 503
    pace = WebhookPace(timeout_s=1.0, retry_s=3600.0)
    first = await house.send(silk, pace)
    assert first > 1
    assert (await house.endpoint(silk)).failures == 1
    assert await house.send(silk, pace) == 0
    assert silk.id not in await house.call(operations.due_webhooks)
    await house.hurry()
    assert await house.send(silk, pace) == 1
    assert (await house.endpoint(silk)).failures == 2
    receiver.behaviour = lambda _: 200
    await house.hurry()
    assert await house.send(silk, pace) == 1
    assert await house.send(silk, pace) > 1


async def test_where_nothing_arrives_for_days_is_disabled_and_nothing_is_lost(
    house: House, receiver: Receiver
) -> None:
    silk, _ = await house.register(receiver.url, "payment.*")
    await house.pay(house.payment(), house.payment())
    receiver.behaviour = lambda _: 500
    await house.send(silk)
    async with house.database.transaction() as tx:
        await tx.execute("UPDATE webhook_endpoints SET failing_since = now() - interval '6 days'")
    await house.hurry()
    await house.send(silk)
    given_up = await house.endpoint(silk)
    assert given_up.state is EndpointState.DISABLED
    assert "nothing has arrived since" in given_up.reason
    await house.hurry()
    assert await house.send(silk) == 0
    receiver.behaviour = lambda _: 200
    await house.call(operations.change_webhook, silk.id, EndpointChange(state=EndpointState.ACTIVE))
    await house.send(silk)
    assert len(receiver.taken) == 2


async def test_who_says_gone_is_disabled_at_once(house: House, receiver: Receiver) -> None:
    silk, _ = await house.register(receiver.url, "payment.*")
    await house.pay(house.payment())
    receiver.behaviour = lambda _: 410
    await house.send(silk)
    assert (await house.endpoint(silk)).state is EndpointState.DISABLED


async def test_a_test_event_is_sent_whatever_an_endpoint_asked_for(house: House, receiver: Receiver) -> None:
    silk, secret = await house.register(receiver.url, "bulk_order.done")
    made = await house.call(operations.ping_webhook, silk.id, by="erp")
    await house.send(silk)
    told = receiver.taken[0].verified(secret)
    assert (told.id, told.type, told.data["webhook"]) == (made.id, "webhook.ping", str(silk.id))


async def test_several_at_once_send_each_event_once(house: House, receiver: Receiver) -> None:
    silk, _ = await house.register(receiver.url, "payment.*")
    await house.pay(*(house.payment() for _ in range(60)))

    async def work() -> None:
        for _ in range(30):
            await house.send(silk)

    await asyncio.gather(*(work() for _ in range(4)))
    assert len(receiver.received) == len({one.id for one in receiver.received}) == 60


async def test_a_worker_killed_after_sending_sends_again_under_the_same_id(
    house: House, receiver: Receiver
) -> None:
    silk, _ = await house.register(receiver.url, "payment.*")
    await house.pay(house.payment())
    receiver.behaviour = lambda _: "hang"
    task = asyncio.create_task(house.send(silk, replace(QUICK, timeout_s=60.0)))
    await receiver.until(lambda: len(receiver.received) == 1)
    task.cancel()  # the request is with the other side, and nothing was written down
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await house.send(silk) == 0  # as long as the claim lasts
    receiver.behaviour = lambda _: 200
    await house.hurry()
    assert await house.send(silk) == 1
    assert len({one.id for one in receiver.received}) == 1


async def test_pauses_grow_with_jitter_to_half_a_day_and_three_days_in_all() -> None:
    pace = WebhookPace()
    pauses = [pace.pause(attempt).total_seconds() for attempt in range(1, pace.attempts)]
    assert 4 <= pauses[0] <= 6
    assert all(one < other for one, other in pairwise(pauses[:6]))
    assert max(pauses) <= 12 * 3600 * 1.2
    assert 1.5 * 86_400 < sum(pauses) < 4 * 86_400
    assert len({pace.pause(3) for _ in range(20)}) > 1


async def test_old_deliveries_are_forgotten_and_what_waits_is_not(house: House, receiver: Receiver) -> None:
    silk, _ = await house.register(receiver.url, "payment.*")
    await house.pay(*(house.payment() for _ in range(4)))
    await house.send(silk)
    await house.pay(house.payment())
    async with house.database.transaction() as tx:
        await tx.execute(
            "UPDATE webhook_deliveries SET ended_at = now() - make_interval(days =>"
            " CASE place WHEN 1 THEN 29 WHEN 2 THEN 31 WHEN 3 THEN 89 ELSE 91 END),"
            " state = CASE WHEN place > 2 THEN 'dead' ELSE state END"
            " FROM (SELECT id AS found, row_number() OVER (ORDER BY position) AS place"
            " FROM webhook_deliveries WHERE state = 'delivered') AS kept WHERE id = found"
        )
    assert await house.call(operations.forget_old_deliveries) == 2
    assert [str(one.state) for one in await house.deliveries(silk)] == ["delivered", "dead", "waiting"]


def test_a_body_is_the_same_bytes_each_time() -> None:
    at = now()
    made = operations.Delivery(
        cell=101, id=uuid7(), position=1, endpoint=uuid7(), type="payment.settled", subject="x",
        occurred_at=at, data={"amount": {"currency": "JPY", "minor": 5}, "order": None},
        state=DeliveryState.WAITING, attempts=0, due_at=at, ended_at=None,
    )  # fmt: skip
    said = msgspec.json.decode(made.body())
    assert list(said) == ["type", "timestamp", "data"]
    assert said["data"] == {"amount": {"currency": "JPY", "value": "5"}, "order": None}
    assert made.body() == replace(made, attempts=3).body()
