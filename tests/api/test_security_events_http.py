"""The security log over HTTP: read page by page, and verified."""

from __future__ import annotations

from sycee.database import Database
from sycee.identity import Scope, issue_token, revoke_token
from tests.api.wire import Client
from tests.identity.people import make


async def test_the_log_is_read_newest_first_and_verified(client: Client, bank: Database) -> None:
    one = await make(bank, "li.wei")
    await client.post(f"/v1/principals/{one.id}/suspend", json={"reason": "Mandatory leave"})
    me = (await client.get("/v1/me")).json()["id"]
    page = (await client.get("/v1/security-events", params={"principal": str(one.id), "limit": 1})).json()
    (event,) = page["events"]
    assert (event["event"], event["actor"], event["detail"]) == ("principal_suspended", me, "Mandatory leave")
    params = {"principal": str(one.id), "cursor": page["next"]}
    rest = (await client.get("/v1/security-events", params=params)).json()
    assert [found["event"] for found in rest["events"]] == ["principal_created"]
    assert rest["next"] is None
    noted = [{"position": event["position"], "seal": event["seal"]}]
    verified = (await client.post("/v1/security-events/verify", json={"noted": noted})).json()
    assert (verified["seal"], verified["breaks"]) == (event["seal"], [])
    noted[0]["seal"] = "0" * 128
    verified = (await client.post("/v1/security-events/verify", json={"noted": noted})).json()
    assert [found["position"] for found in verified["breaks"]] == [event["position"]]


async def test_tokens_issued_and_revoked_are_on_record(client: Client, bank: Database) -> None:
    async with bank.transaction() as tx:
        issued = (await issue_token(tx, "export", [Scope.BOOKS_READ])).token
        await revoke_token(tx, issued.id, by="ann")
    params = {"event": "token_revoked"}
    (event,) = (await client.get("/v1/security-events", params=params)).json()["events"]
    assert (event["actor"], event["detail"]) == ("ann", issued.id)


async def test_a_wrong_question_is_refused(client: Client) -> None:
    for params in ({"cursor": "x"}, {"limit": "0"}, {"principal": "x"}, {"colour": "red"}):
        assert (await client.get("/v1/security-events", params=params)).status_code == 400
    for body in ({"noted": [{"position": 0, "seal": "x"}]}, {"noted": 5}, {"all": True}):
        assert (await client.post("/v1/security-events/verify", json=body)).status_code == 400
