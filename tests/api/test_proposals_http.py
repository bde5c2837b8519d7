"""What is proposed is released by an approval of the same id: rates, components, terms of rails.

Whether somebody decides on the proposal or on the approval makes no difference, and the proposal ends as the
approval does.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
import pytest_asyncio

from sycee import approvals, components, products
from sycee.database import Database, Transaction
from sycee.identity import Scope
from sycee.kernel.clock import now
from sycee.payments import RailTerms
from sycee.payments.routing.proposals import propose_terms
from sycee.products import NewRate
from tests.api.people import KEEPERS, People
from tests.api.small_bank import client_of
from tests.components.another_house import installed

DECIDES = [Scope.APPROVALS_DECIDE, Scope.APPROVALS_READ]


class Kind(msgspec.Struct, frozen=True):
    """Something that is proposed: where, what, under which command, with whose word."""

    command: str
    path: str
    body: dict[str, Any]
    proposes: Scope
    releases: Scope
    code: str


RATE = {
    "id": "rate.growth",
    "uses": "acme.interest@1",
    "title": {"en": "Growth", "zh": "成长"},
    "from": "2026-01-01",
    "with": {"tiers": [{"spread": "0.15"}]},
}
KINDS = [
    Kind(
        command="rates.release",
        path="/v1/rate-proposals",
        body={"rates": [{"key": "CNY.demand", "start": "2026-01-01", "rate": "0.20"}], "note": "Circular"},
        proposes=Scope.PRODUCTS_PROPOSE,
        releases=Scope.PRODUCTS_RELEASE,
        code="rate_proposal_released",
    ),
    Kind(
        command="components.release",
        path="/v1/component-proposals",
        body={"reason": "Growing firms", "document": {"conditions": [RATE]}},
        proposes=Scope.PRODUCTS_PROPOSE,
        releases=Scope.PRODUCTS_RELEASE,
        code="component_proposal_decided",
    ),
    Kind(
        command="rails.change_terms",
        path="/v1/rail-terms",
        body={
            "rail": "BEPS",
            "currency": "CNY",
            "valid_from": "2026-12-01",
            "terms": {"calendar": "every_day", "cap": {"currency": "CNY", "value": "2000000.00"}},
            "reason": "As ordinary times are over",
        },
        proposes=Scope.PAYMENTS_OPERATE,
        releases=Scope.PAYMENTS_OPERATE,
        code="rail_terms_decided",
    ),
]
every_kind = pytest.mark.parametrize("kind", KINDS, ids=[kind.command for kind in KINDS])


class House(People):
    """The people of these tests, and what they propose."""

    async def propose(self, kind: Kind) -> dict[str, Any]:
        """A proposal by the maker."""
        response = await self.send("maker", "POST", kind.path, kind.body)
        assert response.status_code == 201, response.text
        found: dict[str, Any] = response.json()
        assert found["state"] == "proposed"
        return found

    async def approval(self, made: dict[str, Any], who: str = "one") -> dict[str, Any]:
        """The approval of a proposal."""
        found: dict[str, Any] = (await self.ask(who, "GET", f"/v1/approvals/{made['id']}"))["approval"]
        return found

    async def state(self, kind: Kind, made: dict[str, Any]) -> Any:
        """What became of a proposal."""
        page = await self.ask("maker", "GET", kind.path)
        (found,) = (one for one in next(iter(page.values())) if one["id"] == made["id"])
        return found["state"]

    async def waiting(self, who: str) -> list[Any]:
        """The ids in somebody's inbox."""
        page = await self.ask(who, "GET", "/v1/approval-inbox")
        return [item["approval"]["id"] for item in page["items"]]


@pytest.fixture(autouse=True)
def _acme() -> Iterator[None]:
    with installed():
        yield


@pytest_asyncio.fixture
async def house(bank: Database) -> AsyncIterator[House]:
    reads = [Scope.PRODUCTS_READ, Scope.PAYMENTS_OPERATE, Scope.APPROVALS_READ]
    releases = [Scope.PRODUCTS_RELEASE, Scope.PAYMENTS_OPERATE]
    people = {
        "maker": [Scope.PRODUCTS_PROPOSE, Scope.PRODUCTS_RELEASE, Scope.APPROVALS_DECIDE, *reads],
        "one": [*releases, *DECIDES],
        "two": [*releases, *DECIDES],
        "outsider": DECIDES,
        **KEEPERS,
    }
    async with client_of(bank) as client:
        made = House(client)
        await made.hire(bank, people)
        yield made


