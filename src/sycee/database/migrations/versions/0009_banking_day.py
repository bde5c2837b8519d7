"""The banking day: runs, steps, failures, documents produced at the end of a day."""

from __future__ import annotations

from sycee.database.migrations import install_sql

revision = "0009_banking_day"
down_revision = "0008_deposits"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables and functions of this part."""
    install_sql("operations", "tables.sql", "fees.sql")
