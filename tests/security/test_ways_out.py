"""Every way by which money can leave an account to somebody else asks what has to be asked.

The ways of paying are tried one by one against screening, the classes of accounts and the walls; that they
ask for others' agreement is tried over HTTP (``test_agreement.py``). Which code moves money at all is read
from the sources, so that a new way cannot come without being told here.
"""

from __future__ import annotations

import ast
import csv
import io
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from sycee import ledger, payments
from sycee.database import Database
from sycee.kernel.errors import SyceeError
from sycee.kernel.ids import account_number, uuid7
from sycee.payments import Instructor, NewPayment, PaymentOutcome, SpreadsheetFormat, standing
from tests.payments.market import file_of
from tests.products.agreements.offering import TODAY, Office
from tests.products.agreements.test_movement_rules import Accounts

FUNDS, PAID = 100_00, 10_00
NAME = "Creditor 0"
Way = Callable[[Database, int, int, UUID | None], Awaitable[None]]


def instruction(payer: int, payee: int) -> NewPayment:
    return NewPayment(
        id=uuid7(),
        debit_account=payer,
        creditor_account=str(payee),
        creditor_name=NAME,
        amount=PAID,
        currency="CNY",
    )


async def listed(database: Database, payer: int, payee: int, customer: UUID | None) -> None:
    async with database.transaction(acting_for=customer) as tx:
        await payments.submit_payments(tx, [instruction(payer, payee)], by=Instructor("maker", customer))


async def together(database: Database, payer: int, payee: int, customer: UUID | None) -> None:
    async with database.transaction(acting_for=customer) as tx:
        wanted = [instruction(payer, payee)]
        await payments.submit_payments(tx, wanted, by=Instructor("maker", customer), all_or_nothing=True)


async def later(database: Database, payer: int, payee: int, customer: UUID | None) -> None:
    tomorrow = TODAY + timedelta(1)
    new = instruction(payer, payee)
    due = NewPayment(
        **{name: getattr(new, name) for name in new.__struct_fields__} | {"execute_on": tomorrow}
    )
    async with database.transaction(acting_for=customer) as tx:
        await payments.submit_payments(tx, [due], by=Instructor("maker", customer))
    async with database.transaction() as tx:
        await ledger.advance_business_date(tx, 101, tomorrow)
    async with database.transaction() as tx:
        await payments.execute_due_payments(tx, 101)


def a_file(payer: int, payee: int) -> bytes:
    return file_of([("10.00", "CNY")], debtor=str(payer), creditors=[str(payee)])


def a_table(payer: int, payee: int) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow([payer, payee, NAME, "", "CNY", "10.00", "", "", "", ""])
    return payments.spreadsheet_template(SpreadsheetFormat.CSV) + text.getvalue().encode()


def by_bulk_order(
    data: Callable[[int, int], bytes],
    table: SpreadsheetFormat | None = None,
    *,
    all_or_nothing: bool = False,
    pay: bool = True,
) -> Way:
    async def way(database: Database, payer: int, payee: int, customer: UUID | None) -> None:
        source = io.BytesIO(data(payer, payee))
        async with database.transaction() as tx:
            order = await payments.receive_bulk_order(
                tx,
                source,
                by="maker",
                customer=customer,
                table=table,
                all_or_nothing=all_or_nothing,
                pay=pay,
            )
            if not pay:
                await payments.start_bulk_order(tx, order.id)
        await payments.carry_out_bulk_order(database, order.id)

    return way


async def by_payment_file(database: Database, payer: int, payee: int, customer: UUID | None) -> None:
    if customer is not None:
        return  # for machines of the bank: the API refuses it to customers
    async with database.transaction() as tx:
        await payments.receive_payment_file(tx, a_file(payer, payee))


async def by_standing_order(database: Database, payer: int, payee: int, customer: UUID | None) -> None:
    schedule = standing.Schedule(rhythm=standing.Rhythm.WEEKLY, first_on=TODAY, calendar="weekdays")
    terms = standing.StandingTerms(
        creditor_account=str(payee), creditor_name=NAME, amount=PAID, currency="CNY", schedule=schedule
    )
    new = standing.NewStandingOrder(id=uuid7(), debit_account=payer, terms=terms)
    with suppress(SyceeError):  # what could never be paid is refused when it is made
        async with database.transaction(acting_for=customer) as tx:
            await standing.make_standing_order(tx, new, by=Instructor("maker", customer))
    async with database.transaction() as tx:
        await standing.run_standing_orders(tx, 101)


