"""Approvals over HTTP: rules, a change of an account that waits for them, yes and no, standing in."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from sycee.database import Database
from sycee.identity import Scope
from sycee.kernel.clock import now
from sycee.kernel.ids import uuid7
from tests.api.people import KEEPERS, People
from tests.api.small_bank import client_of
from tests.api.wire import PAYEE, PAYER, Client, money

DECIDE = "scope:approvals:decide"
NOBODY = "00000000-0000-0000-0000-000000000000"
PEOPLE = {
    "maker": [Scope.ACCOUNTS_WRITE, Scope.ACCOUNTS_READ, Scope.APPROVALS_READ],
    "one": [Scope.APPROVALS_DECIDE, Scope.APPROVALS_READ],
    "two": [Scope.APPROVALS_DECIDE, Scope.APPROVALS_READ],
    "reader": [Scope.APPROVALS_READ, Scope.APPROVALS_DECIDE],
    **KEEPERS,
}


class House(People):
    """The people of these tests, and the account that they change."""

    async def change(self, status: str = "frozen", number: str = PAYEE, **fields: Any) -> Any:
        """The answer to a change of an account that has to wait."""
        body = {"status": status, "reason": "Court order", **fields}
        response = await self.send("maker", "PATCH", f"/v1/accounts/{number}", body)
        assert response.status_code == 202, response.text
        return response.json()

    async def status(self, number: str = PAYEE) -> Any:
        """An account's status."""
        return (await self.ask("maker", "GET", f"/v1/accounts/{number}"))["status"]


@pytest_asyncio.fixture
async def house(bank: Database) -> AsyncIterator[House]:
    async with client_of(bank) as client:
        made = House(client)
        await made.hire(bank, PEOPLE)
        yield made


async def test_where_no_rule_says_otherwise_an_account_is_changed_at_once(house: House) -> None:
    body = {"status": "frozen", "reason": "Court order"}
    assert (await house.ask("maker", "PATCH", f"/v1/accounts/{PAYEE}", body))["status"] == "frozen"
    (kept,) = (await house.ask("maker", "GET", "/v1/approvals"))["approvals"]
    assert (kept["command"], kept["state"], kept["result"]["status"]) == (
        "accounts.change",
        "executed",
        "frozen",
    )


async def test_a_change_waits_for_those_whom_the_rule_names_and_is_done_on_the_last_yes(
    house: House,
) -> None:
    await house.rule("accounts.change", {"who": DECIDE, "count": 2})
    asked = await house.change()
    assert await house.status() == "open"
    assert (asked["state"], asked["accounts"], asked["maker"]) == ("waiting", [PAYEE], house.ids["maker"])
    assert {"en": "Status: open → frozen", "zh": "状态：open → frozen"} in asked["lines"]
    (item,) = (await house.ask("one", "GET", "/v1/approval-inbox"))["items"]
    assert (item["approval"], item["authority"], item["acting_for"]) == (asked, DECIDE, None)
    detail = await house.ask("one", "GET", f"/v1/approvals/{asked['id']}")
    assert hashlib.sha256(base64.b64decode(detail["payload"])).hexdigest() == asked["digest"]
    assert (await house.say("one", asked, reason="seen"))["lacking"] == [f"1 × {DECIDE}"]
    assert await house.status() == "open"
    detail = await house.ask("two", "GET", f"/v1/approvals/{asked['id']}")
    assert [(vote["principal"], vote["reason"]) for vote in detail["votes"]] == [(house.ids["one"], "seen")]
    assert [(stage["met"], stage["by"]) for (stage,) in detail["rules"]] == [(False, [house.ids["one"]])]
    outcome = await house.say("two", asked)
    assert (outcome["accepted"], outcome["state"], outcome["lacking"]) == (True, "executed", [])
    assert await house.status() == "frozen"
    trail = (await house.ask("maker", "GET", f"/v1/approvals/{asked['id']}/events"))["events"]
    assert [line["what"] for line in trail] == ["requested", "yes", "yes", "executed"]


