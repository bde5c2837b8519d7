"""Mandates as authority: a customer's signatories agree to what waits, as many as the mandate asks for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from sycee.approvals import NewSubstitution, Stage, approval_detail, inbox, substitute
from sycee.database import Transaction
from sycee.identity import Caller, Scope
from sycee.kernel.clock import now
from sycee.kernel.ids import uuid7
from sycee.parties import NewContact, NewMandate, Rule, Signatory, add_contact, give_mandates, revoke_mandate
from tests.approvals.house import KEEPER, MAKER, Keepers, a_principal, ask, done, say
from tests.parties.conftest import TODAY
from tests.parties.people import BY, a_customer, some_persons

MILLION = 1_000_000_00


class Company:
    """A customer with signatories a1, a2 and b1, a director by post, a clerk, and its mandate.

    One of A signs up to a million; A+A or A+B up to ten million; the director (C) alone, whatever the amount.
    """

    id: UUID
    mandate: UUID
    users: dict[str, Caller]
    keepers: Keepers

    def __getitem__(self, name: str) -> Caller:
        return self.users[name]


@pytest.fixture
async def company(tx: Transaction) -> Company:
    await tx.execute("CREATE TABLE done (approval uuid PRIMARY KEY, payload bytea NOT NULL)")
    made = Company()
    made.id = (await a_customer(tx)).id
    names = ("clerk", "a1", "a2", "b1", "director")
    people = dict(zip(names, await some_persons(tx, *names), strict=True))
    made.users = {
        name: await a_principal(tx, *MAKER, Scope.APPROVALS_READ, customer=made.id, person=person, name=name)
        for name, person in people.items()
    }
    post = NewContact(customer=made.id, person=people["director"], post="director", valid_from=TODAY)
    await add_contact(tx, post, by=BY)
    signatories = [Signatory(group="A", person=people[name]) for name in ("a1", "a2")]
    signatories += [Signatory(group="B", person=people["b1"]), Signatory(group="C", post="director")]
    rules = (
        Rule(operations=("pay",), currency="CNY", up_to=MILLION),
        Rule(operations=("pay",), currency="CNY", up_to=10 * MILLION, signatures=("A+A", "A+B")),
        Rule(operations=("pay",), signatures=("C",)),
    )
    (mandate,) = await give_mandates(
        tx, [NewMandate(customer=made.id, signatories=tuple(signatories), rules=rules)], by=BY
    )
    made.mandate = mandate.id
    made.keepers = Keepers(await a_principal(tx, *KEEPER), await a_principal(tx, *KEEPER))
    await made.keepers.rule(tx, "tests.order", "mandate:pay")
    return made


async def pay(tx: Transaction, company: Company, amount: int, by: str = "clerk", **fields: Any) -> Any:
    return await ask(
        tx, company[by], customer=company.id, amount=amount, currency="CNY", number=amount, **fields
    )


@pytest.mark.parametrize(
    ("amount", "signers", "enough"),
    [
        (MILLION, ["a1"], True),
        (MILLION, ["director"], True),
        (MILLION + 1, ["a1"], False),
        (MILLION + 1, ["a1", "a2"], True),
        (MILLION + 1, ["a1", "b1"], True),
        (MILLION + 1, ["b1"], False),
        (10 * MILLION + 1, ["director"], True),
    ],
)
async def test_as_many_sign_as_the_mandate_asks_for(
    tx: Transaction, company: Company, amount: int, signers: list[str], enough: bool
) -> None:
    asked = await pay(tx, company, amount)
    for number, name in enumerate(signers, start=1):
        outcome = await say(tx, company[name], asked)
        assert outcome.accepted
        assert outcome.state == ("executed" if enough and number == len(signers) else "waiting")
    assert bool(await done(tx)) is enough


async def test_who_signs_for_too_little_or_not_at_all_is_not_asked(tx: Transaction, company: Company) -> None:
    asked = await pay(tx, company, 10 * MILLION + 1, by="b1")
    stranger = await a_principal(tx, *KEEPER, customer=uuid7(), person=uuid7())
    assert (await say(tx, stranger, asked)).code == "approval_not_found"
    for name in ("a1", "a2", "clerk"):
        assert (await say(tx, company[name], asked)).code == "not_an_approver"
        assert await inbox(tx, by=company[name]) == []
    assert [item.approval.id for item in await inbox(tx, by=company["director"])] == [asked.id]
    assert (await say(tx, company.keepers.one, asked)).code == "not_an_approver"


async def test_what_is_lacking_is_said_in_the_mandates_words(tx: Transaction, company: Company) -> None:
    asked = await pay(tx, company, MILLION + 1)
    (lacking,) = (await say(tx, company["a1"], asked)).lacking
    assert "A+A or A+B must sign together to pay" in lacking
    assert "1 more must sign" in lacking


async def test_a_mandate_that_is_revoked_takes_its_signatures_with_it(
    tx: Transaction, company: Company
) -> None:
    asked = await pay(tx, company, MILLION + 1)
    await say(tx, company["a1"], asked)
    await revoke_mandate(tx, company.id, company.mandate, by=BY, reason="board")
    for name in ("a2", "b1", "director"):
        assert (await say(tx, company[name], asked)).code == "not_an_approver"
    far = (await approval_detail(tx, asked.id, by=company["clerk"])).progress
    assert far is not None
    assert far.rules[0][0].by == ()
    assert await done(tx) == []


async def test_a_limit_that_is_lowered_holds_for_what_waits(tx: Transaction, company: Company) -> None:
    asked = await pay(tx, company, 10 * MILLION)
    await say(tx, company["a1"], asked)
    await revoke_mandate(tx, company.id, company.mandate, by=BY, reason="board")
    person_a, person_b = company["a1"].person, company["b1"].person
    rule = Rule(operations=("pay",), currency="CNY", up_to=MILLION, signatures=("A+B",))
    lower = NewMandate(
        customer=company.id,
        signatories=(Signatory(person=person_a), Signatory(group="B", person=person_b)),
        rules=(rule,),
    )
    await give_mandates(tx, [lower], by=BY)
    assert (await say(tx, company["b1"], asked)).code == "not_an_approver"
    small = await pay(tx, company, MILLION)
    await say(tx, company["a1"], small)
    assert (await say(tx, company["b1"], small)).state == "executed"


async def test_a_signature_is_nobodys_to_lend(tx: Transaction, company: Company) -> None:
    lent = NewSubstitution(
        absent=company["a1"].principal,
        substitute=company["clerk"].principal,
        valid_to=now() + timedelta(days=1),
    )
    await substitute(tx, lent, by=company["a1"].principal)
    asked = await pay(tx, company, 1, by="b1")
    assert (await say(tx, company["clerk"], asked)).code == "not_an_approver"


async def test_the_makers_own_signature_counts_where_the_rule_says_so(
    tx: Transaction, company: Company
) -> None:
    stage = Stage(who="mandate:pay", with_maker=True)
    await company.keepers.rule(tx, "tests.order", stage)
    assert (await pay(tx, company, MILLION, by="a1")).state == "executed"
    asked = await pay(tx, company, MILLION + 1, by="a1")
    assert asked.state == "waiting"
    assert (await say(tx, company["a1"], asked)).code == "own_approval"
    assert (await say(tx, company["b1"], asked)).state == "executed"
    assert (await pay(tx, company, 5, by="clerk")).state == "waiting"


async def test_groups_of_signatories_are_counted_in_stages(tx: Transaction, company: Company) -> None:
    await company.keepers.rule(tx, "tests.order", Stage(who="mandate:pay:A", count=2), "mandate:pay:B")
    asked = await pay(tx, company, MILLION)
    assert (await say(tx, company["b1"], asked)).code == "not_an_approver"
    for name in ("a2", "a1"):
        assert (await say(tx, company[name], asked)).state == "waiting"
    assert (await say(tx, company["b1"], asked)).state == "executed"


async def test_the_bank_may_look_after_the_signatories(tx: Transaction, company: Company) -> None:
    await company.keepers.rule(tx, "tests.order", "mandate:pay", "bank:approvals:decide")
    asked = await pay(tx, company, MILLION)
    assert (await say(tx, company.keepers.one, asked)).code == "not_an_approver"
    assert (await say(tx, company["a1"], asked)).lacking == ("1 × bank:approvals:decide",)
    assert (await say(tx, company.keepers.one, asked)).state == "executed"


async def test_one_signature_is_not_a_checkers_yes_as_well(tx: Transaction, company: Company) -> None:
    await company.keepers.rule(tx, "tests.order", "scope:payments:write", "mandate:pay")
    asked = await pay(tx, company, MILLION)
    assert (await say(tx, company["a1"], asked)).state == "waiting"
    assert (await say(tx, company["a2"], asked)).state == "executed"
