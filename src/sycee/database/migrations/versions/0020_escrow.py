"""Supervised accounts that pay only when released."""

from __future__ import annotations

revision = "0020_escrow"
down_revision = "0019_standing_orders"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of escrow."""
