"""Roles and grants, and the policies behind which customers see their own alone."""

from __future__ import annotations

from alembic import op

from sycee.database.migrations import install_sql

revision = "0013_walls"
down_revision = "0012_principals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create roles, grants and branches; make the role of customers and open to it what is theirs."""
    install_sql("identity", "grant_tables.sql", "standard_roles.sql")
    install_sql("parties", "branch_tables.sql")
    op.execute(
        """
        ALTER TABLE payment_files ADD COLUMN customer uuid;
        COMMENT ON COLUMN payment_files.customer IS
            'from whose accounts it pays; NULL when they are not all of one customer';
        CREATE INDEX payment_files_customer ON payment_files (customer, id) WHERE customer IS NOT NULL;
        UPDATE payment_files f SET customer = (
            SELECT (array_agg(p.customer))[1] FROM payment_instructions i
            LEFT JOIN account_profiles p ON p.cell = i.debit / 1000000000000000 AND p.number = i.debit
            WHERE i.cell = f.cell AND i.file = f.id
            HAVING count(DISTINCT p.customer) = 1 AND count(p.customer) = count(*));
        """
    )
    install_sql("database", "walls.sql")
    install_sql("ledger", "entries.sql")
    for domain in ("ledger", "parties", "products", "payments", "operations"):
        install_sql(domain, "customer_policies.sql")
