"""The examples of the OpenAPI document that are about agreements: one customer, one small package."""

from __future__ import annotations

from typing import Any

from sycee.api.customer_examples import PERSON
from sycee.api.examples import CUSTOMER, money
from sycee.api.schemas.common import EXAMPLE_PAYEE, EXAMPLE_PAYER

AGREEMENT_ID = "0199a5c0-1c00-7000-8000-0000000000d1"
ARRANGEMENT_ID = "0199a5c0-1c00-7000-8000-0000000000d2"
EVENT_ID = "0199a5c0-1c00-7000-8000-0000000000d3"
PACKAGE_ID = "settlement-starter"
DIGEST = "a3f1c0de" * 8

CHOICES: dict[str, Any] = {"surplus": {"negotiated": {"interest.quota": "200000.00"}}}
NEW_AGREEMENT: dict[str, Any] = {
    "id": AGREEMENT_ID,
    "customer": CUSTOMER,
    "package": PACKAGE_ID,
    "choices": CHOICES,
    "signers": [PERSON],
}
_MAIN: dict[str, Any] = {
    "key": "main",
    "product": "basic-account",
    "product_version": "2020-01-01",
    "title": {"en": "Basic account", "zh": "基本存款账户"},
    "form": "demand",
    "currency": "CNY",
    "opens_account": True,
    "account": EXAMPLE_PAYER,
    "lies_over": None,
    "account_class": "basic",
    "purpose": "",
    "started_on": "2026-03-31",
    "ends_on": None,
    "rates": [
        {
            "label": {"en": "the whole balance", "zh": "全部余额"},
            "above": "0.00 CNY",
            "rate_key": "CNY.demand",
            "spread": "0.00",
            "rate": "0.20",
        }
    ],
    "negotiated": [],
    "terms": [],
    "limits": [],
    "channels": [],
    "fees": [
        {
            "slot": "fees",
            "condition": "fee.maintenance.corporate",
            "capability": "fee.maintenance@1",
            "title": {
                "en": "Account maintenance, waived from 10,000",
                "zh": "账户管理费（日均1万元以上免收）",
            },
            "particulars": [{"name": "amount", "value": "30.00"}],
        }
    ],
}
CONTRACT: dict[str, Any] = {
    "agreement": AGREEMENT_ID,
    "revision": 1,
    "kind": "contract",
    "package": PACKAGE_ID,
    "package_version": "2020-01-01",
    "title": {"en": "Settlement starter", "zh": "结算起步套餐"},
    "customer": {
        "id": CUSTOMER,
        "name": "Silk Road Trading Ltd",
        "local_name": "丝路贸易有限公司",
        "identifier": "91110000600037341L",
        "address": "上海市外滩1号",
        "basic_elsewhere": "",
    },
    "signers": ["李薇"],
    "signed_on": "2026-03-31",
    "made_on": "2026-03-31",
    "items": [_MAIN],
}
OUTCOME: dict[str, Any] = {
    "id": AGREEMENT_ID,
    "status": "signed",
    "contract": CONTRACT,
    "digest": DIGEST,
}
AGREEMENT: dict[str, Any] = {
    "id": AGREEMENT_ID,
    "cell": 101,
    "customer": CUSTOMER,
    "package": PACKAGE_ID,
    "package_version": "2020-01-01",
    "state": "active",
    "signed_on": "2026-03-31",
    "signed_at": "2026-03-31T02:15:07.123456Z",
    "signed_by": "5f0c2b7d9a11",
    "signers": [PERSON],
    "choices": CHOICES,
    "revision": 1,
    "ended_on": None,
    "arrangements": [
        {
            "id": ARRANGEMENT_ID,
            "key": "main",
            "product": "basic-account",
            "product_version": "2020-01-01",
            "title": {"en": "Basic account", "zh": "基本存款账户"},
            "form": "demand",
            "currency": "CNY",
            "account": EXAMPLE_PAYER,
            "lies_over": None,
            "account_class": "basic",
            "purpose": "",
            "negotiated": {},
            "started_on": "2026-03-31",
            "ends_on": None,
            "ended_on": None,
        }
    ],
}
ENDING: dict[str, Any] = {
    "agreement": AGREEMENT_ID,
    "ended": [
        {
            "key": "main",
            "id": ARRANGEMENT_ID,
            "account": EXAMPLE_PAYER,
            "moved_out": money("1000511.11"),
            "pay_to": EXAMPLE_PAYEE,
        }
    ],
    "contract": None,
}
EVENT: dict[str, Any] = {
    "id": EVENT_ID,
    "kind": "changed",
    "arrangement": ARRANGEMENT_ID,
    "on": "2026-06-01",
    "at": "2026-06-01T02:15:07.123456Z",
    "by": "5f0c2b7d9a11",
    "reason": "Board 2026-07",
    "before": {"negotiated": {}, "ends_on": None},
    "after": {"negotiated": {"interest.spread": "0.10"}, "ends_on": None},
}
CONDITION: dict[str, Any] = {
    "slot": "fees",
    "condition": "fee.maintenance.corporate",
    "capability": "fee.maintenance@1",
    "parameters": {"event": "maintenance", "amount": "30.00", "cycle": "monthly"},
    "account": EXAMPLE_PAYER,
    "started_on": "2026-03-31",
    "ended_on": None,
}
MOVE: dict[str, Any] = {
    "agreement": AGREEMENT_ID,
    "status": "moved",
    "before": "2020-01-01",
    "after": "2026-10-01",
    "changed": ["main"],
    "added": [],
    "kept": [],
    "approval": None,
    "code": None,
    "detail": None,
}