WAYS: dict[str, Way] = {
    "payments": listed,
    "payments, all or nothing": together,
    "payment for a later day": later,
    "bulk order": by_bulk_order(a_file),
    "bulk order, all or nothing": by_bulk_order(a_file, all_or_nothing=True),
    "bulk order, carried out later": by_bulk_order(a_file, pay=False),
    "bulk order in a table": by_bulk_order(a_table, SpreadsheetFormat.CSV),
    "payment file": by_payment_file,
    "standing order": by_standing_order,
}
each_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


async def screened(database: Database, *names: str) -> None:
    async with database.transaction() as tx:
        await payments.load_screening_names(tx, names, name="own", by="officer")


async def fund(database: Database, number: int) -> None:
    """Money on an account, from the vault."""
    async with database.transaction() as tx:
        vault = account_number(101, 999_999)
        with suppress(SyceeError):
            async with tx.transaction():
                await ledger.open_accounts(
                    tx,
                    [ledger.NewAccount(currency="CNY", subject="1001", number=vault, cell=101, floor=None)],
                )
        transfer = ledger.NewTransfer(id=uuid7(), debit=vault, credit=number, amount=FUNDS, currency="CNY")
        (outcome,) = await ledger.post_transfers(tx, [transfer])
        assert outcome.status == "posted", outcome


async def balances(database: Database, *numbers: int) -> tuple[int, ...]:
    async with database.transaction() as tx:
        return tuple([(await ledger.get_account(tx, number)).available for number in numbers])


@pytest.fixture
async def pair(special: Office, signed: Accounts) -> tuple[int, int]:
    """The basic accounts of two customers, money on the first."""
    own, other = signed
    await fund(special.database, own["main"])
    return own["main"], other["main"]


@each_way
async def test_a_way_pays_where_nothing_forbids_it(special: Office, pair: tuple[int, int], way: Way) -> None:
    await screened(special.database)
    await way(special.database, *pair, None)
    assert await balances(special.database, *pair) == (FUNDS - PAID, PAID)


@each_way
async def test_a_way_pays_nobody_whose_name_is_listed(
    special: Office, pair: tuple[int, int], way: Way
) -> None:
    await screened(special.database, NAME)
    await way(special.database, *pair, None)
    assert await balances(special.database, *pair) == (FUNDS, 0)


@each_way
async def test_a_way_pays_nothing_while_screening_cannot_be_done(
    special: Office, pair: tuple[int, int], way: Way
) -> None:
    await way(special.database, *pair, None)
    assert await balances(special.database, *pair) == (FUNDS, 0)


@each_way
@pytest.mark.parametrize(
    ("payer", "payee"),
    [("collection", "main"), ("revenue", "collection"), ("escrow", "main"), ("main", "expenditure")],
)
async def test_a_way_pays_nothing_that_the_classes_of_the_accounts_forbid(
    special: Office, signed: Accounts, way: Way, payer: str, payee: str
) -> None:
    own, other = signed
    # An expenditure account is fed by its own customer alone.
    ends = own[payer], (other if payee == "expenditure" else own)[payee]
    await fund(special.database, ends[0])
    before = await balances(special.database, *ends)
    await screened(special.database)
    await way(special.database, *ends, None)
    assert await balances(special.database, *ends) == before


@each_way
async def test_a_way_pays_nothing_from_an_account_of_somebody_else(
    special: Office, pair: tuple[int, int], way: Way
) -> None:
    await screened(special.database)
    with suppress(ledger.AccountNotFound):
        await way(special.database, *pair, uuid7())
    assert await balances(special.database, *pair) == (FUNDS, 0)


