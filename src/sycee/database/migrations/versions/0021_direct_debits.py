"""Direct debits by mandate, and collections."""

from __future__ import annotations

from sycee.database.migrations import install_sql

revision = "0021_direct_debits"
down_revision = "0020_escrow"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of direct debits."""
    install_sql("payments", "debits.sql", "debit_policies.sql")
