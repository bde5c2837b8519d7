"""Agreements and the arrangements that products make for a customer."""

from __future__ import annotations

from sycee.database.migrations import install_sql

revision = "0007_agreements"
down_revision = "0006_interest"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables and functions of this part."""
    install_sql("products", "agreement_tables.sql")
