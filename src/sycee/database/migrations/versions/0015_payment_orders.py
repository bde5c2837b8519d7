"""Payments, their events, rails and their terms, screening."""

from __future__ import annotations

from sycee.database.migrations import install_sql

revision = "0015_payment_orders"
down_revision = "0014_approvals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables and functions of this part."""
    install_sql("payments", "orders.sql", "steps.sql", "routing.sql", "screening.sql", "order_policies.sql")
