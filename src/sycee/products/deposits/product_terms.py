"""What the life of a deposit needs to know of its product, read from the slots in one place."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sycee.components import InterestTerms, RateTier, ResolvedProduct
from sycee.kernel.money import Amount
from sycee.products.agreements import traits
from sycee.products.deposits.errors import PlacementRefused, WrongDepositForm
from sycee.products.deposits.rate_sheets import RateSheet
from sycee.products.deposits.records import Deposit, DepositForm, RateSet, RenewalMode
from sycee.products.interest.positions import Cycle

ONE_DAY = timedelta(days=1)
_DAY_COUNT = "actual/360"


def form_of(product: ResolvedProduct) -> DepositForm:
    """The form of the product's deposits. Raises PlacementRefused for one that is not held in units."""
    try:
        return DepositForm(traits.form_of(product))
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


def check_currency(product: ResolvedProduct, currency: str) -> None:
    """Raises PlacementRefused for a currency that the product is not offered in."""
    offered = traits.currency_of(product)
    if offered != currency:
        raise PlacementRefused(f"{product.id} is offered in {offered}, not in {currency}")


def check_opening(product: ResolvedProduct, currency: str, amount: int) -> None:
    """Raises PlacementRefused for less than the minimum, saying what would do."""
    problem = product.one("form").opening_problem(currency, amount)
    if problem is not None:
        raise PlacementRefused(f"{product.id}: {problem}")


def maturity_of(product: ResolvedProduct, start: date, chosen: date | None) -> date | None:
    """The day a deposit that begins on ``start`` matures; None when it has no term.

    Raises PlacementRefused when a day was chosen that the tenor does not allow, or none where one is needed.
    """
    tenor: Any = product.get("tenor")
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


def overdue_terms(product: ResolvedProduct, currency: str) -> InterestTerms | None:
    """Terms after maturity: the listed rate for what is overdue; None where balances bear interest anyway."""
    if not has_own_rate(product):
        return None
    key = product.one("interest").overdue_rate_key
    tier = RateTier(0, f"{currency}.{key}")
    return InterestTerms(currency, day_count(product), "settlement_day", "parts", (tier,))


def payment_days(product: ResolvedProduct, start: date, maturity: date) -> dict[date, date]:
    """Where interest is paid during the term: the day it is credited → the day after the last it is for."""
    found = product.get("settlement")
    if found is None or not has_own_rate(product) or not found.periodic:
        return {}
    days = {found.credit_day(day): day + ONE_DAY for day in found.settlement_days(start, maturity)}
    return {day: upto for day, upto in days.items() if start < upto and day < maturity}


def reset_days(product: ResolvedProduct, start: date, maturity: date) -> tuple[date, ...]:
    """The days on which a floating rate is set, the first being ``start``; none for a fixed one."""
    if not is_floating(product):
        return ()
    days: tuple[date, ...] = product.one("interest").resets(start, maturity)
    return days


def next_due(product: ResolvedProduct, start: date, maturity: date | None, after: date) -> date | None:
    """The next day after ``after`` on which something happens by itself."""
    if maturity is None:
        return None
    between = {*reset_days(product, start, maturity), *payment_days(product, start, maturity)}
    return min((day for day in between if after < day < maturity), default=maturity)


def cycle_of(product: ResolvedProduct) -> tuple[Cycle, int]:
    """How often the books settle interest by themselves, and on which day of the month."""
    cycle, day = traits.cycle_of(product)
    return ("none", day) if has_own_rate(product) else (cycle, day)


def shown(amount: int, currency: str) -> str:
    """An amount as people read it."""
    return str(Amount(amount, currency))
