"""The examples of the OpenAPI document that are about approvals: an account is frozen, two persons agree."""

from __future__ import annotations

from typing import Any

from sycee.api.examples import CUSTOMER, money
from sycee.api.schemas.common import EXAMPLE_PAYER

APPROVAL_ID = "0199a5c0-1c00-7000-8000-00000000e001"
SUBSTITUTION_ID = "0199a5c0-1c00-7000-8000-00000000e002"
_RULE_ID = "0199a5c0-1c00-7000-8000-00000000e003"
_MAKER = "0199a5c0-1c00-7000-8000-00000000e004"
_CHECKER = "0199a5c0-1c00-7000-8000-00000000e005"
_AWAY = "0199a5c0-1c00-7000-8000-00000000e006"
_RELEASE = "0199a5c0-1c00-7000-8000-00000000e007"
_WHO = "scope:approvals:decide"
_DIGEST = "8c7dd922ad47494fc02c388e12c00eac278d1c8a4a2a1c0b7d4bc0a2c5c6b1a2"

APPROVAL: dict[str, Any] = {
    "id": APPROVAL_ID,
    "command": "accounts.change",
    "title": {"en": "Change an account", "zh": "变更账户"},
    "customer": CUSTOMER,
    "state": "waiting",
    "digest": _DIGEST,
    "lines": [
        {"en": f"Account {EXAMPLE_PAYER} Operating account", "zh": f"账户 {EXAMPLE_PAYER} 基本存款账户"},
        {"en": "Status: open → frozen", "zh": "状态：open → frozen"},
        {"en": "Reason: Court order 2026-114", "zh": "原因：Court order 2026-114"},
    ],
    "accounts": [EXAMPLE_PAYER],
    "amount": None,
    "maker": _MAKER,
    "acting_for": None,
    "requested_at": "2026-03-31T01:15:00Z",
    "expires_at": "2026-04-30T01:15:00Z",
    "ended_at": None,
    "code": None,
    "reason": "",
    "result": None,
}
WITHDRAWN: dict[str, Any] = {
    **APPROVAL,
    "state": "withdrawn",
    "ended_at": "2026-03-31T02:00:00Z",
    "reason": "Wrong account",
}
DETAIL: dict[str, Any] = {
    "approval": APPROVAL,
    "payload": "eyJudW1iZXIiOjEwMTAwMDAwMDAwMDAwMDAxM30=",
    "votes": [
        {
            "principal": _CHECKER,
            "acting_for": _AWAY,
            "vote": "yes",
            "authority": _WHO,
            "reason": "Order seen",
            "voted_at": "2026-03-31T01:20:00Z",
        }
    ],
    "rules": [[{"who": _WHO, "count": 2, "met": False, "by": [_CHECKER], "lacking": f"1 × {_WHO}"}]],
    "hindered": "",
}
INBOX_ITEM: dict[str, Any] = {"approval": APPROVAL, "authority": _WHO, "acting_for": None}
_LINE: dict[str, Any] = {
    "what": "requested",
    "principal": _MAKER,
    "acting_for": None,
    "at": "2026-03-31T01:15:00Z",
    "authority": "",
    "code": "",
    "reason": "",
}
TRAIL: dict[str, Any] = {
    "events": [
        _LINE,
        {
            **_LINE,
            "what": "yes",
            "principal": _CHECKER,
            "acting_for": _AWAY,
            "at": "2026-03-31T01:20:00Z",
            "authority": _WHO,
            "reason": "Order seen",
        },
    ]
}
DECISIONS: dict[str, Any] = {
    "decisions": [{"approval": APPROVAL_ID, "vote": "yes", "digest": _DIGEST, "reason": "Order seen"}]
}
OUTCOMES: dict[str, Any] = {
    "outcomes": [
        {
            "approval": APPROVAL_ID,
            "accepted": True,
            "state": "waiting",
            "code": None,
            "detail": "",
            "lacking": [f"1 × {_WHO}"],
        }
    ]
}
NEW_RULE: dict[str, Any] = {
    "command": "accounts.change",
    "stages": [{"who": _WHO, "count": 2}],
    "up_to": money("100000.00"),
    "note": "Board 2026-7",
}
RULE: dict[str, Any] = {
    **NEW_RULE,
    "stages": [{"who": _WHO, "count": 2, "with_maker": False}],
    "account": None,
    "counterparty": None,
    "product": None,
    "currency": "CNY",
    "makers": 1,
    "valid_from": "2026-03-31T01:00:00Z",
    "valid_to": None,
    "id": _RULE_ID,
    "customer": None,
    "released_by": _RELEASE,
}
SEGREGATION: dict[str, Any] = {
    "one": "make accounts.change",
    "other": "approve payments.*",
    "note": "",
    "id": _RULE_ID,
    "valid_from": "2026-03-31T01:00:00Z",
    "released_by": _RELEASE,
}
RULE_CHANGE: dict[str, Any] = {"id": APPROVAL_ID, "rules": [NEW_RULE]}
RULE_CHANGE_ASKED: dict[str, Any] = {
    **APPROVAL,
    "command": "approvals.rules",
    "title": {"en": "Change the rules of approval", "zh": "变更审批规则"},
    "customer": None,
    "lines": [
        {
            "en": f"accounts.change ≤ 100000.00 CNY: makers 1, then 2 × {_WHO}",
            "zh": f"accounts.change ≤ 100000.00 CNY：经办 1 人，复核 2 × {_WHO}",
        }
    ],
    "accounts": [],
}
NEW_SUBSTITUTION: dict[str, Any] = {
    "substitute": _CHECKER,
    "valid_from": "2026-04-01T00:00:00+08:00",
    "valid_to": "2026-04-15T00:00:00+08:00",
    "command": "accounts.*",
    "reason": "Leave",
}
SUBSTITUTION: dict[str, Any] = {
    "id": SUBSTITUTION_ID,
    "customer": None,
    "absent": _AWAY,
    "substitute": _CHECKER,
    "command": "accounts.*",
    "up_to": None,
    "reason": "Leave",
    "valid_from": "2026-03-31T16:00:00Z",
    "valid_to": "2026-04-14T16:00:00Z",
    "made_by": _AWAY,
    "made_at": "2026-03-31T01:15:00Z",
    "ended_by": None,
}
SUBSTITUTION_ASKED: dict[str, Any] = {
    **APPROVAL,
    "command": "approvals.substitute",
    "title": {"en": "Let somebody stand in for another", "zh": "指定代办人"},
    "customer": None,
    "lines": [
        {
            "en": "Li Wei stands in for Wang Fang until 2026-04-14 16:00: accounts.*",
            "zh": "Li Wei 代行 Wang Fang 之权，至 2026-04-14 16:00：accounts.*",
        }
    ],
    "accounts": [],
}
