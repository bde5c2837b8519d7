"""An employer's file of salaries from the corpus, and the accounts that it speaks of."""

from __future__ import annotations

from collections.abc import Mapping

from sycee.payments import PaymentFileResult, receive_payment_file
from tests.payments.conftest import Bank

SALARY = "de.sepa.sct-salary.pain.001.001.09"
EMPLOYER, ANNA, MAX = "DE09028457998082047609", "DE65261964603287767307", "DE74157667219201256428"


async def send(
    bank: Bank, data: bytes, account_map: Mapping[str, int] | None = None, *, pay_early: bool = False
) -> PaymentFileResult:
    """Have the bank receive a payment file."""
    return await bank.database.run(
        lambda tx: receive_payment_file(tx, data, account_map=account_map, pay_early=pay_early)
    )


async def salary_accounts(bank: Bank, funds: int = 1_000_000) -> dict[str, int]:
    """Accounts of the employer, with funds in cents, and of both employees, by IBAN."""
    numbers = await bank.open_many([("EUR", funds), ("EUR", 0), ("EUR", 0)])
    return dict(zip((EMPLOYER, ANNA, MAX), numbers, strict=True))
