"""Eligibility: who may have a product. Several conditions all hold; each says why not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from sycee.components.capabilities import Kind, Parameters, capability
from sycee.components.library.money import CurrencyCode, Money, check_currency, check_money, minor
from sycee.components.library.months import whole_months
from sycee.kernel.money import Amount

CustomerType = Literal[
    "enterprise", "small_enterprise", "sole_trader", "public_institution", "government", "military",
    "social_organisation", "financial_institution", "insurer", "fund", "cooperative", "non_resident",
]  # fmt: skip
RiskGrade = Literal["low", "medium", "high"]
_GRADES: tuple[RiskGrade, ...] = ("low", "medium", "high")


BALANCE_DAYS = 90
"""Over how many calendar days before the day asked about an average balance is taken."""

Fact = Literal["customer_since", "average_balances", "group_members", "services"]
"""What has to be looked up in the bank's books, and is only where a condition asks for it."""


class Applicant(msgspec.Struct, frozen=True, kw_only=True):
    """What eligibility asks about a customer; None where it is not known, which never passes.

    ``average_balances`` are minor units by currency, over ``BALANCE_DAYS`` days and all of its accounts.
    ``services`` are the packages, products, account classes (``basic_account``) and channels that it has,
    by their names with ``_`` for ``-``.
    """

    customer_type: str | None = None
    established_on: date | None = None
    customer_since: date | None = None
    risk_grade: RiskGrade | None = None
    due_diligence_until: date | None = None
    region: str | None = None
    industry: str | None = None
    registered_capital: int | None = None
    average_balances: dict[str, int] | None = None
    group_members: int | None = None
    services: tuple[str, ...] = ()


class Eligibility(Parameters, frozen=True, kw_only=True):
    """What every condition of eligibility answers."""

    def problem(self, applicant: Applicant, on: date) -> str | None:
        """Why the applicant may not have the product on a day; None when nothing stands against it."""
        raise NotImplementedError

    def asks(self) -> Fact | None:
        """What must be looked up for this condition."""
        return None


def problems(conditions: Iterable[Eligibility], applicant: Applicant, on: date) -> list[str]:
    """Everything that stands against an applicant, in the order of the conditions."""
    found = (condition.problem(applicant, on) for condition in conditions)
    return [problem for problem in found if problem is not None]


@capability(
    "eligibility.customer_type", version=1, kind=Kind.ELIGIBILITY, owner="compliance", zh="客户类型准入"
)
class CustomerTypeEligibility(Eligibility, frozen=True, kw_only=True):
    """Customer type

    Only customers of these types.
    """

    types: Annotated[tuple[CustomerType, ...], Meta(description="types that may have it", min_length=1)]

    def problem(self, applicant: Applicant, on: date) -> str | None:
        """As ``Eligibility.problem``."""
        del on
        if applicant.customer_type in self.types:
            return None
        return f"customer type {applicant.customer_type}: one of {', '.join(self.types)} is expected"


@capability(
    "eligibility.company_age", version=1, kind=Kind.ELIGIBILITY, owner="compliance", zh="成立年限准入"
)
class CompanyAgeEligibility(Eligibility, frozen=True, kw_only=True):
    """Age of the company

    Established, or a customer of the bank, for so many months at least (and at most, for offers to
    young companies).
    """

    least_months: Annotated[int, Meta(description="least age in months", ge=0, le=1200)] = 0
    most_months: Annotated[int, Meta(description="greatest age in months", ge=1, le=1200)] | None = None
    counted_from: Annotated[
        Literal["established_on", "customer_since"], Meta(description="what the age is counted from")
    ] = "established_on"

    def asks(self) -> Fact | None:
        """As ``Eligibility.asks``."""
        return "customer_since" if self.counted_from == "customer_since" else None

    def __post_init__(self) -> None:
        if self.most_months is not None and self.most_months < self.least_months:
            raise ValueError(f"most_months is {self.most_months}, below least_months, {self.least_months}")

    def problem(self, applicant: Applicant, on: date) -> str | None:
        """As ``Eligibility.problem``."""
        start: date | None = getattr(applicant, self.counted_from)
        if start is None or start > on:
            return f"{self.counted_from} is {start}: a day not after {on} is expected"
        months = whole_months(start, on)
        if months < self.least_months:
            return f"{months} months since {start}: at least {self.least_months} are expected"
        if self.most_months is not None and months > self.most_months:
            return f"{months} months since {start}: at most {self.most_months} are expected"
        return None


@capability("eligibility.risk_grade", version=1, kind=Kind.ELIGIBILITY, owner="compliance", zh="风险等级准入")
class RiskGradeEligibility(Eligibility, frozen=True, kw_only=True):
    """Risk grade

    Only customers graded no higher than this by the bank's assessment of money-laundering risk.
    """

    highest: Annotated[RiskGrade, Meta(description="highest grade that is allowed")]

    def problem(self, applicant: Applicant, on: date) -> str | None:
        """As ``Eligibility.problem``."""
        del on
        grade = applicant.risk_grade
        if grade is not None and _GRADES.index(grade) <= _GRADES.index(self.highest):
            return None
        return f"risk grade {grade}: {self.highest} or lower is expected"


