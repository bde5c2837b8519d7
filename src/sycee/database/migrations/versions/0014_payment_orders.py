"""Payments, their events, rails and their terms, screening."""

from __future__ import annotations

revision = "0014_payment_orders"
down_revision = "0013_approvals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
