"""Currencies: in which one an account or deposit is kept."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from msgspec import Meta

from sycee.components.capabilities import Kind, Parameters, capability
from sycee.components.library.money import CurrencyCode, Money, check_currency, check_money, minor
from sycee.kernel.money import exponent


@capability("currency.single", version=1, kind=Kind.CURRENCY, owner="accounting", zh="币种")
class AccountCurrency(Parameters, frozen=True, kw_only=True):
    """Currency of an account

    One currency an account; whether cash is taken and paid in it at the counter, and the least amount
    that is booked.
    """

    code: Annotated[CurrencyCode, Meta(description="ISO 4217 code")]
    cash: Annotated[bool, Meta(description="whether the bank deals in its notes")] = False
    least_posting: Annotated[Money, Meta(description="least amount that is booked, in whole units")] = (
        Decimal(0)
    )

    def __post_init__(self) -> None:
        check_currency("code", self.code)
        check_money("least_posting", self.least_posting, self.code)

    @property
    def exponent(self) -> int:
        """Decimals of its minor unit."""
        return exponent(self.code)

    @property
    def domestic(self) -> bool:
        """Whether it is the renminbi; foreign-exchange rules hold for all others."""
        return self.code == "CNY"

    def accepts(self, amount: int) -> bool:
        """Whether an amount (minor units) is large enough to be booked."""
        return amount >= max(1, minor(self.least_posting, self.code))
