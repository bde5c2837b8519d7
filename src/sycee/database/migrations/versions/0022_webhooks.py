"""Webhooks and the outbox behind them."""

from __future__ import annotations

from sycee.database.migrations import install_sql

revision = "0022_webhooks"
down_revision = "0021_direct_debits"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of webhooks, and what writes events into them."""
    install_sql("operations", "webhooks.sql", "webhook_events.sql", "webhook_policies.sql")
