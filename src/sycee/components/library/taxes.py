"""Tax on interest: none for enterprises of the country, withheld for some non-residents."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Annotated

import msgspec
from msgspec import Meta

from sycee.components.capabilities import Kind, Parameters, capability
from sycee.components.library.lines import RoundingMode, round_minor
from sycee.components.library.money import Percent, check_rate


class TaxedInterest(msgspec.Struct, frozen=True):
    """Interest cut in two: what is withheld and what is paid (minor units); ``rate`` in per cent."""

    gross: int
    withheld: int
    net: int
    rate: Decimal
    reason: str


class Treaty(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The lower rate that a treaty gives residents of a country."""

    residence: Annotated[str, Meta(description="ISO 3166 code of the country", pattern="^[A-Z]{2}$")]
    percent: Annotated[Percent, Meta(description="rate by the treaty, in per cent of the interest")]

    def __post_init__(self) -> None:
        check_rate("percent", self.percent, Decimal(0))


@capability("tax.none", version=1, kind=Kind.TAX, owner="accounting", zh="不代扣利息税")
class NoTax(Parameters, frozen=True, kw_only=True):
    """No tax withheld

    A resident enterprise declares its interest with its own profit; the bank withholds nothing.
    """

    def tax(self, interest: int, residence: str = "CN", customer_type: str = "enterprise") -> TaxedInterest:
        """All of the interest is paid."""
        del residence, customer_type
        return TaxedInterest(interest, 0, interest, Decimal(0), "nothing is withheld")


@capability("tax.withholding", version=1, kind=Kind.TAX, owner="accounting", zh="代扣代缴利息税")
class WithholdingTax(Parameters, frozen=True, kw_only=True):
    """Tax withheld from interest

    A share of the interest is kept back for the tax office. Exempt customer types and residences pay
    nothing, treaties lower the rate; the tax is rounded once and never exceeds the interest.
    """

    percent: Annotated[Percent, Meta(description="common rate, in per cent of the interest")]
    exempt_residences: Annotated[tuple[str, ...], Meta(description="ISO 3166 codes that pay nothing")] = ()
    exempt_types: Annotated[tuple[str, ...], Meta(description="customer types that pay nothing")] = ()
    treaties: Annotated[tuple[Treaty, ...], Meta(description="lower rates by residence")] = ()
    rounding: Annotated[RoundingMode, Meta(description="how the tax is rounded to the minor unit")] = (
        "half_up"
    )

    def __post_init__(self) -> None:
        check_rate("percent", self.percent, Decimal(0))
        for treaty in self.treaties:
            if treaty.percent > self.percent:
                raise ValueError(
                    f"the treaty with {treaty.residence} has {treaty.percent}: "
                    f"no more than the common rate, {self.percent}, is expected"
                )

    def tax(self, interest: int, residence: str = "CN", customer_type: str = "enterprise") -> TaxedInterest:
        """Interest (minor units, 0 or more) cut into tax and what is paid."""
        if interest <= 0 or residence in self.exempt_residences or customer_type in self.exempt_types:
            return TaxedInterest(interest, 0, interest, Decimal(0), "exempt")
        rates = [treaty.percent for treaty in self.treaties if treaty.residence == residence]
        rate = min(rates, default=self.percent)
        withheld = round_minor(interest * Fraction(rate) / 100, self.rounding)
        return TaxedInterest(
            interest, withheld, interest - withheld, rate, "treaty" if rates else "common rate"
        )
