"""What the tests of the API say on the wire, and to whom."""

from __future__ import annotations

from datetime import date
from typing import Any

from litestar.testing import AsyncTestClient

from sycee.api import SyceeApp
from sycee.kernel.ids import account_number, uuid7

DAY = date(2026, 3, 31)
BANK = str(account_number(101, 900))
PAYER = str(account_number(101, 1))
PAYEE = str(account_number(101, 2))
FAR = str(account_number(102, 1))
DOLLARS = str(account_number(101, 3))
FROZEN = str(account_number(101, 4))
CLOSED = str(account_number(101, 5))
UNKNOWN = str(account_number(101, 77))

Client = AsyncTestClient[SyceeApp]


def money(value: str, currency: str = "CNY") -> dict[str, str]:
    """An amount on the wire."""
    return {"currency": currency, "value": value}


def transfer(value: str = "10.00", **fields: Any) -> dict[str, Any]:
    """A transfer on the wire, from PAYER to PAYEE unless told otherwise."""
    return {"id": str(uuid7()), "debit": PAYER, "credit": PAYEE, "amount": money(value), **fields}


async def post(client: Client, *transfers: dict[str, Any], **fields: Any) -> list[dict[str, Any]]:
    """Post transfers and return their outcomes."""
    response = await client.post("/v1/transfers", json={"transfers": list(transfers), **fields})
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["outcomes"]
    return found
