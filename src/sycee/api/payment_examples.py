"""The examples of the OpenAPI document that are about payments: one within the bank, one by a rail."""

from __future__ import annotations

from typing import Any

from sycee.api.examples import CUSTOMER, money
from sycee.api.schemas.common import EXAMPLE_PAYEE, EXAMPLE_PAYER

PAYMENT_ID = "0199a5c0-1c00-7000-8000-0000000000b5"
AWAY_ID = "0199a5c0-1c00-7000-8000-0000000000b6"
TERMS_ID = "018f0000-0000-7000-8000-000000000002"
_ACTOR = "0199a5c0-1c00-7000-8000-0000000000d1"
_AT = "2026-03-31T02:15:07.123456Z"

NEW_PAYMENT: dict[str, Any] = {
    "id": PAYMENT_ID,
    "debit_account": EXAMPLE_PAYER,
    "creditor_account": EXAMPLE_PAYEE,
    "creditor_name": "Silk Road Steel Ltd",
    "amount": money("1234.56"),
    "remittance": "Invoice 2026-0815",
}
OUTCOME: dict[str, Any] = {"id": PAYMENT_ID, "state": "settled", "due_on": "2026-03-31"}
AWAY: dict[str, Any] = {
    "id": AWAY_ID,
    "state": "held",
    "rail": "BEPS",
    "fee": money("2.50"),
    "send_at": _AT,
    "due_on": "2026-03-31",
}
PAYMENT: dict[str, Any] = {
    "id": PAYMENT_ID,
    "kind": "customer",
    "cell": 101,
    "state": "settled",
    "debit_account": EXAMPLE_PAYER,
    "customer": CUSTOMER,
    "creditor_account": EXAMPLE_PAYEE,
    "creditor_name": "Silk Road Steel Ltd",
    "creditor_agent": None,
    "amount": money("1234.56"),
    "purpose": "",
    "remittance": "Invoice 2026-0815",
    "end_to_end_id": "",
    "execute_on": None,
    "urgency": "normal",
    "order": None,
    "due_on": "2026-03-31",
    "submitted_by": _ACTOR,
    "submitted_at": _AT,
    "changed_at": _AT,
    "rail": None,
    "rail_id": None,
    "send_at": None,
    "fee": money("0.00"),
    "returned": money("0.00"),
    "reason_code": None,
    "reason": None,
}
EVENT: dict[str, Any] = {
    "id": "101.8842",
    "payment": PAYMENT_ID,
    "states": ["received", "validated", "approved", "screened", "settled"],
    "at": _AT,
    "actor": _ACTOR,
    "reason_code": None,
    "reason": None,
}
CANCELLED: dict[str, Any] = {"outcomes": [{"payment": AWAY_ID, "state": "cancelled"}]}
STREAM = (
    "id: 101.8842\n"
    "event: payment\n"
    f'data: {{"id":"101.8842","payment":"{PAYMENT_ID}","states":["settled"],"at":"{_AT}",'
    f'"actor":"{_ACTOR}","reason_code":null,"reason":null}}\n\n'
)
TERMS: dict[str, Any] = {
    "cap": money("1000000.00"),
    "urgent": False,
    "closed": False,
    "calendar": "every_day",
    "windows": [],
    "fees": [
        {"up_to": money("10000.00"), "price": money("2.50")},
        {"price": money("5.00")},
    ],
}
RAIL: dict[str, Any] = {
    "rail": "BEPS",
    "name": "Bulk electronic payment system",
    "local_name": "小额支付系统",
    "currency": "CNY",
    "valid_from": "2018-05-02",
    "terms": TERMS,
}
NEW_TERMS: dict[str, Any] = {
    "rail": "BEPS",
    "currency": "CNY",
    "valid_from": "2026-04-01",
    "terms": TERMS,
    "reason": "ccms.909 of 2026-03-28: the cap is raised",
}
PROPOSED_TERMS: dict[str, Any] = {
    **NEW_TERMS,
    "id": TERMS_ID,
    "state": "proposed",
    "proposed_by": _ACTOR,
    "proposed_at": _AT,
    "decided_by": None,
    "decided_at": None,
    "remark": "",
}
LIST: dict[str, Any] = {"name": "own", "entries": 2, "loaded_by": _ACTOR, "loaded_at": _AT}
