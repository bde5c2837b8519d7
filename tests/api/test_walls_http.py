"""The first wall: every operation of the API, asked for by those whose business it is not.

The wrong customer, people who were given nothing, and staff whose role reaches only so far.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
import pytest_asyncio

from sycee import ledger, operations, parties
from sycee.api.operations import Operation
from sycee.database import Database, EmbeddedServer
from sycee.identity import PrincipalKind
from sycee.kernel.ids import uuid7
from sycee.kernel.money import Amount
from tests.api.small_bank import client_of
from tests.api.walks import GUARDED, OF_ONESELF, address, ask, body, named_in, names_somebody, query, told
from tests.api.walled_bank import CUSTOMER_ROLES, SILK_AMOUNT, SILK_NAME, SILK_REFERENCE, WalledBank
from tests.api.wire import Client, money

STAFF, USER, MACHINE = PrincipalKind.STAFF, PrincipalKind.CUSTOMER_USER, PrincipalKind.MACHINE
pytestmark = pytest.mark.asyncio(loop_scope="module")
each = pytest.mark.parametrize(
    ("method", "path", "operation"), GUARDED, ids=lambda one: getattr(one, "id", "")
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def walled(server: EmbeddedServer, template_database: str) -> AsyncIterator[WalledBank]:
    """The bank of this module."""
    name = f"walled_{uuid7().hex}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template_database}".encode())
        async with await Database.open(server.url(name), min_size=1, max_size=8) as database:
            yield await WalledBank.open(database)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(walled: WalledBank) -> AsyncIterator[Client]:
    """The API of this module's bank."""
    async with client_of(walled.database) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def credentials(walled: WalledBank) -> dict[str, str]:
    """For either customer a user with every role for customers, and a machine that may do everything."""
    jade = walled.jade.holder.id
    return {
        "user": await walled.token(USER, *CUSTOMER_ROLES, of=jade),
        "machine": await walled.token(MACHINE, of=jade, scopes=["admin"]),
        "own user": await walled.token(USER, *CUSTOMER_ROLES, of=walled.silk.holder.id),
        "own machine": await walled.token(MACHINE, of=walled.silk.holder.id, scopes=["admin"]),
    }


def is_refused(response: httpx.Response, operation: Operation) -> bool:
    """Whether nothing came of a request: it is refused, or everything in its list is not found."""
    answer = response.json()
    if not operation.customers:
        return response.status_code == 403 and answer["code"] == "bank_only"
    if response.status_code == 200:
        codes = [outcome["code"] for outcome in answer.get("outcomes", [{"code": None}])]
        return all(code is not None and code.endswith("_not_found") for code in codes)
    return response.status_code in (403, 404)


@each
@pytest.mark.parametrize("who", ["user", "machine"])
async def test_the_wrong_customer_learns_nothing_and_changes_nothing(
    walled: WalledBank,
    client: Client,
    credentials: dict[str, str],
    who: str,
    method: str,
    path: str,
    operation: Operation,
) -> None:
    silk = walled.silk
    before = await walled.state()
    response = await ask(client, credentials[who], method, path, operation, silk)
    if operation.customers and method == "GET" and not names_somebody(path, operation):
        assert response.status_code in (200, 404), response.text
    else:
        assert is_refused(response, operation), response.text
    request = address(path, operation, silk) + str(query(operation, silk)) + body(operation, silk)[0].decode()
    texts = {SILK_NAME, SILK_REFERENCE, Amount(SILK_AMOUNT, "CNY").text()}
    assert told(response, silk.secrets | texts, request) == set()
    assert await walled.state() == before


@pytest.mark.parametrize(("method", "path", "operation"), OF_ONESELF, ids=lambda one: getattr(one, "id", ""))
@pytest.mark.parametrize("who", ["user", "machine"])
async def test_what_concerns_oneself_concerns_nobody_else(
    walled: WalledBank,
    client: Client,
    credentials: dict[str, str],
    who: str,
    method: str,
    path: str,
    operation: Operation,
) -> None:
    silk = walled.silk
    before = await walled.state()
    response = await ask(client, credentials[who], method, path, operation, silk)
    assert response.status_code < 500
    if named_in(path):
        assert response.status_code in (403, 404), response.text
    request = address(path, operation, silk) + body(operation, silk)[0].decode()
    assert told(response, silk.secrets | {SILK_NAME}, request) == set()
    assert await walled.state() == before


