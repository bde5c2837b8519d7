"""Deposits and the books of interest: what they accrue day by day agrees with what their own rules pay."""

from __future__ import annotations

from datetime import date, timedelta

from sycee import products
from sycee.kernel.ids import uuid7
from tests.parties.people import BY
from tests.products.deposits.counter import TODAY, Counter, yuan

STEPS = (
    products.feed_balances,
    products.reaccrue,
    products.accrue,
    products.run_due_deposits,
    products.settle_due,
)


async def close_days(counter: Counter, to: date) -> None:
    """End the days up to a date, five at a time, with all that the end of a day does about interest."""
    day = await counter.today()
    while day < to:
        following = min(day + timedelta(5), to)
        await counter.advance(following, due=False)
        for cell in (101, 102):
            for step in STEPS:
                done = await step(counter.database, cell, day, following)
                assert done.failures == (), (step, done.failures)
        day = following


async def test_the_books_of_interest_hold_through_the_lives_of_deposits(counter: Counter) -> None:
    notice = await counter.place("notice-7d", yuan(5_000_000))
    time = await counter.place("time-3m", yuan(3_000_000))
    waiting = await counter.place("time-3m", yuan(2_000_000), renewal="none")
    monthly = await counter.place("time-1y-monthly", yuan(1_000_000))
    certificate = await counter.place("large-cd-1y-floating", yuan(20_000_000))
    fixed = await counter.place("large-cd-1y", yuan(10_000_000))
    await counter.place(
        "margin-bank-acceptance",
        yuan(3_000_000),
        maturity=date(2026, 7, 5),
        obligation="Acceptance 2026-0017",
        obliged=yuan(10_000_000),
    )
    await counter.rates(date(2026, 3, 10), shibor_3m="1.90", notice_7d="1.15", demand="0.15")
    await close_days(counter, TODAY + timedelta(40))
    await counter.withdraw(notice, yuan(1_000_000))
    await counter.withdraw(time, yuan(500_000))
    await counter.give_notice(await counter.deposit(notice.id), yuan(2_000_000))
    await close_days(counter, TODAY + timedelta(47))
    await counter.withdraw(notice, yuan(2_000_000))
    request = products.CertificateTransfer(
        id=uuid7(),
        deposit=fixed.id,
        price=yuan(10_015_000),
        pay_from=counter.jade.general,
        pay_to=counter.silk.general,
        signers=(counter.silk.signer,),
        buyer_signers=(counter.jade.signer,),
    )
    async with counter.database.transaction() as tx:
        await products.transfer_certificate(tx, request, by=BY)
    await close_days(counter, TODAY + timedelta(120))
    assert (await counter.deposit(time.id)).renewed == 1
    assert len((await counter.deposit(certificate.id)).rates) == 2
    assert "interest_paid" in await counter.events(monthly.id)
    await counter.withdraw(waiting)
    await close_days(counter, TODAY + timedelta(370))
    results = await products.check_interest(counter.database)
    assert [(one.name, one.detail) for one in results if not one.passed] == []
