"""/v1/escrow-agreements and /v1/escrow-releases: agreed on by two, paid on a third one's yes, and the end."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest_asyncio

from sycee import identity, ledger, payments
from sycee.database import Database
from sycee.identity import NewPrincipal, PrincipalKind, Scope
from sycee.kernel.ids import uuid7
from tests.api.conftest import Books
from tests.api.small_bank import client_of
from tests.api.wire import BANK, PAYEE, Client, money

AGREEMENTS, RELEASES = "/v1/escrow-agreements", "/v1/escrow-releases"
NOBODY = "00000000-0000-0000-0000-000000000000"


class Site:
    """The bank's maker and checker, a bureau that releases, and the account of a developer."""

    def __init__(self, maker: Client, checker: Client, bureau: Client, account: int) -> None:
        self.maker, self.checker, self.bureau, self.account = maker, checker, bureau, str(account)
        self.customer = self.releaser = self.supervisor = uuid7()

    def body(self, **said: Any) -> dict[str, Any]:
        """An agreement."""
        return {
            "id": str(uuid7()),
            "account": self.account,
            "beneficiary_name": "Buyers of tower 3",
            "supervisor_name": "Housing bureau",
            "document": "2026-17",
            "supervisor": str(self.supervisor),
            "releasers": [str(self.releaser)],
            **said,
        }

    async def agreed(self, response: Any) -> None:
        """The checker agrees to what the maker asked for."""
        assert response.status_code == 202, response.text
        asked = response.json()
        assert asked["state"] == "waiting"
        decision = {"approval": asked["id"], "vote": "yes", "digest": asked["digest"]}
        told = await self.checker.post("/v1/approval-decisions", json={"decisions": [decision]})
        assert told.json()["outcomes"][0]["state"] == "executed", told.text

    async def supervise(self, **said: Any) -> dict[str, Any]:
        """Put the account under supervision."""
        body = self.body(**said)
        await self.agreed(await self.maker.post(AGREEMENTS, json=body))
        return body

    async def bill(self, value: str = "10.00", **said: Any) -> dict[str, Any]:
        """Submit a builder's bill; its outcome."""
        item = {
            "id": str(uuid7()),
            "debit_account": self.account,
            "creditor_account": PAYEE,
            "creditor_name": "Silk Road Construction Ltd",
            "amount": money(value),
            "purpose": "BUILD",
            **said,
        }
        response = await self.maker.post("/v1/payments", json={"payments": [item]})
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()["outcomes"][0]
        return found

    async def decide(self, client: Client, payment: str, vote: str = "yes") -> Any:
        """A yes or a no."""
        body = {"decisions": [{"payment": payment, "vote": vote, "reason": "milestone 3"}]}
        return await client.post(f"{RELEASES}/decide", json=body)


async def _token(database: Database, *scopes: Scope, customer: UUID | None = None) -> tuple[UUID, str]:
    async with database.transaction() as tx:
        login = f"m{uuid7().hex}"
        new = NewPrincipal(
            kind=PrincipalKind.MACHINE, login=login, name=login, customer=customer, scopes=scopes
        )
        (made,) = await identity.create_principals(tx, [new], by="test")
        issued = await identity.issue_token(tx, login, scopes, principal=made.id, by="test")
    return made.id, issued.text


@pytest_asyncio.fixture
async def site(bank: Database, client: Client) -> Any:
    """The parties; 100.00 on the developer's account, and a list of names loaded."""
    supervisor, developer = uuid7(), uuid7()
    _, other = await _token(bank, Scope.APPROVALS_DECIDE)
    releaser, bureau = await _token(bank, Scope.PAYMENTS_APPROVE, Scope.PAYMENTS_READ, customer=supervisor)
    async with bank.transaction() as tx:
        await payments.load_screening_names(tx, [], name="own", by="test")
        (account,) = await ledger.open_accounts(
            tx, [ledger.NewAccount(currency="CNY", subject="2011", cell=101, customer=developer)]
        )
        funding = ledger.NewTransfer(
            id=uuid7(), debit=int(BANK), credit=account.number, amount=100_00, currency="CNY"
        )
        await ledger.post_transfers(tx, [funding])
    async with client_of(bank, other) as checker, client_of(bank, bureau) as supervising:
        site = Site(client, checker, supervising, account.number)
        site.customer, site.releaser, site.supervisor = developer, releaser, supervisor
        yield site


