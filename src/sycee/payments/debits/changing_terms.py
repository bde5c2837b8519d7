"""Changing the terms of direct debits: a command that takes a second person of the bank."""

from __future__ import annotations

import msgspec

from sycee.approvals import Approval, Facts, Line, Stage, register_command
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.payments.debits.terms import NewDebitTerms, check_debit_terms, set_debit_terms

CHANGE_DEBIT_TERMS = "debits.change_terms"
"""The name of the command."""

_terms = msgspec.json.Decoder(NewDebitTerms)


def debit_terms_change(new: NewDebitTerms) -> bytes:
    """The payload of a change."""
    return msgspec.json.encode(new)


async def _describe(tx: Transaction, payload: bytes) -> Facts:
    new = _terms.decode(payload)
    await check_debit_terms(tx, new)
    return Facts(
        things=("debits:terms",),
        lines=(
            Line(f"Terms of direct debits from {new.valid_from}", f"直接借记业务参数，自{new.valid_from}起"),
            Line(
                f"Calendar {new.calendar}; refund within {new.refund_days} days; tried again for at most"
                f" {new.retry_days_most} business days",
                f"日历{new.calendar}；退款期限{new.refund_days}天；最多重试{new.retry_days_most}个工作日",
            ),
        ),
    )


async def _execute(tx: Transaction, payload: bytes, approval: Approval) -> bytes:
    made = await set_debit_terms(tx, _terms.decode(payload), by=str(approval.maker))
    return msgspec.json.encode({"valid_from": made.valid_from})


register_command(
    CHANGE_DEBIT_TERMS,
    execute=_execute,
    describe=_describe,
    title_en="Change the terms of direct debits",
    title_zh="变更直接借记参数",
    maker=Scope.PAYMENTS_OPERATE,
    default=(Stage(who="bank:approvals:decide"),),
    least=1,
)
