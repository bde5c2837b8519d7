"""The registry: conditions, products and packages proposed and released as data."""

from __future__ import annotations

from sycee.database.migrations import install_sql

revision = "0005_components"
down_revision = "0004_parties"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables and functions of this part."""
    install_sql("components", "tables.sql")
