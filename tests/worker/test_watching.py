"""How the bank stands, as workers tell it: true at the moment of the look, and kept when a look fails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client import CollectorRegistry

from sycee import operations
from sycee.database import Database
from sycee.worker import WatchAtWork
from tests.payments.rails.bank import CELL, DAY, RAIL, ConnectedBank, new_payment


def told(registry: CollectorRegistry) -> Callable[..., float | None]:
    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"sycee_{name}", labels)

    return value


async def test_messages_of_rails_are_told_by_what_is_to_be_done(database: Database, tmp_path: Path) -> None:
    bank = await ConnectedBank.open(database, tmp_path / "central-bank.sqlite")
    registry = CollectorRegistry()
    watch, value = WatchAtWork(database, registry), told(registry)
    assert value("rail_unanswered", rail=RAIL) is None  # nobody has looked yet
    assert value("watch_timestamp_seconds") == 0
    await bank.pay(new_payment(bank.accounts[0], 12_345))
    await watch.once()
    assert value("queue_items", queue="payments_to_send") == 1
    assert value("rail_unanswered", rail=RAIL) == 0
    await bank.worker.write()
    await watch.once()
    assert value("queue_items", queue="payments_to_send") == 0
    assert value("rail_messages", rail=RAIL, state="to_deliver") == 1
    assert value("rail_unanswered", rail=RAIL) == 1
    assert (value("rail_oldest_unanswered_seconds", rail=RAIL) or 0) > 0
    await bank.worker.deliver()
    await bank.worker.collect()
    await watch.once()
    assert value("rail_messages", rail=RAIL, state="to_deliver") == 0
    assert value("rail_messages", rail=RAIL, state="to_process") == 1
    await bank.rounds(2)
    await watch.once()
    assert value("rail_unanswered", rail=RAIL) == 0
    assert value("rail_oldest_unanswered_seconds", rail=RAIL) == 0
    await bank.close()


async def test_the_end_of_a_day_its_dates_and_its_seal_are_told(database: Database, tmp_path: Path) -> None:
    bank = await ConnectedBank.open(database, tmp_path / "central-bank.sqlite")
    registry = CollectorRegistry()
    watch, value, cell = WatchAtWork(database, registry), told(registry), str(CELL)
    await watch.once()
    today = datetime.now(UTC).date()
    assert value("business_date_behind_days", cell=cell) == (today - DAY).days
    assert value("end_of_day", cell=cell, state="finished") == 1
    assert value("end_of_day_duration_seconds", cell=cell) is None
    assert value("seal_unsigned", cell=cell) == 0
    run = await operations.close_day(database, CELL, by="test")
    await watch.once()
    assert run.finished_at is not None
    took = (run.finished_at - run.started_at).total_seconds()
    assert abs((value("end_of_day_duration_seconds", cell=cell) or 0) - took) < 0.001
    assert value("business_date_behind_days", cell=cell) == (today - DAY).days - 1
    assert value("seal_unsigned", cell=cell) == 1  # nobody signs here: the API does
    await bank.close()


async def test_a_look_that_fails_keeps_what_was_seen_and_its_time(database: Database, tmp_path: Path) -> None:
    bank = await ConnectedBank.open(database, tmp_path / "central-bank.sqlite")
    registry = CollectorRegistry()
    watch, value = WatchAtWork(database, registry), told(registry)
    await watch.once()
    seen_at = value("watch_timestamp_seconds")
    async with database.transaction() as tx:
        await tx.execute("ALTER TABLE rail_cases RENAME TO rail_cases_hidden")
    await watch.once()
    assert value("watch_failures_total") == 1
    assert value("watch_timestamp_seconds") == seen_at
    assert value("queue_items", queue="approvals") == 0
    await bank.close()
