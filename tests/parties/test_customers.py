"""Customers: registering, placing, finding; codes that check; one code, one customer."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest

from sycee.database import Database, Transaction
from sycee.kernel.ids import uuid7
from sycee.kernel.money import Amount
from sycee.ledger import CellNotFound
from sycee.parties import (
    CustomerExists,
    CustomerNotFound,
    CustomerStatus,
    InvalidCreditCode,
    InvalidCustomer,
    InvalidEffectiveDate,
    InvalidLei,
    NewCustomer,
    RiskGrade,
    customer_changes,
    customer_history,
    find_customers,
    get_customer,
    register_customers,
)
from tests.parties.conftest import TODAY
from tests.parties.people import BY, a_customer, new_customer, new_lei, new_uscc

DAY = timedelta(days=1)


async def test_a_customer_is_what_was_registered(tx: Transaction) -> None:
    wanted = NewCustomer(
        name="  Silk Road Trading Ltd ",
        local_name="丝路贸易有限公司",
        uscc="91110000-6000 37341l",
        lei="213800KUD8LAJWSQ9D15",
        registered_capital=Amount(50_000_000_00, "CNY"),
        established_on=date(1998, 7, 1),
        industry="F5179",
        address="1 Bund, Shanghai",
        local_address="上海市外滩1号",
        status=CustomerStatus.ACTIVE,
        risk_grade=RiskGrade.HIGH,
        cell=102,
        valid_from=date(2026, 1, 5),
    )
    (made,) = await register_customers(tx, [wanted], by=BY)
    found = await get_customer(tx, made.id)
    assert found == made
    assert (found.cell, found.version, found.valid_from) == (102, 1, date(2026, 1, 5))
    assert (found.name, found.uscc, found.lei) == (
        "Silk Road Trading Ltd",
        "91110000600037341L",
        "213800KUD8LAJWSQ9D15",
    )
    for field in (
        "local_name",
        "registered_capital",
        "established_on",
        "industry",
        "local_address",
        "status",
    ):
        assert getattr(found, field) == getattr(wanted, field)
    (change,) = await customer_changes(tx, made.id)
    assert (change.what, change.changed_by, change.effective) == ("registered", BY, date(2026, 1, 5))
    (version,) = await customer_history(tx, made.id)
    assert (version.recorded_by, version.valid_to, version.superseded_at) == (BY, None, None)


async def test_customers_fill_the_cells_evenly(tx: Transaction) -> None:
    await register_customers(tx, [new_customer(cell=101) for _ in range(5)], by=BY)
    made = await register_customers(tx, [new_customer() for _ in range(9)], by=BY)
    assert [customer.cell for customer in made[:5]] == [102] * 5
    assert sorted(customer.cell for customer in made[5:]) == [101, 101, 102, 102]
    cursor = await tx.execute("SELECT cell, customers FROM customer_counts ORDER BY cell")
    assert await cursor.fetchall() == [(101, 7), (102, 7)]


async def test_a_thousand_customers_take_a_few_statements(bank: Database) -> None:
    wanted = [new_customer(f"Company {n}") for n in range(1000)]
    async with bank.transaction() as tx:
        statements = 0
        execute = tx.execute

        async def counted(*args: Any, **kwargs: Any) -> Any:
            nonlocal statements
            statements += 1
            return await execute(*args, **kwargs)

        tx.execute = counted  # type: ignore[method-assign]
        made = await register_customers(tx, wanted, by=BY)
        del tx.execute
    assert [customer.name for customer in made] == [customer.name for customer in wanted]
    assert statements < 12


async def test_registering_nobody_is_nothing(tx: Transaction) -> None:
    assert await register_customers(tx, [], by=BY) == []


@pytest.mark.parametrize(
    ("fields", "error", "words"),
    [
        ({"uscc": "91110000600037341A"}, InvalidCreditCode, "check character A where L would be right"),
        ({"uscc": "9111000060003734"}, InvalidCreditCode, "18 digits and capitals"),
        ({"uscc": "9111000060003734IL"}, InvalidCreditCode, "without I, O, S, V, Z"),
        ({"uscc": "９１110000600037341L"}, InvalidCreditCode, "18 digits"),
        ({"lei": "213800KUD8LAJWSQ9D16"}, InvalidLei, "check digits 16 where 15 would be right"),
        ({"lei": "213800KUD8LAJWSQ9D1"}, InvalidLei, "18 letters and digits"),
        ({"name": " "}, InvalidCustomer, "the name is empty"),
        ({"name": "x" * 201}, InvalidCustomer, "201 characters"),
        ({"local_name": "a\0b"}, InvalidCustomer, "NUL"),
        ({"local_name": "\ud800"}, InvalidCustomer, "surrogate"),
        ({"country": "China"}, InvalidCustomer, "two capitals"),
        ({"industry": "steel"}, InvalidCustomer, "GB/T 4754"),
        ({"established_on": date(999, 1, 1)}, InvalidCustomer, "year 999"),
        ({"registered_capital": Amount(-1, "CNY")}, InvalidCustomer, "registered capital"),
        ({"registered_capital": Amount(10**15, "CNY")}, InvalidCustomer, "registered capital"),
        ({"uscc": None}, InvalidCustomer, "needs a unified social credit code or an LEI"),
        ({"status": CustomerStatus.CLOSED}, InvalidCustomer, "prospect or active"),
        ({"cell": 103}, CellNotFound, "no cell 103"),
        ({"valid_from": TODAY + DAY}, InvalidEffectiveDate, "business date"),
    ],
)
async def test_a_bad_customer_is_refused_and_none_of_the_list_is_registered(
    bank: Database, fields: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        async with bank.transaction() as tx:
            await register_customers(tx, [new_customer(), new_customer(**fields)], by=BY)
    async with bank.transaction() as tx:
        assert await find_customers(tx) == []


async def test_a_prospect_needs_no_code(tx: Transaction) -> None:
    made = await a_customer(tx, "Offshore Holdings", uscc=None, status=CustomerStatus.PROSPECT, country="KY")
    assert (made.uscc, made.status) == (None, CustomerStatus.PROSPECT)


@pytest.mark.parametrize("scheme", ["uscc", "lei"])
async def test_a_code_names_one_customer(tx: Transaction, scheme: str) -> None:
    code = new_uscc() if scheme == "uscc" else new_lei()
    first = await a_customer(tx, **{scheme: code})
    with pytest.raises(CustomerExists, match=f"{code} names customer {first.id}"):
        await register_customers(tx, [new_customer(**{scheme: code})], by=BY)
    with pytest.raises(CustomerExists, match="comes twice in the list"):
        other = new_uscc() if scheme == "uscc" else new_lei()
        await register_customers(tx, [new_customer(**{scheme: other})] * 2, by=BY)


async def test_two_lists_at_once_register_a_code_once(bank: Database) -> None:
    code = new_uscc()

    async def register() -> bool:
        try:
            async with bank.transaction() as tx:
                await register_customers(tx, [new_customer(), new_customer(uscc=code)], by=BY)
        except CustomerExists:
            return False
        return True

    assert sorted(await asyncio.gather(*(register() for _ in range(6)))) == [False] * 5 + [True]
    async with bank.transaction() as tx:
        assert len(await find_customers(tx)) == 2
        cursor = await tx.execute("SELECT sum(customers) FROM customer_counts")
        assert await cursor.fetchone() == (2,)


async def test_customers_are_found_by_what_is_known_of_them(tx: Transaction) -> None:
    silk = await a_customer(tx, "Silk Road Ltd", local_name="丝路公司", cell=101, lei=new_lei())
    tea = await a_customer(tx, "Tea_House Ltd", local_name="茶馆", cell=102, risk_grade=RiskGrade.HIGH)
    firm = await a_customer(tx, "TeaXHouse", status=CustomerStatus.PROSPECT, cell=101)

    async def found(**wanted: Any) -> list[Any]:
        return [customer.id for customer in await find_customers(tx, **wanted)]

    assert await found() == [silk.id, tea.id, firm.id]
    assert await found(name="LTD") == [silk.id, tea.id]
    assert await found(name="路公") == [silk.id]
    assert await found(name="tea_house") == [tea.id]  # the line is a letter, not a pattern
    assert await found(name="%") == []
    assert await found(uscc=silk.uscc) == await found(lei=silk.lei) == [silk.id]
    assert await found(status=CustomerStatus.PROSPECT) == [firm.id]
    assert await found(risk_grade=RiskGrade.HIGH) == [tea.id]
    assert await found(cell=101) == [silk.id, firm.id]
    assert await found(after=silk.id, limit=1) == [tea.id]
    assert await found(uscc=new_uscc()) == []
    assert silk.lei is not None
    assert await found(lei=silk.lei.lower()) == [silk.id]


async def test_a_customer_that_is_not_there_is_not_found(tx: Transaction) -> None:
    for reading in (get_customer, customer_changes, customer_history):
        with pytest.raises(CustomerNotFound):
            await reading(tx, uuid7())


async def test_the_tables_keep_what_the_code_forgets(tx: Transaction) -> None:
    made = await a_customer(tx)
    with pytest.raises(psycopg.errors.UniqueViolation):
        await tx.execute(
            "INSERT INTO customer_versions SELECT cell, customer, version + 1, valid_from, name, local_name,"
            " uscc, lei, capital, capital_currency, established_on, industry, country, address,"
            " local_address, status, risk_grade, parent, parent_percent, recorded_at, recorded_by, reason"
            " FROM customer_versions WHERE customer = %s",
            (made.id,),
        )
