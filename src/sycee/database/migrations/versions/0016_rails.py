"""Messages of the rails, reconciliation and its cases."""

from __future__ import annotations

from sycee.database.migrations import install_sql

revision = "0016_rails"
down_revision = "0015_payment_orders"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Install the tables."""
    install_sql("payments", "rails.sql")
