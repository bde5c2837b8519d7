"""POST /v1/transfers and what follows on a transfer."""

from __future__ import annotations

from typing import Any

import pytest

from sycee.kernel.ids import uuid7
from tests.api.conftest import Books
from tests.api.wire import CLOSED, DOLLARS, FAR, FROZEN, PAYEE, PAYER, UNKNOWN, Client, money, post, transfer


async def balance_of(client: Client, number: str) -> str:
    response = await client.get(f"/v1/accounts/{number}")
    value: str = response.json()["balance"]["value"]
    return value


async def test_a_list_is_answered_with_an_outcome_each_in_order(client: Client) -> None:
    items = [transfer("10.00"), transfer("99999.00"), transfer("20.00")]
    outcomes = await post(client, *items)
    assert [one["id"] for one in outcomes] == [item["id"] for item in items]
    assert [one["status"] for one in outcomes] == ["posted", "rejected", "posted"]
    assert outcomes[1]["code"] == "insufficient_funds"
    assert await balance_of(client, PAYER) == "970.00"
    assert await balance_of(client, PAYEE) == "30.00"


async def test_sending_the_same_list_again_moves_nothing(client: Client, books: Books) -> None:
    item = transfer("10.00")
    await post(client, item)
    before = await books()
    (outcome,) = await post(client, item)
    assert outcome == {"id": item["id"], "status": "duplicate", "first": "posted"}
    assert await books() == before


async def test_an_atomic_list_is_posted_whole_or_not_at_all(client: Client, books: Books) -> None:
    before = await books()
    outcomes = await post(client, transfer("10.00"), transfer("99999.00"), atomic=True)
    assert {one["status"] for one in outcomes} == {"rejected"}
    assert await books() == before


async def test_a_dry_run_says_what_would_happen_and_changes_nothing(client: Client, books: Books) -> None:
    before = await books()
    outcomes = await post(client, transfer("10.00"), transfer("99999.00"), dry_run=True)
    assert [one["status"] for one in outcomes] == ["posted", "rejected"]
    assert await books() == before


async def test_linked_transfers_fail_together(client: Client, books: Books) -> None:
    before = await books()
    outcomes = await post(client, transfer("10.00", linked=True), transfer("99999.00"))
    assert [one["code"] for one in outcomes] == ["linked_failed", "insufficient_funds"]
    assert await books() == before


async def test_a_transfer_across_cells_is_posted(client: Client) -> None:
    (outcome,) = await post(client, transfer("10.00", credit=FAR))
    assert outcome["status"] == "posted"
    assert await balance_of(client, FAR) == "10.00"


async def test_a_transfer_can_be_seen(client: Client) -> None:
    item = transfer("12.34", reference="INV-1", description="铁板", value_date="2026-04-02")
    await post(client, item)
    response = await client.get(f"/v1/transfers/{item['id']}")
    assert response.status_code == 200
    found = response.json()
    assert found["state"] == "posted"
    assert found["kind"] == "transfer"
    assert found["debit"] == PAYER
    assert found["credit"] == PAYEE
    assert found["amount"] == money("12.34")
    assert found["reference"] == "INV-1"
    assert found["description"] == "铁板"
    assert found["business_date"] == "2026-03-31"
    assert found["value_date"] == "2026-04-02"
    assert found["cell"] == 101


async def test_an_unknown_transfer_is_not_found(client: Client) -> None:
    response = await client.get(f"/v1/transfers/{uuid7()}")
    assert response.status_code == 404
    assert response.json()["code"] == "transfer_not_found"


async def hold(client: Client, value: str = "100.00") -> str:
    item = transfer(value, kind="pending")
    (outcome,) = await post(client, item)
    assert outcome["status"] == "pending"
    return str(item["id"])


async def test_a_hold_is_posted_in_part_and_the_rest_given_back(client: Client) -> None:
    held = await hold(client)
    assert (await client.get(f"/v1/accounts/{PAYER}")).json()["available"] == money("900.00")
    response = await client.post(f"/v1/transfers/{held}/post", json={"amount": money("60.00")})
    assert response.status_code == 200, response.text
    assert response.json()["status"] == "posted"
    account = (await client.get(f"/v1/accounts/{PAYER}")).json()
    assert (account["balance"], account["held"]) == (money("940.00"), money("0.00"))


