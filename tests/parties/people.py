"""Customers and persons for tests, each with codes of its own that check."""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import Any
from uuid import UUID

from stdnum.cn import ric, uscc
from stdnum.iso7064 import mod_97_10

from sycee.database import Transaction
from sycee.parties import (
    Customer,
    CustomerStatus,
    DueDiligenceOutcome,
    NewCustomer,
    NewPerson,
    Person,
    RiskGrade,
    record_due_diligence,
    register_customers,
    register_persons,
)

_serials = count(1)
BY = "tester"


def new_uscc(serial: int | None = None) -> str:
    """A unified social credit code that nobody else in the tests has."""
    body = f"91310000{next(_serials) if serial is None else serial:09d}"
    return body + str(uscc.calc_check_digit(body + "0"))


def new_lei() -> str:
    """An LEI that nobody else in the tests has."""
    body = f"5493{next(_serials):014d}"
    return body + str(mod_97_10.calc_check_digits(body))


def new_resident_id(born: date = date(1980, 5, 17)) -> str:
    """A resident identity number that nobody else in the tests has."""
    body = f"{310000 + next(_serials):06d}{born:%Y%m%d}001"
    return body + str(ric.calc_check_digit(body + "0"))


def new_customer(name: str = "Silk Road Trading Ltd", **fields: Any) -> NewCustomer:
    """An active customer with a code of its own, unless told otherwise."""
    given = {"uscc": new_uscc(), "status": CustomerStatus.ACTIVE, **fields}
    return NewCustomer(name=name, **given)


async def a_customer(tx: Transaction, name: str = "Silk Road Trading Ltd", **fields: Any) -> Customer:
    """A registered customer."""
    return (await register_customers(tx, [new_customer(name, **fields)], by=BY))[0]


async def a_fit_customer(tx: Transaction, name: str = "Silk Road Trading Ltd", **fields: Any) -> Customer:
    """A customer that may use the bank, for a year."""
    made = await a_customer(tx, name, **fields)
    await record_due_diligence(
        tx, made.id, DueDiligenceOutcome.PASSED, date(2027, 3, 31), RiskGrade.LOW, by=BY
    )
    return made


async def a_person(tx: Transaction, name: str = "Li Wei", **fields: Any) -> Person:
    """A person with a document of his or her own."""
    given = {"document_number": new_resident_id(), **fields}
    return (await register_persons(tx, [NewPerson(name=name, **given)], by=BY))[0]


async def some_persons(tx: Transaction, *names: str) -> list[UUID]:
    """The ids of new persons."""
    return [(await a_person(tx, name)).id for name in names]
