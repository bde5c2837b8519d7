"""Receipts of entries, with the codes by which anybody may check them."""

from __future__ import annotations

revision = "0016_receipts"
down_revision = "0015_rails"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
