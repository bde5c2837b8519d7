"""Who signs a mandate lets another take money: the rules of the payer's payments hold for it."""

from __future__ import annotations

from sycee import approvals, payments
from sycee.approvals import Decision
from sycee.identity import Scope
from sycee.kernel.ids import uuid7
from sycee.payments import debits
from tests.approvals.house import KEEPER, Keepers, a_principal
from tests.payments.debits.conftest import Till, debit_under


async def test_a_rule_about_payments_is_not_evaded_by_a_mandate(till: Till) -> None:
    async with till.database.transaction() as tx:
        keepers = Keepers(await a_principal(tx, *KEEPER), await a_principal(tx, *KEEPER))
        rule = "scope:payments:approve"
        await keepers.rule(tx, payments.SUBMIT_PAYMENTS, rule, customer=till.mill)
        maker = await a_principal(tx, Scope.PAYMENTS_WRITE, customer=till.mill)
        checker = await a_principal(tx, Scope.PAYMENTS_APPROVE, Scope.APPROVALS_DECIDE, customer=till.mill)
    mandate = await till.propose()
    payload = debits.mandate_order(confirm=mandate.id)
    asked = await till.call(
        approvals.request_approval,
        debits.MAKE_MANDATES,
        payload,
        by=maker,
        id=uuid7(),
        acting_for=till.mill,
    )
    assert asked.state == "waiting"
    (refused,) = await till.collect(debit_under(mandate))
    assert refused.state == "rejected", refused
    yes = Decision(approval=asked.id, vote="yes", digest=asked.digest, reason="")
    (outcome,) = await till.call(approvals.decide, [yes], by=checker)
    assert outcome.state == "executed", outcome
    (taken,) = await till.collect(debit_under(mandate))
    assert taken.state == "settled", taken
