"""Mandates: who may sign for whom, for what, up to how much, how many together."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from sycee.database import Database, Transaction
from sycee.kernel.ids import uuid7
from sycee.kernel.money import UnknownCurrency
from sycee.parties import (
    LEGAL_REPRESENTATIVE,
    CustomerNotFound,
    InvalidMandate,
    MandateDecision,
    MandateExceeded,
    MandateMissing,
    MandateNotFound,
    NewContact,
    NewMandate,
    PersonNotFound,
    Rule,
    Signatory,
    SignaturesMissing,
    SignerNotMandated,
    add_contact,
    change_customer,
    check_mandate,
    check_mandates,
    customer_changes,
    give_mandates,
    mandates,
    mandates_for,
    require_all_fit,
    revoke_mandate,
    sole_mandate,
)
from sycee.parties.mandate_checks import Signing
from tests.parties.conftest import TODAY
from tests.parties.people import BY, a_customer, a_fit_customer, some_persons

YUAN = 100
MILLION = 1_000_000 * YUAN


class Company:
    """A customer whose board gave a mandate: A1, A2, A3 and B1, B2.

    One of A signs up to a million; two of A, or one of A and one of B, up to ten million.
    """

    id: UUID
    a1: UUID
    a2: UUID
    a3: UUID
    b1: UUID
    b2: UUID
    stranger: UUID


@pytest.fixture
async def company(tx: Transaction) -> Company:
    made = Company()
    made.id = (await a_customer(tx)).id
    names = ("a1", "a2", "a3", "b1", "b2", "stranger")
    for name, person in zip(names, await some_persons(tx, *names), strict=True):
        setattr(made, name, person)
    signatories = [Signatory(group="A", person=one) for one in (made.a1, made.a2, made.a3)]
    signatories += [Signatory(group="B", person=one) for one in (made.b1, made.b2)]
    rules = (
        Rule(operations=("pay",), currency="CNY", up_to=MILLION),
        Rule(operations=("pay",), currency="CNY", up_to=10 * MILLION, signatures=("A+A", "A+B")),
        Rule(operations=("sign_agreement",), signatures=("A+B",)),
    )
    await give_mandates(
        tx,
        [NewMandate(customer=made.id, signatories=tuple(signatories), rules=rules, reference="Board 2026-7")],
        by=BY,
    )
    return made


async def pays(tx: Transaction, company: Company, amount: int, *signers: UUID) -> MandateDecision:
    return await check_mandate(tx, company.id, "pay", amount, "CNY", signers, TODAY)


async def test_one_signatory_is_enough_up_to_the_limit(tx: Transaction, company: Company) -> None:
    decision = await pays(tx, company, MILLION, company.a2)
    assert (decision.signatures, decision.signers, decision.reference) == ("A", (company.a2,), "Board 2026-7")
    with pytest.raises(SignaturesMissing, match=r"A\+A or A\+B must sign together .* 1 more must sign"):
        await pays(tx, company, MILLION + 1, company.a2)


async def test_two_of_one_group_or_one_of_each(tx: Transaction, company: Company) -> None:
    two = await pays(tx, company, 10 * MILLION, company.a3, company.a1)
    assert two.signatures == "A+A"
    assert set(two.signers) == {company.a1, company.a3}
    mixed = await pays(tx, company, 10 * MILLION, company.b1, company.a1)
    assert (mixed.signatures, mixed.signers) == ("A+B", (company.a1, company.b1))
    with pytest.raises(SignaturesMissing):
        await pays(tx, company, 10 * MILLION, company.b1, company.b2)


async def test_the_same_person_twice_is_one_signature(tx: Transaction, company: Company) -> None:
    with pytest.raises(SignaturesMissing):
        await pays(tx, company, 2 * MILLION, company.a1, company.a1)


async def test_a_stranger_adds_nothing(tx: Transaction, company: Company) -> None:
    with pytest.raises(SignaturesMissing):
        await pays(tx, company, 2 * MILLION, company.a1, company.stranger)
    with pytest.raises(SignerNotMandated):
        await pays(tx, company, 1, company.stranger)
    with pytest.raises(SignerNotMandated):
        await pays(tx, company, 1)
    assert (await pays(tx, company, 1, company.stranger, company.a1)).signers == (company.a1,)


async def test_above_every_limit_nobody_may_sign(tx: Transaction, company: Company) -> None:
    with pytest.raises(MandateExceeded, match=r"10000000\.01 CNY is above 10000000\.00 CNY"):
        await pays(tx, company, 10 * MILLION + 1, company.a1, company.a2, company.b1)


async def test_a_limit_in_one_currency_says_nothing_of_another(tx: Transaction, company: Company) -> None:
    with pytest.raises(MandateExceeded, match="no mandate in USD"):
        await check_mandate(tx, company.id, "pay", 1, "USD", [company.a1], TODAY)


async def test_an_act_without_an_amount_needs_its_signatures(tx: Transaction, company: Company) -> None:
    with pytest.raises(SignaturesMissing):
        await check_mandate(tx, company.id, "sign_agreement", None, None, [company.a1], TODAY)
    signed = await check_mandate(
        tx, company.id, "sign_agreement", None, None, [company.a1, company.b2], TODAY
    )
    assert signed.up_to is None


async def test_what_nobody_was_given_a_mandate_for_nobody_may_do(tx: Transaction, company: Company) -> None:
    with pytest.raises(MandateMissing):
        await check_mandate(tx, company.id, "give_notice", None, None, [company.a1], TODAY)


async def test_any_covers_every_operation(tx: Transaction, company: Company) -> None:
    await give_mandates(tx, [sole_mandate(company.id, company.stranger)], by=BY)
    decision = await check_mandate(tx, company.id, "give_notice", 5, "USD", [company.stranger], TODAY)
    assert decision.signers == (company.stranger,)


async def test_signatories_of_two_mandates_are_not_added_up(tx: Transaction, company: Company) -> None:
    lone = NewMandate(
        customer=company.id,
        signatories=(Signatory(group="B", person=company.stranger),),
        rules=(Rule(operations=("pay",), currency="CNY", up_to=1, signatures=("B",)),),
    )
    await give_mandates(tx, [lone], by=BY)
    with pytest.raises(SignaturesMissing):
        await pays(tx, company, 2 * MILLION, company.a1, company.stranger)


async def test_one_person_in_two_groups_signs_once(tx: Transaction) -> None:
    customer = (await a_customer(tx)).id
    both, second = await some_persons(tx, "both", "second")
    signatories = tuple(Signatory(group=group, person=both) for group in "AB")
    rule = Rule(operations=("pay",), signatures=("A+B",))
    await give_mandates(
        tx,
        [
            NewMandate(
                customer=customer,
                signatories=(*signatories, Signatory(group="A", person=second)),
                rules=(rule,),
            )
        ],
        by=BY,
    )
    with pytest.raises(SignaturesMissing):
        await check_mandate(tx, customer, "pay", 1, "CNY", [both], TODAY)
    # The one in both groups has to take B, whoever is named first.
    for signers in ([both, second], [second, both]):
        decision = await check_mandate(tx, customer, "pay", 1, "CNY", signers, TODAY)
        assert decision.signers == (second, both)


async def test_whoever_holds_the_post_on_the_day_may_sign(tx: Transaction) -> None:
    customer = (await a_customer(tx)).id
    old, new = await some_persons(tx, "old", "new")
    post = (Signatory(post=LEGAL_REPRESENTATIVE),)
    await give_mandates(
        tx, [NewMandate(customer=customer, signatories=post, rules=(Rule(operations=("pay",)),))], by=BY
    )
    with pytest.raises(SignerNotMandated):
        await check_mandate(tx, customer, "pay", 1, "CNY", [old], TODAY)
    await add_contact(tx, NewContact(customer=customer, person=old, post=LEGAL_REPRESENTATIVE), by=BY)
    handover = date(2026, 4, 15)
    await add_contact(
        tx, NewContact(customer=customer, person=new, post=LEGAL_REPRESENTATIVE, valid_from=handover), by=BY
    )
    before = await check_mandate(tx, customer, "pay", 1, "CNY", [old], date(2026, 4, 14))
    after = await check_mandate(tx, customer, "pay", 1, "CNY", [new], handover)
    assert (before.signers, after.signers) == ((old,), (new,))
    with pytest.raises(SignerNotMandated):
        await check_mandate(tx, customer, "pay", 1, "CNY", [old], handover)


async def test_a_mandate_holds_from_its_first_day_until_before_its_end(
    tx: Transaction, company: Company
) -> None:
    person = company.stranger
    await give_mandates(
        tx, [sole_mandate(company.id, person, ["withdraw"], valid_from=date(2026, 5, 1))], by=BY
    )
    (mandate,) = await mandates_for(tx, person, date(2026, 5, 1))

    async def may(on: date) -> bool:
        try:
            await check_mandate(tx, company.id, "withdraw", None, None, [person], on)
        except MandateMissing:
            return False
        return True

    assert [await may(date(2026, 4, 30)), await may(date(2026, 5, 1))] == [False, True]
    await revoke_mandate(tx, company.id, mandate.id, by="boss", reason="left", on=date(2026, 6, 1))
    assert [await may(date(2026, 5, 31)), await may(date(2026, 6, 1))] == [True, False]
    newest = (await customer_changes(tx, company.id, limit=1))[0]
    assert (newest.what, newest.changed_by, newest.reason) == ("mandate revoked", "boss", "left")
    with pytest.raises(InvalidMandate, match="ends on 2026-06-01 already"):
        await revoke_mandate(tx, company.id, mandate.id, by=BY, reason="x", on=date(2026, 7, 1))
    with pytest.raises(InvalidMandate, match="before that"):
        await revoke_mandate(tx, company.id, mandate.id, by=BY, reason="x", on=date(2026, 4, 1))
    with pytest.raises(MandateNotFound):
        await revoke_mandate(tx, company.id, uuid7(), by=BY, reason="x")
    assert len(await mandates(tx, company.id)) == 2
    assert len(await mandates(tx, company.id, date(2026, 6, 1))) == 1


async def test_a_list_is_decided_as_one_by_one(tx: Transaction, company: Company) -> None:
    other = (await a_customer(tx, "Tea House Ltd")).id
    await give_mandates(tx, [sole_mandate(other, company.a1)], by=BY)
    signings = [
        Signing(customer=company.id, operation="sign_agreement", signers=(company.a1, company.b1)),
        Signing(customer=other, operation="sign_agreement", signers=(company.a1,)),
    ]
    found = await check_mandates(tx, signings, TODAY)
    assert [one.signatures for one in found] == ["A+B", "A"]
    with pytest.raises(CustomerNotFound):
        await check_mandates(tx, [Signing(customer=uuid7(), operation="pay", signers=())], TODAY)


async def test_a_list_takes_as_many_statements_as_one(
    tx: Transaction, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = [await a_fit_customer(tx, f"Company {number}") for number in range(5)]
    await give_mandates(tx, [sole_mandate(other.id, company.a1) for other in others], by=BY)
    signings = [Signing(customer=other.id, operation="pay", signers=(company.a1,)) for other in others]
    execute, statements = tx.execute, 0

    async def counted(*args: Any, **kwargs: Any) -> Any:
        nonlocal statements
        statements += 1
        return await execute(*args, **kwargs)

    monkeypatch.setattr(tx, "execute", counted)
    counts = []
    for length in (1, 5):
        statements = 0
        await require_all_fit(tx, [other.id for other in others[:length]], TODAY)
        await check_mandates(tx, signings[:length], TODAY)
        counts.append(statements)
    assert counts[0] == counts[1] < 10


def plain(**fields: Any) -> dict[str, Any]:
    return {"signatories": (Signatory(person=UUID(int=1)),), "rules": (Rule(operations=("pay",)),), **fields}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (plain(signatories=()), "1 to 100 signatories"),
        (plain(rules=()), "1 to 50 rules"),
        (plain(signatories=(Signatory(),)), "either a person or a post"),
        (plain(signatories=(Signatory(post="Chief Officer"),)), "is not a post"),
        (plain(signatories=(Signatory(post="boss", group="AB"),)), "not a group"),
        (plain(signatories=(Signatory(post="boss"),) * 2), "twice"),
        (plain(rules=(Rule(operations=("fly",)),)), "'fly' is no operation; there are sign_agreement"),
        (plain(rules=(Rule(operations=()),)), "no operation is named"),
        (plain(rules=(Rule(operations=("pay",), up_to=5),)), "a limit is an amount of a currency"),
        (plain(rules=(Rule(operations=("pay",), currency="CNY", up_to=0),)), "a limit is an amount"),
        (plain(rules=(Rule(operations=("pay",), signatures=()),)), "which signatures"),
        (plain(rules=(Rule(operations=("pay",), signatures=("A&B",)),)), "which signatures"),
        (plain(rules=(Rule(operations=("pay",), signatures=("A+A",)),)), "needs 2 of group A, which has 1"),
        (plain(rules=(Rule(operations=("pay",), signatures=("B",)),)), "needs 1 of group B, which has 0"),
        (plain(signatories=(Signatory(post="boss"),), valid_to=TODAY), "there is no day"),
    ],
)
async def test_a_mandate_that_cannot_be_is_refused(
    tx: Transaction, fields: dict[str, Any], words: str
) -> None:
    customer = (await a_customer(tx)).id
    with pytest.raises(InvalidMandate, match=words):
        await give_mandates(tx, [NewMandate(customer=customer, **fields)], by=BY)
    assert await mandates(tx, customer) == []


async def test_a_mandate_names_what_exists(tx: Transaction) -> None:
    customer = (await a_customer(tx)).id
    (person,) = await some_persons(tx, "one")
    with pytest.raises(PersonNotFound):
        await give_mandates(tx, [sole_mandate(customer, uuid7())], by=BY)
    with pytest.raises(CustomerNotFound):
        await give_mandates(tx, [sole_mandate(uuid7(), person)], by=BY)
    with pytest.raises(UnknownCurrency):
        await give_mandates(tx, [sole_mandate(customer, person, currency="XXQ")], by=BY)


@pytest.mark.parametrize(("amount", "currency"), [(1, None), (None, "CNY"), (-1, "CNY")])
async def test_an_amount_has_a_currency_and_is_not_negative(
    tx: Transaction, company: Company, amount: int | None, currency: str | None
) -> None:
    with pytest.raises(InvalidMandate):
        await check_mandate(tx, company.id, "pay", amount, currency, [company.a1], TODAY)


async def test_nobody_revokes_a_mandate_between_the_check_and_the_commit(bank: Database) -> None:
    async with bank.transaction() as tx:
        customer = (await a_customer(tx)).id
        (person,) = await some_persons(tx, "one")
        (mandate,) = await give_mandates(tx, [sole_mandate(customer, person)], by=BY)
    async with bank.transaction() as signing, bank.transaction() as revoking:
        await check_mandate(signing, customer, "pay", 1, "CNY", [person], TODAY)
        await revoking.execute("SET lock_timeout = '100ms'")
        with pytest.raises(Exception, match="lock timeout"):
            await revoke_mandate(revoking, customer, mandate.id, by=BY, reason="now")
        await revoking.rollback()
    async with bank.transaction() as tx:
        await change_customer(tx, customer, by=BY, reason="free again", address="1 Bund")
