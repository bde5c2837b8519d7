"""The examples of the OpenAPI document that are about supervised accounts: a developer's presale funds."""

from __future__ import annotations

from typing import Any

from sycee.api.examples import CUSTOMER, money
from sycee.api.schemas.common import EXAMPLE_PAYEE, EXAMPLE_PAYER

ESCROW_ID = "0199a5c0-1c00-7000-8000-0000000000e1"
_PAYMENT = "0199a5c0-1c00-7000-8000-0000000000e2"
_RELEASER = "0199a5c0-1c00-7000-8000-0000000000d2"
_ACTOR = "0199a5c0-1c00-7000-8000-0000000000d1"
_BUREAU = "0199a5c0-1c00-7000-8000-0000000000c9"
_AT = "2026-03-31T02:15:07.123456Z"

NEW_ESCROW: dict[str, Any] = {
    "id": ESCROW_ID,
    "account": EXAMPLE_PAYER,
    "beneficiary_name": "Buyers of tower 3",
    "supervisor_name": "Housing bureau",
    "document": "Supervision agreement 2026-17",
    "releasers": [_RELEASER],
    "releases_needed": 1,
    "supervisor": _BUREAU,
    "purposes": ["BUILD"],
    "payees": [{"creditor_account": EXAMPLE_PAYEE, "creditor_name": "Silk Road Construction Ltd"}],
    "single_limit": money("500000.00"),
    "total_limit": money("20000000.00"),
}
ESCROW: dict[str, Any] = {
    **NEW_ESCROW,
    "cell": 101,
    "customer": CUSTOMER,
    "beneficiary": None,
    "payees": [{**NEW_ESCROW["payees"][0], "creditor_agent": None}],
    "made_by": _ACTOR,
    "made_at": _AT,
    "ended_by": None,
    "ended_at": None,
    "reason": None,
}
RELEASE: dict[str, Any] = {
    "payment": _PAYMENT,
    "agreement": ESCROW_ID,
    "account": EXAMPLE_PAYER,
    "amount": money("250000.00"),
    "creditor_account": EXAMPLE_PAYEE,
    "creditor_name": "Silk Road Construction Ltd",
    "creditor_agent": None,
    "purpose": "BUILD",
    "remittance": "Milestone 3",
    "asked_by": _ACTOR,
    "asked_at": _AT,
    "state": "waiting",
    "decided_at": None,
    "votes": [],
}
DECISIONS: dict[str, Any] = {
    "decisions": [{"payment": _PAYMENT, "vote": "yes", "reason": "The third floor is up"}]
}
OUTCOMES: dict[str, Any] = {"outcomes": [{"payment": _PAYMENT, "state": "settled"}]}
