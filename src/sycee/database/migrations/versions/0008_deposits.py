"""Deposits held in units: their terms, notices and events."""

from __future__ import annotations

from sycee.database.migrations import install_sql

revision = "0008_deposits"
down_revision = "0007_agreements"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables and functions of this part."""
    install_sql("products", "deposit_tables.sql")
