"""Who may do what: every operation says which scope it needs, and nothing else opens it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from sycee.api.app import HANDLERS
from sycee.database import Database
from sycee.identity import CACHE_TTL_S, Scope, issue_token, revoke_token
from sycee.kernel.clock import now
from tests.api.conftest import Books
from tests.api.wire import PAYER, Client, transfer

OPEN = {
    "get_liveness",
    "get_health",
    "get_metrics",
    "sign_in",
    "issue_access_token",
    "list_public_keys",
    "list_seal_keys",
    "verify_receipt",
}
ABOUT_ONESELF = {
    "list_sessions",
    "end_session",
    "get_me",
    "change_password",
    "begin_second_factor",
    "confirm_second_factor",
    "renew_recovery_codes",
}
GUARDED = [
    (handler, operation)
    for handler in HANDLERS
    if (operation := handler.opt.get("operation")) is not None
    and (operation.scope is not None or operation.signed_in)
]
SCOPED = [(handler, operation) for handler, operation in GUARDED if operation.scope is not None]


def address(handler: Any) -> str:
    (path,) = handler.paths
    return str(
        path.replace("{number:str}", PAYER)
        .replace("{transfer_id:str}", "00000000-0000-0000-0000-000000000000")
        .replace("{file_id:str}", "00000000-0000-0000-0000-000000000000")
        .replace("{payment_id:str}", "00000000-0000-0000-0000-000000000000")
        .replace("{terms_id:str}", "00000000-0000-0000-0000-000000000000")
        .replace("{list_name:str}", "own")
        .replace("{proposal_id:str}", "00000000-0000-0000-0000-000000000000")
        .replace("{component_id:str}", "nothing")
        .replace("{capability:str}", "nothing@1")
        .replace("{customer_id:str}", "00000000-0000-0000-0000-000000000000")
        .replace("{person_id:str}", "00000000-0000-0000-0000-000000000000")
        .replace("{contact_id:str}", "00000000-0000-0000-0000-000000000000")
        .replace("{mandate_id:str}", "00000000-0000-0000-0000-000000000000")
        .replace("{deposit_id:str}", "00000000-0000-0000-0000-000000000000")
        .replace("{notice_id:str}", "00000000-0000-0000-0000-000000000000")
        .replace("{freeze_id:str}", "00000000-0000-0000-0000-000000000000")
        .replace("{proposal_id:str}", "00000000-0000-0000-0000-000000000000")
        .replace("{posting_id:str}", "00000000-0000-0000-0000-000000000000")
        .replace("{component_id:str}", "nothing")
        .replace("{capability:str}", "nothing@1")
        .replace("{agreement_id:str}", "00000000-0000-0000-0000-000000000000")
        .replace("{arrangement_id:str}", "00000000-0000-0000-0000-000000000000")
        .replace("{package_id:str}", "nothing")
        .replace("{receipt_number:str}", "1012026010500000000019")
        .replace("{document_id:str}", "00000000-0000-0000-0000-000000000000")
        .replace("{principal_id:str}", "00000000-0000-0000-0000-000000000000")
        .replace("{session_id:str}", "00000000-0000-0000-0000-000000000000")
        .replace("{client_id:str}", "cli_0000000000000000")
        .replace("{date:str}", "2026-03-31")
        .replace("{principal_id:str}", "00000000-0000-0000-0000-000000000000")
        .replace("{approval_id:str}", "00000000-0000-0000-0000-000000000000")
        .replace("{substitution_id:str}", "00000000-0000-0000-0000-000000000000")
        .replace("{grant_id:str}", "00000000-0000-0000-0000-000000000000")
        .replace("{cell:str}", "101")
        # else they never end
        .replace("/v1/payments/events", "/v1/payments/events?after=&follow=false")
        .replace("/v1/direct-debits/events", "/v1/direct-debits/events?after=&follow=false")
    )


def ids(value: Any) -> str:
    return str(getattr(value, "id", ""))


def test_every_operation_needs_a_scope_but_those_that_are_open_or_about_oneself() -> None:
    described = [handler.opt["operation"] for handler in HANDLERS if "operation" in handler.opt]
    without = {operation.id: operation.signed_in for operation in described if operation.scope is None}
    assert {id for id, signed_in in without.items() if not signed_in} == OPEN
    assert {id for id, signed_in in without.items() if signed_in} == ABOUT_ONESELF


@pytest.mark.parametrize(("handler", "operation"), GUARDED, ids=ids)
@pytest.mark.asyncio(loop_scope="module")
async def test_without_a_token_nothing_is_done(
    steady_anonymous: Client, handler: Any, operation: Any
) -> None:
    (method,) = handler.http_methods
    response = await steady_anonymous.request(method, address(handler))
    assert (response.status_code, response.json()["code"]) == (401, "unauthenticated")
    assert response.headers["www-authenticate"].startswith("Bearer")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def all_but(steady_bank: Database) -> dict[str, str]:
    """For every scope a token with all the others, ``admin`` apart."""
    each = set(Scope) - {Scope.ADMIN}
    async with steady_bank.transaction() as tx:
        return {
            scope.value: (await issue_token(tx, f"all but {scope}", sorted(each - {scope}))).text
            for scope in each
        }


@pytest.mark.parametrize(("handler", "operation"), SCOPED, ids=ids)
@pytest.mark.asyncio(loop_scope="module")
async def test_its_scope_is_enough_and_all_the_others_together_are_too_little(
    steady_anonymous: Client,
    steady_tokens: dict[str, str],
    all_but: dict[str, str],
    handler: Any,
    operation: Any,
) -> None:
    (method,) = handler.http_methods

    async def ask(token: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"}
        return await steady_anonymous.request(method, address(handler), headers=headers)

    for scope in {operation.scope, Scope.ADMIN}:
        response = await ask(steady_tokens[scope])
        assert response.status_code not in (401, 403), response.text
    if operation.scope is not Scope.ADMIN:
        response = await ask(all_but[operation.scope])
        assert (response.status_code, response.json()["code"]) == (403, "insufficient_scope")
        assert response.json()["required_scope"] == operation.scope


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Basic dXNlcjpwYXNz",
        "Bearer syc_000000000000_" + "0" * 64,
        "Bearer syc_000000000000_" + "é" * 10,
        "Bearer " + "x" * 5000,
    ],
)
@pytest.mark.asyncio(loop_scope="module")
async def test_a_wrong_token_is_refused_and_nothing_changes(
    steady_anonymous: Client, steady_books: Books, header: str
) -> None:
    before = await steady_books()
    response = await steady_anonymous.post(
        "/v1/transfers",
        json={"transfers": [transfer()]},
        headers=[(b"authorization", header.encode("latin-1"))],
    )
    assert (response.status_code, response.json()["code"]) == (401, "invalid_token")
    assert await steady_books() == before


async def test_expired_and_revoked_tokens_are_refused(anonymous: Client, bank: Database) -> None:
    async with bank.transaction() as tx:
        old = await issue_token(tx, "old", [Scope.ADMIN], expires_at=now() + timedelta(hours=1))
        await tx.execute("UPDATE tokens SET expires_at = now() WHERE id = %s", (old.token.id,))
        gone = await issue_token(tx, "gone", [Scope.ADMIN])
        await revoke_token(tx, gone.token.id)
    for issued, word in ((old, "expired"), (gone, "revoked")):
        headers = {"Authorization": f"Bearer {issued.text}"}
        response = await anonymous.get("/v1/accounts", headers=headers)
        assert (response.status_code, response.json()["code"]) == (401, "invalid_token")
        assert word in response.json()["detail"]


def test_a_revocation_takes_effect_within_five_seconds() -> None:
    assert CACHE_TTL_S <= 5


async def test_the_word_bearer_may_be_written_in_any_case(anonymous: Client, tokens: dict[str, str]) -> None:
    headers = {"Authorization": f"bearer {tokens['accounts:read']}"}
    assert (await anonymous.get("/v1/accounts", headers=headers)).status_code == 200
