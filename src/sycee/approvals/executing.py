"""Doing what was agreed to: once, byte for byte, in the transaction of the last yes.

Whoever calls this holds the rows of the requests, which wait, and writes what became of them before the
transaction ends. So either both happened or neither.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sycee.approvals.commands import Command, command_named
from sycee.approvals.errors import PayloadChanged
from sycee.approvals.records import Approval, ApprovalState
from sycee.approvals.rows import Ending
from sycee.database import Transaction
from sycee.kernel.errors import SyceeError

_LONGEST_REASON = 2_000


async def execute(tx: Transaction, approvals: Sequence[Approval], by: UUID) -> list[Ending]:
    """Do each of these, in order within a command; a refusal by the domain ends that one as failed.

    What is no refusal (the database went away, a fault in a program) is raised, and undoes everything.
    """
    by_command: dict[str, list[Approval]] = defaultdict(list)
    for approval in approvals:
        by_command[approval.command].append(approval)
    endings: list[Ending] = []
    for name, same in by_command.items():
        command = command_named(name)
        results = await _all_at_once(tx, command, same)
        for index, approval in enumerate(same):
            if results is not None:
                endings.append(_executed(approval, by, results[index]))
            else:
                endings.append(await _one(tx, command, approval, by))
    return endings


async def execute_or_raise(tx: Transaction, approval: Approval, by: UUID) -> Ending:
    """Do one; a refusal by the domain is raised as it is."""
    check_payload(approval)
    result = await command_named(approval.command).execute(tx, approval.payload, approval)
    return _executed(approval, by, result)


def check_payload(approval: Approval) -> None:
    """Refuse to touch what is not what was asked for. Raises PayloadChanged."""
    if hashlib.sha256(approval.payload).digest() != approval.digest:
        raise PayloadChanged(f"the payload of approval {approval.id} does not have its digest")


async def _all_at_once(
    tx: Transaction, command: Command, approvals: Sequence[Approval]
) -> Sequence[bytes] | None:
    """The results of all, when the command can do many at once and refuses none; else nothing was done."""
    if command.execute_many is None or len(approvals) == 1:
        return None
    for approval in approvals:
        check_payload(approval)
    try:
        async with tx.transaction():
            results = await command.execute_many(tx, approvals)
    except SyceeError as error:
        _raise_faults(error)
        return None
    assert len(results) == len(approvals)
    return results


async def _one(tx: Transaction, command: Command, approval: Approval, by: UUID) -> Ending:
    check_payload(approval)
    try:
        async with tx.transaction():
            result = await command.execute(tx, approval.payload, approval)
    except SyceeError as error:
        _raise_faults(error)
        return Ending(
            approval=approval,
            state=ApprovalState.FAILED,
            what="failed",
            principal=by,
            code=error.code,
            reason=error.detail.replace("\x00", "")[:_LONGEST_REASON],
        )
    return _executed(approval, by, result)


def _raise_faults(error: SyceeError) -> None:
    """A part that does not answer, or is broken, is no answer to what was asked."""
    if error.status >= 500:
        raise error


def _executed(approval: Approval, by: UUID, result: bytes) -> Ending:
    return Ending(
        approval=approval, state=ApprovalState.EXECUTED, what="executed", principal=by, result=result
    )
