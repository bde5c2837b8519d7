"""Payment files that are taken in as a stream, item by item."""

from __future__ import annotations

from sycee.database.migrations import install_sql

revision = "0018_payment_files"
down_revision = "0017_receipts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of bulk orders."""
    install_sql("payments", "bulk.sql", "bulk_policies.sql")
