"""Accounts that their product alone moves."""

from __future__ import annotations

from alembic import op

from sycee.database.migrations import install_sql

revision = "0010_restricted_accounts"
down_revision = "0009_banking_day"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the status, note whose accounts are a product's, and let posting look at both."""
    op.execute(
        """
        ALTER TABLE accounts DROP CONSTRAINT accounts_status_check,
            ADD CONSTRAINT accounts_status_check CHECK (status BETWEEN 0 AND 6);
        COMMENT ON COLUMN accounts.status IS
            '0 open, 1 debit_blocked, 2 credit_blocked, 3 frozen, 4 dormant, 5 closed, 6 restricted';
        ALTER TABLE account_profiles ADD COLUMN restricted boolean NOT NULL DEFAULT false;
        COMMENT ON COLUMN account_profiles.restricted IS
            'belongs to a product, which alone moves it; whoever freezes it may restore it to restricted';

        -- Of books made before, the functions of the same name without the last argument.
        DROP FUNCTION IF EXISTS ledger_post(
            uuid[], smallint[], bigint[], bigint[], bigint[], text[], date[], uuid[], boolean[],
            timestamptz[], text[], text[], timestamptz[], date[]);
        DROP FUNCTION IF EXISTS ledger_post_exactly(
            timestamptz, uuid[], smallint[], bigint[], bigint[], bigint[], text[], date[], uuid[], boolean[],
            timestamptz[], text[], text[], timestamptz[], date[]);
        """
    )
    install_sql("ledger", "post.sql", "post_exactly.sql")