@every_kind
async def test_a_proposal_is_in_the_inbox_of_those_who_release_and_of_nobody_else(
    house: House, kind: Kind
) -> None:
    made = await house.propose(kind)
    assert await house.waiting("one") == await house.waiting("two") == [made["id"]]
    assert await house.waiting("maker") == await house.waiting("outsider") == []
    detail = await house.ask("one", "GET", f"/v1/approvals/{made['id']}")
    asked = detail["approval"]
    assert (asked["command"], asked["state"], asked["maker"]) == (kind.command, "waiting", house.ids["maker"])
    assert asked["lines"]
    assert hashlib.sha256(base64.b64decode(detail["payload"])).hexdigest() == asked["digest"]


@every_kind
async def test_a_yes_in_the_inbox_releases_it(house: House, kind: Kind) -> None:
    made = await house.propose(kind)
    assert (await house.say("one", await house.approval(made)))["state"] == "executed"
    assert await house.state(kind, made) == "released"
    assert await house.code("two", "POST", f"{kind.path}/{made['id']}/release", {}) == (409, kind.code)


@every_kind
async def test_a_release_is_a_yes_to_its_approval(house: House, kind: Kind) -> None:
    made = await house.propose(kind)
    assert (await house.send("one", "POST", f"{kind.path}/{made['id']}/release", {})).status_code == 200
    found = await house.ask("two", "GET", f"/v1/approvals/{made['id']}")
    assert found["approval"]["state"] == "executed"
    assert [(vote["principal"], vote["vote"]) for vote in found["votes"]] == [(house.ids["one"], "yes")]
    assert await house.state(kind, made) == "released"


@every_kind
async def test_nobody_releases_a_proposal_of_their_own(house: House, kind: Kind) -> None:
    made = await house.propose(kind)
    refused = await house.code("maker", "POST", f"{kind.path}/{made['id']}/release", {})
    assert refused == (422, "own_approval")
    outcome = await house.say("maker", await house.approval(made))
    assert (outcome["accepted"], outcome["code"]) == (False, "own_approval")
    assert await house.state(kind, made) == "proposed"


@every_kind
async def test_somebody_without_the_right_to_release_does_not_release_it_in_the_inbox_either(
    house: House, kind: Kind
) -> None:
    made = await house.propose(kind)
    outcome = await house.say("outsider", await house.approval(made))
    assert (outcome["accepted"], outcome["code"]) == (False, "not_an_approver")
    assert await house.state(kind, made) == "proposed"


@every_kind
async def test_a_rule_that_asks_for_two_leaves_it_proposed_after_the_first(house: House, kind: Kind) -> None:
    await house.rule(kind.command, {"who": f"scope:{kind.releases}", "count": 2})
    made = await house.propose(kind)
    first = await house.send("one", "POST", f"{kind.path}/{made['id']}/release", {})
    assert first.status_code == 202, first.text
    assert await house.state(kind, made) == "proposed"
    assert (await house.send("two", "POST", f"{kind.path}/{made['id']}/release", {})).status_code == 200
    assert await house.state(kind, made) == "released"


@every_kind
async def test_of_two_who_release_at_the_same_time_one_does(house: House, kind: Kind) -> None:
    made = await house.propose(kind)
    path = f"{kind.path}/{made['id']}/release"
    answers = await asyncio.gather(*(house.send(who, "POST", path, {}) for who in ("one", "two")))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    votes = (await house.ask("one", "GET", f"/v1/approvals/{made['id']}"))["votes"]
    assert len(votes) == 1
    assert await house.state(kind, made) == "released"


@every_kind
async def test_no_rule_lets_one_person_alone_release_it(house: House, kind: Kind) -> None:
    rule = {"command": kind.command, "stages": []}
    change = {"id": "019d0db1-0c00-7000-8166-0000000000aa", "rules": [rule]}
    response = await house.send("keeper", "POST", "/v1/approval-rules", change)
    assert (response.status_code, response.json()["code"]) == (400, "invalid_rule")


@every_kind
async def test_a_no_in_the_inbox_turns_it_down(house: House, kind: Kind) -> None:
    made = await house.propose(kind)
    assert (await house.say("one", await house.approval(made), "no", reason="Wrong"))["state"] == "rejected"
    assert await house.state(kind, made) == "rejected"
    status, _ = await house.code("two", "POST", f"{kind.path}/{made['id']}/release", {})
    assert status == 409
    assert await house.state(kind, made) == "rejected"


@every_kind
async def test_what_its_maker_takes_back_is_not_released(house: House, kind: Kind) -> None:
    made = await house.propose(kind)
    await house.ask("maker", "POST", f"/v1/approvals/{made['id']}/withdraw", {"reason": "Too early"})
    assert await house.state(kind, made) == "withdrawn"
    status, _ = await house.code("one", "POST", f"{kind.path}/{made['id']}/release", {})
    assert status == 409


