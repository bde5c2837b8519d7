"""What the classes of accounts forbid is not paid: asked when a payment is taken in, and when it goes on.

An account may have come under another product while a payment waited for its day.
"""

from __future__ import annotations

from collections.abc import Sequence

from sycee import products
from sycee.database import Transaction
from sycee.payments.orders.drafts import Draft
from sycee.payments.orders.new_payments import Refusal
from sycee.payments.orders.states import PaymentState

CLASS_REFUSED = "account_class_refused"


async def permitted(tx: Transaction, drafts: Sequence[Draft]) -> list[Draft]:
    """The drafts that the classes of their accounts allow; the others are rejected, each with the rule."""
    movements = [
        products.Movement(
            draft.payment.debit_account, draft.credit if draft.own else None, draft.payment.amount
        )
        for draft in drafts
    ]
    supervised = frozenset(draft.payment.debit_account for draft in drafts if draft.supervised)
    problems = await products.movement_problems(tx, movements, supervised=supervised)
    allowed = []
    for draft, problem in zip(drafts, problems, strict=True):
        if problem is None:
            allowed.append(draft)
        else:
            draft.goes(PaymentState.REJECTED)
            draft.refusal = Refusal(CLASS_REFUSED, problem)
    return allowed
