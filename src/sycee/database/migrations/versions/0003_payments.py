"""Payment files, their instructions, and what accounts are called by others."""

from __future__ import annotations

from sycee.database.migrations import install_sql

revision = "0003_payments"
down_revision = "0002_identity"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of payments."""
    install_sql("payments", "tables.sql")
