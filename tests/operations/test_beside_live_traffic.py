"""Nothing stops for the end of a day: posting goes on while it runs, and belongs to the next day."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import count

from sycee import ledger
from sycee.database import Database, Transaction
from sycee.operations import STEPS, StatementContent, Step, close_day, get_document, list_documents
from tests.ledger.reading_back import check_proofs
from tests.operations.own_steps import WalkingStep, make_table
from tests.operations.small_bank import (
    FIRST_DAY,
    SHANGHAI,
    customer_account,
    found_bank,
    post,
    traffic,
)

MONTH_END = FIRST_DAY + timedelta(days=1)


async def test_lists_are_posted_between_and_beside_the_steps_of_an_end_of_day(database: Database) -> None:
    await found_bank(database, on=MONTH_END, accounts=20)
    await make_table(database)
    await post(database, traffic(SHANGHAI, "before", accounts=20, count=200))
    accepted: list[int] = []
    over = asyncio.Event()

    async def live() -> None:
        for turn in count():
            if over.is_set():
                return
            accepted.append(await post(database, traffic(SHANGHAI, f"live {turn}", accounts=20)))

    async def pause(_: int) -> None:
        await asyncio.sleep(0.02)

    posting = asyncio.create_task(live())
    steps: list[Step] = [WalkingStep("slow", between=pause), *STEPS]
    run = await close_day(database, SHANGHAI, by="test", steps=steps)
    over.set()
    await posting
    assert (run.state, run.failed) == ("finished", 0)
    assert len(accepted) > 3 and all(accepted)
    await check_proofs(database)
    async with database.transaction() as tx:
        for serial in range(1, 21):
            await _agrees(tx, customer_account(SHANGHAI, serial))


async def _agrees(tx: Transaction, number: int) -> None:
    """The statement has what was posted by the end of the day, and nothing that came beside it."""
    balance = await ledger.balance(tx, number, at=MONTH_END)
    statement, confirmation = sorted(await list_documents(tx, number), key=lambda one: one.kind, reverse=True)
    content = (await get_document(tx, number, statement.id)).content
    assert isinstance(content, StatementContent)
    assert content.closing == f"{balance.balance // 100}.{balance.balance % 100:02d}"
    assert {line.business_date for line in content.lines} <= {MONTH_END}
    confirmed = (await get_document(tx, number, confirmation.id)).content
    assert getattr(confirmed, "balance", None) == content.closing
