"""Reconciliations that workers carry out; bulk orders that are turned down."""

from __future__ import annotations

from sycee.database.migrations import install_sql

revision = "0028_payment_ends"
down_revision = "0025_rail_repairs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the runs of reconciliations; let bulk orders be turned down, and tell of it."""
    install_sql("payments", "reconciliation_runs.sql", "bulk_rejected.sql", "bank_transfers.sql")
    install_sql("operations", "bulk_rejected_events.sql")