async def test_a_change_sent_again_with_its_key_is_one_request(house: House) -> None:
    await house.rule("accounts.change", {"who": DECIDE})
    body, headers = {"status": "frozen", "reason": "x"}, {"Idempotency-Key": "change-1"}
    answers = [await house.send("maker", "PATCH", f"/v1/accounts/{PAYEE}", body, headers) for _ in range(2)]
    assert [one.status_code for one in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    assert len((await house.ask("one", "GET", "/v1/approval-inbox"))["items"]) == 1


async def test_the_overdraft_is_the_amount_that_rules_look_at(house: House) -> None:
    await house.rule("accounts.change", up_to=money("1000.00"))
    await house.rule("accounts.change", {"who": DECIDE}, currency="CNY")
    small = {"floor": money("-1000.00"), "reason": "line"}
    assert (await house.ask("maker", "PATCH", f"/v1/accounts/{PAYEE}", small))["floor"] == money("-1000.00")
    body = {"floor": money("-1000.01"), "reason": "line"}
    response = await house.send("maker", "PATCH", f"/v1/accounts/{PAYEE}", body)
    assert (response.status_code, response.json()["amount"]) == (202, money("1000.01"))


async def test_what_can_no_longer_be_done_fails_with_its_reason(house: House) -> None:
    await house.rule("accounts.change", {"who": DECIDE})
    asked = await house.change("closed", number=PAYER)  # there is money on it
    outcome = await house.say("one", asked)
    assert (outcome["accepted"], outcome["state"], outcome["code"]) == (True, "failed", "account_not_empty")
    found = await house.ask("one", "GET", f"/v1/approvals/{asked['id']}")
    assert (found["approval"]["code"], found["rules"]) == ("account_not_empty", [])


async def test_a_no_and_a_withdrawal_end_it(house: House) -> None:
    await house.rule("accounts.change", {"who": DECIDE})
    first, second = await house.change(), await house.change()
    outcome = await house.say("one", first, "no", reason="no such order")
    assert (outcome["accepted"], outcome["state"]) == (True, "rejected")
    path = f"/v1/approvals/{second['id']}/withdraw"
    assert await house.code("one", "POST", path) == (403, "not_the_maker")
    withdrawn = await house.ask("maker", "POST", path, {"reason": "typo"})
    assert (withdrawn["state"], withdrawn["reason"]) == ("withdrawn", "typo")
    assert (await house.ask("maker", "POST", path))["state"] == "withdrawn"
    for one in (first, second):
        assert (await house.say("two", one))["code"] == "approval_ended"
    assert await house.code("maker", "POST", f"/v1/approvals/{first['id']}/withdraw") == (
        409,
        "approval_ended",
    )
    listed = await house.ask("maker", "GET", "/v1/approvals", params={"state": "withdrawn"})
    assert [one["id"] for one in listed["approvals"]] == [second["id"]]
    assert await house.status() == "open"


async def test_a_list_is_decided_item_by_item(house: House) -> None:
    await house.rule("accounts.change", {"who": DECIDE})
    asked = [await house.change(number=number) for number in (PAYER, PAYEE)]
    votes = [
        {"approval": one["id"], "vote": "yes", "digest": digest}
        for one, digest in ((asked[0], asked[0]["digest"]), (asked[1], "0" * 64))
    ]
    votes.append({"approval": NOBODY, "vote": "yes", "digest": "0" * 64})
    reply = await house.ask("one", "POST", "/v1/approval-decisions", {"decisions": votes})
    assert [(one["accepted"], one["code"]) for one in reply["outcomes"]] == [
        (True, None),
        (False, "digest_mismatch"),
        (False, "approval_not_found"),
    ]


async def test_lists_come_in_pages(house: House) -> None:
    await house.rule("accounts.change", {"who": DECIDE})
    asked = [(await house.change())["id"] for _ in range(5)]
    for path, key, wanted in (("approvals", "approvals", asked[::-1]), ("approval-inbox", "items", asked)):
        collected: list[str] = []
        params: dict[str, Any] = {"limit": 2}
        if path == "approvals":
            params["command"] = "accounts.change"
        while True:
            page = await house.ask("one", "GET", f"/v1/{path}", params=params)
            collected += [one["id"] if key == "approvals" else one["approval"]["id"] for one in page[key]]
            if page["next"] is None:
                break
            params["cursor"] = page["next"]
        assert collected == wanted


async def test_rules_and_segregations_are_listed_and_ended(house: House) -> None:
    await house.rule(
        "accounts.change", {"who": DECIDE, "count": 2}, account=PAYEE, up_to=money("5.00"), note="Board"
    )
    found = await house.ask("one", "GET", "/v1/approval-rules")
    (rule,) = found["rules"]
    assert (rule["account"], rule["up_to"], rule["note"]) == (PAYEE, money("5.00"), "Board")
    assert rule["stages"] == [{"who": DECIDE, "count": 2, "with_maker": False}]
    pair = {"one": "make accounts.change", "other": "approve accounts.change"}
    change = {"id": str(uuid7()), "segregations": [pair], "end_rules": [rule["id"]]}
    await house.say("other keeper", await house.ask("keeper", "POST", "/v1/approval-rules", change))
    found = await house.ask("one", "GET", "/v1/approval-rules")
    assert (found["rules"], [one["one"] for one in found["segregations"]]) == ([], [pair["one"]])
    assert await house.code("keeper", "POST", "/v1/approval-rules", {**change, "id": str(uuid7())}) == (
        404,
        "rule_not_found",
    )


async def test_a_customers_own_rules_go_before_the_banks(house: House) -> None:
    customer = str(uuid7())
    path = f"/v1/customers/{customer}/approval-rules"
    change = {"id": str(uuid7()), "rules": [{"command": "accounts.*", "stages": [{"who": DECIDE}]}]}
    asked = await house.ask("keeper", "POST", path, change)
    assert asked["customer"] == customer
    assert (await house.say("other keeper", asked))["state"] == "executed"
    (rule,) = (await house.ask("one", "GET", path))["rules"]
    assert (rule["customer"], rule["command"]) == (customer, "accounts.*")
    assert (await house.ask("one", "GET", "/v1/approval-rules"))["rules"] == []


async def test_one_stands_in_for_another_until_it_is_ended(house: House, bank: Database) -> None:
    await house.rule("accounts.change", {"who": f"principal:{house.ids['one']}"})
    asked = await house.change()
    assert (await house.say("reader", asked))["code"] == "not_an_approver"
    body = {"substitute": house.ids["reader"], "valid_to": (now() + timedelta(days=2)).isoformat()}
    path = f"/v1/principals/{house.ids['one']}/substitutions"
    lent = await house.ask("one", "POST", path, {**body, "up_to": money("1.00")})
    assert (await house.say("reader", asked))["code"] == "not_an_approver"  # it has no amount
    assert (await house.ask("one", "POST", f"/v1/substitutions/{lent['id']}/end"))["ended_by"]
    lent = await house.ask("one", "POST", path, body)
    assert len((await house.ask("reader", "GET", path))["substitutions"]) == 2
    (item,) = (await house.ask("reader", "GET", "/v1/approval-inbox"))["items"]
    assert item["acting_for"] == house.ids["one"]
    assert (await house.say("reader", asked, acting_for=house.ids["one"]))["state"] == "executed"
    end = f"/v1/substitutions/{lent['id']}/end"
    assert await house.code("two", "POST", end) == (403, "not_a_substitute")
    assert (await house.ask("keeper", "POST", end))["ended_by"] == house.ids["keeper"]
    assert await house.code("two", "POST", path, body) == (403, "not_a_substitute")


async def test_who_keeps_the_rules_proposes_a_substitute_for_who_is_away(house: House) -> None:
    path = f"/v1/principals/{house.ids['one']}/substitution-proposals"
    until = (now() + timedelta(days=2)).isoformat()
    body = {"id": str(uuid7()), "substitute": house.ids["reader"], "valid_to": until, "reason": "ill"}
    asked = await house.ask("keeper", "POST", path, body)
    assert await house.ask("keeper", "POST", path, body) == asked
    assert (await house.say("keeper", asked))["code"] == "own_approval"
    assert (await house.say("other keeper", asked))["state"] == "executed"
    found = await house.ask("one", "GET", f"/v1/principals/{house.ids['one']}/substitutions")
    assert [one["substitute"] for one in found["substitutions"]] == [house.ids["reader"]]


RULE = {"command": "accounts.change", "stages": [{"who": DECIDE}]}
VOTE = {"approval": NOBODY, "vote": "yes", "digest": "0" * 64}
BAD: list[tuple[str, str, Any, int, str]] = [
    ("GET", "/v1/approvals/7", None, 400, "invalid_identifier"),
    ("GET", f"/v1/approvals/{NOBODY}", None, 404, "approval_not_found"),
    ("GET", f"/v1/approvals/{NOBODY}/events", None, 404, "approval_not_found"),
    ("POST", f"/v1/approvals/{NOBODY}/withdraw", None, 404, "approval_not_found"),
    ("GET", "/v1/approvals?state=gone", None, 400, "invalid_parameter"),
    ("GET", "/v1/approval-inbox?cursor=x", None, 400, "invalid_cursor"),
    ("POST", "/v1/approval-decisions", {"decisions": []}, 400, "schema_violation"),
    ("POST", "/v1/approval-decisions", {"decisions": [{**VOTE, "vote": "maybe"}]}, 400, "schema_violation"),
    ("POST", "/v1/approval-decisions", {"decisions": [{**VOTE, "digest": "0"}]}, 400, "invalid_decision"),
    ("POST", "/v1/approval-decisions", {"decisions": [VOTE, VOTE]}, 400, "invalid_decision"),
    ("POST", "/v1/approval-decisions", {"decisions": [{**VOTE, "vote": "no"}]}, 400, "invalid_decision"),
    ("POST", "/v1/approval-rules", {"id": NOBODY}, 400, "invalid_rule"),
    ("POST", "/v1/approval-rules", {"rules": [RULE]}, 400, "schema_violation"),
    ("POST", "/v1/approval-rules", {"id": NOBODY, "rules": [{**RULE, "command": "no.such"}]}, 400,
     "invalid_rule"),
    ("POST", "/v1/approval-rules",
     {"id": NOBODY, "rules": [{**RULE, "currency": "USD", "up_to": money("1.00")}]}, 400, "invalid_rule"),
    ("POST", "/v1/approval-rules", {"id": NOBODY, "rules": [{**RULE, "up_to": money("1.001")}]}, 400,
     "invalid_amount"),
    ("POST", "/v1/approval-rules", {"id": NOBODY, "rules": [{**RULE, "account": "1"}]}, 400,
     "invalid_account_number"),
    ("POST", f"/v1/substitutions/{NOBODY}/end", None, 404, "substitution_not_found"),
    ("POST", "/v1/substitutions/7/end", None, 400, "invalid_identifier"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "status", "code"), BAD)
async def test_bad_questions_are_refused(
    house: House, method: str, path: str, body: Any, status: int, code: str
) -> None:
    assert await house.code("keeper", method, path, body) == (status, code)


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        (Scope.APPROVALS_DECIDE, "GET", "/v1/approvals"),
        (Scope.APPROVALS_READ, "POST", "/v1/approval-decisions"),
        (Scope.APPROVALS_DECIDE, "POST", "/v1/approval-rules"),
        (Scope.APPROVALS_READ, "POST", f"/v1/principals/{NOBODY}/substitutions"),
        (Scope.APPROVALS_DECIDE, "POST", f"/v1/principals/{NOBODY}/substitution-proposals"),
    ],
)
async def test_each_operation_needs_its_own_scope(
    anonymous: Client, tokens: dict[str, str], scope: Scope, method: str, path: str
) -> None:
    response = await anonymous.request(method, path, headers={"Authorization": f"Bearer {tokens[scope]}"})
    assert (response.status_code, response.json()["code"]) == (403, "insufficient_scope")
