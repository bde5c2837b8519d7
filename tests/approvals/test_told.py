"""A command hears how its requests ended without being done; one decision by itself is refused aloud."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sycee.approvals import (
    AlreadyDecided,
    ApprovalEnded,
    ApprovalNotFound,
    Decision,
    InvalidDecision,
    OwnApproval,
    decide,
    decide_one,
    expire_approvals,
    withdraw_approvals,
)
from sycee.database import Transaction
from sycee.identity import Caller, Scope
from sycee.kernel.clock import now
from sycee.kernel.ids import uuid7
from tests.approvals.house import a_principal, ask, done, order, say, told


@pytest.fixture(autouse=True)
def _heard_nothing() -> None:
    told.clear()


async def test_a_command_is_told_of_a_no(tx: Transaction, maker: Caller, checker: Caller) -> None:
    asked = await ask(tx, maker, "tests.kept")
    await say(tx, checker, asked, "no", reason="Wrong")
    assert told == [(asked.id, "rejected", checker.principal)]


async def test_a_command_is_told_of_a_withdrawal_once(tx: Transaction, maker: Caller) -> None:
    asked = await ask(tx, maker, "tests.kept")
    for _ in range(2):
        await withdraw_approvals(tx, [asked.id], by=maker)
    assert told == [(asked.id, "withdrawn", maker.principal)]


async def test_a_command_is_told_when_time_ran_out(tx: Transaction, maker: Caller, checker: Caller) -> None:
    swept, met = await ask(tx, maker, "tests.kept"), await ask(tx, maker, "tests.kept")
    later = now() + timedelta(days=31)
    assert await expire_approvals(tx, limit=1, at=later) == 1
    assert told == [(swept.id, "expired", None)]
    late = Decision(approval=met.id, vote="yes", digest=met.digest)
    assert (await decide(tx, [late], by=checker, at=later))[0].code == "approval_expired"
    assert told[1:] == [(met.id, "expired", None)]


async def test_a_command_is_told_of_a_failure_and_not_of_what_was_done(
    tx: Transaction, maker: Caller, checker: Caller
) -> None:
    fine = await ask(tx, maker, "tests.kept")
    refused = await ask(tx, maker, "tests.kept", order(end="refuse"))
    assert (await say(tx, checker, fine)).state == "executed"
    assert (await say(tx, checker, refused)).state == "failed"
    assert told == [(refused.id, "failed", checker.principal)]


async def test_one_decision_returns_what_became_of_the_request(
    tx: Transaction, maker: Caller, checker: Caller
) -> None:
    fine, refused = await ask(tx, maker), await ask(tx, maker, payload=order(end="refuse"))
    assert (await decide_one(tx, fine.id, "yes", by=checker)).state == "executed"
    failed = await decide_one(tx, refused.id, "yes", by=checker)
    assert (failed.state, failed.code) == ("failed", "test_refused")
    assert await done(tx) == [fine.id]


async def test_one_decision_that_is_refused_says_why(tx: Transaction, maker: Caller, checker: Caller) -> None:
    asked = await ask(tx, maker, "tests.strict")
    with pytest.raises(OwnApproval):
        await decide_one(tx, asked.id, "yes", by=maker)
    with pytest.raises(InvalidDecision, match="say why"):
        await decide_one(tx, asked.id, "no", by=checker)
    with pytest.raises(ApprovalNotFound):
        await decide_one(tx, uuid7(), "yes", by=checker)
    assert (await decide_one(tx, asked.id, "yes", by=checker)).state == "waiting"
    with pytest.raises(AlreadyDecided):
        await decide_one(tx, asked.id, "no", by=checker, reason="On second thoughts")
    other = await a_principal(tx, Scope.APPROVALS_DECIDE)
    await decide_one(tx, asked.id, "no", by=other, reason="Wrong")
    with pytest.raises(ApprovalEnded):
        await decide_one(tx, asked.id, "yes", by=await a_principal(tx, Scope.APPROVALS_DECIDE))
    assert await done(tx) == []