@capability(
    "eligibility.due_diligence", version=1, kind=Kind.ELIGIBILITY, owner="compliance", zh="尽职调查有效"
)
class DueDiligenceEligibility(Eligibility, frozen=True, kw_only=True):
    """Due diligence in force

    The bank's knowledge of the customer is valid for so many days more at least.
    """

    days_left: Annotated[
        int, Meta(description="days for which it is still valid at least", ge=0, le=3660)
    ] = 0

    def problem(self, applicant: Applicant, on: date) -> str | None:
        """As ``Eligibility.problem``."""
        until = applicant.due_diligence_until
        if until is None:
            return "there is no due diligence on file"
        if (until - on).days < self.days_left:
            return f"due diligence is valid until {until}: {self.days_left} days after {on} are expected"
        return None


@capability("eligibility.region", version=1, kind=Kind.ELIGIBILITY, owner="compliance", zh="地区准入")
class RegionEligibility(Eligibility, frozen=True, kw_only=True):
    """Region

    Registered in one of these places: division codes of GB/T 2260 by their beginning, or ISO 3166 codes.
    """

    allowed: Annotated[tuple[str, ...], Meta(description="beginnings of codes; empty for all")] = ()
    refused: Annotated[tuple[str, ...], Meta(description="beginnings of codes that are refused")] = ()

    def __post_init__(self) -> None:
        if not self.allowed and not self.refused:
            raise ValueError("allowed and refused are empty: one of them is expected")

    def problem(self, applicant: Applicant, on: date) -> str | None:
        """As ``Eligibility.problem``."""
        del on
        region = applicant.region
        if region is None:
            return "the region is not known"
        if any(region.startswith(code) for code in self.refused):
            return f"region {region} is refused"
        if self.allowed and not any(region.startswith(code) for code in self.allowed):
            return f"region {region}: one of {', '.join(self.allowed)} is expected"
        return None


@capability("eligibility.industry", version=1, kind=Kind.ELIGIBILITY, owner="compliance", zh="行业准入")
class IndustryEligibility(Eligibility, frozen=True, kw_only=True):
    """Industry

    Classes of GB/T 4754 by their beginning (a letter, or a letter and digits) that may, or may not, have it.
    """

    allowed: Annotated[tuple[str, ...], Meta(description="beginnings of classes; empty for all")] = ()
    refused: Annotated[tuple[str, ...], Meta(description="beginnings of classes that are refused")] = ()

    def __post_init__(self) -> None:
        if not self.allowed and not self.refused:
            raise ValueError("allowed and refused are empty: one of them is expected")

    def problem(self, applicant: Applicant, on: date) -> str | None:
        """As ``Eligibility.problem``."""
        del on
        industry = applicant.industry
        if industry is None:
            return "the industry is not known"
        if any(industry.startswith(code) for code in self.refused):
            return f"industry {industry} is refused"
        if self.allowed and not any(industry.startswith(code) for code in self.allowed):
            return f"industry {industry}: one of {', '.join(self.allowed)} is expected"
        return None


@capability("eligibility.size", version=1, kind=Kind.ELIGIBILITY, owner="marketing", zh="客户规模准入")
class SizeEligibility(Eligibility, frozen=True, kw_only=True):
    """Size of the customer

    Registered capital, average balance with the bank or members of the group between bounds.
    """

    measure: Annotated[
        Literal["registered_capital", "average_balance", "group_members"],
        Meta(description="what is measured"),
    ]
    least: Annotated[Money, Meta(description="lower bound, in whole units or members")] = Decimal(0)
    most: (
        Annotated[Money, Meta(description="upper bound, in whole units or members; none for without")] | None
    ) = None
    currency: Annotated[CurrencyCode, Meta(description="currency of capital or balance")] = "CNY"

    def asks(self) -> Fact | None:
        """As ``Eligibility.asks``."""
        if self.measure == "average_balance":
            return "average_balances"
        return "group_members" if self.measure == "group_members" else None

    def __post_init__(self) -> None:
        check_currency("currency", self.currency)
        check_money("least", self.least, self.currency)
        check_money("most", self.most, self.currency)

    def problem(self, applicant: Applicant, on: date) -> str | None:
        """As ``Eligibility.problem``; money is in minor units of the currency."""
        del on
        found = self._measured(applicant)
        if found is None:
            return f"{self.measure} is not known"
        least, most = self._bound(self.least), None if self.most is None else self._bound(self.most)
        if found < least:
            return f"{self.measure} is {self._text(found)}: at least {self._text(least)} is expected"
        if most is not None and found > most:
            return f"{self.measure} is {self._text(found)}: at most {self._text(most)} is expected"
        return None

    def _measured(self, applicant: Applicant) -> int | None:
        if self.measure == "average_balance":
            known = applicant.average_balances
            return None if known is None else known.get(self.currency, 0)
        return applicant.group_members if self.measure == "group_members" else applicant.registered_capital

    def _bound(self, amount: Decimal) -> int:
        return int(amount) if self.measure == "group_members" else minor(amount, self.currency)

    def _text(self, value: int) -> str:
        return str(value) if self.measure == "group_members" else str(Amount(value, self.currency))


@capability("eligibility.services", version=1, kind=Kind.ELIGIBILITY, owner="marketing", zh="签约服务准入")
class ServicesEligibility(Eligibility, frozen=True, kw_only=True):
    """Services that the customer has

    The customer has all of these already: account classes (``basic_account``), channels (``online``),
    products and packages (``payroll``), by their names with ``_`` for ``-``.
    """

    needs: Annotated[tuple[str, ...], Meta(description="services that are needed", min_length=1)]

    def asks(self) -> Fact | None:
        """As ``Eligibility.asks``."""
        return "services"

    def problem(self, applicant: Applicant, on: date) -> str | None:
        """As ``Eligibility.problem``."""
        del on
        missing = [service for service in self.needs if service not in applicant.services]
        return f"{', '.join(missing)} is needed first" if missing else None