OPEN_TO_READ = [
    (method, path, operation)
    for method, path, operation in GUARDED
    if operation.customers and method == "GET"
]


@pytest.mark.parametrize(
    ("method", "path", "operation"), OPEN_TO_READ, ids=lambda one: getattr(one, "id", "")
)
@pytest.mark.parametrize("who", ["own user", "own machine"])
async def test_what_the_wrong_customer_does_not_see_its_owner_does(
    walled: WalledBank,
    client: Client,
    credentials: dict[str, str],
    who: str,
    method: str,
    path: str,
    operation: Operation,
) -> None:
    response = await ask(client, credentials[who], method, path, operation, walled.silk)
    assert response.status_code == 200, response.text
    assert response.content not in (b"", b"[]", b"{}")
    found = response.headers["content-type"].startswith("application/json") and response.json()
    lists = [value for value in found.values() if isinstance(value, list)] if isinstance(found, dict) else []
    assert any(lists) or not lists or (isinstance(found, dict) and "id" in found), response.text


@each
async def test_a_customers_user_who_was_given_nothing_can_do_nothing(
    walled: WalledBank, client: Client, method: str, path: str, operation: Operation
) -> None:
    token = await walled.token(USER, of=walled.silk.holder.id)
    response = await ask(client, token, method, path, operation, walled.silk)
    code = "not_granted" if operation.customers else "bank_only"
    assert (response.status_code, response.json()["code"]) == (403, code)


async def test_lists_of_a_customer_hold_its_own_things_whatever_is_asked_for(
    walled: WalledBank, client: Client, credentials: dict[str, str]
) -> None:
    headers = {"Authorization": f"Bearer {credentials['user']}"}
    jade, silk = walled.jade, walled.silk
    for path, key in (("accounts", "accounts"), ("agreements", "agreements"), ("deposits", "deposits")):
        for params in ({}, {"customer": silk.ids["customer_id"]}, {"cell": "101"}):
            if "cell" in params and path == "agreements":
                continue
            found = (await client.get(f"/v1/{path}", params=params, headers=headers)).json()[key]
            assert {one["customer"] for one in found} <= {jade.ids["customer_id"]}
            assert bool(found) == (params == {})


async def test_an_answer_kept_for_one_principal_is_not_given_to_another(
    walled: WalledBank, client: Client
) -> None:
    silk, jade = walled.silk, walled.jade
    path = f"/v1/principals/{silk.ids['principal_id']}/grants"
    said = {"role": "customer_maker", "reason": "new post"}
    own, wrong = [
        await walled.token(USER, "customer_administrator", of=one.holder.id) for one in (silk, jade)
    ]
    for token, status in ((own, 202), (wrong, 404), (own, 202)):
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "grant-1"}
        response = await client.post(path, json=said, headers=headers)
        assert response.status_code == status, response.text


class Clerk:
    """Somebody of the bank, whose role reaches only so far."""

    def __init__(self, client: Client, token: str) -> None:
        self.client, self.token = client, token

    async def code(self, method: str, path: str, body: Any = None) -> str | int:
        """What an operation answers with: its status, or the code of the problem."""
        headers = {"Authorization": f"Bearer {self.token}"}
        response = await self.client.request(method, path, json=body, headers=headers)
        refused = response.status_code in (401, 403)
        return str(response.json()["code"]) if refused else response.status_code


