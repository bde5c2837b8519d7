"""Roles and grants, and the policies behind which customers see their own alone."""

from __future__ import annotations

revision = "0012_walls"
down_revision = "0011_principals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
