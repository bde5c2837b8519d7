"""The examples of the OpenAPI document that are about standing orders: a rent, at the end of each month."""

from __future__ import annotations

from typing import Any

from sycee.api.examples import CUSTOMER, money
from sycee.api.schemas.common import EXAMPLE_PAYEE, EXAMPLE_PAYER

ORDER_ID = "0199a5c0-1c00-7000-8000-0000000000c1"
_ACTOR = "0199a5c0-1c00-7000-8000-0000000000d1"
_AT = "2026-03-31T02:15:07.123456Z"

TERMS: dict[str, Any] = {
    "amount": money("25000.00"),
    "creditor_account": EXAMPLE_PAYEE,
    "creditor_name": "Silk Road Properties Ltd",
    "creditor_agent": None,
    "purpose": "RENT",
    "remittance": "Rent of hall 3",
    "end_to_end_id": "",
    "urgency": "normal",
    "schedule": {
        "rhythm": "monthly",
        "first_on": "2026-03-31",
        "day": 31,
        "last_on": None,
        "times": 24,
        "calendar": "weekdays",
        "roll": "modified_following",
        "retry_days": 3,
    },
}
NEW_ORDER: dict[str, Any] = {
    "id": ORDER_ID,
    "debit_account": EXAMPLE_PAYER,
    "terms": TERMS,
    "dry_run": False,
    "dates": 2,
}
ORDER: dict[str, Any] = {
    "id": ORDER_ID,
    "cell": 101,
    "customer": CUSTOMER,
    "debit_account": EXAMPLE_PAYER,
    "state": "active",
    "version": 1,
    "terms": TERMS,
    "upcoming": [
        {"on": "2026-03-31", "due_on": "2026-03-31"},
        {"on": "2026-04-30", "due_on": "2026-04-30"},
    ],
    "made_by": _ACTOR,
    "made_at": _AT,
    "changed_at": _AT,
}
OCCURRENCE: dict[str, Any] = {
    "scheduled_on": "2026-03-31",
    "due_on": "2026-03-31",
    "last_try_on": "2026-04-03",
    "version": 1,
    "state": "due",
    "payment": "0199a5c0-1c00-7000-9f3a-5b1c22d04e71",
    "tries": 1,
    "code": "insufficient_funds",
    "detail": "the account has 120.00 CNY, and 25000.00 CNY would be needed",
    "changed_at": _AT,
}
EVENT: dict[str, Any] = {
    "what": "made",
    "at": _AT,
    "actor": _ACTOR,
    "version": 1,
    "scheduled_on": None,
    "code": None,
    "reason": None,
}
