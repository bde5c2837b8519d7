"""The examples of the OpenAPI document that are about rates and interest: a million for 92 days."""

from __future__ import annotations

from typing import Any

from sycee.api.component_examples import PROPOSAL_ID
from sycee.api.examples import money
from sycee.api.schemas.common import EXAMPLE_PAYER

POSTING_ID = "019d0db1-0c00-7000-8166-d2f70250800d"
RATE: dict[str, Any] = {"key": "CNY.demand", "start": "2026-03-21", "rate": "0.20"}
NEW_PROPOSAL: dict[str, Any] = {"rates": [RATE], "note": "Circular 2026-14"}
PROPOSAL: dict[str, Any] = {
    "id": PROPOSAL_ID,
    "state": "proposed",
    "rates": [RATE],
    "note": "Circular 2026-14",
    "proposed_by": "3f60b1a29c5d",
    "proposed_at": "2026-03-20T02:15:07.123456Z",
    "released_by": None,
    "released_at": None,
}
RELEASED: dict[str, Any] = {
    "proposal": {
        **PROPOSAL,
        "state": "released",
        "released_by": "b81d04e6f2aa",
        "released_at": "2026-03-20T03:02:41.000001Z",
    },
    "accounts": 0,
}
LINE: dict[str, Any] = {
    "start": "2026-03-21",
    "end": "2026-06-20",
    "days": 92,
    "days_of_year": 360,
    "balance": money("1000000.00"),
    "rate": "0.20",
    "interest": "511.1111111111",
}
ACCRUED: dict[str, Any] = {
    "account": EXAMPLE_PAYER,
    "currency": "CNY",
    "start": "2026-03-21",
    "through": "2026-06-20",
    "exact": "511.1111111111",
    "amount": money("511.11"),
    "lines": [LINE],
}
POSTING: dict[str, Any] = {
    "id": POSTING_ID,
    "account": EXAMPLE_PAYER,
    "kind": "settlement",
    "start": "2026-03-21",
    "through": "2026-06-20",
    "exact": "511.1111111111",
    "amount": money("511.11"),
    "tax": money("0.00"),
    "net": money("511.11"),
    "corrects": None,
    "paid_to": EXAMPLE_PAYER,
    "booked_on": "2026-06-21",
    "value_date": "2026-06-21",
    "reason": "",
    "transfer": POSTING_ID,
}
EXPLANATION: dict[str, Any] = {
    "posting": POSTING,
    "lines": [LINE],
    "exact": "511.1111111111",
    "earned": money("511.11"),
    "posted_before": None,
    "before": [],
    "difference": money("511.11"),
    "tax": money("0.00"),
    "net": money("511.11"),
}
_HEADINGS = (
    "item 项目,from 起,to 止,days 天数,balance 余额 (CNY),rate % 年利率,days of year 年天数,"
    "interest 利息 (CNY)"
)
_ROW = "interest 利息,2026-03-21,2026-06-20,92,1000000.00,0.20,360,511.1111111111"
ACCRUED_CSV = f"{_HEADINGS}\n{_ROW}\nsum 合计,,,,,,,511.1111111111\nrounded 四舍五入,,,,,,,511.11\n"
EXPLANATION_CSV = f"{ACCRUED_CSV}paid 实付,,,,,,,511.11\n"