async def test_a_role_for_a_cell_reaches_what_lies_in_it_and_what_says_so(
    walled: WalledBank, client: Client
) -> None:
    clerk = Clerk(client, await walled.token(STAFF, "account_manager", cell=101))
    silk, jade = walled.silk.ids, walled.jade.ids
    for mine, theirs in (
        (f"/v1/accounts/{silk['number']}", f"/v1/accounts/{jade['number']}"),
        (f"/v1/customers/{silk['customer_id']}", f"/v1/customers/{jade['customer_id']}"),
        (f"/v1/agreements/{silk['agreement_id']}", f"/v1/agreements/{jade['agreement_id']}"),
        (f"/v1/deposits/{silk['deposit_id']}", f"/v1/deposits/{jade['deposit_id']}"),
        (f"/v1/transfers/{silk['transfer_id']}", f"/v1/deposits/{uuid7()}"),
        ("/v1/accounts?cell=101", "/v1/accounts?cell=102"),
        ("/v1/trial-balance?cell=101", "/v1/trial-balance"),
        (f"/v1/accounts?customer={silk['customer_id']}", f"/v1/accounts?customer={jade['customer_id']}"),
        ("/v1/customers?cell=101", "/v1/customers"),
    ):
        assert await clerk.code("GET", mine) == 200, mine
        assert await clerk.code("GET", theirs) == "not_granted", theirs
    new = {"currency": "CNY", "subject": "2011"}
    assert await clerk.code("POST", "/v1/accounts", {"accounts": [{**new, "cell": 101}]}) == 202
    both = {"accounts": [{**new, "cell": 101}, {**new, "cell": 102}]}
    assert await clerk.code("POST", "/v1/accounts", both) == "not_granted"


async def test_a_role_for_a_branch_reaches_the_customers_of_that_branch(
    walled: WalledBank, client: Client
) -> None:
    async with walled.database.transaction() as tx:
        for owned, branch in ((walled.silk, "SH-PUDONG"), (walled.jade, "BJ-HAIDIAN")):
            customer = UUID(owned.ids["customer_id"])
            await parties.set_branch(tx, customer, branch, by="tests", reason="opened there")
    clerk = Clerk(client, await walled.token(STAFF, "account_manager", branch="SH-PUDONG"))
    for owned, answer in ((walled.silk, 200), (walled.jade, "not_granted")):
        for path in ("customers/{customer_id}", "accounts/{number}/entries", "deposits/{deposit_id}"):
            assert await clerk.code("GET", f"/v1/{path.format(**owned.ids)}") == answer, path
    assert await clerk.code("GET", "/v1/accounts") == "not_granted"


def _transfer(walled: WalledBank, value: str, debit: str) -> dict[str, Any]:
    credit = str(walled.counter.vault)
    return {"id": str(uuid7()), "debit": debit, "credit": credit, "amount": money(value)}


async def test_an_amount_limits_what_a_teller_posts_resolves_and_takes_back(
    walled: WalledBank, client: Client
) -> None:
    silk, jade = walled.silk.ids, walled.jade.ids
    limits: dict[str, Any] = {"cell": 101, "amount": Amount(5_000, "CNY")}
    clerk = Clerk(client, await walled.token(STAFF, "teller", **limits))
    head = Clerk(client, await walled.token(STAFF, "teller"))
    small, large = (_transfer(walled, value, silk["number"]) for value in ("50.00", "50.01"))
    assert await clerk.code("POST", "/v1/transfers", {"transfers": [small]}) == 200
    assert await clerk.code("POST", "/v1/transfers", {"transfers": [small, large]}) == "not_granted"
    elsewhere = _transfer(walled, "1.00", jade["number"])
    assert await clerk.code("POST", "/v1/transfers", {"transfers": [elsewhere]}) == "not_granted"
    held = {**large, "id": str(uuid7()), "kind": "pending"}
    assert await head.code("POST", "/v1/transfers", {"transfers": [large, held]}) == 200
    assert await clerk.code("POST", f"/v1/transfers/{large['id']}/reverse") == "not_granted"
    assert await clerk.code("POST", f"/v1/transfers/{held['id']}/void") == "not_granted"
    follow = {"id": str(uuid7()), "kind": "reversal", "target": large["id"]}
    assert await clerk.code("POST", "/v1/transfers", {"transfers": [follow]}) == "not_granted"
    assert await clerk.code("POST", f"/v1/transfers/{small['id']}/reverse") == 200
    assert await head.code("POST", f"/v1/transfers/{held['id']}/void") == 200


async def test_a_product_limits_what_an_account_manager_sells(walled: WalledBank, client: Client) -> None:
    silk = walled.silk
    clerk = Clerk(client, await walled.token(STAFF, "account_manager", product="notice-7d"))
    for product, answer in (("notice-7d", 200), ("notice-1d", "not_granted")):
        wanted = {
            "source": silk.ids["number"],
            "amount": money("500000.00"),
            "product": product,
            "signers": [silk.ids["person_id"]],
            "dry_run": True,
        }
        assert await clerk.code("POST", "/v1/deposits", wanted) == answer
    signing = {
        "id": str(uuid7()),
        "customer": silk.ids["customer_id"],
        "package": "settlement-starter",
        "signers": [silk.ids["person_id"]],
    }
    asked = {"agreements": [signing], "dry_run": True}
    assert await clerk.code("POST", "/v1/agreements", asked) == "not_granted"


