"""The examples of the OpenAPI document that are about components: a demand deposit and its rate."""

from __future__ import annotations

from typing import Any

PROPOSAL_ID = "0199a5c0-1c00-7000-8000-0000000000d1"
_TITLE = {"en": "Listed demand rate", "zh": "活期挂牌利率"}
_PRODUCT_TITLE = {"en": "Corporate demand deposit", "zh": "单位活期存款"}
_SPANS = [{"valid_from": "2020-01-01", "valid_to": None}]
_SOURCE = "sycee/components/library/data/interest.yaml:4"
_VALUES: dict[str, Any] = {
    "rate_rule": "split",
    "tiers": [{"above": "0", "rate_key": "demand", "spread": "0.10"}],
}

COMPONENT: dict[str, Any] = {
    "sort": "condition",
    "id": "demand.rate.listed",
    "title": _TITLE,
    "kind": "interest",
    "part_of": "interest.tiered@1",
    "valid_from": "2020-01-01",
    "valid_to": None,
    "abstract": False,
}
COUNTS: dict[str, Any] = {
    "capabilities": 60,
    "conditions": 220,
    "product_lines": 1,
    "product_groups": 8,
    "products": 40,
    "packages": 6,
    "kinds": [{"kind": "interest", "capabilities": 3, "conditions": 20}],
    "release": 4,
}
CAPABILITY: dict[str, Any] = {
    "id": "interest.tiered@1",
    "name": "interest.tiered",
    "version": 1,
    "kind": "interest",
    "owner": "deposits",
    "title": {"en": "Interest by tiers of the balance", "zh": "分档计息"},
    "description": "Each part of the balance bears the rate of its tier.",
    "parameters": {"type": "object"},
}
CONDITION: dict[str, Any] = {
    "id": "demand.rate.listed",
    "uses": "interest.tiered@1",
    "kind": "interest",
    "title": _TITLE,
    "valid_from": "2020-01-01",
    "valid_to": None,
    "parameters": _VALUES,
    "source": _SOURCE,
    "versions": _SPANS,
}
PRODUCT: dict[str, Any] = {
    "id": "corporate-demand",
    "title": _PRODUCT_TITLE,
    "valid_from": "2020-01-01",
    "valid_to": None,
    "base": ["demand-deposit"],
    "group": "deposits.demand",
    "abstract": False,
    "slots": {"interest": ["demand.rate.listed"], "fees": []},
    "negotiable": {
        "interest.tiers.0.spread": {
            "min": "-0.10",
            "max": "0.30",
            "step": None,
            "one_of": [],
            "any_of": [],
            "required": False,
        }
    },
    "source": "sycee/components/library/data/products-deposits.yaml:12",
    "versions": _SPANS,
}
RESOLVED: dict[str, Any] = {
    "id": "corporate-demand",
    "version": "2020-01-01",
    "title": _PRODUCT_TITLE,
    "group": "deposits.demand",
    "line": "deposits",
    "base": ["demand-deposit"],
    "slots": {"interest": [{"id": "demand.rate.listed", "uses": "interest.tiered@1", "with": _VALUES}]},
    "negotiated": {"interest.tiers.0.spread": "0.10"},
}
PACKAGE: dict[str, Any] = {
    "id": "settlement-starter",
    "title": {"en": "Settlement starter", "zh": "结算入门套餐"},
    "valid_from": "2026-01-01",
    "valid_to": None,
    "items": [
        {
            "key": "main",
            "product": "corporate-demand",
            "count": 1,
            "optional": False,
            "over": None,
            "choices": {},
        }
    ],
    "source": "sycee/components/library/data/packages.yaml:3",
    "versions": _SPANS,
}
DOCUMENT: dict[str, Any] = {
    "conditions": [
        {
            "id": "demand.rate.growth",
            "uses": "interest.tiered@1",
            "title": {"en": "Demand rate for growing firms", "zh": "成长企业活期利率"},
            "from": "2026-04-01",
            "with": _VALUES,
        }
    ]
}
NEW_PROPOSAL: dict[str, Any] = {
    "reason": "Campaign for growing firms",
    "document": DOCUMENT,
    "endings": [{"list": "conditions", "id": "demand.rate.listed", "to": "2027-01-01"}],
}
PROPOSAL: dict[str, Any] = {
    "id": PROPOSAL_ID,
    "reason": "Campaign for growing firms",
    "document": DOCUMENT,
    "endings": [{"list": "conditions", "id": "demand.rate.listed", "from": "2020-01-01", "to": "2027-01-01"}],
    "state": "proposed",
    "proposed_by": "3f9c2a7d10b4",
    "proposed_at": "2026-03-31T02:15:07.123456Z",
    "decided_by": None,
    "decided_at": None,
    "remark": "",
    "release": None,
}
