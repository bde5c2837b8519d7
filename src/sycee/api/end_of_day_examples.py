"""The examples of the OpenAPI document that are about the ends of days: the last day of a quarter."""

from __future__ import annotations

from typing import Any

from sycee.api.examples import CUSTOMER, money
from sycee.api.schemas.common import EXAMPLE_PAYEE, EXAMPLE_PAYER, EXAMPLE_TRANSFER

DOCUMENT_ID = "0199a5c0-1c00-5000-8000-0000000000e1"
NEW_END_OF_DAY: dict[str, Any] = {"business_date": "2026-03-31", "calendar": "weekdays"}
_STEP: dict[str, Any] = {
    "step": "cut_off",
    "title": "Cut-off",
    "local_title": "日切",
    "state": "done",
    "attempt": 1,
    "done": 1,
    "total": 1,
    "failed": 0,
    "code": None,
    "reason": None,
    "started_at": "2026-03-31T15:30:00.010000Z",
    "finished_at": "2026-03-31T15:30:00.010000Z",
}
END_OF_DAY: dict[str, Any] = {
    "cell": 101,
    "business_date": "2026-03-31",
    "next_date": "2026-04-01",
    "state": "running",
    "attempt": 1,
    "started_by": "0c2a675a6199",
    "started_at": "2026-03-31T15:30:00.000000Z",
    "finished_at": None,
    "failed": 1,
    "steps": [
        _STEP,
        {
            **_STEP,
            "step": "statements",
            "title": "Statements",
            "local_title": "对账单",
            "state": "running",
            "done": 120_000,
            "total": 400_000,
            "failed": 1,
            "finished_at": None,
        },
    ],
}
FINISHED: dict[str, Any] = {
    **END_OF_DAY,
    "state": "finished",
    "finished_at": "2026-03-31T15:31:12.345678Z",
    "failed": 0,
    "steps": [_STEP],
}
FAILURE: dict[str, Any] = {
    "step": "statements",
    "round": 1,
    "account": EXAMPLE_PAYER,
    "code": "statement_unbalanced",
    "reason": f"the entries of account {EXAMPLE_PAYER} lead from 0 to 100, and the last one says 101",
    "advice": "compare the account's entries with `sycee ledger check`",
    "failed_at": "2026-03-31T15:30:31.123456Z",
}
DOCUMENT_SUMMARY: dict[str, Any] = {
    "id": DOCUMENT_ID,
    "kind": "statement",
    "account": EXAMPLE_PAYER,
    "customer": CUSTOMER,
    "start": "2026-03-01",
    "end": "2026-03-31",
    "business_date": "2026-03-31",
    "entries": 1,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "created_at": "2026-03-31T15:30:31.123456Z",
}
DOCUMENT: dict[str, Any] = {
    "document": DOCUMENT_SUMMARY,
    "account": {
        "number": EXAMPLE_PAYER,
        "name": "Operating account",
        "local_name": "基本存款账户",
        "currency": "CNY",
        "customer": CUSTOMER,
    },
    "statement": {
        "opening": money("982469.12"),
        "closing": money("981234.56"),
        "debit_total": money("1234.56"),
        "credit_total": money("0.00"),
        "debit_count": 1,
        "credit_count": 0,
        "lines": [
            {
                "transfer": EXAMPLE_TRANSFER,
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
        ],
    },
    "confirmation": None,
}
