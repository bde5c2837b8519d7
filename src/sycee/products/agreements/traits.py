"""What the opening of an account needs to know of a product, read from its slots in one place."""

from __future__ import annotations

from typing import Any

from sycee.components import InterestTerms, ResolvedProduct
from sycee.products.interest.positions import CYCLES, Cycle
from sycee.products.interest.terms import InterestAccounting

HOME_CURRENCY = "CNY"
DEPOSITS_SUBJECT = "2011"
"""The general-ledger subject of corporate deposits, for a product that names none."""

_SETTLEMENT_DAY = 20
_ANY_INTEREST = 10_000  # minor units: what a rate of tax is asked with


def form_of(product: ResolvedProduct) -> str:
    """The form of deposit: demand, agreement, notice, time, large_cd, margin; empty for a plain service."""
    found = product.get("form")
    return "" if found is None else str(found.form)


def opens_account(product: ResolvedProduct) -> bool:
    """Whether signing opens an account: forms in units get theirs when money is placed under them."""
    return form_of(product) == "demand"


def lies_over(product: ResolvedProduct) -> bool:
    """Whether the product lies over another one's account and changes the interest there."""
    return form_of(product) == "agreement"


def currency_of(product: ResolvedProduct) -> str:
    """The currency of the account."""
    found = product.get("currency")
    return HOME_CURRENCY if found is None else str(found.code)


def subject_of(product: ResolvedProduct) -> str:
    """The general-ledger subject of the account."""
    found = product.get("accounting")
    return DEPOSITS_SUBJECT if found is None else str(found.principal)


def accounting_of(product: ResolvedProduct, country: str) -> InterestAccounting:
    """Where interest on the account is booked, and the tax that is withheld from a customer of a country."""
    subjects, tax = product.get("accounting"), product.get("tax")
    given: dict[str, Any] = {}
    if subjects is not None:
        given = {
            "expense": subjects.interest_expense,
            "payable": subjects.interest_payable,
            "tax_subject": subjects.tax_payable,
        }
    if tax is not None:
        given["tax_rate"] = tax.tax(_ANY_INTEREST, country).rate
    return InterestAccounting(**given)


def terms_of(product: ResolvedProduct, currency: str) -> InterestTerms | None:
    """The terms on which a balance bears interest; None for a product that reckons in another way."""
    method: Any = product.get("interest")
    if not hasattr(method, "terms"):
        return None
    convention = product.get("day_count")
    terms: InterestTerms = (
        method.terms(currency) if convention is None else method.terms(currency, convention.convention)
    )
    return terms


def cycle_of(product: ResolvedProduct) -> tuple[Cycle, int]:
    """How often interest is settled, and on which day of the month."""
    found = product.get("settlement")
    if found is None or found.cycle not in CYCLES:
        return "none", _SETTLEMENT_DAY
    return found.cycle, found.day
