"""What the bank decides about a customer's accounts, and why, is not shown to the customer."""

from __future__ import annotations

from sycee.database.migrations import install_sql

revision = "0027_business_of_the_bank"
down_revision = "0026_releases"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Leave out of what customers see of approvals, and are told, what only the bank asks for."""
    install_sql("approvals", "business_of_the_bank.sql")
    install_sql("operations", "webhooks_of_approvals.sql")
