"""Moving a customer to another branch as a command that may wait: ``customers.branch``.

Grants of staff are limited by branch, so who moves a customer decides who may do what for it.
"""

from __future__ import annotations

from uuid import UUID

import msgspec

from sycee.approvals import Actor, Approval, Facts, Line, Stage, register_command, request_approval
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.parties.branches import branches_of, set_branch
from sycee.parties.customers import get_customer

SET_BRANCH = "customers.branch"
"""The name of the command."""

_NONE = "–"


class BranchToSet(msgspec.Struct, frozen=True, kw_only=True):
    """With which branch a customer is to be, and why."""

    customer: UUID
    branch: str
    reason: str


_payload = msgspec.json.Decoder(BranchToSet)


async def ask_for_branch(tx: Transaction, wanted: BranchToSet, *, by: Actor, id: UUID) -> Approval:
    """Ask for a customer to be moved. Raises as ``set_branch`` and ``request_approval``."""
    return await request_approval(tx, SET_BRANCH, msgspec.json.encode(wanted), by=by, id=id)


async def _describe(tx: Transaction, payload: bytes) -> Facts:
    wanted = _payload.decode(payload)
    customer = await get_customer(tx, wanted.customer)
    before = (await branches_of(tx, [customer.id])).get(customer.id, _NONE)
    async with tx.transaction(force_rollback=True):  # what could never be done is refused at once
        await set_branch(tx, customer.id, wanted.branch, by="", reason=wanted.reason)
    return Facts(
        customer=customer.id,
        cell=customer.cell,
        things=(f"customer:{customer.id}",),
        lines=(
            Line(f"Customer: {customer.name}", f"客户：{customer.local_name or customer.name}"),
            Line(f"Branch: {before} → {wanted.branch}", f"所属机构：{before} → {wanted.branch}"),
            Line(f"Reason: {wanted.reason}", f"原因：{wanted.reason}"),
        ),
    )


async def _execute(tx: Transaction, payload: bytes, approval: Approval) -> bytes:
    wanted = _payload.decode(payload)
    await set_branch(tx, wanted.customer, wanted.branch, by=str(approval.maker), reason=wanted.reason)
    return msgspec.json.encode({"customer": wanted.customer, "branch": wanted.branch})


register_command(
    SET_BRANCH,
    execute=_execute,
    describe=_describe,
    title_en="Move a customer to a branch",
    title_zh="变更客户所属机构",
    maker=Scope.CUSTOMERS_WRITE,
    default=(Stage(who="bank:approvals:decide"),),
)
