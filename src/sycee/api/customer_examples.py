"""The examples of the OpenAPI document that are about customers: one small group and who owns it."""

from __future__ import annotations

from typing import Any

from sycee.api.examples import CUSTOMER, money

PARENT = "0199a5c0-1c00-7000-8000-0000000000c2"
PERSON = "0199a5c0-1c00-7000-8000-0000000000e1"
OTHER_PERSON = "0199a5c0-1c00-7000-8000-0000000000e2"
CONTACT_ID = "0199a5c0-1c00-7000-8000-0000000000e5"
MANDATE_ID = "0199a5c0-1c00-7000-8000-0000000000e7"
RECORDED = {"recorded_at": "2026-03-31T02:15:07.123456Z", "recorded_by": "5f0c2b7d9a11"}

NEW_CUSTOMER: dict[str, Any] = {
    "name": "Silk Road Trading Ltd",
    "local_name": "丝路贸易有限公司",
    "uscc": "91110000600037341L",
    "registered_capital": money("50000000.00"),
    "established_on": "1998-07-01",
    "industry": "F5179",
    "address": "1 Bund, Shanghai",
    "local_address": "上海市外滩1号",
    "status": "active",
}
FOUND_CUSTOMER: dict[str, Any] = {
    **NEW_CUSTOMER,
    "id": CUSTOMER,
    "cell": 101,
    "lei": None,
    "country": "CN",
    "risk_grade": "medium",
    "parent": {"customer": PARENT, "percent": "80"},
    "version": 2,
    "valid_from": "2026-03-31",
}
VERSION: dict[str, Any] = {
    "customer": FOUND_CUSTOMER,
    "valid_to": None,
    **RECORDED,
    "reason": "Licence renewed",
    "superseded_at": None,
    "superseded_by": None,
}
CHANGE: dict[str, Any] = {
    "id": "0199a5c0-1c00-7000-8000-0000000000d1",
    "what": "changed",
    "effective": "2026-03-31",
    "changed_at": RECORDED["recorded_at"],
    "changed_by": RECORDED["recorded_by"],
    "reason": "Licence renewed",
    "before": {"name": "Silk Road Ltd"},
    "after": {"name": "Silk Road Trading Ltd"},
}
GROUP: dict[str, Any] = {
    "top": PARENT,
    "on": "2026-03-31",
    "members": [
        {
            "customer": PARENT,
            "name": "Silk Road Holdings",
            "local_name": "丝路控股",
            "parent": None,
            "percent": None,
            "depth": 0,
        },
        {
            "customer": CUSTOMER,
            "name": "Silk Road Trading Ltd",
            "local_name": "丝路贸易有限公司",
            "parent": PARENT,
            "percent": "80",
            "depth": 1,
        },
    ],
}
HOLDINGS: list[dict[str, Any]] = [
    {"kind": "equity", "customer": PARENT, "percent": "80"},
    {"kind": "equity", "person": PERSON, "percent": "20"},
]
REGISTER: dict[str, Any] = {
    "id": "0199a5c0-1c00-7000-8000-0000000000d5",
    "customer": CUSTOMER,
    "holdings": HOLDINGS,
    "valid_from": "2026-01-01",
    "valid_to": None,
    **RECORDED,
    "reason": "Register of shareholders of 2026",
}
OWNERSHIP: dict[str, Any] = {
    "customer": CUSTOMER,
    "on": "2026-03-31",
    "owners": [
        {
            "person": PERSON,
            "name": "Li Wei",
            "local_name": "李伟",
            "rule": "equity",
            "percent": "60",
            "paths": [
                {
                    "steps": [
                        {
                            "owner": PERSON,
                            "owner_name": "Li Wei",
                            "company": PARENT,
                            "company_name": "Silk Road Holdings",
                            "kind": "equity",
                            "percent": "50",
                        },
                        {
                            "owner": PARENT,
                            "owner_name": "Silk Road Holdings",
                            "company": CUSTOMER,
                            "company_name": "Silk Road Trading Ltd",
                            "kind": "equity",
                            "percent": "80",
                        },
                    ],
                    "percent": "40",
                },
                {
                    "steps": [
                        {
                            "owner": PERSON,
                            "owner_name": "Li Wei",
                            "company": CUSTOMER,
                            "company_name": "Silk Road Trading Ltd",
                            "kind": "equity",
                            "percent": "20",
                        }
                    ],
                    "percent": "20",
                },
            ],
        }
    ],
    "untraced": "40",
    "exempt": False,
}
NEW_PERSON: dict[str, Any] = {
    "name": "Jane Doe",
    "document_kind": "passport",
    "document_number": "P1234567",
    "country": "GB",
}
FOUND_PERSON: dict[str, Any] = {**NEW_PERSON, "id": PERSON, "local_name": "", "born_on": "1980-05-17"}
NEW_CONTACT: dict[str, Any] = {
    "person": PERSON,
    "post": "legal_representative",
    "phone": "+86 21 5555 0101",
    "email": "li.wei@example.com",
}
FOUND_CONTACT: dict[str, Any] = {
    **NEW_CONTACT,
    "id": CONTACT_ID,
    "customer": CUSTOMER,
    "name": "Li Wei",
    "local_name": "李伟",
    "valid_from": "2026-03-31",
    "valid_to": None,
    **RECORDED,
}
NEW_DUE_DILIGENCE: dict[str, Any] = {"outcome": "passed", "valid_until": "2027-03-31", "risk_grade": "low"}
FOUND_DUE_DILIGENCE: dict[str, Any] = {
    **NEW_DUE_DILIGENCE,
    "id": "0199a5c0-1c00-7000-8000-0000000000d7",
    "customer": CUSTOMER,
    "done_on": "2026-03-31",
    "note": "",
    **RECORDED,
}
NEW_MANDATE: dict[str, Any] = {
    "reference": "Board 2026-7",
    "signatories": [
        {"group": "A", "post": "legal_representative"},
        {"group": "A", "person": PERSON},
        {"group": "B", "person": OTHER_PERSON},
    ],
    "rules": [
        {"operations": ["pay"], "signatures": ["A"], "up_to": money("1000000.00")},
        {"operations": ["pay", "sign_agreement"], "signatures": ["A+A", "A+B"]},
    ],
}
FOUND_MANDATE: dict[str, Any] = {
    **NEW_MANDATE,
    "id": MANDATE_ID,
    "customer": CUSTOMER,
    "valid_from": "2026-03-31",
    "valid_to": None,
    **RECORDED,
}
CHECK: dict[str, Any] = {
    "operation": "pay",
    "signers": [PERSON, OTHER_PERSON],
    "amount": money("2500000.00"),
}
DECISION: dict[str, Any] = {
    "mandate": MANDATE_ID,
    "reference": "Board 2026-7",
    "operation": "pay",
    "signatures": "A+B",
    "signers": [PERSON, OTHER_PERSON],
    "up_to": None,
}