async def test_an_operation_whose_body_says_whom_it_concerns_asks_for_that(
    walled: WalledBank, client: Client
) -> None:
    # What is read has no body: a template concerns nobody.
    by_body = [one for one in GUARDED if one[2].concerns_body and one[0] != "GET"]
    assert by_body
    roles = ("teller", "account_manager", "product_manager", "operator")
    for method, path, operation in by_body:
        for owned, other in ((walled.silk, walled.jade), (walled.jade, walled.silk)):
            token = await walled.token(STAFF, *roles, customer=other.holder.id)
            before = await walled.state()
            response = await ask(client, token, method, path, operation, owned)
            assert response.status_code == 403, (operation.id, response.text)
            assert response.json()["code"] == "not_granted", operation.id
            assert await walled.state() == before


async def test_a_role_taken_away_allows_nothing_from_the_next_request_on(
    walled: WalledBank, client: Client
) -> None:
    silk = walled.silk
    token = await walled.token(USER, "customer_viewer", of=silk.holder.id)
    clerk = Clerk(client, token)
    officer = Clerk(client, await walled.token(STAFF, "security_officer"))
    path = f"/v1/accounts/{silk.ids['number']}"
    assert await clerk.code("GET", path) == 200
    async with walled.database.transaction() as tx:
        cursor = await tx.execute(
            "SELECT g.id FROM grants g JOIN tokens t ON t.principal = g.principal WHERE t.last_digits = %s"
            " AND g.role = 'customer_viewer'",
            (token[-4:],),
        )
        [[grant]] = await cursor.fetchall()
    assert await officer.code("POST", f"/v1/grants/{grant}/revoke", {"reason": "left"}) == 200
    assert await clerk.code("GET", path) == "not_granted"


async def test_a_customer_issues_and_prints_receipts_of_its_own_accounts_alone(
    walled: WalledBank, client: Client, credentials: dict[str, str]
) -> None:
    silk, jade = walled.silk.ids, walled.jade.ids
    headers = {"Authorization": f"Bearer {credentials['own user']}"}
    own = f"/v1/accounts/{silk['number']}"
    async with walled.database.transaction() as tx:
        (entry, *_) = (await ledger.entries(tx, int(silk["number"]))).entries
    wanted = {"transfers": [str(entry.transfer_id)]}
    response = await client.post(f"{own}/receipts", json=wanted, headers=headers)
    assert response.status_code == 200, response.text
    (issued,) = response.json()["receipts"]
    async with walled.database.transaction() as tx:
        by_the_bank = await operations.issue_receipts(
            tx, int(silk["number"]), [entry.transfer_id], by="somebody else"
        )
    assert [one.content.number for one in by_the_bank] == [issued["number"]]
    for prints in (1, 2):
        paper = await client.get(f"{own}/receipts/{issued['number']}?format=pdf", headers=headers)
        assert paper.content.startswith(b"%PDF")
        told = await client.get(f"{own}/receipts/{issued['number']}", headers=headers)
        assert told.json()["prints"] == prints
    notice = await client.get(f"{own}/entry-notice?transfer={entry.transfer_id}", headers=headers)
    assert notice.status_code == 200, notice.text
    for media in ("pdf", "csv", "xlsx"):
        drawn = await client.get(
            f"{own}/statement?from=2026-01-01&to=2026-01-31&format={media}", headers=headers
        )
        assert drawn.status_code == 200, drawn.text
    before = await walled.state()
    for path in (f"receipts/{jade['receipt_number']}?format=pdf", f"receipts/{jade['receipt_number']}"):
        assert (await client.get(f"{own}/{path}", headers=headers)).status_code == 404
    theirs = {"transfers": [jade["transfer_id"]]}
    assert (await client.post(f"{own}/receipts", json=theirs, headers=headers)).status_code == 404
    assert await walled.state() == before
