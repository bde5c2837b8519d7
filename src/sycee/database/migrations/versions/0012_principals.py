"""Principals, their credentials and sessions, OAuth clients and keys, and the security log."""

from __future__ import annotations

from alembic import op

from sycee.database.migrations import install_sql

revision = "0012_principals"
down_revision = "0011_interest_left_out"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables, give every token a machine principal, and keep answers per principal."""
    install_sql("identity", "tables.sql", "security_log.sql")
    op.execute(
        """
        INSERT INTO principals (id, kind, login, name, scopes, created_at, created_by)
        SELECT gen_random_uuid(), 'machine', 'token.' || id, name, scopes, created_at, 'migration'
        FROM tokens;

        ALTER TABLE tokens ADD COLUMN principal uuid REFERENCES principals;
        UPDATE tokens SET principal = (SELECT p.id FROM principals p WHERE p.login = 'token.' || tokens.id);
        ALTER TABLE tokens ALTER COLUMN principal SET NOT NULL;
        CREATE INDEX tokens_principal ON tokens (principal);

        ALTER TABLE idempotency_keys ADD COLUMN principal uuid REFERENCES principals;
        UPDATE idempotency_keys k SET principal = t.principal FROM tokens t WHERE t.id = k.token_id;
        ALTER TABLE idempotency_keys DROP COLUMN token_id, ADD PRIMARY KEY (principal, key);
        """
    )
    install_sql("identity", "changes.sql")
