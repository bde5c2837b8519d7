"""Direct debits: checked against their mandate, taken once, refused, tried again, given back."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from sycee import ledger, payments
from sycee.kernel.ids import uuid7
from sycee.payments import Instructor, debits
from sycee.payments.debits import NewDebitTerms
from tests.payments.conftest import TODAY
from tests.payments.debits.conftest import OFFICER, Till, debit_under
from tests.payments.orders.conftest import pay

MONDAY = date(2026, 11, 23)


async def test_a_debit_of_today_is_settled_at_once(till: Till) -> None:
    mandate = await till.signed()
    new = debit_under(mandate, 30_00, end_to_end_id="E-1", remittance="十一月电费")
    (outcome,) = await till.collect(new)
    assert (outcome.state, outcome.due_on, outcome.code) == ("settled", TODAY, None)
    assert (await till.bank.balance(till.credit), await till.bank.balance(till.debit)) == (130_00, 970_00)
    found = await till.debit_of(new.id)
    assert found.refund_until == TODAY + timedelta(days=56)
    assert await till.steps(new.id) == [("waiting", "creditor", None), ("settled", "bank", None)]


async def test_the_same_debit_sent_twice_is_taken_once(till: Till) -> None:
    mandate = await till.signed()
    new = debit_under(mandate)
    first, twice = await till.collect(new, new)
    assert (first.duplicate, twice.duplicate, twice.state) == (False, True, "settled")
    (again,) = await till.collect(new)
    assert (again.duplicate, again.state) == (True, "settled")
    (other,) = await till.collect(debit_under(mandate, 11_00, id=new.id))
    assert (other.code, other.kept) == ("id_reused", False)
    assert await till.bank.balance(till.credit) == 110_00


async def test_the_same_list_sent_side_by_side_is_taken_once(till: Till) -> None:
    mandate = await till.signed()
    wanted = [debit_under(mandate, 1_00) for _ in range(20)]
    lists = await asyncio.gather(*(till.collect(*wanted) for _ in range(4)))
    assert sorted(sum(not one.duplicate for one in outcomes) for outcomes in lists) == [0, 0, 0, 20]
    assert await till.bank.balance(till.credit) == 120_00


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"mandate_reference": "none"}, "debit_mandate_not_found"),
        ({"debit_account": 100000000000000019}, "mandate_mismatch"),
        ({"currency": "USD"}, "currency_mismatch"),
        ({"currency": "ZZZ"}, "unknown_currency"),
        ({"amount": 0}, "invalid_amount"),
        ({"due_on": date(2026, 11, 19)}, "execution_date_past"),
        ({"due_on": date(2026, 12, 31)}, "mandate_expired"),
        ({"due_on": date(2099, 1, 5)}, "calendar_not_published"),
        ({"retry_days": 11}, "retry_too_long"),
        ({"remittance": "x" * 501}, "text_too_long"),
        ({"end_to_end_id": "a\x00"}, "invalid_text"),
    ],
)
async def test_what_no_mandate_allows_is_not_kept(till: Till, fields: dict[str, Any], code: str) -> None:
    mandate = await till.signed(valid_to=date(2026, 12, 30))
    amount = fields.pop("amount", 10_00)
    (outcome,) = await till.collect(debit_under(mandate, amount, **fields))
    assert (outcome.code, outcome.kept) == (code, False)
    assert await till.bank.count("direct_debits") == 0


async def test_an_unsigned_mandate_allows_nothing(till: Till) -> None:
    (outcome,) = await till.collect(debit_under(await till.propose()))
    assert (outcome.code, outcome.kept) == ("mandate_not_signed", False)


async def test_a_list_of_all_or_nothing_is_refused_with_one_of_it(till: Till) -> None:
    mandate = await till.signed()
    good, bad = debit_under(mandate), debit_under(mandate, 0)
    outcomes = await till.collect(good, bad, all_or_nothing=True)
    assert [one.code for one in outcomes] == ["order_refused", "invalid_amount"]
    assert (await till.bank.count("direct_debits"), await till.bank.balance(till.credit)) == (0, 100_00)


async def test_limits_bound_a_debit_a_day_a_month_and_the_number(till: Till) -> None:
    mandate = await till.signed(per_debit=50_00, per_day=80_00, per_month=100_00, debits_most=4)
    later = date(2026, 11, 30)
    wanted = [
        debit_under(mandate, 50_01),
        debit_under(mandate, 50_00),
        debit_under(mandate, 30_01),
        debit_under(mandate, 30_00),
        debit_under(mandate, 20_01, due_on=later),
        debit_under(mandate, 20_00, due_on=later),
        debit_under(mandate, 50_00, due_on=date(2026, 12, 1)),
        debit_under(mandate, 1, due_on=date(2026, 12, 1)),
    ]
    outcomes = await till.collect(*wanted)
    assert [one.code for one in outcomes] == [
        "mandate_limit",
        None,
        "mandate_limit",
        None,
        "mandate_limit",
        None,
        None,
        "mandate_used_up",
    ]


async def test_a_one_off_mandate_allows_one_debit_that_is_taken(till: Till) -> None:
    mandate = await till.signed(recurring=False)
    (refused,) = await till.collect(debit_under(mandate, 2_000_00))
    assert (refused.state, refused.code, refused.kept) == ("rejected", "insufficient_funds", True)
    first, second = await till.collect(debit_under(mandate), debit_under(mandate))
    assert (first.state, second.code) == ("settled", "mandate_used_up")


async def test_two_lists_side_by_side_do_not_exceed_the_months_limit(till: Till) -> None:
    mandate = await till.signed(per_month=100_00)
    lists = [[debit_under(mandate, 15_00) for _ in range(4)] for _ in range(4)]
    outcomes = await asyncio.gather(*(till.collect(*wanted) for wanted in lists))
    taken = sum(one.state == "settled" for told in outcomes for one in told)
    assert taken == 6
    assert await till.bank.balance(till.credit) == 190_00


async def test_a_day_off_is_moved_to_the_next_business_day(till: Till) -> None:
    mandate = await till.signed()
    (outcome,) = await till.collect(debit_under(mandate, due_on=date(2026, 11, 21)))  # a Saturday
    assert (outcome.state, outcome.due_on) == ("waiting", MONDAY)
    assert await till.sweep() == 0
    await till.day(MONDAY)
    assert await till.sweep() == 1
    assert (await till.debit_of(outcome.id)).state == "settled"
    assert await till.sweep() == 0


async def test_without_funds_it_is_tried_again_as_long_as_the_payee_chose(till: Till) -> None:
    mandate = await till.signed()
    new = debit_under(mandate, 1_500_00, retry_days=2)
    (outcome,) = await till.collect(new)
    assert (outcome.state, outcome.code) == ("waiting", "insufficient_funds")
    assert (await till.debit_of(new.id)).taken_on == MONDAY
    for day in (MONDAY, date(2026, 11, 24)):
        await till.day(day)
        assert await till.sweep() == 1
    found = await till.debit_of(new.id)
    assert (found.state, found.reason_code, found.tries) == ("rejected", "insufficient_funds", 3)
    assert [step[0] for step in await till.steps(new.id)] == ["waiting"] * 3 + ["rejected"]


async def test_funds_that_come_in_time_settle_it(till: Till) -> None:
    mandate = await till.signed(per_day=1_500_00)
    new = debit_under(mandate, 1_500_00, retry_days=2)
    await till.collect(new)
    rich = await till.bank.open("CNY", 9_000_00)
    await till.call(payments.submit_payments, [pay(rich, till.debit, 500_00)], by="maker")
    await till.day(MONDAY)
    await till.sweep()
    found = await till.debit_of(new.id)
    assert (found.state, found.taken_on) == ("settled", MONDAY)


async def test_a_debit_that_waits_counts_to_the_month_in_which_it_is_tried(till: Till) -> None:
    mandate = await till.signed(per_month=1_500_00)
    await till.day(date(2026, 11, 30))
    late = debit_under(mandate, 1_500_00, retry_days=1)
    (outcome,) = await till.collect(late)
    assert outcome.state == "waiting"
    november, december = await till.collect(
        debit_under(mandate, 900_00), debit_under(mandate, 1, due_on=date(2026, 12, 1))
    )
    assert (november.state, december.code) == ("settled", "mandate_limit")


async def test_what_the_sweep_finds_late_counts_to_the_day_it_is_taken(till: Till) -> None:
    mandate = await till.signed(per_month=100_00)
    (old,) = await till.collect(debit_under(mandate, 60_00, due_on=date(2026, 11, 30)))
    (new,) = await till.collect(debit_under(mandate, 60_00, due_on=date(2026, 12, 1)))
    await till.day(date(2026, 12, 1))
    await till.sweep()
    states = {(await till.debit_of(one.id)).state for one in (old, new)}
    assert states == {"rejected", "settled"}
    assert await till.bank.balance(till.credit) == 160_00


async def test_sweeps_side_by_side_take_each_debit_once(till: Till) -> None:
    mandate = await till.signed()
    await till.collect(*[debit_under(mandate, 1_00, due_on=MONDAY) for _ in range(30)])
    await till.day(MONDAY)
    await asyncio.gather(*(till.sweep() for _ in range(4)))
    await till.sweep()
    assert await till.bank.balance(till.credit) == 130_00


async def test_the_payer_refuses_one_debit_before_its_day(till: Till) -> None:
    mandate = await till.signed()
    waiting, other = await till.collect(*[debit_under(mandate, due_on=MONDAY) for _ in range(2)])
    (not_yours,) = await till.as_payee(debits.refuse_debits, [waiting.id], reason="x")
    assert not_yours.code == "not_possible"
    (refused,) = await till.as_payer(debits.refuse_debits, [waiting.id], reason="never ordered")
    (again,) = await till.as_payer(debits.refuse_debits, [waiting.id], reason="never ordered")
    assert (refused.state, again.duplicate) == ("refused", True)
    await till.day(MONDAY)
    await till.sweep()
    assert await till.bank.balance(till.credit) == 110_00
    (late,) = await till.as_payer(debits.refuse_debits, [other.id], reason="too late")
    assert late.code == "not_possible"


async def test_the_payer_blocks_a_payee(till: Till) -> None:
    mandate = await till.signed()
    (waiting,) = await till.collect(debit_under(mandate, due_on=MONDAY))
    block = await till.as_payer(
        debits.block_creditor, uuid7(), debtor=till.mill, creditor=till.power, reason="in dispute"
    )
    (outcome,) = await till.collect(debit_under(mandate))
    assert outcome.code == "creditor_blocked"
    await till.day(MONDAY)
    await till.sweep()
    assert (await till.debit_of(waiting.id)).reason_code == "creditor_blocked"
    await till.as_payer(debits.lift_block, block.id, reason="settled")
    (outcome,) = await till.collect(debit_under(mandate))
    assert outcome.state == "settled"


async def test_the_payee_cancels_what_waits(till: Till) -> None:
    mandate = await till.signed(per_month=10_00)
    (waiting,) = await till.collect(debit_under(mandate, due_on=MONDAY))
    (cancelled,) = await till.as_payee(debits.cancel_debits, [waiting.id], reason="wrong amount")
    assert cancelled.state == "cancelled"
    (instead,) = await till.collect(debit_under(mandate, due_on=MONDAY))
    assert instead.state == "waiting"


async def test_the_payer_has_a_debit_returned_within_the_window(till: Till) -> None:
    mandate = await till.signed(per_month=10_00)
    new = debit_under(mandate)
    await till.collect(new)
    (theirs,) = await till.as_payee(debits.return_debits, [new.id], reason="x")
    assert theirs.code == "not_possible"
    first, again = await asyncio.gather(
        *(till.as_payer(debits.return_debits, [new.id], reason="not agreed") for _ in range(2))
    )
    assert sorted([first[0].duplicate, again[0].duplicate]) == [False, True]
    assert (await till.bank.balance(till.credit), await till.bank.balance(till.debit)) == (100_00, 1_000_00)
    found = await till.debit_of(new.id)
    assert (found.state, found.reason_code, found.reason) == ("returned", "refunded", "not agreed")
    (more,) = await till.collect(debit_under(mandate))
    assert more.code == "mandate_limit"  # what was taken counts, though it came back


async def test_after_the_window_nothing_is_returned(till: Till) -> None:
    mandate = await till.signed()
    terms = NewDebitTerms(
        valid_from=TODAY + timedelta(days=1), calendar="CN", refund_days=3, retry_days_most=1
    )
    await till.call(debits.set_debit_terms, terms, by="officer")
    old = debit_under(mandate)
    await till.collect(old)
    await till.day(MONDAY)
    new = debit_under(mandate)
    await till.collect(new)
    await till.day(MONDAY + timedelta(days=4))
    (late,) = await till.as_payer(debits.return_debits, [new.id], reason="x")
    (kept,) = await till.as_payer(debits.return_debits, [old.id], reason="x")
    assert (late.code, kept.state) == ("refund_too_late", "returned")  # as the terms were when it was taken


async def test_a_return_that_the_payee_cannot_cover_changes_nothing(till: Till) -> None:
    mandate = await till.signed()
    new = debit_under(mandate)
    await till.collect(new)
    elsewhere = await till.bank.open("CNY")
    await till.call(payments.submit_payments, [pay(till.credit, elsewhere, 105_00)], by="maker")
    (outcome,) = await till.as_payer(debits.return_debits, [new.id], reason="x")
    assert (outcome.state, outcome.code) == ("settled", "insufficient_funds")
    assert "5.00" not in str(outcome.detail)
    assert (await till.debit_of(new.id)).state == "settled"


async def test_the_payee_reverses_what_it_took(till: Till) -> None:
    mandate = await till.signed()
    new = debit_under(mandate)
    await till.collect(new)
    (theirs,) = await till.as_payer(debits.reverse_debits, [new.id], reason="x")
    assert theirs.code == "not_possible"
    (outcome,) = await till.as_payee(debits.reverse_debits, [new.id], reason="billed twice")
    assert outcome.state == "reversed"
    (returned,) = await till.as_payer(debits.return_debits, [new.id], reason="x")
    assert returned.code == "not_possible"
    assert await till.bank.balance(till.debit) == 1_000_00


async def test_nobody_else_touches_or_sees_a_debit(till: Till) -> None:
    mandate = await till.signed()
    new = debit_under(mandate, due_on=MONDAY)
    await till.collect(new)
    by = Instructor("reef", till.reef)
    for act in (
        debits.refuse_debits,
        debits.cancel_debits,
        debits.return_debits,
        debits.reverse_debits,
    ):
        for acting_for in (till.reef, None):
            (outcome,) = await till.call(act, [new.id], by=by, reason="x", acting_for=acting_for)
            assert outcome.code == "direct_debit_not_found"
    (foreign,) = await till.call(debits.collect, [debit_under(mandate)], by=by, acting_for=till.reef)
    assert foreign.code == "debit_mandate_not_found"
    (debtors,) = await till.as_payer(debits.collect, [debit_under(mandate)])
    assert debtors.code == "debit_mandate_not_found"
    for customer, seen in ((till.power, 1), (till.mill, 1), (till.reef, 0)):
        assert len(await till.call(debits.list_direct_debits, acting_for=customer)) == seen
    assert (await till.debit_of(new.id)).state == "waiting"


async def test_the_payee_learns_nothing_of_the_payers_account(till: Till) -> None:
    mandate = await till.signed()
    (poor,) = await till.collect(debit_under(mandate, 1_000_01))
    assert "1000" not in str(poor.detail).replace(",", "")
    await till.freeze(till.debit)
    (blocked,) = await till.collect(debit_under(mandate))
    assert (blocked.code, blocked.detail) == ("account_blocked", "an account is blocked")


async def test_an_account_under_supervision_is_not_debited(till: Till) -> None:
    mandate = await till.signed()
    supervised = ledger.AccountStatus.SUPERVISED
    await till.call(
        ledger.change_account, till.debit, status=supervised, supervision=True, reason="under supervision"
    )
    (outcome,) = await till.collect(debit_under(mandate))
    assert (outcome.state, outcome.code, debits.iso_reason(outcome.code or "")) == (
        "rejected",
        "debit_forbidden",
        "AG01",
    )
    assert await till.bank.balance(till.credit) == 100_00


async def test_screening_stops_a_debit_until_somebody_decides(till: Till) -> None:
    mandate = await till.signed()
    await till.call(payments.load_screening_names, ["Power Grid Ltd"], name="own", by="test")
    one, other = debit_under(mandate), debit_under(mandate)
    outcomes = await till.collect(one, other)
    assert [str(outcome.state) for outcome in outcomes] == ["stopped", "stopped"]
    (released,) = await till.call(debits.release_stopped_debits, [one.id], by="clerk", reason="other")
    (refused,) = await till.call(debits.refuse_stopped_debits, [other.id], by="clerk", reason="the same")
    assert (released.state, refused.state) == ("settled", "rejected")
    assert await till.bank.balance(till.credit) == 110_00


async def test_what_nobody_can_screen_waits_for_the_next_sweep(till: Till) -> None:
    mandate = await till.signed()
    payments.forget_screener(payments.screen_names)
    try:
        (outcome,) = await till.collect(debit_under(mandate))
        assert (outcome.state, outcome.code) == ("waiting", None)
        assert await till.sweep() == 0
    finally:
        payments.register_screener(payments.screen_names)
    assert await till.sweep() == 1
    assert (await till.debit_of(outcome.id)).state == "settled"


async def test_the_bank_acts_for_either_side(till: Till) -> None:
    mandate = await till.signed()
    new = debit_under(mandate)
    (outcome,) = await till.call(debits.collect, [new], by=OFFICER)
    assert outcome.state == "settled"
    (returned,) = await till.call(debits.return_debits, [new.id], by=OFFICER, reason="asked by letter")
    assert returned.state == "returned"
    assert (await till.steps(new.id))[-1] == ("returned", "bank", "refunded")
