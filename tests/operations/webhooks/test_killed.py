"""Workers killed with SIGKILL at random, while the machine that is told fails, hangs and dies too.

Real processes and real sockets. At the end every event has arrived, those of each payment in order, each
under one webhook-id however often it came; and the log says what happened.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sycee import payments
from sycee.operations import DeliveryState
from tests.long_runs import rounds
from tests.operations.webhooks.conftest import TODAY, House
from tests.operations.webhooks.receiver import Receiver
from tests.payments.rails.processes import Program

PAYMENTS = 12
"""Payments between two kills; half of them are taken back before their day."""


@pytest.fixture
def workers(database_url: str, tmp_path: Path) -> Iterator[list[Program]]:
    """Two workers in a hurry, with the keys of the house."""
    environ = {
        **os.environ, "SYCEE_DATABASE_URL": database_url, "SYCEE_DATA_DIR": str(tmp_path),
        "SYCEE_WORKER_POLL_MS": "20", "SYCEE_WEBHOOK_TIMEOUT_MS": "1000", "SYCEE_WEBHOOK_RETRY_MS": "1",
        "SYCEE_WEBHOOKS_ANYWHERE": "on",
    }  # fmt: skip
    running = [Program(["-m", "sycee.main.worker"], environ, tmp_path / f"{name}.log") for name in "ab"]
    yield running
    for program in running:
        program.kill()


async def test_whatever_is_killed_every_event_arrives_in_order(
    house: House, receiver: Receiver, workers: list[Program]
) -> None:
    dice = random.Random(22)
    silk, secret = await house.register(receiver.url, "payment.*")

    def misbehaves(_: dict[str, Any]) -> int | str:
        return dice.choices((200, 500, "hang", "die", 302), (74, 10, 2, 10, 4))[0]

    receiver.behaviour = misbehaves
    taken_back: set[str] = set()
    settled: set[str] = set()
    for _ in range(rounds(4, 100)):
        later = [house.payment(execute_on=TODAY + timedelta(1)) for _ in range(PAYMENTS // 2)]
        at_once = [house.payment() for _ in range(PAYMENTS // 2)]
        await house.pay(*later, *at_once)
        await house.call(payments.cancel_payments, [one.id for one in later], by="maker")
        taken_back |= {str(one.id) for one in later}
        settled |= {str(one.id) for one in at_once}
        seen = len(receiver.received)
        await receiver.until(lambda seen=seen: len(receiver.received) > seen)  # type: ignore[misc]
        await asyncio.sleep(dice.uniform(0, 0.3))
        victim = dice.choice(workers)
        victim.kill()
        victim.start()
    receiver.behaviour = lambda _: 200
    wanted = 2 * len(taken_back) + len(settled)
    await receiver.until(lambda: len({one.id for one in receiver.taken}) == wanted, within_s=300)

    for one in receiver.received:
        assert str(one.verified(secret).id) == one.id
    first_of = {one.id: one for one in reversed(receiver.taken)}
    order = sorted(first_of.values(), key=receiver.taken.index)
    told = [(one.event["data"]["payment"], one.event["type"]) for one in order]
    for payment in taken_back:
        assert [type_ for subject, type_ in told if subject == payment] == [
            "payment.approved",
            "payment.cancelled",
        ]
    assert {subject for subject, type_ in told if type_ == "payment.settled"} == settled
    for _ in range(600):  # what arrived, and was not written down before a kill, comes once more
        if not await house.deliveries(silk, DeliveryState.WAITING):
            break
        await asyncio.sleep(0.1)
    assert len(await house.deliveries(silk, DeliveryState.DELIVERED)) == wanted
