"""The examples of the OpenAPI document that are about bulk orders."""

from __future__ import annotations

from typing import Any

from sycee.api.approval_examples import APPROVAL_ID
from sycee.api.examples import money
from sycee.api.schemas.common import EXAMPLE_PAYEE, EXAMPLE_PAYER

BULK_ORDER_ID = "c3a7f3c0-5b1e-8d2a-9c41-7f0e00000000"
BULK_ORDER: dict[str, Any] = {
    "id": BULK_ORDER_ID,
    "customer": None,
    "message_id": "SALARY-2026-03",
    "format": "pain.001.001.09",
    "state": "done",
    "received_at": "2026-03-31T02:15:07.123456Z",
    "finished_at": "2026-03-31T02:15:19.123456Z",
    "all_or_nothing": False,
    "confidential": True,
    "count": 2,
    "sum": "12345.00",
    "done": 2,
    "refused": 1,
    "statuses": {"ACSC": 1, "RJCT": 1},
    "code": None,
    "detail": None,
    "duplicate": False,
    "approval": None,
}
WAITING_ORDER: dict[str, Any] = {
    **BULK_ORDER,
    "state": "received",
    "finished_at": None,
    "done": 0,
    "refused": 0,
    "statuses": {"PDNG": 2},
    "approval": APPROVAL_ID,
}
BULK_ITEM: dict[str, Any] = {
    "position": 0,
    "end_to_end_id": "E2E-1",
    "payment": "c3a7f3c0-5b1e-8d2a-9c41-7f0e00000001",
    "debtor": EXAMPLE_PAYER,
    "creditor": EXAMPLE_PAYEE,
    "creditor_name": "Silk Road Steel Ltd",
    "creditor_agent": None,
    "amount": money("1234.56"),
    "purpose": "SALA",
    "remittance": "March",
    "status": "ACSC",
    "reason": None,
    "code": None,
    "detail": None,
}
