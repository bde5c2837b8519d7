"""The values that the examples of the OpenAPI document are made of: one small, coherent story."""

from __future__ import annotations

from typing import Any

from sycee.api.schemas.common import (
    EXAMPLE_FILE,
    EXAMPLE_FOLLOW_UP,
    EXAMPLE_PAYEE,
    EXAMPLE_PAYER,
    EXAMPLE_TRANSFER,
)

CUSTOMER = "0199a5c0-1c00-7000-8000-0000000000c1"


def money(value: str, currency: str = "CNY") -> dict[str, str]:
    """An amount."""
    return {"currency": currency, "value": value}


NEW_ACCOUNT: dict[str, Any] = {
    "currency": "CNY",
    "subject": "2011",
    "cell": 101,
    "name": "Operating account",
    "local_name": "基本存款账户",
    "customer": CUSTOMER,
    "floor": money("-50000.00"),
}
ACCOUNT: dict[str, Any] = {
    "number": EXAMPLE_PAYER,
    "cell": 101,
    "currency": "CNY",
    "subject": "2011",
    "normal_side": "credit",
    "status": "open",
    "floor": money("-50000.00"),
    "balance": money("981234.56"),
    "held": money("1000.00"),
    "incoming": money("0.00"),
    "available": money("1030234.56"),
    "name": "Operating account",
    "local_name": "基本存款账户",
    "customer": CUSTOMER,
    "opened_on": "2026-01-05",
    "closed_on": None,
    "entries": 42,
}
ENTRY: dict[str, Any] = {
    "transfer": EXAMPLE_TRANSFER,
    "position": 8842,
    "side": "debit",
    "amount": money("1234.56"),
    "balance": money("981234.56"),
    "counterparty": EXAMPLE_PAYEE,
    "kind": "transfer",
    "booked_at": "2026-03-31T02:15:07.123456Z",
    "business_date": "2026-03-31",
    "value_date": "2026-03-31",
    "reference": "INV-2026-0815",
    "description": "Steel plates, March",
}
BALANCE: dict[str, Any] = {
    "number": EXAMPLE_PAYER,
    "balance": money("981234.56"),
    "held": money("1000.00"),
    "available": money("1030234.56"),
    "at": "2026-03-31",
    "as_of": "business_date",
}
STATEMENT: dict[str, Any] = {
    "account": ACCOUNT,
    "start": "2026-03-31",
    "end": "2026-03-31",
    "opening": money("982469.12"),
    "closing": money("981234.56"),
    "debit_total": money("1234.56"),
    "credit_total": money("0.00"),
    "debit_count": 1,
    "credit_count": 0,
    "entries": [ENTRY],
}
NEW_TRANSFER: dict[str, Any] = {
    "id": EXAMPLE_TRANSFER,
    "debit": EXAMPLE_PAYER,
    "credit": EXAMPLE_PAYEE,
    "amount": money("1234.56"),
    "reference": "INV-2026-0815",
    "description": "Steel plates, March",
}
TRANSFER: dict[str, Any] = {
    "id": EXAMPLE_TRANSFER,
    "kind": "transfer",
    "state": "posted",
    "debit": EXAMPLE_PAYER,
    "credit": EXAMPLE_PAYEE,
    "amount": money("1234.56"),
    "target": None,
    "resolved_by": None,
    "booked_at": "2026-03-31T02:15:07.123456Z",
    "business_date": "2026-03-31",
    "value_date": "2026-03-31",
    "expires_at": None,
    "reference": "INV-2026-0815",
    "description": "Steel plates, March",
    "cell": 101,
    "position": 8842,
    "batch": 317,
}
FOLLOW_UP_OUTCOME: dict[str, Any] = {"id": EXAMPLE_FOLLOW_UP, "status": "posted"}
CELL: dict[str, Any] = {"cell": 101, "name": "Shanghai", "business_date": "2026-03-31"}
PAYMENT_FILE: dict[str, Any] = {
    "id": EXAMPLE_FILE,
    "message_id": "MSG-20260331-001",
    "format": "pain.001.001.09",
    "status": "PART",
    "received_at": "2026-03-31T02:15:07.123456Z",
    "payment_count": 2,
    "accepted_count": 1,
    "rejected_count": 1,
    "payments": [
        {
            "end_to_end_id": "E2E-1",
            "transfer": EXAMPLE_TRANSFER,
            "debtor": EXAMPLE_PAYER,
            "creditor": EXAMPLE_PAYEE,
            "amount": money("1234.56"),
            "status": "ACSC",
            "code": None,
            "detail": None,
        },
        {
            "end_to_end_id": "E2E-2",
            "transfer": None,
            "debtor": EXAMPLE_PAYER,
            "creditor": EXAMPLE_PAYEE,
            "amount": money("99999999.00"),
            "status": "RJCT",
            "code": "insufficient_funds",
            "detail": "99999999.00 CNY is asked for and 1030234.56 is available",
        },
    ],
    "duplicate": False,
}
