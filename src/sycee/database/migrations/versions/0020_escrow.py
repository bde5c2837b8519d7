"""Supervised accounts that pay only when released."""

from __future__ import annotations

from alembic import op

from sycee.database.migrations import install_sql

revision = "0020_escrow"
down_revision = "0019_standing_orders"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the status, let posting look at it, and create the tables of agreements and releases."""
    op.execute(
        """
        ALTER TABLE accounts DROP CONSTRAINT accounts_status_check,
            ADD CONSTRAINT accounts_status_check CHECK (status BETWEEN 0 AND 7);
        COMMENT ON COLUMN accounts.status IS
            '0 open, 1 debit_blocked, 2 credit_blocked, 3 frozen, 4 dormant, 5 closed, 6 restricted,'
            ' 7 supervised';
        ALTER TABLE account_profiles ADD COLUMN supervised boolean NOT NULL DEFAULT false;
        COMMENT ON COLUMN account_profiles.supervised IS
            'stands under an agreement on supervision; whoever freezes it may restore it to supervised';

        -- Of books made before, the functions of the same name without the last argument.
        DROP FUNCTION IF EXISTS ledger_post(
            uuid[], smallint[], bigint[], bigint[], bigint[], text[], date[], uuid[], boolean[],
            timestamptz[], text[], text[], timestamptz[], date[], boolean);
        DROP FUNCTION IF EXISTS ledger_post_exactly(
            timestamptz, uuid[], smallint[], bigint[], bigint[], bigint[], text[], date[], uuid[], boolean[],
            timestamptz[], text[], text[], timestamptz[], date[], boolean);

        -- A payment from a supervised account waits as received: refused or taken back from there too.
        INSERT INTO payment_transitions (from_state, to_state) VALUES (0, 9), (0, 12);
        """
    )
    install_sql("ledger", "post.sql", "post_exactly.sql")
    install_sql("payments", "escrow.sql")
