"""Standing orders: payments that come again."""

from __future__ import annotations

from sycee.database.migrations import install_sql

revision = "0019_standing_orders"
down_revision = "0018_payment_files"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of standing orders."""
    install_sql("payments", "standing_orders.sql")
