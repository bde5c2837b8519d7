"""Direct debit mandates: proposed by the payee, signed by the payer, stopped by the payer at once."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import pytest

from sycee.kernel.ids import uuid7
from sycee.ledger import AccountNotFound
from sycee.payments import Instructor, debits
from sycee.payments.debits import (
    DebitMandateExists,
    DebitMandateNotFound,
    DebitMandateState,
    InvalidDebitMandate,
    NewDebitMandate,
    NotTheDebtor,
)
from tests.payments.conftest import TODAY
from tests.payments.debits.conftest import OFFICER, Till, debit_under


async def test_a_mandate_is_proposed_by_the_payee_and_signed_by_the_payer(till: Till) -> None:
    proposed = await till.propose(reference="GRID-1", purpose="电费")
    assert (proposed.state, proposed.creditor_name, proposed.valid_from) == (
        "proposed",
        "Power Grid Ltd",
        TODAY,
    )
    assert (proposed.creditor, proposed.debtor) == (till.power, till.mill)
    signed = await till.as_payer(debits.confirm_debit_mandate, proposed.id)
    assert (signed.state, signed.signed_on, signed.paper) == ("active", TODAY, None)
    again = await till.as_payer(debits.confirm_debit_mandate, proposed.id)
    assert again == signed
    events = await till.call(debits.debit_mandate_events, proposed.id)
    assert [(str(one.state), str(one.side), one.actor) for one in events] == [
        ("proposed", "creditor", "payee"),
        ("active", "debtor", "payer"),
    ]


async def test_the_payee_cannot_sign_for_the_payer(till: Till) -> None:
    proposed = await till.propose()
    with pytest.raises(NotTheDebtor):
        await till.as_payee(debits.confirm_debit_mandate, proposed.id)


async def test_the_bank_records_the_paper_that_the_payer_signed(till: Till) -> None:
    proposed = await till.propose()
    with pytest.raises(InvalidDebitMandate):
        await till.call(debits.confirm_debit_mandate, proposed.id, by=OFFICER)
    with pytest.raises(InvalidDebitMandate):
        await till.as_payer(debits.confirm_debit_mandate, proposed.id, paper="mine")
    signed = await till.call(debits.confirm_debit_mandate, proposed.id, by=OFFICER, paper="2026/114")
    assert (signed.state, signed.paper) == ("active", "2026/114")


async def test_a_reference_is_unique_for_the_payee(till: Till) -> None:
    first = await till.propose(reference="GRID-1")
    with pytest.raises(DebitMandateExists):
        await till.propose(reference="GRID-1")
    again = await till.propose(id=first.id, reference="GRID-1")
    assert again == first
    with pytest.raises(DebitMandateExists):
        await till.propose(id=first.id, reference="GRID-1", per_month=5)
    assert await till.bank.count("debit_mandates") == 1


async def test_mandates_proposed_side_by_side_under_one_reference_are_one(till: Till) -> None:
    found = await asyncio.gather(
        *(till.propose(reference="GRID-1") for _ in range(4)), return_exceptions=True
    )
    assert sum(isinstance(one, DebitMandateExists) for one in found) == 3
    assert await till.bank.count("debit_mandates") == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"reference": " "},
        {"reference": "x" * 36},
        {"purpose": "a\nb"},
        {"currency": "ZZZ"},
        {"per_month": 0},
        {"recurring": False, "debits_most": 2},
        {"valid_to": date(2026, 11, 1)},
        {"currency": "USD"},
    ],
)
async def test_what_no_mandate_can_be_is_refused(till: Till, fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidDebitMandate):
        await till.propose(**fields)
    assert await till.bank.count("debit_mandates") == 0


async def test_a_customer_proposes_for_its_own_account_only(till: Till) -> None:
    new = NewDebitMandate(
        id=uuid7(), credit_account=till.credit, debit_account=till.debit, reference="X", currency="CNY"
    )
    for by, acting_for in ((Instructor("reef", till.reef), till.reef), (Instructor("mill", till.mill), None)):
        with pytest.raises(AccountNotFound):
            await till.call(debits.propose_debit_mandates, [new], by=by, acting_for=acting_for)
    own = await till.bank.open("CNY")  # the bank's own
    with pytest.raises(AccountNotFound):
        await till.propose(debit_account=own)


async def test_the_payer_suspends_resumes_and_cancels_at_once(till: Till) -> None:
    mandate = await till.signed()
    with pytest.raises(NotTheDebtor):
        await till.as_payee(debits.suspend_debit_mandate, mandate.id, reason="x")
    suspended = await till.as_payer(debits.suspend_debit_mandate, mandate.id, reason="in dispute")
    assert suspended.state == "suspended"
    (outcome,) = await till.collect(debit_under(mandate))
    assert (outcome.code, outcome.kept) == ("mandate_suspended", False)
    await till.as_payer(debits.resume_debit_mandate, mandate.id, reason="settled")
    (outcome,) = await till.collect(debit_under(mandate))
    assert outcome.state == "settled"
    await till.as_payer(debits.cancel_debit_mandate, mandate.id, reason="moved away")
    (outcome,) = await till.collect(debit_under(mandate))
    assert outcome.code == "mandate_cancelled"
    for act in (debits.suspend_debit_mandate, debits.resume_debit_mandate):
        with pytest.raises(DebitMandateState):
            await till.as_payer(act, mandate.id, reason="x")
    with pytest.raises(DebitMandateState):
        await till.as_payer(debits.confirm_debit_mandate, mandate.id)
    events = await till.call(debits.debit_mandate_events, mandate.id)
    assert [one.reason for one in events] == ["proposed", "signed", "in dispute", "settled", "moved away"]


async def test_what_waits_is_rejected_with_its_mandate(till: Till) -> None:
    mandate = await till.signed()
    (waiting,) = await till.collect(debit_under(mandate, due_on=date(2026, 11, 27)))
    await till.as_payer(debits.cancel_debit_mandate, mandate.id, reason="moved away")
    assert await till.steps(waiting.id) == [
        ("waiting", "creditor", None),
        ("rejected", "debtor", "mandate_cancelled"),
    ]


async def test_a_mandate_is_seen_by_its_two_sides_alone(till: Till) -> None:
    mandate = await till.signed()
    for customer, seen in ((till.power, 1), (till.mill, 1), (till.reef, 0)):
        found = await till.call(debits.list_debit_mandates, acting_for=customer)
        assert len(found) == seen
    with pytest.raises(DebitMandateNotFound):
        await till.call(debits.get_debit_mandate, mandate.id, acting_for=till.reef)
    for act in (debits.cancel_debit_mandate, debits.suspend_debit_mandate):
        for acting_for in (till.reef, None):
            with pytest.raises(DebitMandateNotFound):
                await till.call(
                    act, mandate.id, by=Instructor("r", till.reef), reason="x", acting_for=acting_for
                )
    assert (await till.call(debits.get_debit_mandate, mandate.id)).state == "active"
