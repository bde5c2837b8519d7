"""Maker-checker: requests, rules, votes, substitutions."""

from __future__ import annotations

from sycee.database.migrations import install_sql

revision = "0014_approvals"
down_revision = "0013_walls"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of this part."""
    install_sql("approvals", "tables.sql", "customer_policies.sql")
