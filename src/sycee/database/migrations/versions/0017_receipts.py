"""Receipts of entries, with the codes by which anybody may check them."""

from __future__ import annotations

from sycee.database.migrations import install_sql

revision = "0017_receipts"
down_revision = "0016_rails"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add receipts, their papers, and the record of what was printed."""
    install_sql("operations", "receipts.sql")
    install_sql("operations", "receipts_policies.sql")