async def test_a_person_who_releases_a_payment_does_not_release_it_from_the_classes(
    special: Office, signed: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, _ = signed
    payer, payee = own["collection"], own["main"]
    await fund(special.database, payer)
    await screened(special.database, NAME)
    new = instruction(payer, payee)

    async def nothing_forbidden(_: object, movements: list[object], **__: object) -> list[None]:
        return [None] * len(movements)

    async with special.database.transaction() as tx:
        with monkeypatch.context() as patched:  # as if the class had been changed while it was stopped
            patched.setattr("sycee.products.movement_problems", nothing_forbidden)
            (stopped,) = await payments.submit_payments(tx, [new], by="maker")
        (told,) = await payments.release_stopped(tx, [new.id], by="officer", reason="another one")
    assert (str(stopped.state), str(told.state), told.code) == (
        "stopped",
        "rejected",
        "account_class_refused",
    )
    assert await balances(special.database, payer, payee) == (FUNDS, 0)


async def test_what_comes_in_is_not_credited_against_the_class_of_the_account(
    special: Office, signed: Accounts
) -> None:
    own, _ = signed
    await screened(special.database)
    async with special.database.transaction() as tx:
        told = await payments.receive_incoming(
            tx,
            [
                payments.IncomingPayment(
                    rail="HVPS",
                    message_id="M",
                    rail_id=key,
                    creditor_account=str(own[key]),
                    amount=PAID,
                    currency="CNY",
                    debtor_name="Jade Gate Ltd",
                )
                for key in ("main", "expenditure")
            ],
        )
    assert [(one.state, one.code) for one in told] == [
        ("credited", None),
        ("refused", "account_class_refused"),
    ]


def refused(outcomes: list[PaymentOutcome]) -> list[str | None]:
    return [outcome.code for outcome in outcomes]


@pytest.mark.parametrize(
    "text", ["Evil\u202eproC", "A\u2066B", "A\u200bB", "A\u0000B", "A\x85B", "A\ufeffB", "A\u2028B"]
)
async def test_no_text_of_a_payment_reorders_or_hides_what_is_agreed_to(
    special: Office, pair: tuple[int, int], text: str
) -> None:
    await screened(special.database)
    new = instruction(*pair)
    fields = {name: getattr(new, name) for name in new.__struct_fields__}
    wanted = [
        NewPayment(**fields | {"id": uuid7(), name: text})
        for name in ("creditor_name", "remittance", "purpose", "end_to_end_id")
    ]
    async with special.database.transaction() as tx:
        outcomes = await payments.submit_payments(tx, wanted, by="maker")
    assert refused(outcomes) == ["invalid_text"] * 4


SOURCES = Path(payments.__file__).parent.parent
MOVERS = {
    "api/edge.py": "POST /v1/transfers, the books' own door: the bank's; people not between customers",
    "operations/drills/inside.py": "a drill's client in a centre that is cut off: nothing it asks may happen",
    "operations/fees.py": "fees of the products that the customer signed, to the bank's income",
    "payments/bulk/all_or_nothing.py": "holds for an order, given back before its items are paid",
    "payments/debits/changing.py": "direct debits given back to who had paid them",
    "payments/debits/taking.py": "direct debits, under what the payer signed: classes, screening, limits",
    "payments/orders/executing.py": "every payment: classes, screening, then the funds",
    "payments/orders/incoming.py": "from the rail to the payee, after screening",
    "payments/orders/returning.py": "what came back, to who had paid it",
    "payments/orders/sending.py": "holds of payments that went through executing.py: posted or given back",
    "payments/payment_files.py": "files of the bank's machines: classes, screening, then the funds",
    "payments/rails/suspense.py": "between a rail and suspense; cases, by people who operate rails",
    "products/agreements/ending.py": "what is left when an agreement ends, to the customer's own account",
    "products/deposits/movements.py": "between a customer's own account and its deposit; a court's deduction",
    "products/interest/postings.py": "interest, between the bank and the customer",
}
"""Every module that posts transfers, and why it may: only payments take a customer's money to others."""


def test_no_code_moves_money_but_what_is_told_here() -> None:
    found = set()
    for path in SOURCES.rglob("*.py"):
        name = path.relative_to(SOURCES).as_posix()
        if name.startswith(("ledger/", "cli/benchmarks/", "client/")):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = (
                    node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                )
                if called == "post_transfers":
                    found.add(name)
    assert found == set(MOVERS)
