"""Holds whose money has been paid elsewhere are posted, whatever has become of their accounts since."""

from __future__ import annotations

from alembic import op

from sycee.database.migrations import install_sql

revision = "0024_owed_settlements"
down_revision = "0023_hardening"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let posting be told that a hold is owed."""
    op.execute(
        """
        -- Of books made before, the functions of the same name without the last argument.
        DROP FUNCTION IF EXISTS ledger_post(
            uuid[], smallint[], bigint[], bigint[], bigint[], text[], date[], uuid[], boolean[],
            timestamptz[], text[], text[], timestamptz[], date[], boolean);
        DROP FUNCTION IF EXISTS ledger_post_exactly(
            timestamptz, uuid[], smallint[], bigint[], bigint[], bigint[], text[], date[], uuid[], boolean[],
            timestamptz[], text[], text[], timestamptz[], date[], boolean);
        """
    )
    install_sql("ledger", "post.sql", "post_exactly.sql")
