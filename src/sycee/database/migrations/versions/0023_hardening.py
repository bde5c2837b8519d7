"""What a hostile look at the bank asked for."""

from __future__ import annotations

from sycee.database.migrations import install_sql

revision = "0023_hardening"
down_revision = "0022_webhooks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let payments that come in be kept by screening; count failures to sign in by address."""
    install_sql("identity", "attempts_by_address.sql")
    install_sql("operations", "webhooks_of_kept.sql")
    install_sql("payments", "incoming_kept.sql")
