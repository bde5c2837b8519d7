"""The wall in the database, table by table: each is under a policy, or has a reason why not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from sycee import ledger
from sycee.database import (
    CUSTOMER_ROLE,
    Database,
    EmbeddedServer,
    as_bank,
    migrations,
)
from sycee.kernel.ids import uuid7
from sycee.ledger import NewAccount
from tests.api.wire import DAY

# What a customer may see of everybody's: nobody's in particular, and needed to read one's own.
REFERENCE = {
    "batches": "which batch sealed a transfer",
    "cells": "the business date of a cell",
    "debit_terms": "calendar and refund right of direct debits",
    "interest_feeds": "through which day a cell's interest is reckoned",
    "interest_pieces": "rates by day, of terms that many accounts share",
    "interest_terms": "terms that many accounts share",
    "debit_heads": "how far the stream of a cell's steps has come",
    "payment_heads": "how far the stream of a cell's steps has come",
    "product_snapshots": "what products said, shared by all who agreed to the same",
    "rails": "the ways to other banks",
    "rates": "published rates",
}
# What no customer reaches at all.
BANK_ONLY = {
    "account_changes": "why the bank changed an account, orders of authorities among it",
    "account_serials": "how many accounts a cell has",
    "alembic_version": "the state of the schema",
    "approval_segregations": "which duties the bank keeps apart",
    "bulk_hold_accounts": "the bank's own accounts",
    "component_head": "the catalogue's releases",
    "component_proposals": "what the bank's people propose to each other",
    "customer_changes": "who of the bank recorded what, and why",
    "customer_counts": "how many customers a cell has",
    "day_failures": "how an end of day went, across customers",
    "day_runs": "how an end of day went, across customers",
    "day_seals": "seals of whole days",
    "day_steps": "how an end of day went, across customers",
    "due_diligence": "what the bank found out, and how it grades the risk",
    "fee_accounts": "the bank's own accounts",
    "gl_totals": "the bank's general ledger",
    "grants": "who may do what, across customers",
    "holdings": "who owns whom, also across customers",
    "idempotency_keys": "answers kept by principal; the API reads them as the bank",
    "intercell_accounts": "the bank's own accounts",
    "interest_accounts": "the bank's own accounts",
    "interest_accruals": "what the bank owes all customers together",
    "interest_stale": "what the bank still has to reckon",
    "own_agents": "the codes of this bank",
    "ownership_registers": "who owns whom, also across customers",
    "payment_transitions": "which state of a payment may follow which",
    "login_attempts": "who failed to sign in",
    "oauth_assertions": "credentials",
    "oauth_clients": "credentials",
    "one_time_code_secrets": "credentials",
    "passwords": "credentials",
    "principals": "logins of everybody",
    "rail_accounts": "the bank's own accounts",
    "rail_case_entries": "how the bank's people worked a case, across customers",
    "rail_cases": "what does not agree with a rail, across customers",
    "rail_connections": "where rails are reached",
    "rail_interbank_accounts": "the bank's own accounts",
    "rail_items": "what was said to rails about payments, across customers",
    "rail_messages": "what was said to rails and by them, across customers",
    "rail_reconciliation_runs": "how far reconciliations are, across customers",
    "rail_reconciliations": "what reconciliations found, across customers",
    "rail_report_entries": "what rails report, across customers",
    "rail_reports": "what rails report, across customers",
    "rail_suspense_accounts": "the bank's own accounts",
    "rail_terms": "prices and caps that are not in force",
    "rate_proposal_lines": "prices that are not in force",
    "rate_proposals": "prices that are not in force",
    "receipt_serials": "how many receipts a cell has issued",
    "recovery_codes": "credentials",
    "roles": "what the bank's people may do",
    "screening_lists": "whom the bank looks for",
    "screening_names": "whom the bank looks for",
    "seal_keys": "keys of the seals",
    "security_events": "who did what, across customers",
    "security_log_head": "the security log's seal",
    "sessions": "credentials",
    "signing_keys": "credentials",
    "tokens": "credentials",
    "webhook_secrets": "credentials",
}

SILK, JADE = UUID(int=1), UUID(int=2)


async def rows(database: Database, query: str, *values: Any, acting_for: UUID | None = None) -> list[Any]:
    """What a query finds, in a transaction of its own."""
    async with database.transaction(acting_for=acting_for) as tx:
        return await (await tx.execute(query.encode(), values)).fetchall()


async def names(database: Database, query: str, *values: Any) -> list[str]:
    """The first column of what a query finds."""
    return [row[0] for row in await rows(database, query, *values)]


_TABLES = """
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {} ORDER BY 1
"""
_UNDER_POLICIES = _TABLES.format(
    "c.relrowsecurity AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid"
    " AND p.polcmd = 'r' AND p.polroles = ARRAY[(SELECT oid FROM pg_roles WHERE rolname = %s)])"
)
_REACHED = _TABLES.format(
    "(has_any_column_privilege(%s, c.oid, 'SELECT,INSERT,UPDATE,REFERENCES')"
    " OR has_table_privilege(%s, c.oid, 'DELETE,TRUNCATE,TRIGGER'))"
)
_WRITTEN = _TABLES.format(
    "(has_any_column_privilege(%s, c.oid, 'INSERT,UPDATE')"
    " OR has_table_privilege(%s, c.oid, 'DELETE,TRUNCATE'))"
)


async def test_every_table_is_under_a_policy_or_has_its_reason(database: Database) -> None:
    every = set(await names(database, _TABLES.format("true")))
    policed = set(await names(database, _UNDER_POLICIES, CUSTOMER_ROLE))
    assert policed.isdisjoint({*REFERENCE, *BANK_ONLY})
    assert every - policed == {*REFERENCE, *BANK_ONLY}


async def test_customers_reach_no_table_that_is_the_banks_alone(database: Database) -> None:
    reached = set(await names(database, _REACHED, CUSTOMER_ROLE, CUSTOMER_ROLE))
    assert reached.isdisjoint(BANK_ONLY)
    assert reached >= set(REFERENCE)
    written = set(await names(database, _WRITTEN, CUSTOMER_ROLE, CUSTOMER_ROLE))
    assert written.isdisjoint(REFERENCE)


async def test_every_policy_is_the_customers_and_narrows(database: Database) -> None:
    found = await rows(
        database,
        "SELECT tablename, policyname, roles::text[], permissive, coalesce(qual, ''),"
        " coalesce(with_check, '') FROM pg_policies WHERE schemaname = 'public'",
    )
    assert len(found) > 30
    for table, policy, roles, permissive, using, check in found:
        assert roles == [CUSTOMER_ROLE], (table, policy)
        assert permissive == "PERMISSIVE"
        assert "true" not in (using, check), (table, policy)
        assert "acting_customer" in using + check or "own" in using + check, (table, policy)


async def test_functions_with_the_banks_eyes_are_known_and_hold_their_path(database: Database) -> None:
    found = await rows(
        database,
        "SELECT proname, coalesce(proconfig::text, '') FROM pg_proc WHERE prosecdef"
        " AND pronamespace = 'public'::regnamespace",
    )
    assert {name for name, _ in found} == {
        "approvals_of_its_own",
        "ledger_entries_backwards",
        "ledger_entries_forwards",
        "ledger_entry_at",
    }
    assert all("search_path=public, pg_temp" in settings for _, settings in found)


async def test_the_customers_role_owns_nothing_and_cannot_log_in(database: Database) -> None:
    assert await rows(
        database,
        "SELECT rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles"
        " WHERE rolname = %s",
        CUSTOMER_ROLE,
    ) == [(False, False, False, False, False)]
    owned = "SELECT relname FROM pg_class WHERE pg_get_userbyid(relowner) = %s"
    assert await rows(database, owned, CUSTOMER_ROLE) == []


@pytest.fixture
def plain_owner(server: EmbeddedServer) -> Iterator[tuple[str, str]]:
    """The name and the database's URL of an owner who may do no more than that."""
    name = f"owner_{uuid7().hex}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as administrator:
        administrator.execute(f"CREATE ROLE {name} LOGIN".encode())
        administrator.execute(f"CREATE DATABASE {name} OWNER {name}".encode())
        yield name, make_conninfo(server.url(name), user=name)
        administrator.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
        administrator.execute(f"DROP ROLE {name}".encode())


async def test_an_owner_who_may_not_make_roles_is_told_what_an_administrator_has_to_do(
    server: EmbeddedServer, template_database: str, plain_owner: tuple[str, str]
) -> None:
    name, url = plain_owner
    with pytest.raises(psycopg.errors.RaiseException) as refused:
        await asyncio.to_thread(migrations.upgrade, url)
    assert f"GRANT sycee_customer TO {name}" in str(refused.value)
    with psycopg.connect(server.url("postgres"), autocommit=True) as administrator:
        administrator.execute(f"GRANT {CUSTOMER_ROLE} TO {name}".encode())
    await asyncio.to_thread(migrations.upgrade, url)
    async with await Database.open(url, max_size=2) as database:
        async with database.transaction() as tx:
            await ledger.create_cell(tx, 101, "Shanghai", DAY)
            await ledger.open_accounts(
                tx,
                [NewAccount(cell=101, currency="CNY", subject="2011", customer=of) for of in (SILK, JADE)],
            )
            assert len(await ledger.list_accounts(tx)) == 2
        async with database.transaction(acting_for=SILK) as tx:
            assert [one.customer for one in await ledger.list_accounts(tx)] == [SILK]
            async with as_bank(tx):
                assert len(await ledger.list_accounts(tx)) == 2
