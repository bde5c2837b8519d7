"""Proposals of the bank are released by approvals, and end as those do."""

from __future__ import annotations

from alembic import op

revision = "0026_releases"
down_revision = "0025_rail_repairs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let proposals be turned down, be taken back, run out of time and fail."""
    op.execute(
        """
        ALTER TABLE rate_proposals ADD COLUMN state text NOT NULL DEFAULT 'proposed'
            CHECK (state IN ('proposed', 'released', 'rejected', 'withdrawn', 'expired', 'failed'));
        UPDATE rate_proposals SET state = 'released' WHERE released_at IS NOT NULL;
        ALTER TABLE rate_proposals ADD CHECK ((state = 'released') = (released_at IS NOT NULL));
        COMMENT ON COLUMN rate_proposals.state IS 'as the approval of the same id ended';

        ALTER TABLE component_proposals DROP CONSTRAINT component_proposals_state_check,
            ADD CONSTRAINT component_proposals_state_check
            CHECK (state IN ('proposed', 'released', 'rejected', 'withdrawn', 'expired', 'failed'));
        ALTER TABLE rail_terms DROP CONSTRAINT rail_terms_state_check,
            ADD CONSTRAINT rail_terms_state_check
            CHECK (state IN ('proposed', 'released', 'rejected', 'withdrawn', 'expired', 'failed'));
        """
    )
