"""Pricing a product over a scenario before it is released: pure functions, no database.

A scenario says which balance stood from which day, what the listed rates were from which day, and for a
notice deposit which notices were given. Products that settle by a cycle are priced on the balances as they
are given; forms of one sum (notice, time, certificates) by their own formulas, every fall of the balance
being a withdrawal.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec

from sycee.components import InterestLine, Registry, ResolvedProduct, library
from sycee.kernel.errors import SyceeError
from sycee.kernel.money import Amount
from sycee.products.agreements import traits
from sycee.products.agreements.errors import InvalidScenario

_ONE_DAY = timedelta(days=1)
_LONGEST_DAYS = 366 * 30
_IN_ONE_SUM = ("notice", "time", "large_cd")


class ScenarioNotice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A notice given on a day, of an amount to be withdrawn on another."""

    given: date
    pay_on: date
    amount: str


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to price: ``product`` as it is on ``on`` (default: ``start``) with choices, from start to end.

    ``start`` and ``end`` are both included. ``balances``: amounts as text by the day from which they stand at
    the end of the day. ``rates``: by key without the currency (``demand``), percent a year by the day from
    which they hold. ``notices``: of a notice deposit.
    """

    product: str = ""
    start: date
    end: date
    balances: dict[date, str]
    rates: dict[str, dict[date, Decimal]] = {}
    choices: dict[str, Any] = {}
    notices: tuple[ScenarioNotice, ...] = ()
    on: date | None = None


class SimulatedSettlement(msgspec.Struct, frozen=True, kw_only=True):
    """Interest for a period, or for a withdrawal: its lines, their exact sum, and what is paid.

    Amounts are minor units; ``paid`` is ``interest`` less ``tax``. ``on`` is the day of payment.
    """

    on: date
    start: date
    end: date
    reason: str
    lines: tuple[InterestLine, ...]
    exact: Fraction
    interest: int
    tax: int

    @property
    def paid(self) -> int:
        """What the customer receives."""
        return self.interest - self.tax


class Simulation(msgspec.Struct, frozen=True, kw_only=True):
    """A product over a scenario: every settlement, in order."""

    product: ResolvedProduct
    currency: str
    start: date
    end: date
    settlements: tuple[SimulatedSettlement, ...]

    @property
    def interest(self) -> int:
        """All interest of the scenario in minor units."""
        return sum(one.interest for one in self.settlements)

    @property
    def paid(self) -> int:
        """All that is paid, tax withheld."""
        return sum(one.paid for one in self.settlements)


def simulate(registry: Registry, scenario: Scenario) -> Simulation:
    """Price a product over a scenario.

    Raises InvalidScenario for what cannot be priced, and ProductNotFound, ProductIsAbstract,
    ChoiceNotNegotiable, ChoiceOutOfBounds, ChoiceMissing.
    """
    product = registry.resolve(scenario.product, scenario.on or scenario.start, scenario.choices)
    case = _Case(product, scenario)
    try:
        settlements = tuple(case.settlements())
    except ValueError as error:
        raise InvalidScenario(str(error)) from None
    return Simulation(
        product=product,
        currency=case.currency,
        start=scenario.start,
        end=scenario.end,
        settlements=settlements,
    )


class _Case:
    """One product and one scenario, checked."""

    def __init__(self, product: ResolvedProduct, scenario: Scenario) -> None:
        self.product = product
        self.scenario = scenario
        self.currency = traits.currency_of(product)
        if not 0 <= (scenario.end - scenario.start).days <= _LONGEST_DAYS:
            raise InvalidScenario(
                f"a scenario runs from a day to a later one, {_LONGEST_DAYS} days at most:"
                f" {scenario.start} to {scenario.end} does not"
            )
        if not scenario.balances or min(scenario.balances) > scenario.end:
            raise InvalidScenario("a scenario needs a balance from a day on that lies within it")
        self.balances = {day: self._minor(text) for day, text in sorted(scenario.balances.items())}
        self.rates = {
            f"{self.currency}.{key}": sorted(by_day.items()) for key, by_day in scenario.rates.items()
        }
        convention = product.get("day_count")
        self.day_count = "actual/360" if convention is None else convention.convention

    def _minor(self, text: str) -> int:
        return Amount.parse(text, self.currency).minor

    def rate_on(self, key: str, day: date) -> Decimal:
        """The scenario's rate for a key on a day."""
        known = self.rates.get(key, [])
        place = bisect_right([start for start, _ in known], day)
        if not place:
            raise InvalidScenario(
                f"the scenario has no rate {key.partition('.')[2]} for {day}: say one from that day or before"
            )
        return known[place - 1][1]

    def settlements(self) -> Iterator[SimulatedSettlement]:
        """Every settlement of the scenario."""
        form = traits.form_of(self.product)
        if form not in _IN_ONE_SUM:
            yield from self._by_cycle()
        elif form == "notice":
            yield from self._notice()
        else:
            yield from self._fixed()

    def settled(
        self, on: date, start: date, end: date, lines: tuple[InterestLine, ...], reason: str
    ) -> SimulatedSettlement:
        """Lines added up, rounded once, and taxed, as the product says."""
        rounding, tax = self.product.get("rounding"), self.product.get("tax")
        reckoned = library.reckon(lines) if rounding is None else rounding.reckon(lines)
        withheld = 0 if tax is None or reckoned.total <= 0 else tax.tax(reckoned.total).withheld
        return SimulatedSettlement(
            on=on, start=start, end=end, reason=reason, lines=reckoned.lines, exact=reckoned.exact,
            interest=reckoned.total, tax=withheld,
        )  # fmt: skip

    # Balances settled by a cycle

    def _by_cycle(self) -> Iterator[SimulatedSettlement]:
        terms = traits.terms_of(self.product, self.currency)
        if terms is None:
            raise InvalidScenario(f"{self.product.id} bears no interest that could be reckoned")
        cycle: Any = self.product.get("settlement")
        start, end = self.scenario.start, self.scenario.end
        periodic = cycle is not None and cycle.periodic
        for first, last in cycle.periods(start, end) if periodic else ((start, end),):
            spans = list(self._spans(first, last))
            lines = library.balance_lines(spans, terms, self.rate_on, last)
            closed = periodic and cycle.is_settlement_day(last)
            on = cycle.credit_day(last) if closed else last
            yield self.settled(on, first, last, lines, "settlement" if closed else "accrued")

    def _spans(self, first: date, last: date) -> Iterator[library.BalanceSpan]:
        days = list(self.balances)
        for day, following in zip(days, [*days[1:], last + _ONE_DAY], strict=True):
            start, end = max(day, first), min(following - _ONE_DAY, last)
            if start <= end:
                yield library.BalanceSpan(start, end, self.balances[day])

    # Deposits of one sum

    def _withdrawals(self) -> tuple[date, int, list[tuple[date, int]]]:
        """The day and sum of the deposit, and what is withdrawn on which day: at last all that is left."""
        changes = list(self.balances.items())
        opened, principal = changes[0]
        found, left = [], principal
        for day, balance in changes[1:]:
            if not 0 <= balance < left or day > self.scenario.end:
                raise InvalidScenario(
                    f"{self.product.id} is put in as one sum: from {opened} on the balance only falls,"
                    f" and not after {self.scenario.end}"
                )
            found.append((day, left - balance))
            left = balance
        if left:
            found.append((self.scenario.end + _ONE_DAY, left))
        problem = self.product.one("form").opening_problem(self.currency, principal)
        if problem is not None:
            raise InvalidScenario(f"the deposit of {opened} cannot be opened: {problem}")
        return opened, principal, found

    def _fixed(self) -> Iterator[SimulatedSettlement]:
        opened, principal, withdrawals = self._withdrawals()
        method, early = self.product.one("interest"), self.product.get("early_interest")
        tenor = self.product.one("tenor")
        if not hasattr(tenor, "maturity") or not hasattr(method, "opening_rate"):
            raise InvalidScenario(f"{self.product.id} has no fixed term whose maturity could be reckoned")
        maturity = tenor.maturity(opened, self.product.get("calendar"))
        balance, parts = principal, 0
        for day, amount in withdrawals:
            if day < maturity and early is not None:
                problem = early.problem(self.currency, balance, amount, parts)
                if problem is not None:
                    raise InvalidScenario(f"withdrawal of {day}: {problem}")
                parts += amount < balance
            overdue = method.overdue_rate(self.currency, day, self.rate_on) if day != maturity else Decimal(0)
            reckoned = method.interest(
                amount,
                opened,
                maturity,
                day,
                self._opening(method, opened, maturity),
                overdue,
                self.day_count,
            )
            balance -= amount
            reason = "maturity" if day == maturity else "early" if day < maturity else "after maturity"
            yield self.settled(day, opened, day - _ONE_DAY, reckoned.lines, reason)

    def _opening(self, method: Any, opened: date, maturity: date) -> Any:
        """The rate fixed at opening; of a floating one, those that were set until maturity."""
        if not hasattr(method, "resets"):
            return method.opening_rate(self.currency, opened, self.rate_on)
        days = method.resets(opened, maturity)
        return [(day, method.opening_rate(self.currency, day, self.rate_on)) for day in days]

    def _notice(self) -> Iterator[SimulatedSettlement]:
        opened, principal, withdrawals = self._withdrawals()
        rule, method = self.product.one("notice"), self.product.one("interest")
        deposit = library.NoticeDeposit(opened, principal)
        notices = [
            library.Notice(one.given, one.pay_on, self._minor(one.amount)) for one in self.scenario.notices
        ]
        for day, amount in withdrawals:
            used = next((one for one in notices if one.given_on <= day and one.pay_on == day), None)
            for one in [one for one in notices if one is not used and one.pay_on < day]:
                deposit = rule.not_used(deposit, one)
                notices.remove(one)
            rates = method.rates(self.currency, day, self.rate_on)
            try:
                outcome = rule.withdraw(self.currency, deposit, day, amount, used, rates, self.day_count)
            except SyceeError as error:
                raise InvalidScenario(f"withdrawal of {day}: {error.detail}") from None
            if used is not None:
                notices.remove(used)
            reason = ", ".join(outcome.reasons)
            yield self.settled(day, opened, day - _ONE_DAY, outcome.interest.lines, reason)
            if outcome.remaining is None:
                return
            deposit = outcome.remaining


def read_scenario(values: Mapping[str, Any]) -> Scenario:
    """A scenario from JSON-like values. Raises InvalidScenario naming the field."""
    try:
        return msgspec.convert(values, Scenario, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidScenario(str(error).replace("`", "'")) from None
