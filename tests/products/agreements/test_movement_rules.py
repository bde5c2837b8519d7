"""What classes of accounts allow to be paid between accounts."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from sycee.components import Registry
from sycee.database import Database
from sycee.kernel.ids import uuid7
from sycee.payments import (
    NewPayment,
    PaymentState,
    load_screening_names,
    receive_payment_file,
    submit_payments,
)
from sycee.products import Agreement, Movement, movement_problems
from tests.payments.market import file_of
from tests.products.agreements.offering import COMPONENTS, TODAY, Buyer, Office, arrangement

_CLASSES = {
    "expenditure": "{purpose: expenditure, operations: [transfer_in, transfer_out], fed_from: [basic]}",
    "collection": "{purpose: income_collection, operations: [transfer_in]}",
    "escrow": "{purpose: escrow_presale, operations: [transfer_in, transfer_out], supervisor: true}",
    "revenue": "{purpose: fiscal_extra_budget, operations: [transfer_in, transfer_out],"
    " pays_out_to: [basic, expenditure]}",
}
Accounts = tuple[dict[str, int], dict[str, int]]
_NAMED = "title: {en: For a purpose, zh: 专户}, from: 2020-01-01"


@pytest.fixture
def special(office: Office, tmp_path: Path, database: Database) -> Office:
    """A bank that sells special accounts of four purposes beside the basic one, in a package."""
    product, capability = "base: account, group: deposits.all", "uses: account_class.special@1"
    lines = [
        "conditions:",
        *(f"- {{id: c-{id}, {_NAMED}, {capability}, with: {body}}}" for id, body in _CLASSES.items()),
        "products:",
        *(f"- {{id: p-{id}, {_NAMED}, {product}, slots: {{account_class: c-{id}}}}}" for id in _CLASSES),
        "packages:",
        f"- {{id: purposes, {_NAMED}, items: [{{key: main, product: basic}}, "
        + ", ".join(f"{{key: {id}, product: p-{id}}}" for id in _CLASSES)
        + "]}",
    ]
    more = tmp_path / "special.yaml"
    more.write_text("\n".join(lines), encoding="utf-8")
    return Office(database, Registry.load([COMPONENTS, more]))


def numbers(agreement: Agreement) -> dict[str, int]:
    found = {key: arrangement(agreement, key).account for key in ("main", *_CLASSES)}
    return {key: number for key, number in found.items() if number is not None}


@pytest_asyncio.fixture
async def signed(special: Office) -> Accounts:
    """The accounts of two customers, by purpose."""
    buyers: list[Buyer] = [await special.buyer(), await special.buyer("Jade Gate Ltd")]
    one, other = [numbers(await special.signed(buyer, "purposes")) for buyer in buyers]
    return one, other


@pytest.mark.parametrize(
    ("payer", "payee", "problem"),
    [
        ("main", "expenditure", None),
        ("collection", "main", "does not permit transfer_out"),
        ("main", "collection", None),
        ("expenditure", "collection", None),
        ("revenue", "expenditure", "it is fed from the customer's own basic account only"),
        ("revenue", "main", None),
        ("revenue", "collection", "it pays out to basic or expenditure accounts only"),
        ("escrow", "main", "the supervisor's approval is needed"),
        ("main", "escrow", None),
    ],
)
async def test_the_class_of_an_account_says_what_it_pays_and_takes(
    special: Office,
    signed: Accounts,
    payer: str,
    payee: str,
    problem: str | None,
) -> None:
    own, _ = signed
    async with special.database.transaction() as tx:
        (found,) = await movement_problems(tx, [Movement(own[payer], own[payee], 100)])
    assert found is None if problem is None else found is not None and problem in found


async def test_an_expenditure_account_takes_nothing_from_another_customer_or_from_outside(
    special: Office, signed: Accounts
) -> None:
    own, other = signed
    unclassed = 101_000_000_999_999_994
    movements = [
        Movement(other["main"], own["expenditure"], 100),
        Movement(unclassed, own["expenditure"], 100),
        Movement(own["main"], own["expenditure"], 100),
        Movement(unclassed, own["main"], 100),
    ]
    async with special.database.transaction() as tx:
        found = await movement_problems(tx, movements)
    assert [problem is None for problem in found] == [False, False, True, True]


async def test_a_payment_file_is_refused_what_the_classes_forbid(special: Office, signed: Accounts) -> None:
    own, _ = signed
    file = file_of([("10.00", "CNY")], debtor=str(own["revenue"]), creditors=(str(own["collection"]),))
    result = await special.database.run(lambda tx: receive_payment_file(tx, file))
    (outcome,) = result.outcomes
    assert outcome.fault is not None
    assert (outcome.status, outcome.fault.reason, outcome.fault.code) == (
        "RJCT",
        "AG03",
        "account_class_refused",
    )
    assert "it pays out to basic or expenditure accounts only" in outcome.fault.detail


@pytest.mark.parametrize("days", [0, 7])
@pytest.mark.parametrize("agent", [None, "102290000013"])
async def test_a_payment_is_refused_what_the_classes_forbid_now_or_later_here_or_away(
    special: Office, signed: Accounts, days: int, agent: str | None
) -> None:
    own, _ = signed
    wanted = [
        NewPayment(
            id=uuid7(),
            debit_account=own[payer],
            creditor_account=str(own[payee]),
            creditor_name="Own account",
            creditor_agent=agent,
            amount=10_00,
            currency="CNY",
            execute_on=TODAY + timedelta(days) if days else None,
        )
        for payer, payee in (("collection", "main"), ("revenue", "collection"), ("escrow", "main"))
    ]
    async with special.database.transaction() as tx:
        await load_screening_names(tx, [], name="own", by="test")
        outcomes = await submit_payments(tx, wanted, by="test")
    assert [outcome.code for outcome in outcomes] == ["account_class_refused"] * 3
    assert [outcome.state for outcome in outcomes] == [PaymentState.REJECTED] * 3
    assert "the supervisor's approval is needed" in (outcomes[2].detail or "")
