"""Accounts that cannot be reckoned are left out of the interest of a day, and taken in again."""

from __future__ import annotations

from alembic import op

from sycee.database.migrations import install_sql

revision = "0011_interest_left_out"
down_revision = "0010_restricted_accounts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep why an account is left out, and bring the functions of interest up to date."""
    op.execute(
        """
        ALTER TABLE interest_positions ADD COLUMN left_out text;
        COMMENT ON COLUMN interest_positions.left_out IS
            'why what was posted cannot be fed to it; NULL: it can. Fed is then where it stands';
        CREATE INDEX interest_positions_left_out ON interest_positions (cell, account)
            WHERE left_out IS NOT NULL;

        -- With what is made of them; the files make them anew.
        DROP TYPE interest_difference, interest_dues CASCADE;
        """
    )
    install_sql(
        "products",
        "interest_lines.sql",
        "interest_start.sql",
        "interest_left_out.sql",
        "interest_feed.sql",
        "interest_roll.sql",
        "interest_reaccrue.sql",
        "interest_settle.sql",
    )