async def test_from_the_agreement_to_the_released_payment_and_the_end(site: Site, client: Client) -> None:
    body = await site.supervise(purposes=["BUILD"], total_limit=money("50.00"))
    found = (await client.get(f"{AGREEMENTS}/{body['id']}")).json()
    assert {name: found[name] for name in body} == body
    assert (await client.get(f"/v1/accounts/{site.account}")).json()["status"] == "supervised"
    waits = await site.bill()
    assert (waits["state"], waits["code"]) == ("received", "awaiting_release")
    (seen,) = (await site.bureau.get(RELEASES, params={"state": "waiting"})).json()["escrow_releases"]
    assert (seen["payment"], seen["amount"], seen["purpose"]) == (waits["id"], money("10.00"), "BUILD")
    told = (await site.decide(site.bureau, waits["id"])).json()["outcomes"]
    assert told == [{"payment": waits["id"], "state": "settled"}]
    (seen,) = (await site.bureau.get(RELEASES)).json()["escrow_releases"]
    assert (seen["state"], [one["vote"] for one in seen["votes"]]) == ("released", ["yes"])
    refused = await site.bill(purpose="SALA")
    assert (refused["state"], refused["code"]) == ("rejected", "escrow_refused")
    await site.agreed(await client.post(f"{AGREEMENTS}/{body['id']}/end", json={"reason": "handed over"}))
    assert (await client.get(f"/v1/accounts/{site.account}")).json()["status"] == "open"
    (ended,) = (await client.get(AGREEMENTS, params={"account": site.account})).json()["escrow_agreements"]
    assert ended["reason"] == "handed over"


async def test_a_refused_payment_is_rejected_and_says_so(site: Site, client: Client) -> None:
    await site.supervise()
    waits = await site.bill()
    assert (await site.decide(site.bureau, waits["id"], "no")).json()["outcomes"][0]["state"] == "rejected"
    found = (await client.get(f"/v1/payments/{waits['id']}")).json()
    assert (found["reason_code"], found["reason"]) == ("release_refused", "milestone 3")


async def test_who_is_not_named_releases_nothing(site: Site, client: Client, bank: Database) -> None:
    await site.supervise()
    waits = await site.bill()
    (told,) = (await site.decide(client, waits["id"])).json()["outcomes"]
    assert (told["state"], told["code"]) == ("received", "not_a_releaser")
    _, token = await _token(bank, Scope.PAYMENTS_APPROVE, Scope.PAYMENTS_READ, customer=uuid7())
    async with client_of(bank, token) as stranger:
        assert (await site.decide(stranger, waits["id"])).status_code == 404
        assert (await stranger.get(RELEASES)).json()["escrow_releases"] == []
        assert (await stranger.get(AGREEMENTS)).json()["escrow_agreements"] == []
    assert (await site.decide(site.bureau, NOBODY)).json()["code"] == "payment_not_found"


async def test_no_transfer_and_no_status_gets_around_it(site: Site, client: Client) -> None:
    await site.supervise()
    item = {"id": str(uuid7()), "debit": site.account, "credit": PAYEE, "amount": money("1.00")}
    (told,) = (await client.post("/v1/transfers", json={"transfers": [item]})).json()["outcomes"]
    assert (told["status"], told["code"]) == ("rejected", "account_supervised")
    change = {"status": "open", "reason": "please"}
    response = await client.patch(f"/v1/accounts/{site.account}", json=change)
    assert (response.status_code, response.json()["code"]) == (422, "account_supervised")


async def test_what_is_wrong_with_an_agreement_is_said(site: Site, client: Client, books: Books) -> None:
    before = await books()
    cases: list[tuple[dict[str, Any], int, str]] = [
        (site.body(releasers=[]), 400, "schema_violation"),
        (site.body(releasers=[NOBODY]), 400, "invalid_escrow"),
        (site.body(single_limit={"currency": "USD", "value": "1.00"}), 400, "invalid_escrow"),
        (site.body(account="123"), 400, "invalid_account_number"),
        (site.body(account=BANK), 400, "invalid_escrow"),
        (site.body(state="ended"), 400, "schema_violation"),
    ]
    for body, status, code in cases:
        response = await client.post(AGREEMENTS, json=body)
        assert (response.status_code, response.json()["code"]) == (status, code), response.text
    assert (await client.get(f"{AGREEMENTS}/{NOBODY}")).json()["code"] == "escrow_not_found"
    response = await client.post(f"{AGREEMENTS}/{NOBODY}/end", json={"reason": "x"})
    assert response.json()["code"] == "escrow_not_found"
    assert await books() == before


async def test_each_operation_needs_its_permission(
    site: Site, bank: Database, tokens: dict[str, str]
) -> None:
    body = await site.supervise()
    async with client_of(bank, tokens[Scope.PAYMENTS_READ]) as reader:
        for path in (AGREEMENTS, f"{AGREEMENTS}/{body['id']}", RELEASES):
            assert (await reader.get(path)).status_code == 200
        assert (await reader.post(AGREEMENTS, json=site.body())).status_code == 403
        assert (await site.decide(reader, NOBODY)).status_code == 403
    assert (await site.bureau.post(AGREEMENTS, json=site.body())).json()["code"] == "bank_only"
