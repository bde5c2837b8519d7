"""What a customer of the walled bank has of approvals: a rule, a request that waits by it, a substitution."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sycee import approvals, ledger
from sycee.database import Transaction
from sycee.identity import Caller, NewPrincipal, PrincipalKind, Scope, create_principals
from sycee.kernel.clock import now
from sycee.kernel.ids import uuid7
from tests.products.deposits.counter import Holder


async def _machine(tx: Transaction, *scopes: Scope, of: UUID | None = None) -> Caller:
    new = NewPrincipal(
        kind=PrincipalKind.MACHINE, login=f"m{uuid7().hex}", name="machine", customer=of, scopes=scopes
    )
    (made,) = await create_principals(tx, [new], by="tests")
    return Caller(
        id=str(made.id),
        principal=made.id,
        kind=made.kind,
        name=made.name,
        customer=of,
        person=None,
        scopes=frozenset(scopes),
    )


async def approvals_of(tx: Transaction, holder: Holder, user: UUID) -> dict[str, str]:
    """The ids of a request and a substitution of a customer's, by the names that paths give to them."""
    rule = approvals.NewRule(
        command=ledger.CHANGE_ACCOUNT,
        stages=(approvals.Stage(who=f"scope:{Scope.APPROVALS_DECIDE}"),),
        customer=holder.id,
        account=holder.basic,
    )
    one, other = [await _machine(tx, Scope.APPROVALS_RULES, Scope.APPROVALS_DECIDE) for _ in range(2)]
    asked = await approvals.request_approval(
        tx,
        approvals.CHANGE_RULES,
        approvals.rule_change(approvals.RuleChange(customer=holder.id, rules=(rule,))),
        by=one,
        id=uuid7(),
    )
    released = approvals.Decision(approval=asked.id, vote="yes", digest=asked.digest)
    (outcome,) = await approvals.decide(tx, [released], by=other)
    assert outcome.state == "executed", outcome
    change = ledger.AccountChange(number=holder.basic, reason="moved", name="Another name")
    maker = await _machine(tx, Scope.ACCOUNTS_WRITE, of=holder.id)
    waiting = await approvals.request_approval(
        tx, ledger.CHANGE_ACCOUNT, ledger.account_change(change), by=maker, id=uuid7()
    )
    assert waiting.state == "waiting"
    lent = approvals.NewSubstitution(
        absent=user, substitute=maker.principal, valid_to=now() + timedelta(days=30)
    )
    made = await approvals.substitute(tx, lent, by=user)
    return {"approval_id": str(waiting.id), "substitution_id": str(made.id)}
