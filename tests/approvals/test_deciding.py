"""One asks, another agrees, and it is done once: what was asked for, byte for byte."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from sycee.approvals import (
    ActorNotActive,
    ApprovalEnded,
    ApprovalIdReused,
    ApprovalNotFound,
    Decision,
    ForeignCustomer,
    InvalidApproval,
    InvalidDecision,
    MakerNotEntitled,
    NotTheMaker,
    UnknownCommand,
    approval_detail,
    approval_trail,
    decide,
    expire_approvals,
    get_approval,
    inbox,
    request_approval,
    request_approvals,
    withdraw_approvals,
)
from sycee.approvals import NewApproval as New
from sycee.database import Transaction
from sycee.identity import Caller, Scope, suspend_principal
from sycee.kernel.clock import now
from sycee.kernel.ids import uuid7
from tests.approvals.house import CHECKER, MAKER, Gone, Keepers, Refused, a_principal, ask, done, order, say


async def test_what_one_asks_for_is_done_when_another_agrees(
    tx: Transaction, maker: Caller, checker: Caller
) -> None:
    asked = await ask(tx, maker)
    assert (asked.state, asked.digest) == ("waiting", hashlib.sha256(order()).digest())
    assert await done(tx) == []
    outcome = await say(tx, checker, asked)
    assert (outcome.accepted, outcome.state, outcome.lacking) == (True, "executed", ())
    assert await done(tx) == [asked.id]
    kept = await get_approval(tx, asked.id, by=maker)
    assert (kept.payload, kept.result, kept.state) == (order(), b'{"number":1}', "executed")


async def test_where_nobody_else_is_asked_it_is_done_at_once(tx: Transaction, maker: Caller) -> None:
    asked = await ask(tx, maker, "tests.free")
    assert (asked.state, asked.result) == ("executed", b'{"number":1}')
    assert await done(tx) == [asked.id]


async def test_what_is_refused_at_once_is_raised_as_it_is(tx: Transaction, maker: Caller) -> None:
    with pytest.raises(Refused, match="order 7"):
        await ask(tx, maker, "tests.free", number=7, end="refuse")


async def test_what_is_refused_after_a_yes_fails_with_its_reason_and_leaves_nothing(
    tx: Transaction, maker: Caller, checker: Caller
) -> None:
    asked = await ask(tx, maker, end="refuse")
    outcome = await say(tx, checker, asked)
    assert (outcome.accepted, outcome.state, outcome.code) == (True, "failed", "test_refused")
    assert outcome.detail == "order 1 is refused"
    assert await done(tx) == []


async def test_a_part_that_does_not_answer_undoes_the_yes_as_well(
    bank: Any, maker: Caller, checker: Caller, tx: Transaction
) -> None:
    asked = await ask(tx, maker, end="gone")
    with pytest.raises(Gone):
        async with tx.transaction():
            await say(tx, checker, asked)
    detail = await approval_detail(tx, asked.id, by=maker)
    assert (detail.approval.state, detail.votes) == ("waiting", ())


async def test_the_same_id_with_the_same_content_is_the_same_request(
    tx: Transaction, maker: Caller, checker: Caller
) -> None:
    first = await ask(tx, maker)
    assert await ask(tx, maker, id=first.id) == first
    await say(tx, checker, first)
    again = await ask(tx, maker, id=first.id)
    assert (again.state, await done(tx)) == ("executed", [first.id])
    for other in ({"number": 2}, {"command": "tests.other"}):
        with pytest.raises(ApprovalIdReused):
            await ask(tx, maker, id=first.id, **other)
    with pytest.raises(ApprovalIdReused):
        await ask(tx, await a_principal(tx, *MAKER), id=first.id)


async def test_nobody_agrees_to_what_they_asked_for(tx: Transaction) -> None:
    both = await a_principal(tx, *MAKER, *CHECKER)
    asked = await ask(tx, both)
    for vote in ("yes", "no"):
        outcome = await say(tx, both, asked, vote)
        assert (outcome.accepted, outcome.code) == (False, "own_approval")
    assert await done(tx) == []


async def test_one_person_with_two_principals_does_not_agree_with_himself(tx: Transaction) -> None:
    customer, person = uuid7(), uuid7()
    one = await a_principal(tx, *MAKER, customer=customer, person=person)
    other = await a_principal(tx, *CHECKER, customer=customer, person=person)
    asked = await ask(tx, one, customer=customer)
    assert (await say(tx, other, asked)).code == "own_approval"


async def test_a_checker_needs_no_right_to_make_and_a_maker_none_to_check(
    tx: Transaction, maker: Caller, checker: Caller
) -> None:
    with pytest.raises(MakerNotEntitled):
        async with tx.transaction():
            await ask(tx, checker)
    asked = await ask(tx, maker)
    outcome = await say(tx, await a_principal(tx, *MAKER), asked)
    assert (outcome.code, outcome.lacking) == ("not_an_approver", ())
    assert "1 × scope:approvals:decide" in outcome.detail
    assert (await say(tx, checker, asked)).state == "executed"


async def test_a_yes_to_other_bytes_than_were_asked_for_is_refused(
    tx: Transaction, maker: Caller, checker: Caller
) -> None:
    asked = await ask(tx, maker)
    outcome = await say(tx, checker, asked, digest=hashlib.sha256(order(2)).digest())
    assert (outcome.accepted, outcome.code, await done(tx)) == (False, "digest_mismatch", [])


@pytest.mark.parametrize(
    "change",
    [
        "payload = 'x', digest = sha256('x')",
        "payload = 'x'",
        "maker = gen_random_uuid()",
        "facts = '{}'",
        "expires_at = expires_at + interval '1 day'",
        "command = 'tests.other'",
    ],
)
async def test_the_database_itself_keeps_what_was_asked_for(
    tx: Transaction, maker: Caller, change: str
) -> None:
    asked = await ask(tx, maker)
    with pytest.raises(psycopg.Error):
        await tx.execute(f"UPDATE approvals SET {change} WHERE id = %s".encode(), (asked.id,))


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM approvals",
        "UPDATE approvals SET state = 'waiting', ended_at = NULL, result = NULL",
        "UPDATE approval_votes SET vote = 'no'",
        "DELETE FROM approval_votes",
        "UPDATE approval_events SET reason = 'x'",
        "DELETE FROM approval_events",
    ],
)
async def test_what_happened_cannot_be_undone_or_retold(
    tx: Transaction, maker: Caller, checker: Caller, statement: str
) -> None:
    await say(tx, checker, await ask(tx, maker))
    with pytest.raises(psycopg.errors.RaiseException):
        await tx.execute(statement.encode())


async def test_a_no_ends_it_with_its_reason(tx: Transaction, maker: Caller, checker: Caller) -> None:
    asked = await ask(tx, maker)
    outcome = await say(tx, checker, asked, "no", reason="wrong payee")
    assert (outcome.accepted, outcome.state) == (True, "rejected")
    kept = await get_approval(tx, asked.id, by=maker)
    assert (kept.state, kept.reason) == ("rejected", "wrong payee")
    later = await say(tx, await a_principal(tx, *CHECKER), asked)
    assert (later.accepted, later.code, await done(tx)) == (False, "approval_ended", [])


async def test_a_no_without_a_reason_is_none(tx: Transaction, maker: Caller, checker: Caller) -> None:
    asked = await ask(tx, maker)
    with pytest.raises(InvalidDecision):
        await say(tx, checker, asked, "no", reason="  ")


async def test_a_stranger_cannot_turn_it_down(tx: Transaction, maker: Caller) -> None:
    asked = await ask(tx, maker)
    outcome = await say(tx, await a_principal(tx, *MAKER), asked, "no")
    assert (outcome.accepted, outcome.code, outcome.state) == (False, "not_an_approver", "waiting")


async def test_an_answer_that_was_lost_is_given_again(
    tx: Transaction, maker: Caller, checker: Caller
) -> None:
    for vote, state in (("yes", "executed"), ("no", "rejected")):
        asked = await ask(tx, maker)
        for _ in range(2):
            outcome = await say(tx, checker, asked, vote)
            assert (outcome.accepted, outcome.state) == (True, state)
        other = await say(tx, checker, asked, "no" if vote == "yes" else "yes")
        assert (other.accepted, other.code) == (False, "approval_ended")


async def test_the_maker_withdraws_and_nobody_else(tx: Transaction, maker: Caller, checker: Caller) -> None:
    asked = await ask(tx, maker)
    with pytest.raises(NotTheMaker):
        await withdraw_approvals(tx, [asked.id], by=checker)
    for _ in range(2):
        (found,) = await withdraw_approvals(tx, [asked.id], by=maker, reason="typo")
        assert (found.state, found.reason) == ("withdrawn", "typo")
    assert (await say(tx, checker, asked)).code == "approval_ended"
    executed = await ask(tx, maker)
    await say(tx, checker, executed)
    with pytest.raises(ApprovalEnded):
        await withdraw_approvals(tx, [executed.id], by=maker)


async def test_what_waited_too_long_expires_by_a_sweep_or_at_the_next_yes(
    tx: Transaction, maker: Caller, checker: Caller
) -> None:
    soon = now() + timedelta(minutes=5)
    swept, tried = [await ask(tx, maker, number=n, expires_at=soon) for n in (1, 2)]
    staying = await ask(tx, maker, number=3)
    later = soon + timedelta(seconds=1)
    (outcome,) = await decide(
        tx, [Decision(approval=tried.id, vote="yes", digest=tried.digest)], by=checker, at=later
    )
    assert (outcome.accepted, outcome.code, outcome.state) == (False, "approval_expired", "expired")
    assert await expire_approvals(tx, at=later) == 1
    assert await expire_approvals(tx, at=later) == 0
    assert (await get_approval(tx, swept.id, by=maker)).state == "expired"
    assert (await get_approval(tx, staying.id, by=maker)).state == "waiting"
    assert await done(tx) == []


async def test_who_is_suspended_decides_nothing_and_what_they_asked_for_is_not_done(
    tx: Transaction, maker: Caller, checker: Caller
) -> None:
    asked = await ask(tx, maker)
    await suspend_principal(tx, maker.principal, by="tests", reason="investigation")
    outcome = await say(tx, checker, asked)
    assert (outcome.accepted, outcome.code, await done(tx)) == (False, "maker_not_entitled", [])
    assert [item.approval.id for item in await inbox(tx, by=checker)] == []
    await suspend_principal(tx, checker.principal, by="tests", reason="investigation")
    with pytest.raises(ActorNotActive):
        await say(tx, checker, asked)


async def test_a_credential_that_allows_less_than_its_principal_decides_less(
    tx: Transaction, maker: Caller
) -> None:
    full = await a_principal(tx, *CHECKER, Scope.APPROVALS_READ)
    narrow = Caller(**{name: getattr(full, name) for name in full.__struct_fields__ if name != "scopes"},
                    scopes=frozenset({Scope.APPROVALS_READ.value}))  # fmt: skip
    asked = await ask(tx, maker)
    assert (await say(tx, narrow, asked)).code == "not_an_approver"
    assert (await say(tx, full, asked)).state == "executed"


async def test_a_customers_people_never_meet_anothers_requests(tx: Transaction) -> None:
    ours, theirs = uuid7(), uuid7()
    maker = await a_principal(tx, *MAKER, customer=ours)
    stranger = await a_principal(tx, *MAKER, *CHECKER, customer=theirs)
    asked = await ask(tx, maker, customer=ours)
    outcome = await say(tx, stranger, asked)
    assert (outcome.accepted, outcome.code, outcome.state) == (False, "approval_not_found", None)
    with pytest.raises(ApprovalNotFound):
        await get_approval(tx, asked.id, by=stranger)
    with pytest.raises(ApprovalNotFound):
        await withdraw_approvals(tx, [asked.id], by=stranger)
    with pytest.raises(ForeignCustomer):
        await ask(tx, stranger, customer=ours)
    assert await inbox(tx, by=stranger) == []
    bank = await a_principal(tx, *CHECKER)
    assert (await say(tx, bank, asked)).code == "not_an_approver"
    assert (await say(tx, await a_principal(tx, *CHECKER, customer=ours), asked)).state == "executed"


async def test_an_inbox_holds_what_waits_for_ones_yes(
    tx: Transaction, maker: Caller, checker: Caller, keepers: Keepers
) -> None:
    waiting = [await ask(tx, maker, number=number) for number in range(5)]
    await say(tx, checker, waiting[0])
    found = await inbox(tx, by=checker, limit=3)
    assert [item.approval.id for item in found] == [one.id for one in waiting[1:4]]
    assert {item.authority for item in found} == {"scope:approvals:decide"}
    rest = await inbox(tx, by=checker, after=found[-1].approval.id)
    assert [item.approval.id for item in rest] == [waiting[4].id]
    assert await inbox(tx, by=maker) == []


async def test_the_trail_tells_everything_in_order(tx: Transaction, maker: Caller, keepers: Keepers) -> None:
    await keepers.rule(tx, "tests.order", "scope:approvals:decide", "bank:approvals:decide")
    one, other = await a_principal(tx, *CHECKER), await a_principal(tx, *CHECKER)
    asked = await ask(tx, maker)
    await say(tx, one, asked, reason="seen the invoice")
    await say(tx, other, asked)
    trail = await approval_trail(tx, asked.id, by=maker)
    assert [(line.what, line.principal, line.authority, line.reason) for line in trail] == [
        ("requested", maker.principal, "", ""),
        ("yes", one.principal, "scope:approvals:decide", "seen the invoice"),
        ("yes", other.principal, "bank:approvals:decide", ""),
        ("executed", other.principal, "", ""),
    ]
    assert [line.at for line in trail] == sorted(line.at for line in trail)


async def test_a_list_is_decided_item_by_item(tx: Transaction, maker: Caller, checker: Caller) -> None:
    good, gone = await ask(tx, maker, number=1), await ask(tx, maker, number=2)
    refusing, own = await ask(tx, maker, number=3, end="refuse"), await ask(tx, maker, number=4)
    await withdraw_approvals(tx, [gone.id], by=maker)
    votes = [Decision(approval=one.id, vote="yes", digest=one.digest) for one in (good, gone, refusing)]
    votes.append(Decision(approval=own.id, vote="no", digest=own.digest, reason="not needed"))
    votes.append(Decision(approval=uuid7(), vote="yes", digest=b""))
    outcomes = await decide(tx, votes, by=checker)
    assert [(one.accepted, one.state, one.code) for one in outcomes] == [
        (True, "executed", None),
        (False, "withdrawn", "approval_ended"),
        (True, "failed", "test_refused"),
        (True, "rejected", None),
        (False, None, "approval_not_found"),
    ]
    assert await done(tx) == [good.id]


@pytest.mark.parametrize("bad", [0, 3, 40])
async def test_many_are_done_at_once_and_one_by_one_when_one_is_refused(
    tx: Transaction, maker: Caller, checker: Caller, bad: int
) -> None:
    wanted = [
        New(id=uuid7(), command="tests.bulk", payload=order(number, end="refuse" if number == bad else ""))
        for number in range(1, 21)
    ]
    asked = await request_approvals(tx, wanted, by=maker)
    votes = [Decision(approval=one.id, vote="yes", digest=one.digest) for one in asked]
    outcomes = await decide(tx, votes, by=checker)
    failed = [number for number, one in enumerate(outcomes, start=1) if one.state == "failed"]
    assert failed == ([bad] if bad == 3 else [])
    assert len(await done(tx)) == 20 - len(failed)


async def test_nonsense_is_refused(tx: Transaction, maker: Caller) -> None:
    with pytest.raises(UnknownCommand):
        await ask(tx, maker, "tests.nothing")
    with pytest.raises(InvalidApproval):
        await ask(tx, maker, expires_at=now() - timedelta(seconds=1))
    with pytest.raises(InvalidApproval):
        await ask(tx, maker, amount=1)
    with pytest.raises(InvalidApproval):
        await request_approvals(tx, [New(id=uuid7(), command="tests.order", payload=order())] * 2, by=maker)
    asked = await ask(tx, maker)
    twice = [Decision(approval=asked.id, vote="yes", digest=asked.digest)] * 2
    for decisions in (twice, []):
        with pytest.raises(InvalidDecision):
            await decide(tx, decisions, by=maker)
    with pytest.raises(ActorNotActive):
        nobody = Caller(**{**{n: getattr(maker, n) for n in maker.__struct_fields__}, "principal": uuid7()})
        await request_approval(tx, "tests.order", order(), by=nobody, id=uuid7())


async def test_what_is_read_before_a_yes_hides_nothing_and_is_read_in_its_order(
    tx: Transaction, maker: Caller
) -> None:
    asked = await ask(tx, maker, number=7, note=" to\u202e ecilA\u200b\nOrder 8 张三\u3000公司")
    (line,) = asked.facts.lines
    assert line.en == "Order 7 to\N{REPLACEMENT CHARACTER} ecilA" + "\N{REPLACEMENT CHARACTER}" * 2 + (
        "Order 8 张三\u3000公司"
    )
