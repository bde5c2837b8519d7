"""The SDK's calls about customers, against a running bank."""

from __future__ import annotations

from datetime import date

import pytest

from sycee.client import (
    Holding,
    Money,
    NewCustomer,
    NewMandate,
    NewPerson,
    NothingThere,
    RuleRefusal,
    Signatory,
    SigningRule,
    StateConflict,
    Sycee,
)
from sycee.kernel.ids import uuid7
from tests.parties.people import new_resident_id, new_uscc

TODAY = date(2026, 3, 31)


async def test_customers_are_registered_found_and_changed(bank: Sycee) -> None:
    name = f"Company {uuid7().hex}"
    made = await bank.register_customers(
        [
            NewCustomer(name=name, local_name="丝路", uscc=new_uscc(), status="active", cell=101),
            NewCustomer(name=name, uscc=new_uscc(), registered_capital=Money.parse("5000000 CNY"), cell=101),
        ]
    )
    assert [one.status for one in made] == ["active", "prospect"]
    assert made[1].registered_capital == Money.parse("5000000.00 CNY")
    assert [one.id async for one in bank.customers(name=name.upper(), page=1)] == [one.id for one in made]
    changed = await bank.change_customer(made[0].id, reason="renamed", name=f"New {name}", address="1 Bund")
    assert (changed.name, changed.address, changed.local_name) == (f"New {name}", "1 Bund", "丝路")
    assert await bank.customer(made[0].id) == await bank.customer(made[0].id, on=TODAY) == changed
    versions = await bank.customer_versions(made[0].id, superseded=True)
    assert [one.superseded_at is None for one in versions] == [False, True]
    assert len(await bank.customer_versions(made[0].id)) == 1
    changes = [one async for one in bank.customer_changes(made[0].id, page=1)]
    assert [one.what for one in changes] == ["changed", "registered"]
    with pytest.raises(StateConflict) as refused:
        await bank.register_customers([NewCustomer(name="x", uscc=made[0].uscc)])
    assert refused.value.code == "customer_exists"
    with pytest.raises(NothingThere):
        await bank.customer(uuid7())


async def test_owners_groups_and_contacts_are_kept(bank: Sycee) -> None:
    top, child = await bank.register_customers(
        [NewCustomer(name=name, uscc=new_uscc(), cell=101) for name in ("Top", "Child")]
    )
    ann, bob = await bank.register_persons(
        [NewPerson(name=name, document_number=new_resident_id()) for name in ("Ann", "Bob")]
    )
    assert await bank.person(ann.id) == ann
    placed = await bank.set_parent(child.id, top.id, "60", reason="acquired")
    assert placed.parent is not None
    assert [one.name for one in (await bank.group(child.id)).members] == ["Top", "Child"]
    assert (await bank.set_parent(child.id, None, reason="sold")).parent is None
    await bank.record_ownership(top.id, [Holding(person=ann.id, percent="50")], reason="register")
    register = await bank.record_ownership(
        child.id,
        [Holding(customer=top.id, percent="60"), Holding(person=bob.id, kind="control")],
        reason="register",
    )
    assert await bank.ownership_registers(child.id) == [register]
    report = await bank.beneficial_owners(child.id)
    assert [(one.name, one.rule, one.percent) for one in report.owners] == [
        ("Ann", "equity", "30"),
        ("Bob", "control", None),
    ]
    contact = await bank.add_contact(child.id, bob.id, "legal_representative", phone="+86 21 5555 0101")
    assert await bank.contacts(child.id, on=TODAY) == [contact]
    ended = await bank.end_contact(child.id, contact.id, reason="left", on=date(2026, 5, 1))
    assert (await bank.contacts(child.id))[0].valid_to == ended.valid_to == date(2026, 5, 1)


async def test_a_fit_customer_and_its_mandates(bank: Sycee) -> None:
    (customer,) = await bank.register_customers(
        [NewCustomer(name="Fit Ltd", uscc=new_uscc(), status="active", cell=101)]
    )
    ann, bob = await bank.register_persons(
        [NewPerson(name=name, document_number=new_resident_id()) for name in ("Ann", "Bob")]
    )
    with pytest.raises(RuleRefusal) as unfit:
        await bank.fitness(customer.id)
    assert unfit.value.code == "due_diligence_missing"
    made = await bank.record_due_diligence(customer.id, "passed", date(2027, 3, 31), "low", note="visited")
    assert (await bank.due_diligence(customer.id, on=TODAY)).rounds == [made]
    assert (await bank.fitness(customer.id)).risk_grade == "low"
    rule = SigningRule(operations=("pay",), signatures=("A+B",), up_to=Money.parse("100 CNY"))
    signatories = (Signatory(person=ann.id), Signatory(group="B", person=bob.id))
    (mandate,) = await bank.give_mandates(
        customer.id, [NewMandate(signatories=signatories, rules=(rule,), reference="Board 7")]
    )
    assert await bank.mandates(customer.id, on=TODAY) == await bank.mandates_of_person(ann.id) == [mandate]
    decision = await bank.check_mandate(customer.id, "pay", [bob.id, ann.id], amount="100 CNY")
    assert (decision.mandate, decision.signers) == (mandate.id, [ann.id, bob.id])
    with pytest.raises(RuleRefusal) as alone:
        await bank.check_mandate(customer.id, "pay", [ann.id], amount=Money.parse("1 CNY"))
    assert (alone.value.code, alone.value.facts["signatures"]) == ("signatures_missing", ["A+B"])
    assert (await bank.revoke_mandate(customer.id, mandate.id, reason="new board")).valid_to == TODAY
