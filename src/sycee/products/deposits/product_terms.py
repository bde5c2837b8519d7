"""What the life of a deposit needs to know of its product, read from the slots in one place."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sycee.components import InterestTerms, RateTier, ResolvedProduct
from sycee.kernel.money import Amount
from sycee.products.deposits.errors import PlacementRefused, WrongDepositForm
from sycee.products.deposits.rate_sheets import RateSheet
from sycee.products.deposits.records import Deposit, DepositForm, RateSet, RenewalMode

DEPOSITS_SUBJECT = "2011"
"""The general-ledger subject of corporate deposits, for a product that names none."""
_DAY_COUNT = "actual/360"


def form_of(product: ResolvedProduct) -> DepositForm:
    """The form of the product's deposits. Raises PlacementRefused for one that is not held in units."""
    found = product.get("form")
    try:
        return DepositForm(found.form if found is not None else "")
    except ValueError:
        raise PlacementRefused(
            f"{product.id} is not held in units: its money lies on the account that signing opens"
        ) from None


def need_form(deposit: Deposit, *forms: DepositForm) -> None:
    """Raises WrongDepositForm for a deposit of another form."""
    if deposit.form not in forms:
        raise WrongDepositForm(
            f"deposit {deposit.id} is a {deposit.form} deposit; this is for {' and '.join(forms)}"
        )


def day_count(product: ResolvedProduct) -> Any:
    """The day count convention."""
    found = product.get("day_count")
    return _DAY_COUNT if found is None else found.convention


def subject_of(product: ResolvedProduct) -> str:
    """The general-ledger subject of a deposit's account."""
    found = product.get("accounting")
    return DEPOSITS_SUBJECT if found is None else str(found.subject)


def check_currency(product: ResolvedProduct, currency: str) -> None:
    """Raises PlacementRefused for a currency that the product is not offered in."""
    found = product.get("currency")
    if found is not None and currency not in found.currencies:
        raise PlacementRefused(f"{product.id} is offered in {', '.join(found.currencies)}, not in {currency}")


def check_opening(product: ResolvedProduct, currency: str, amount: int) -> None:
    """Raises PlacementRefused for less than the minimum, saying what would do."""
    problem = product.one("form").opening_problem(currency, amount)
    if problem is not None:
        raise PlacementRefused(f"{product.id}: {problem}")


def maturity_of(product: ResolvedProduct, start: date, chosen: date | None) -> date | None:
    """The day a deposit that begins on ``start`` matures; None when it has no term.

    Raises PlacementRefused when a day was chosen that the tenor does not allow, or none where one is needed.
    """
    tenor = product.get("tenor")
    if hasattr(tenor, "maturity_problem"):
        if chosen is None:
            raise PlacementRefused(f"{product.id} runs to a day that is agreed on: say the maturity")
        problem = tenor.maturity_problem(start, chosen)
        if problem is not None:
            raise PlacementRefused(f"{product.id}: {problem}")
        return chosen
    if chosen is not None:
        raise PlacementRefused(f"{product.id} has a tenor of its own: no maturity can be chosen")
    found: date | None = (
        tenor.maturity(start, product.get("calendar")) if hasattr(tenor, "maturity") else None
    )
    return found


def renewal_mode(product: ResolvedProduct, chosen: RenewalMode | None) -> RenewalMode:
    """What is to happen at maturity. Raises PlacementRefused where a product does not renew."""
    found = product.get("renewal")
    if chosen is None:
        return "none" if found is None else found.mode
    if found is None and chosen not in {"none", "pay_out"}:
        raise PlacementRefused(f"{product.id} is not renewed at maturity")
    return chosen


def is_floating(product: ResolvedProduct) -> bool:
    """Whether the rate is set anew during a term."""
    return hasattr(product.get("interest"), "resets")


def has_own_rate(product: ResolvedProduct) -> bool:
    """Whether a rate is set at opening: not for notice deposits, nor where balances bear interest."""
    return hasattr(product.get("interest"), "opening_rate")


async def opening_rates(
    sheet: RateSheet, product: ResolvedProduct, currency: str, day: date
) -> tuple[RateSet, ...]:
    """The rate that a term beginning on a day has. Raises RateNotFound."""
    if not has_own_rate(product):
        return ()
    method = product.one("interest")
    rate = await sheet.reckon(lambda rate_on: method.opening_rate(currency, day, rate_on))
    return (RateSet(day, rate),)


def accrual_terms(product: ResolvedProduct, currency: str, rate: Decimal | None) -> InterestTerms | None:
    """What the books accrue day by day until the deposit's own rule settles it; None for nothing."""
    method = product.get("interest")
    if method is None:
        return None
    if rate is not None:
        return fixed_terms(product, currency, rate)
    terms: InterestTerms = method.terms(currency, day_count(product))
    return terms


def fixed_terms(product: ResolvedProduct, currency: str, rate: Decimal) -> InterestTerms:
    """Terms at one rate of the contract."""
    return InterestTerms(currency, day_count(product), "split", "parts", (RateTier(0, None, rate),))


def overdue_terms(product: ResolvedProduct, currency: str) -> InterestTerms:
    """Terms after maturity: the listed rate for what is overdue."""
    key = product.one("interest").overdue_rate_key
    tier = RateTier(0, f"{currency}.{key}")
    return InterestTerms(currency, day_count(product), "settlement_day", "parts", (tier,))


def next_due(product: ResolvedProduct, start: date, maturity: date | None, after: date) -> date | None:
    """The next day after ``after`` on which something happens by itself."""
    if maturity is None:
        return None
    if is_floating(product):
        later = [day for day in product.one("interest").resets(start, maturity) if day > after]
        return later[0] if later else maturity
    return maturity


def cycle_of(product: ResolvedProduct) -> tuple[str, int]:
    """How often the books settle interest by themselves, and on which day of the month."""
    found = product.get("settlement")
    if found is None or has_own_rate(product) or found.cycle in {"none", "at_maturity"}:
        return "none", 20
    return found.cycle, found.day


def shown(amount: int, currency: str) -> str:
    """An amount as people read it."""
    return str(Amount(amount, currency))
