"""The same customer served twice: call by call as it used to be, and in one click. The steps are counted.

What the page on agreements says about it is read from that page, so that it cannot say anything else.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sycee import components
from sycee.database import Database
from sycee.kernel.ids import uuid7
from tests.api.wire import Client
from tests.products.agreements.offering import Buyer, a_buyer, release_rates

PAGE = Path(__file__).parents[2] / "docs" / "concepts" / "agreements.md"
PRODUCTS = ("notice-1d", "notice-7d", "time-3m")
PERMIT = "J2900012345601"
SOLD_ALONE = "\n".join(
    [
        "packages:",
        "- id: alone-general",
        "  title: {en: A general account alone, zh: 单独一般户}",
        "  from: 2026-01-01",
        "  items:",
        "  - {key: main, product: general-account}",
        "  - {key: surplus, product: agreement-deposit, optional: true, over: main}",
        *(
            f"- id: alone-{product}\n  title: {{en: Alone, zh: 单独}}\n  from: 2026-01-01\n"
            f"  items: [{{key: only, product: {product}}}]"
            for product in PRODUCTS
        ),
    ]
)


class Clerk:
    """Somebody at a screen. Each call is a step that can fail, be forgotten, or be done twice."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.steps = 0

    async def call(self, method: str, path: str, **given: Any) -> Any:
        """One step; returns what was answered."""
        self.steps += 1
        response = await self.client.request(method, path, **given)
        assert response.status_code in (200, 201), response.text
        return response.json() if "json" in response.headers["content-type"] else response.content

    async def sign(self, buyer: Buyer, package: str, **fields: Any) -> str:
        """Sign one package; the id of the agreement."""
        wanted = {
            "id": str(uuid7()),
            "customer": str(buyer.id),
            "package": package,
            "signers": [str(buyer.signer)],
            "basic_elsewhere": PERMIT,
            **fields,
        }
        answer = await self.call("POST", "/v1/agreements", json={"agreements": [wanted], "pdf": True})
        (outcome,) = answer["outcomes"]
        assert outcome["status"] == "signed", outcome
        assert outcome["pdf"]
        return str(wanted["id"])


async def _call_by_call(clerk: Clerk, buyer: Buyer) -> None:
    """Look the customer up, then one product after the other: may they sign, sign, print."""
    customer = f"/v1/customers/{buyer.id}"
    asked = {"operation": "sign_agreement", "signers": [str(buyer.signer)]}
    await clerk.call("GET", customer)
    await clerk.call("GET", f"{customer}/due-diligence")
    await clerk.call("POST", f"{customer}/mandates/check", json=asked)
    main = await clerk.sign(buyer, "alone-general")
    await clerk.call("GET", f"/v1/agreements/{main}/contract", headers={"Accept": "application/pdf"})
    await clerk.call("POST", f"{customer}/mandates/check", json=asked)
    extension = {"items": {"surplus": {}}, "signers": asked["signers"], "reason": "agreement deposit"}
    await clerk.call("POST", f"/v1/agreements/{main}/items", json=extension)
    await clerk.call("GET", f"/v1/agreements/{main}/contract", headers={"Accept": "application/pdf"})
    for product in PRODUCTS:
        await clerk.call("POST", f"{customer}/mandates/check", json=asked)
        agreement = await clerk.sign(buyer, f"alone-{product}")
        await clerk.call("GET", f"/v1/agreements/{agreement}/contract", headers={"Accept": "application/pdf"})


async def _served_with(client: Client, buyer: Buyer) -> tuple[list[str], int]:
    """The products that a customer has by now, and how many accounts."""
    found = (await client.get("/v1/agreements", params={"customer": str(buyer.id)})).json()["agreements"]
    accounts = (await client.get("/v1/accounts", params={"customer": str(buyer.id)})).json()["accounts"]
    return sorted(one["product"] for agreement in found for one in agreement["arrangements"]), len(accounts)


async def test_the_same_customer_is_served_in_one_step_instead_of_seventeen(
    client: Client, bank: Database
) -> None:
    async with bank.transaction() as tx:
        await release_rates(tx)
        one, other = await a_buyer(tx, "One Ltd"), await a_buyer(tx, "Other Ltd")
        document = components.read_document("alone.yaml", SOLD_ALONE.encode())
        proposal = await components.propose(tx, document, by="anna", reason="sold one by one")
        await components.release(tx, proposal.id, by="bo")
    before, after = Clerk(client), Clerk(client)
    await _call_by_call(before, one)
    await after.sign(other, "treasury", choices={"quarter": {}})
    assert await _served_with(client, one) == await _served_with(client, other)
    assert (before.steps, after.steps) == (17, 1)
    told = re.search(r"\| steps \| (\d+) \| (\d+) \|", PAGE.read_text(encoding="utf-8"))
    assert told is not None
    assert (int(told[1]), int(told[2])) == (before.steps, after.steps)
