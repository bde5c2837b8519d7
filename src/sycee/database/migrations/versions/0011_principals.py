"""Principals, their credentials and sessions, OAuth clients and keys, and the security log."""

from __future__ import annotations

revision = "0011_principals"
down_revision = "0010_restricted_accounts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
