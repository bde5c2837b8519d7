"""Internal prices of a pool; penalties of entrusted loans."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sycee.components import library

START, DUE = date(2026, 1, 1), date(2026, 7, 1)
RATE = Decimal("3.60")
LOAN = library.LoanInterest(overdue_percent=50, misuse_percent=100)
MILLION = 1_000_000_00
"""At 3.60 % it bears 100.00 a day."""


def rate_on(key: str, day: date) -> Decimal:
    del day
    return {"CNY.internal.deposit": Decimal("0.72"), "CNY.internal.loan": Decimal("2.88")}[key]


@pytest.mark.parametrize(("balance", "fen"), [(MILLION, 200_00), (-MILLION, -800_00), (0, 0)])
def test_a_member_is_paid_for_what_it_lends_and_pays_for_what_it_draws(balance: int, fen: int) -> None:
    method = library.InternalInterest(deposit_rate_key="internal.deposit", loan_rate_key="internal.loan")
    span = library.BalanceSpan(START, START + timedelta(days=9), balance)
    assert library.balance_interest([span], method.terms("CNY"), rate_on).total == fen


@pytest.mark.parametrize(
    ("cases", "rate"),
    [((), "3.60"), (("overdue",), "5.40"), (("misuse",), "7.20"), (("overdue", "misuse"), "7.20")],
)
def test_the_higher_penalty_holds_never_both(cases: tuple[str, ...], rate: str) -> None:
    assert LOAN.penalty_rate(RATE, *cases) == Decimal(rate)  # type: ignore[arg-type]


def test_a_loan_paid_on_time_bears_the_rate_of_its_contract() -> None:
    assert LOAN.interest(MILLION, START, DUE, DUE, RATE).total == 181 * 100_00


def test_overdue_days_bear_the_penalty_and_unpaid_interest_compounds() -> None:
    """181 days at 100.00, ten at 150.00; unpaid 10,000.00 bears 1.50 a day while overdue."""
    paid_on = DUE + timedelta(days=10)
    found = LOAN.interest(MILLION, START, DUE, paid_on, RATE, unpaid=10_000_00)
    assert found.total == 18_100_00 + 1_500_00 + 15_00
    assert [line.why for line in found.lines] == ["contract_rate", "overdue_penalty", "compound_interest"]
    simple = msgspec.structs.replace(LOAN, compounds=False)
    assert simple.interest(MILLION, START, DUE, paid_on, RATE, unpaid=10_000_00).total == 19_600_00


def test_misuse_counts_from_its_day() -> None:
    """100 days at 100.00 and 81 at 200.00."""
    found = LOAN.interest(MILLION, START, DUE, DUE, RATE, misused_from=START + timedelta(days=100))
    assert found.total == 10_000_00 + 16_200_00


@given(st.integers(0, 400), st.integers(0, 400), st.none() | st.integers(0, 400))
def test_a_later_payment_never_owes_less(days: int, more: int, misused: int | None) -> None:
    since = None if misused is None else START + timedelta(days=misused)

    def owed(after: int) -> Decimal:
        paid_on = START + timedelta(days=after)
        exact = LOAN.interest(MILLION, START, DUE, paid_on, RATE, unpaid=1_00, misused_from=since).exact
        return Decimal(exact.numerator) / exact.denominator

    assert owed(days) <= owed(days + more)


@pytest.mark.parametrize("bad", [{"overdue_percent": 29}, {"overdue_percent": 51}, {"misuse_percent": 101}])
def test_penalties_stay_within_what_the_rule_allows(bad: dict[str, int]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(bad, library.LoanInterest)
