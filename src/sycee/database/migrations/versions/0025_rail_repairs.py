"""Messages that a rail, or this bank, could not read: tried again or closed by people."""

from __future__ import annotations

from sycee.database.migrations import install_sql

revision = "0025_rail_repairs"
down_revision = "0024_owed_settlements"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let messages be named, and note who worked them."""
    install_sql("payments", "rail_repairs.sql")
