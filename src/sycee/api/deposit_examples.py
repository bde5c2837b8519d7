"""The examples of the OpenAPI document that are about deposits: seven days' notice on five million."""

from __future__ import annotations

from typing import Any

from sycee.api.examples import CUSTOMER, money
from sycee.api.schemas.common import EXAMPLE_PAYEE, EXAMPLE_PAYER, EXAMPLE_TRANSFER

DEPOSIT_ID = "0199a5c0-1c00-7000-8000-0000000000e1"
NOTICE_ID = "0199a5c0-1c00-7000-8000-0000000000e2"
FREEZE_ID = "0199a5c0-1c00-7000-8000-0000000000e3"
SIGNER = "0199a5c0-1c00-7000-8000-0000000000e4"
_REQUEST = "0199a5c0-1c00-7000-8000-0000000000e5"

NOTICE: dict[str, Any] = {
    "id": NOTICE_ID,
    "given_on": "2026-02-12",
    "pay_on": "2026-02-19",
    "amount": money("5000000.00"),
}
DEPOSIT: dict[str, Any] = {
    "id": DEPOSIT_ID,
    "cell": 101,
    "customer": CUSTOMER,
    "arrangement": None,
    "account": EXAMPLE_PAYEE,
    "form": "notice",
    "state": "active",
    "currency": "CNY",
    "product": "notice-7d",
    "product_version": "2020-01-01",
    "title": {"en": "Seven-day notice deposit", "zh": "七天通知存款"},
    "principal": money("5000000.00"),
    "source": EXAMPLE_PAYER,
    "opened_on": "2026-01-05",
    "start": "2026-01-05",
    "maturity": None,
    "rate": None,
    "renewal": "none",
    "renewed": 0,
    "part_withdrawals": 0,
    "notice": NOTICE,
    "frozen": money("0.00"),
    "obligation": None,
    "obliged": money("0.00"),
    "due_on": None,
    "predecessor": None,
    "successor": None,
    "closed_on": None,
}
CLOSED: dict[str, Any] = {
    **DEPOSIT,
    "state": "closed",
    "principal": money("0.00"),
    "notice": None,
    "closed_on": "2026-02-19",
}
EVENT: dict[str, Any] = {
    "id": _REQUEST,
    "kind": "withdrawn",
    "effective": "2026-02-19",
    "booked_on": "2026-02-19",
    "amount": money("5000000.00"),
    "interest": money("6875.00"),
    "paid_to": EXAMPLE_PAYER,
    "transfers": [EXAMPLE_TRANSFER],
    "interest_posting": "0199a5c0-1c00-7000-8000-0000000000e6",
    "facts": {"reasons": ["on_notified_day"], "rate": "1.10"},
    "by": "8c41f0a27b93",
    "at": "2026-02-19T02:03:04Z",
}
LINE: dict[str, Any] = {
    "start": "2026-01-05",
    "end": "2026-02-18",
    "days": 45,
    "balance": money("5000000.00"),
    "rate": "1.10",
    "why": "on_notified_day",
}


def change(kind: str, deposit: dict[str, Any] | None = None, **facts: Any) -> dict[str, Any]:
    """What became of a request that moved nothing."""
    nothing = money("0.00")
    event = {**EVENT, "kind": kind, "amount": nothing, "interest": nothing, "paid_to": None, "facts": facts}
    return {
        "deposit": deposit or DEPOSIT,
        "event": {**event, "transfers": [], "interest_posting": None},
        "lines": [],
        "repeated": False,
        "preview": False,
    }


WITHDRAWN: dict[str, Any] = {
    "deposit": CLOSED,
    "event": EVENT,
    "lines": [LINE],
    "repeated": False,
    "preview": False,
}
PLACED: dict[str, Any] = {
    **WITHDRAWN,
    "deposit": {**DEPOSIT, "notice": None},
    "event": {
        **EVENT,
        "kind": "placed",
        "effective": "2026-01-05",
        "booked_on": "2026-01-05",
        "interest": money("0.00"),
        "paid_to": None,
        "interest_posting": None,
        "facts": {"product": "notice-7d"},
    },
    "lines": [],
}
