"""The books: cells, accounts, transfers, holds, batches and their seals, GL totals; posting and reading."""

from __future__ import annotations

from sycee.database.migrations import install_sql

revision = "0001_ledger"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables and functions of the ledger."""
    install_sql(
        "ledger",
        "tables.sql",
        "types.sql",
        "digest.sql",
        "prepare.sql",
        "apply.sql",
        "post.sql",
        "deciding.sql",
        "post_exactly.sql",
        "entries.sql",
    )
