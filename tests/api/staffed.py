"""People of the bank at the API: each a person with a role of his or her own, who may have to ask others."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx

from sycee.database import Database
from sycee.identity import (
    Audience,
    NewGrant,
    NewPrincipal,
    NewRole,
    PrincipalKind,
    Scope,
    create_principals,
    define_role,
    grant_role,
    issue_token,
)
from sycee.kernel.ids import uuid7
from tests.api.wire import Client

CHECKER = (Scope.APPROVALS_DECIDE, Scope.APPROVALS_READ)


class Colleague:
    """Somebody of the bank, and what he or she is answered; a client may be shared among several."""

    def __init__(self, client: Client, id: UUID, token: str) -> None:
        self.client = client
        self.id = id
        self._headers = {"Authorization": f"Bearer {token}"}

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """Whatever the answer is."""
        return await self.client.request(method, path, json=body, headers={**self._headers, **headers})

    async def ask(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        """An answer that is as it should be."""
        response = await self.send(method, path, body)
        assert response.status_code == status, response.text
        return response.json()

    async def refused(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        """How it is refused."""
        response = await self.send(method, path, body)
        assert not response.is_success, response.text
        return response.status_code, response.json()["code"]

    async def say(self, *approvals: str, vote: str = "yes") -> list[dict[str, Any]]:
        """Decide on requests as they are shown; an outcome for each."""
        decisions = []
        for id in approvals:
            shown = (await self.ask("GET", f"/v1/approvals/{id}"))["approval"]
            decisions.append({"approval": id, "digest": shown["digest"], "vote": vote, "reason": "seen"})
        reply = await self.ask("POST", "/v1/approval-decisions", {"decisions": decisions})
        found: list[dict[str, Any]] = reply["outcomes"]
        return found


async def employ(database: Database, client: Client, *permissions: Scope, **limits: Any) -> Colleague:
    """A person of the bank with a role of exactly these permissions, within limits."""
    async with database.transaction() as tx:
        name = f"s{uuid7().hex}"
        new = NewPrincipal(kind=PrincipalKind.STAFF, login=name, name="Wang Fang", local_name="王芳")
        (made,) = await create_principals(tx, [new], by="tests")
        role = NewRole(
            id=f"r{uuid7().hex}",
            audience=Audience.BANK,
            title="Role",
            local_title="角色",
            permissions=tuple(permissions),
        )
        await define_role(tx, role, by="tests")
        given = NewGrant(principal=made.id, role=role.id, **limits)
        await grant_role(tx, given, by="tests", reason="for the tests")
        issued = await issue_token(tx, name, permissions, principal=made.id)
    return Colleague(client, made.id, issued.text)
