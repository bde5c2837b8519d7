"""Webhooks and the outbox behind them."""

from __future__ import annotations

revision = "0022_webhooks"
down_revision = "0021_direct_debits"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of webhooks."""
