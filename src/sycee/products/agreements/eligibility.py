"""Who may have a product: the conditions of its slot ``eligibility``, asked about a customer.

What the conditions ask is read from the customer's registered data. A unified social credit code says by
its first two characters what kind of entity it names, and by the next six where it was registered (GB
32100-2015). What the bank does not know stays None, and no condition is met by that.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sycee.components import ResolvedProduct, library
from sycee.parties import Customer
from sycee.products.agreements.errors import NotEligible

_KINDS = {
    "11": "government",
    "12": "public_institution",
    "13": "social_organisation",
    "51": "social_organisation",
    "52": "social_organisation",
    "53": "social_organisation",
    "91": "enterprise",
    "92": "sole_trader",
    "93": "cooperative",
}
_FINANCE, _INSURANCE = "J", "J68"  # GB/T 4754
_HOME = "CN"


def applicant(customer: Customer, due_diligence_until: date | None) -> library.Applicant:
    """A customer as conditions of eligibility see it."""
    capital = customer.registered_capital
    return library.Applicant(
        customer_type=_kind(customer),
        established_on=customer.established_on,
        risk_grade=customer.risk_grade.value,
        due_diligence_until=due_diligence_until,
        region=customer.uscc[2:8] if customer.uscc else customer.country,
        industry=customer.industry or None,
        registered_capital=None if capital is None else capital.minor,
    )


def _kind(customer: Customer) -> str | None:
    if customer.country != _HOME:
        return "non_resident"
    kind = _KINDS.get(customer.uscc[:2]) if customer.uscc else None
    if kind == "enterprise" and customer.industry.startswith(_FINANCE):
        return "insurer" if customer.industry.startswith(_INSURANCE) else "financial_institution"
    return kind


def check_eligible(products: Iterable[tuple[str, ResolvedProduct]], one: library.Applicant, on: date) -> None:
    """Whether a customer may have these products on a day. Raises NotEligible, with all that is wrong."""
    for key, product in products:
        found = [condition.problem(one, on) for condition in product.all("eligibility")]
        problems = [problem for problem in found if problem is not None]
        if problems:
            raise NotEligible(
                f"the customer may not have {key} ({product.id}): {'; '.join(problems)}",
                item=key,
                problems=problems,
            )
