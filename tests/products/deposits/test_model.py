"""Random lives of notice and time deposits: the bank and the model agree on every fen and every refusal."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from sycee.kernel.errors import SyceeError
from sycee.parties import DueDiligenceOutcome, RiskGrade, record_due_diligence
from sycee.products import Deposit
from tests.long_runs import rounds
from tests.parties.people import BY
from tests.products.deposits.counter import Counter, yuan
from tests.products.deposits.model import NoticeModel, Refused, TimeModel

FIRST_CHANGE = date(2026, 2, 1)
CHANGES = 200
BASES = {"demand": Decimal("0.20"), "notice.7d": Decimal("1.10"), "time.3m": Decimal("0.95")}


def rate(key: str, day: date) -> Decimal:
    """The rates of the test: another one every 45 days, from 0.05 below to 0.15 above the first."""
    if day < FIRST_CHANGE:
        return BASES[key]
    change = min((day - FIRST_CHANGE).days // 45, CHANGES - 1)
    return BASES[key] + Decimal((change * 7 + len(key)) % 5 - 1) * Decimal("0.05")


async def prepare(counter: Counter) -> None:
    """Rates and due diligence for as long as random lives may take."""
    if (await counter.today()) >= FIRST_CHANGE:
        return
    for n in range(CHANGES):
        start = FIRST_CHANGE + timedelta(45 * n)
        await counter.rates(start, **{key.replace(".", "_"): str(rate(key, start)) for key in BASES})
    async with counter.database.transaction() as tx:
        await record_due_diligence(
            tx, counter.silk.id, DueDiligenceOutcome.PASSED, date(2190, 1, 1), RiskGrade.LOW, by=BY
        )
    await counter.advance(FIRST_CHANGE)


def lives(count: int, long: int) -> settings:
    """How many lives to live."""
    return settings(
        max_examples=rounds(count, long),
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


async def same(said: Any, expected: Any) -> Any:
    """Both do it, or both refuse with the same code; returns what both have done."""
    refusal: str | None = None
    found: Any = None
    try:
        found = await said
    except SyceeError as error:
        refusal = error.code
    try:
        model = expected()
    except Refused as error:
        assert refusal == error.code  # noqa: PT017 - either may refuse
        return None
    assert refusal is None, refusal
    return found, model


amounts = st.sampled_from(
    [1, 99_999_99, 100_000_00, 250_000_00, 333_333_33, 700_000_00, 1_000_000_00, 10**15]
)
notice_steps = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.integers(1, 12)),
        st.tuples(st.just("wait"), st.just(7)),
        st.tuples(st.just("give"), amounts, st.integers(6, 9)),
        st.tuples(st.just("give"), amounts, st.just(7)),
        st.tuples(st.just("cancel")),
        st.tuples(st.just("withdraw"), amounts),
    ),
    min_size=3,
    max_size=9,
)


async def live_on_notice(
    counter: Counter, deposit: Deposit, model: NoticeModel, step: tuple[Any, ...]
) -> None:
    """One step of a notice deposit's life."""
    today = await counter.today()
    match step:
        case ("wait", days):
            await counter.pass_days(days)
        case ("give", amount, ahead):
            pay_on = today + timedelta(ahead)
            await same(
                counter.give_notice(deposit, amount, pay_on), lambda: model.give(today, amount, pay_on)
            )
        case ("cancel",) if model.notice is not None:
            standing = (await counter.deposit(deposit.id)).notice
            assert standing is not None
            await counter.cancel_notice(deposit, standing.id)
            model.cancel()
        case ("withdraw", amount):
            both = await same(counter.withdraw(deposit, amount), lambda: model.withdraw(today, amount))
            if both is not None:
                assert (both[0].event.amount, both[0].event.interest) == both[1]


@lives(60, 3_000)
@given(steps=notice_steps, amount=st.sampled_from([yuan(500_000), yuan("1234567.89"), yuan(3_000_000)]))
async def test_notice_deposits_live_as_in_the_model(
    counter: Counter, steps: list[tuple[Any, ...]], amount: int
) -> None:
    await prepare(counter)
    deposit = await counter.place("notice-7d", amount)
    model = NoticeModel(amount, await counter.today(), rate)
    note(f"{model.start} {amount}")
    for step in steps:
        if model.balance:
            await live_on_notice(counter, deposit, model, step)
            found = await counter.deposit(deposit.id)
            assert found.principal == model.balance
            assert (found.notice is None) == (model.notice is None)
            if found.notice is not None and model.notice is not None:
                assert (found.notice.pay_on, found.notice.amount) == model.notice[1:]
    if model.balance:
        await counter.pass_days(3)
        done = await counter.withdraw(deposit)
        assert (done.event.amount, done.event.interest) == model.withdraw(
            await counter.today(), model.balance
        )


modes = st.sampled_from(["principal_and_interest", "principal", "none", "pay_out"])
time_steps = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.integers(1, 70), st.booleans()),
        st.tuples(st.just("wait"), st.integers(60, 100), st.just(value=True)),
        st.tuples(st.just("instruct"), modes),
        st.tuples(st.just("withdraw"), amounts),
    ),
    min_size=3,
    max_size=8,
)


async def live_for_a_term(
    counter: Counter, deposit: Deposit, model: TimeModel, step: tuple[Any, ...]
) -> None:
    """One step of a time deposit's life."""
    today = await counter.today()
    match step:
        case ("wait", days, ends):
            before = await counter.balance(counter.silk.basic)
            paid = model.paid
            await counter.pass_days(days, due=ends)
            if ends:
                model.end_day(today + timedelta(days))
            assert await counter.balance(counter.silk.basic) - before == model.paid - paid
        case ("instruct", mode):
            await same(counter.instruct(deposit, mode), lambda: model.instruct(today, mode))
        case ("withdraw", amount):
            both = await same(counter.withdraw(deposit, amount), lambda: model.withdraw(today, amount))
            if both is not None:
                assert both[0].event.interest == both[1]


@lives(60, 3_000)
@given(steps=time_steps, amount=st.sampled_from([yuan(500_000), yuan("1234567.89")]), mode=modes)
async def test_time_deposits_live_as_in_the_model(
    counter: Counter, steps: list[tuple[Any, ...]], amount: int, mode: str
) -> None:
    await prepare(counter)
    deposit = await counter.place("time-3m", amount, renewal=mode)
    model = TimeModel(amount, await counter.today(), rate, mode)
    note(f"{model.start} {amount} {mode}")
    for step in steps:
        await live_for_a_term(counter, deposit, model, step)
        found = await counter.deposit(deposit.id)
        assert (found.principal, found.start) == (model.balance, model.start)
    if model.balance:
        await counter.pass_days(3, due=False)
        done = await counter.withdraw(deposit)
        assert done.event.interest == model.withdraw(await counter.today(), model.balance)