async def test_posting_a_hold_without_a_body_posts_all_of_it_and_again_is_safe(client: Client) -> None:
    held = await hold(client)
    first = await client.post(f"/v1/transfers/{held}/post")
    again = await client.post(f"/v1/transfers/{held}/post")
    assert first.json()["status"] == "posted"
    assert again.status_code == 200
    assert again.json() == {"id": first.json()["id"], "status": "duplicate", "first": "posted"}
    assert await balance_of(client, PAYEE) == "100.00"


async def test_a_hold_is_voided_once_and_then_no_more_posted(client: Client) -> None:
    held = await hold(client)
    assert (await client.post(f"/v1/transfers/{held}/void")).json()["status"] == "voided"
    assert (await client.post(f"/v1/transfers/{held}/void")).json()["status"] == "duplicate"
    refused = await client.post(f"/v1/transfers/{held}/post")
    assert refused.status_code == 409
    assert refused.json()["code"] == "already_voided"
    assert await balance_of(client, PAYEE) == "0.00"


async def test_a_hold_cannot_be_voided_twice_under_two_ids(client: Client) -> None:
    held = await hold(client)
    await client.post(f"/v1/transfers/{held}/void", json={"id": str(uuid7())})
    refused = await client.post(f"/v1/transfers/{held}/void", json={"id": str(uuid7())})
    assert (refused.status_code, refused.json()["code"]) == (409, "already_voided")


async def test_more_than_is_held_is_not_posted(client: Client) -> None:
    held = await hold(client)
    refused = await client.post(f"/v1/transfers/{held}/post", json={"amount": money("100.01")})
    assert (refused.status_code, refused.json()["code"]) == (422, "exceeds_pending")


async def test_a_transfer_is_reversed_once(client: Client) -> None:
    item = transfer("10.00")
    await post(client, item)
    path = f"/v1/transfers/{item['id']}/reverse"
    assert (await client.post(path, json={"description": "paid twice"})).json()["status"] == "posted"
    assert (await client.post(path, json={"description": "paid twice"})).json()["status"] == "duplicate"
    refused = await client.post(path, json={"description": "once more"})
    assert (refused.status_code, refused.json()["code"]) == (409, "already_reversed")
    assert await balance_of(client, PAYER) == "1000.00"


@pytest.mark.parametrize("action", ["post", "void", "reverse"])
async def test_acting_on_an_unknown_transfer_is_not_found(client: Client, action: str) -> None:
    refused = await client.post(f"/v1/transfers/{uuid7()}/{action}")
    assert (refused.status_code, refused.json()["code"]) == (404, "target_not_found")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"debit": UNKNOWN}, "account_not_found"),
        ({"credit": UNKNOWN}, "account_not_found"),
        ({"credit": CLOSED}, "account_closed"),
        ({"credit": FROZEN}, "account_frozen"),
        ({"credit": DOLLARS}, "currency_mismatch"),
        ({"amount": money("10.00", "USD")}, "currency_mismatch"),
        ({"amount": money("0.00")}, "invalid_amount"),
        ({"amount": money("-10.00")}, "invalid_amount"),
        ({"amount": money("1000000000000.01")}, "amount_out_of_range"),
        ({"credit": PAYER}, "same_account"),
        ({"amount": money("1000.01")}, "insufficient_funds"),
    ],
)
async def test_what_the_books_refuse_is_a_rejected_outcome_and_changes_nothing(
    client: Client, books: Books, fields: dict[str, Any], code: str
) -> None:
    before = await books()
    (outcome,) = await post(client, transfer(**fields))
    assert (outcome["status"], outcome["code"]) == ("rejected", code)
    assert outcome["detail"]
    assert await books() == before


async def test_an_id_that_was_used_for_other_content_is_refused(client: Client, books: Books) -> None:
    item = transfer("10.00")
    await post(client, item)
    before = await books()
    (outcome,) = await post(client, {**item, "amount": money("10.01")})
    assert (outcome["status"], outcome["code"]) == ("rejected", "id_reused")
    assert await books() == before


async def test_ten_thousand_transfers_are_taken_at_once(client: Client) -> None:
    outcomes = await post(client, *(transfer("0.01") for _ in range(10_000)))
    assert {one["status"] for one in outcomes} == {"posted"}
    assert len(outcomes) == 10_000


async def test_more_transfers_than_the_bound_are_refused_with_the_bound(client: Client, books: Books) -> None:
    before = await books()
    response = await client.post("/v1/transfers", json={"transfers": [transfer("0.01")] * 10_001})
    assert response.status_code == 413
    assert response.json()["code"] == "too_many_transfers"
    assert response.json()["limit"] == 10_000
    assert await books() == before