@every_kind
async def test_what_nobody_decides_runs_out_of_time(house: House, kind: Kind, bank: Database) -> None:
    made = await house.propose(kind)

    async def sweep(tx: Transaction) -> int:
        return await approvals.expire_approvals(tx, at=now() + timedelta(days=31))

    assert await bank.run(sweep) == 1
    assert await house.state(kind, made) == "expired"
    status, _ = await house.code("one", "POST", f"{kind.path}/{made['id']}/release", {})
    assert status == 409


@every_kind
async def test_a_proposal_whose_maker_was_suspended_is_released_once_its_maker_is_back(
    house: House, kind: Kind, bank: Database
) -> None:
    await house.hire(bank, {"officer": [Scope.IDENTITY_WRITE, Scope.ADMIN]})
    made = await house.propose(kind)
    maker = f"/v1/principals/{house.ids['maker']}"
    await house.ask("officer", "POST", f"{maker}/suspend", {"reason": "Leave"})
    refused = await house.code("one", "POST", f"{kind.path}/{made['id']}/release", {})
    assert refused == (422, "maker_not_entitled")
    await house.ask("officer", "POST", f"{maker}/resume", {"reason": "Back"})
    assert (await house.send("one", "POST", f"{kind.path}/{made['id']}/release", {})).status_code == 200


async def left_undecided(bank: Database, kind: Kind, proposed_by: str) -> str:
    """A proposal as older versions kept it: without an approval."""
    async with bank.transaction() as tx:
        if kind.command == "rates.release":
            rates = msgspec.convert(kind.body["rates"], list[NewRate])
            return str((await products.propose_rates(tx, rates, by=proposed_by)).id)
        if kind.command == "rails.change_terms":
            terms = await propose_terms(
                tx,
                "BEPS",
                "CNY",
                RailTerms(cap=2_000_000_00),
                valid_from=date(2026, 12, 1),
                by=proposed_by,
                reason="Ordinary times",
            )
            return str(terms.id)
        assert kind.command == "components.release"
        document = components.read_sent("proposal", msgspec.json.encode(kind.body["document"]))
        return str((await components.propose(tx, document, by=proposed_by, reason="Growth")).id)


@every_kind
async def test_what_an_older_version_left_undecided_is_released_in_its_proposers_name(
    house: House, kind: Kind, bank: Database
) -> None:
    id = await left_undecided(bank, kind, house.ids["maker"])
    refused = await house.code("maker", "POST", f"{kind.path}/{id}/release", {})
    assert refused == (422, "own_approval")
    assert (await house.send("one", "POST", f"{kind.path}/{id}/release", {})).status_code == 200
    assert (await house.approval({"id": id}))["maker"] == house.ids["maker"]


@every_kind
async def test_the_oldest_proposals_name_a_token_whose_principal_proposed_them(
    house: House, kind: Kind, bank: Database
) -> None:
    async with bank.transaction() as tx:
        cursor = await tx.execute("SELECT id FROM tokens WHERE principal = %s", (UUID(house.ids["maker"]),))
        row = await cursor.fetchone()
    assert row is not None
    id = await left_undecided(bank, kind, row[0])
    assert await house.code("maker", "POST", f"{kind.path}/{id}/release", {}) == (422, "own_approval")
    assert (await house.send("one", "POST", f"{kind.path}/{id}/release", {})).status_code == 200


@every_kind
async def test_what_somebody_proposed_who_is_gone_is_proposed_again(
    house: House, kind: Kind, bank: Database
) -> None:
    id = await left_undecided(bank, kind, "0123456789ab")
    refused = await house.code("one", "POST", f"{kind.path}/{id}/release", {})
    assert refused == (422, "maker_not_entitled")


async def test_what_no_longer_holds_gets_no_release_and_fails_when_the_inbox_says_yes(house: House) -> None:
    kind = next(kind for kind in KINDS if kind.command == "components.release")
    first, second = await house.propose(kind), await house.propose(kind)
    assert (await house.send("one", "POST", f"{kind.path}/{first['id']}/release", {})).status_code == 200
    refused = await house.code("one", "POST", f"{kind.path}/{second['id']}/release", {})
    assert refused == (400, "invalid_components")
    assert await house.state(kind, second) == "proposed"
    outcome = await house.say("one", await house.approval(second))
    assert (outcome["state"], outcome["code"]) == ("failed", "invalid_components")
    assert await house.state(kind, second) == "failed"
    assert await house.state(kind, first) == "released"
