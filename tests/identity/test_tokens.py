"""Tokens: issued once, kept as a hash, over when revoked or expired."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sycee.database import Database
from sycee.identity import (
    Authenticator,
    InvalidToken,
    NewPrincipal,
    PrincipalKind,
    PrincipalNotFound,
    Scope,
    TokenNotFound,
    UnknownScope,
    authenticate,
    create_principals,
    issue_token,
    list_tokens,
    revoke_token,
)
from sycee.kernel.clock import now
from sycee.kernel.errors import InvalidInput
from sycee.kernel.ids import uuid7


async def test_issued_token_is_accepted_with_its_scopes(database: Database) -> None:
    async with database.transaction() as tx:
        issued = await issue_token(tx, "payroll", [Scope.TRANSFERS_WRITE, Scope.ACCOUNTS_READ])
        found = await authenticate(tx, issued.text)
    assert found.principal == issued.token.principal
    assert found.id == str(issued.token.principal)
    assert found.name == "payroll"
    assert found.allows(Scope.TRANSFERS_WRITE)
    assert found.allows(Scope.ACCOUNTS_READ)
    assert not found.allows(Scope.ADMIN)
    assert not found.allows(Scope.PAYMENTS_WRITE)


async def test_admin_includes_every_scope(database: Database) -> None:
    async with database.transaction() as tx:
        issued = await issue_token(tx, "root", [Scope.ADMIN])
        caller = await authenticate(tx, issued.text)
    assert all(caller.allows(scope) for scope in Scope)


async def test_secret_is_nowhere_in_the_database(database: Database) -> None:
    async with database.transaction() as tx:
        issued = await issue_token(tx, "payroll", [Scope.ADMIN])
        row = await (await tx.execute("SELECT t::text FROM tokens t")).fetchone()
    secret = issued.text.split("_")[2]
    assert row is not None
    assert len(secret) == 64
    assert secret not in row[0]
    assert issued.token.last_digits == secret[-4:]


SPOILT = {
    "one digit wrong": "{head}{other}",
    "another prefix": "sys{tail}",
    "another id": "syc_000000000000_{secret}",
    "one digit more": "{text}0",
    "cut short": "{head}",
    "no secret": "syc_{id}_",
    "empty": "",
    "only the frame": "syc__",
    "too short": "syc_a_b",
    "NUL": "syc_\x00_\x00",
    "not ASCII": "syc_一_二",
    "endless": "x" * 100_000,
}


@pytest.mark.parametrize("name", SPOILT)
async def test_a_text_that_is_not_exactly_a_token_is_refused(database: Database, name: str) -> None:
    async with database.transaction() as tx:
        text = (await issue_token(tx, "payroll", [Scope.ADMIN])).text
    _, token_id, secret = text.split("_")
    spoilt = SPOILT[name].format(
        text=text,
        head=text[:-1],
        tail=text[3:],
        other="0" if text[-1] != "0" else "1",
        id=token_id,
        secret=secret,
    )
    async with database.transaction() as tx:
        with pytest.raises(InvalidToken):
            await authenticate(tx, spoilt)
    with pytest.raises(InvalidToken):
        await Authenticator(database).authenticate(spoilt)


async def test_revoked_token_is_refused_and_revoking_again_is_harmless(database: Database) -> None:
    async with database.transaction() as tx:
        issued = await issue_token(tx, "payroll", [Scope.ADMIN])
        first = await revoke_token(tx, issued.token.id)
    async with database.transaction() as tx:
        again = await revoke_token(tx, issued.token.id)
        with pytest.raises(InvalidToken, match="revoked"):
            await authenticate(tx, issued.text)
    assert first.revoked_at is not None
    assert again.revoked_at == first.revoked_at


async def test_revoking_an_unknown_token_says_so(database: Database) -> None:
    async with database.transaction() as tx:
        with pytest.raises(TokenNotFound):
            await revoke_token(tx, "000000000000")


async def test_expired_token_is_refused(database: Database) -> None:
    async with database.transaction() as tx:
        issued = await issue_token(tx, "brief", [Scope.ADMIN], expires_at=now() + timedelta(hours=1))
        assert (await authenticate(tx, issued.text)).principal == issued.token.principal
        await tx.execute("UPDATE tokens SET expires_at = now() - interval '1 second'")
        with pytest.raises(InvalidToken, match="expired"):
            await authenticate(tx, issued.text)


async def test_a_token_allows_nothing_that_its_principal_may_not(database: Database) -> None:
    async with database.transaction() as tx:
        machine = NewPrincipal(
            kind=PrincipalKind.MACHINE, login="payroll", name="Payroll", scopes=[Scope.ACCOUNTS_READ]
        )
        (principal,) = await create_principals(tx, [machine], by="tests")
        for scopes in ([Scope.ADMIN], [Scope.ACCOUNTS_READ, Scope.BOOKS_READ]):
            issued = await issue_token(tx, "x", scopes, principal=principal.id)
            caller = await authenticate(tx, issued.text)
            assert caller.scopes == {Scope.ACCOUNTS_READ}
            assert caller.principal == principal.id


async def test_a_token_for_a_principal_that_is_not_there_is_refused(database: Database) -> None:
    async with database.transaction() as tx:
        with pytest.raises(PrincipalNotFound):
            await issue_token(tx, "x", [Scope.ADMIN], principal=uuid7())


async def test_tokens_are_listed_oldest_first_without_secrets(database: Database) -> None:
    for name in ("one", "two"):
        async with database.transaction() as tx:
            await issue_token(tx, name, [Scope.ACCOUNTS_READ])
    async with database.transaction() as tx:
        found = await list_tokens(tx)
    assert [token.name for token in found] == ["one", "two"]


async def test_unknown_scope_is_refused(database: Database) -> None:
    async with database.transaction() as tx:
        with pytest.raises(UnknownScope, match="accounts:burn"):
            await issue_token(tx, "x", ["accounts:burn"])


async def test_token_without_scopes_or_with_a_past_expiry_is_refused(database: Database) -> None:
    async with database.transaction() as tx:
        with pytest.raises(InvalidInput):
            await issue_token(tx, "x", [])
        with pytest.raises(InvalidInput):
            await issue_token(tx, "x", [Scope.ADMIN], expires_at=now() - timedelta(seconds=1))
