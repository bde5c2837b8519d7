"""People who share a client of the bank, each with a token of their own: who asks, and who agrees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from sycee.database import Database
from sycee.identity import NewGrant, Scope, grant_role, issue_token
from sycee.kernel.ids import uuid7
from tests.api.wire import Client
from tests.identity.people import make

KEEPERS = {
    name: [Scope.APPROVALS_RULES, Scope.APPROVALS_DECIDE, Scope.APPROVALS_READ]
    for name in ("keeper", "other keeper")
}
"""Two who keep the rules of approvals."""


async def a_member_of_staff(bank: Database, role: str) -> tuple[str, str]:
    """A person of the bank in a role: the id and a token."""
    person = await make(bank, f"{role}{uuid7().hex[:8]}")
    async with bank.transaction() as tx:
        await grant_role(tx, NewGrant(principal=person.id, role=role), by="tests", reason="tests")
        return str(person.id), (await issue_token(tx, "x", list(Scope), principal=person.id)).text


class People:
    """Several people who share a client, each with a token, and who they are."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.tokens: dict[str, str] = {}
        self.ids: dict[str, str] = {}

    async def send(
        self,
        who: str,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        **fields: Any,
    ) -> httpx.Response:
        """What somebody is answered."""
        sent = {"Authorization": f"Bearer {self.tokens[who]}", **(headers or {})}
        return await self.client.request(method, path, json=body, headers=sent, **fields)

    async def ask(self, who: str, method: str, path: str, body: Any = None, **fields: Any) -> Any:
        """An answer that is a success."""
        response = await self.send(who, method, path, body, **fields)
        assert response.is_success, response.text
        return response.json()

    async def code(self, who: str, method: str, path: str, body: Any = None) -> tuple[int, str]:
        """How somebody is refused."""
        response = await self.send(who, method, path, body)
        return response.status_code, response.json()["code"]

    async def say(self, who: str, approval: dict[str, Any], vote: str = "yes", **fields: Any) -> Any:
        """What a decision on one request comes to."""
        given = {"approval": approval["id"], "digest": approval["digest"], "vote": vote, **fields}
        reply = await self.ask(who, "POST", "/v1/approval-decisions", {"decisions": [given]})
        return reply["outcomes"][0]

    async def rule(self, command: str, *stages: dict[str, Any], **fields: Any) -> Any:
        """Have a rule for a command released by the second keeper."""
        rule = {"command": command, "stages": list(stages), **fields}
        change = {"id": str(uuid7()), "rules": [rule]}
        asked = await self.ask("keeper", "POST", "/v1/approval-rules", change)
        assert asked["state"] == "waiting"
        assert (await self.say("other keeper", asked))["state"] == "executed"
        return asked

    async def hire_staff(self, bank: Database, people: Mapping[str, str]) -> None:
        """Let each of these be a person of the bank in a role."""
        for name, role in people.items():
            self.ids[name], self.tokens[name] = await a_member_of_staff(bank, role)

    async def hire(self, bank: Database, people: Mapping[str, Sequence[Scope]]) -> None:
        """Give each of these a token."""
        for name, scopes in people.items():
            async with bank.transaction() as tx:
                issued = await issue_token(tx, name, scopes)
            self.ids[name], self.tokens[name] = str(issued.token.principal), issued.text
