"""Examples of webhooks for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from sycee.api.examples import CUSTOMER

WEBHOOK_ID = "0199a5c0-1c00-7000-8000-00000000e001"
DELIVERY_ID = "0199a5c0-1c00-4000-8000-00000000e0d1"
_SECRET = f"whsec_{'c3ljZWUtZXhhbXBsZS1zZWNyZXQtb2YtMzItYnl0ZXM='}"

WEBHOOK: dict[str, Any] = {
    "id": WEBHOOK_ID,
    "customer": CUSTOMER,
    "url": "https://erp.example.com/bank-events",
    "events": ["bulk_order.done", "payment.*"],
    "description": "ERP",
    "state": "active",
    "created_by": "0199a5c0-1c00-7000-8000-0000000000c1",
    "created_at": "2026-03-31T01:00:00Z",
    "changed_at": "2026-03-31T01:00:00Z",
    "failing_since": None,
    "reason": "",
}
SECRET: dict[str, Any] = {"secret": _SECRET, "old_valid_to": None}
NEW_WEBHOOK = {
    "id": WEBHOOK_ID,
    "url": WEBHOOK["url"],
    "events": WEBHOOK["events"],
    "customer": CUSTOMER,
    "description": "ERP",
}
DELIVERY: dict[str, Any] = {
    "id": DELIVERY_ID,
    "webhook": WEBHOOK_ID,
    "type": "payment.settled",
    "subject": "0199a5c0-1c00-7000-8000-0000000000a1",
    "occurred_at": "2026-03-31T01:00:00Z",
    "state": "delivered",
    "attempts": 1,
    "due_at": None,
    "ended_at": "2026-03-31T01:00:01Z",
}
WAITING = {**DELIVERY, "state": "waiting", "attempts": 0, "due_at": "2026-03-31T01:00:00Z", "ended_at": None}
ATTEMPT: dict[str, Any] = {
    "began_at": "2026-03-31T01:00:00Z",
    "duration_ms": 84,
    "status": 204,
    "problem": None,
}
