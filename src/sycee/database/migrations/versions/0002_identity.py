"""Tokens, and the answers kept for idempotency keys."""

from __future__ import annotations

from alembic import op

revision = "0002_identity"
down_revision = "0001_ledger"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of tokens and idempotency keys."""
    op.execute(
        """
        CREATE TABLE tokens (
            id          text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{12}$'),
            name        text NOT NULL,
            scopes      text[] NOT NULL CHECK (cardinality(scopes) > 0),
            secret_hash bytea NOT NULL CHECK (octet_length(secret_hash) = 32),
            last_digits text NOT NULL,
            created_at  timestamptz NOT NULL DEFAULT now(),
            expires_at  timestamptz,
            revoked_at  timestamptz
        );
        COMMENT ON COLUMN tokens.secret_hash IS 'SHA-256; the secret is 256 random bits';

        CREATE TABLE idempotency_keys (
            token_id    text NOT NULL REFERENCES tokens,
            key         text NOT NULL,
            fingerprint bytea NOT NULL,
            status      smallint NOT NULL CHECK (status BETWEEN 200 AND 299),
            media       text NOT NULL,
            location    text,
            body        bytea NOT NULL,
            created_at  timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (token_id, key)
        );
        CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);
        COMMENT ON COLUMN idempotency_keys.fingerprint IS 'SHA-256 of the request';
        """
    )


def downgrade() -> None:
    """Drop them."""
    op.execute("DROP TABLE idempotency_keys; DROP TABLE tokens")
