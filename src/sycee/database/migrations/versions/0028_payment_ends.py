"""Reconciliations by workers, bulk orders turned down, bank transfers, the stream of direct debits."""

from __future__ import annotations

from sycee.database.migrations import install_sql

revision = "0028_payment_ends"
down_revision = "0027_business_of_the_bank"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create and alter the tables, and what tells of it."""
    install_sql("payments", "reconciliation_runs.sql", "bulk_rejected.sql", "bank_transfers.sql")
    install_sql("payments", "debit_stream.sql")
    install_sql("operations", "bulk_rejected_events.sql", "debit_events.sql")
