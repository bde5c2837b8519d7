"""Rates, terms, interest positions and postings, and the functions of the interest engine."""

from __future__ import annotations

from sycee.database.migrations import install_sql

revision = "0006_interest"
down_revision = "0005_components"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables and functions of this part."""
    install_sql(
        "products",
        "interest_tables.sql",
        "interest_pieces.sql",
        "interest_lines.sql",
        "interest_start.sql",
        "interest_feed.sql",
        "interest_reaccrue.sql",
        "interest_accrue.sql",
        "interest_settle.sql",
        "interest_pay.sql",
    )
