"""The examples of the OpenAPI document that are about direct debits: a power company and a mill."""

from __future__ import annotations

from typing import Any

from sycee.api.examples import CUSTOMER, money
from sycee.api.schemas.common import EXAMPLE_PAYEE, EXAMPLE_PAYER

MANDATE_ID = "0199a5c0-1c00-7000-8000-0000000000e1"
DEBIT_ID = "0199a5c0-1c00-7000-8000-0000000000e2"
BLOCK_ID = "0199a5c0-1c00-7000-8000-0000000000e3"
PAYEE = "0199a5c0-1c00-7000-8000-0000000000e4"
_ACTOR = "0199a5c0-1c00-7000-8000-0000000000d1"
_AT = "2026-03-31T02:15:07.123456Z"

NEW_MANDATE: dict[str, Any] = {
    "id": MANDATE_ID,
    "credit_account": EXAMPLE_PAYEE,
    "debit_account": EXAMPLE_PAYER,
    "reference": "GRID-2026-0815",
    "currency": "CNY",
    "purpose": "Electricity",
    "per_month": money("50000.00"),
}
MANDATE: dict[str, Any] = {
    "id": MANDATE_ID,
    "cell": 101,
    "state": "active",
    "creditor": PAYEE,
    "creditor_name": "Power Grid Ltd",
    "credit_account": EXAMPLE_PAYEE,
    "debtor": CUSTOMER,
    "debit_account": EXAMPLE_PAYER,
    "reference": "GRID-2026-0815",
    "currency": "CNY",
    "recurring": True,
    "purpose": "Electricity",
    "valid_from": "2026-03-31",
    "valid_to": None,
    "per_debit": None,
    "per_day": None,
    "per_month": money("50000.00"),
    "debits_most": None,
    "signed_on": "2026-03-31",
    "paper": None,
    "proposed_at": _AT,
    "changed_at": _AT,
}
PROPOSED: dict[str, Any] = {**MANDATE, "state": "proposed", "signed_on": None}
MANDATE_EVENT: dict[str, Any] = {
    "step": 2,
    "state": "active",
    "at": _AT,
    "side": "debtor",
    "actor": _ACTOR,
    "reason": "signed",
}
NEW_DEBIT: dict[str, Any] = {
    "id": DEBIT_ID,
    "mandate_reference": "GRID-2026-0815",
    "credit_account": EXAMPLE_PAYEE,
    "debit_account": EXAMPLE_PAYER,
    "amount": money("1234.56"),
    "retry_days": 3,
    "remittance": "Electricity, March",
}
OUTCOME: dict[str, Any] = {"id": DEBIT_ID, "state": "settled", "due_on": "2026-03-31"}
DEBIT: dict[str, Any] = {
    "id": DEBIT_ID,
    "cell": 101,
    "state": "settled",
    "mandate": MANDATE_ID,
    "creditor": PAYEE,
    "credit_account": EXAMPLE_PAYEE,
    "debtor": CUSTOMER,
    "debit_account": EXAMPLE_PAYER,
    "amount": money("1234.56"),
    "due_on": "2026-03-31",
    "taken_on": "2026-03-31",
    "retry_days": 3,
    "tries": 1,
    "code": None,
    "reason": None,
    "detail": None,
    "refund_until": "2026-05-26",
    "collection": None,
    "end_to_end_id": "",
    "remittance": "Electricity, March",
    "submitted_at": _AT,
    "changed_at": _AT,
}
EVENT: dict[str, Any] = {
    "step": 2,
    "state": "settled",
    "at": _AT,
    "side": "bank",
    "actor": None,
    "code": None,
    "detail": None,
}
STREAM = (
    "id: 101.412\n"
    "event: direct_debit\n"
    f'data: {{"debit":"{DEBIT_ID}","mandate":"{MANDATE_ID}","step":2,"state":"settled","at":"{_AT}",'
    '"side":"bank","actor":null,"code":null,"detail":null}\n\n'
)
NEW_BLOCK: dict[str, Any] = {
    "id": BLOCK_ID,
    "debtor": CUSTOMER,
    "creditor": PAYEE,
    "reason": "The bills are in dispute",
}
BLOCK: dict[str, Any] = {**NEW_BLOCK, "blocked_at": _AT, "lifted_at": None}
NEW_TERMS: dict[str, Any] = {
    "valid_from": "2026-07-01",
    "calendar": "CN",
    "refund_days": 30,
    "retry_days_most": 5,
}
TERMS: dict[str, Any] = {**NEW_TERMS, "set_by": _ACTOR, "set_at": _AT}
