"""Customers: legal entities, their groups, owners, contacts, due diligence, and mandates."""

from __future__ import annotations

from sycee.database.migrations import install_sql

revision = "0004_parties"
down_revision = "0003_payments"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables and functions of this part."""
    install_sql("parties", "tables.sql")
