"""Asking for what others may have to agree to: what can go wrong, and how it is answered while it waits."""

from __future__ import annotations

from typing import Any

import msgspec

from sycee import approvals
from sycee.api import approval_shapes
from sycee.api.approval_examples import APPROVAL
from sycee.api.idempotency import Answer
from sycee.api.schemas.approvals import Approval

ASKING = (
    approvals.ActorNotActive,
    approvals.MakerNotEntitled,
    approvals.NoRuleCovers,
    approvals.DutiesSegregated,
)
"""What can go wrong when others may have to agree."""

WAITS: dict[int, Any] = {202: (Approval, APPROVAL)}
"""The answer of an operation that may have to wait, beside its own."""


def waiting(asked: approvals.Approval) -> Answer:
    """The answer to what waits."""
    return Answer(body=msgspec.json.encode(approval_shapes.approval(asked)), status=202)
