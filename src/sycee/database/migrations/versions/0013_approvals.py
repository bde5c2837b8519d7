"""Maker-checker: requests, rules, votes, substitutions."""

from __future__ import annotations

revision = "0013_approvals"
down_revision = "0012_walls"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
