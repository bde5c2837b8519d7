"""Forms of deposit with their minimums, certificates, margin; classes of account and what binds them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sycee.components import library
from sycee.components.library.account_classes import OPERATIONS, Operation, SpecialPurpose
from sycee.components.library.deposit_forms import MarginAction

YUAN = {"CNY": Decimal(10000)}


@pytest.mark.parametrize(
    ("currency", "amount", "says"),
    [
        ("CNY", 10_000_00, None),
        ("CNY", 9_999_99, "at least 10000.00 CNY"),
        ("USD", 10**9, "USD is not offered: CNY are"),
    ],
)
def test_a_placement_needs_the_minimum_of_its_currency(currency: str, amount: int, says: str | None) -> None:
    for form in (library.TimeForm, library.NoticeForm, library.LargeCdForm):
        found = form(minimum_opening=YUAN).opening_problem(currency, amount)
        assert (found is None) if says is None else (says in str(found))


def test_a_demand_deposit_may_be_opened_with_nothing() -> None:
    assert library.DemandForm().opening_problem("CNY", 0) is None
    bound = library.DemandForm(minimum_opening={"CNY": Decimal(1000)})
    assert "at least 1000.00 CNY" in str(bound.opening_problem("CNY", 999_99))


def test_a_quota_is_at_least_the_floor() -> None:
    form = library.AgreementForm(quota_floor={"CNY": Decimal(100000)})
    assert form.quota_problem("CNY", 100_000_00) is None
    assert "at least 100000.00 CNY" in str(form.quota_problem("CNY", 99_999_99))


@pytest.mark.parametrize(
    ("pays_out_to", "account", "allowed"),
    [
        ("basic", {"account_class": "basic", "own": True, "source": False}, True),
        ("basic", {"account_class": "general", "own": True, "source": True}, False),
        ("basic", {"account_class": "basic", "own": False, "source": False}, False),
        ("source", {"account_class": "general", "own": True, "source": True}, True),
        ("source", {"account_class": "basic", "own": True, "source": False}, False),
        ("own", {"account_class": "general", "own": True, "source": False}, True),
        ("own", {"account_class": "basic", "own": False, "source": False}, False),
    ],
)
def test_a_time_deposit_is_paid_out_to_the_basic_account_or_where_the_product_says(
    pays_out_to: str, account: dict[str, object], *, allowed: bool
) -> None:
    form = msgspec.convert(
        {"minimum_opening": {"CNY": "10000"}, "pays_out_to": pays_out_to}, library.TimeForm
    )
    assert (form.payout_problem(**account) is None) == allowed  # type: ignore[arg-type]


def test_a_certificate_goes_by_steps_above_its_minimum() -> None:
    form = library.LargeCdForm(minimum_opening={"CNY": Decimal(10000000)}, step={"CNY": Decimal(1000000)})
    assert form.opening_problem("CNY", 12_000_000_00) is None
    assert "plus a multiple of 1000000.00 CNY" in str(form.opening_problem("CNY", 12_500_000_00))
    assert "at least 10000000.00 CNY" in str(form.opening_problem("CNY", 9_000_000_00))


@pytest.mark.parametrize(
    ("days_left", "pledged", "same", "says"),
    [
        (30, False, False, None),
        (5, False, False, "more than 5"),
        (30, True, False, "pledged"),
        (30, False, True, "present one"),
    ],
)
def test_a_certificate_is_transferred_while_nothing_stands_against_it(
    days_left: int, says: str | None, *, pledged: bool, same: bool
) -> None:
    form = library.LargeCdForm(minimum_opening={"CNY": Decimal(10000000)}, transfer_blocked_days=5)
    found = form.transfer_problem(days_left=days_left, pledged=pledged, same_holder=same)
    assert (found is None) if says is None else (says in str(found))
    fixed = msgspec.structs.replace(form, transferable=False)
    assert fixed.transfer_problem(days_left=30, pledged=False, same_holder=False) is not None


MARGIN = library.MarginForm(obligation="bank_acceptance", least_percent=Decimal(30))


@pytest.mark.parametrize(
    ("action", "obligation", "amount", "allowed"),
    [
        ("freeze", 1_000_00, 0, True),
        ("unfreeze", 1_000_00, 0, True),
        ("top_up", 1_000_00, 50_00, True),
        ("deduct", 1_000_00, 1_00, False),
        ("deduct", 0, 400_00, True),
        ("deduct", 0, 400_01, False),
        ("release", 1_000_00, 100_00, True),
        ("release", 1_000_00, 100_01, False),
        ("release", 0, 400_00, True),
    ],
)
def test_margin_may_be_frozen_not_deducted_while_its_obligation_stands(
    action: MarginAction, obligation: int, amount: int, *, allowed: bool
) -> None:
    found = MARGIN.action_problem(action, obligation=obligation, balance=400_00, amount=amount)
    assert (found is None) == allowed


@given(st.integers(0, 10**14), st.decimals(0, 100, places=2))
def test_the_margin_that_is_needed_is_rounded_up(obligation: int, percent: Decimal) -> None:
    needed = library.MarginForm(obligation="loan", least_percent=percent).needed(obligation)
    assert needed * 100 >= obligation * percent > (needed - 1) * 100


# Account classes


def allowed(made: object) -> set[str]:
    return {operation for operation in OPERATIONS if made.permits(operation).allowed}  # type: ignore[attr-defined]


def test_a_basic_account_does_everything_and_is_the_only_one() -> None:
    basic = library.BasicAccount()
    assert allowed(basic) == set(OPERATIONS)
    assert basic.opening_problem(basic_accounts=0, same_class=0) is None
    assert "one only" in str(basic.opening_problem(basic_accounts=1, same_class=1))


def test_a_general_account_takes_cash_and_never_pays_it() -> None:
    general = library.GeneralAccount(most_per_customer=2)
    assert allowed(general) == {"cash_in", "transfer_in", "transfer_out", "to_individual"}
    assert "does not permit cash_out" in general.permits("cash_out").reason
    assert "basic account is needed" in str(general.opening_problem(basic_accounts=0, same_class=0))
    assert general.opening_problem(basic_accounts=1, same_class=1) is None
    assert "at most 2" in str(general.opening_problem(basic_accounts=1, same_class=2))
    with pytest.raises(msgspec.ValidationError, match="neither cash_out nor wages"):
        msgspec.convert({"operations": ["cash_out"]}, library.GeneralAccount)


@pytest.mark.parametrize(("amount", "evidence"), [(50_000_00, False), (50_000_01, True)])
def test_more_than_fifty_thousand_to_an_individual_needs_evidence(amount: int, *, evidence: bool) -> None:
    for made in (library.BasicAccount(), library.GeneralAccount()):
        found = made.permits("to_individual", amount)
        assert found.allowed
        assert found.evidence == evidence


@pytest.mark.parametrize(
    "purpose", ["securities_settlement", "futures_margin", "trust_fund", "fiscal_extra_budget"]
)
@pytest.mark.parametrize("operation", ["cash_in", "cash_out", "wages"])
def test_funds_that_deal_in_no_cash_cannot_be_given_any(purpose: str, operation: Operation) -> None:
    with pytest.raises(msgspec.ValidationError, match="no cash is expected"):
        msgspec.convert({"purpose": purpose, "operations": [operation]}, library.SpecialAccount)


def test_income_collection_receives_only_but_for_where_the_law_sends_it() -> None:
    receives = msgspec.convert(
        {"purpose": "income_collection", "operations": ["cash_in", "transfer_in"]}, library.SpecialAccount
    )
    assert allowed(receives) == {"cash_in", "transfer_in"}
    with pytest.raises(msgspec.ValidationError, match="it only receives"):
        msgspec.convert(
            {"purpose": "income_collection", "operations": ["transfer_out"]}, library.SpecialAccount
        )


def test_a_supervised_account_pays_with_the_supervisors_approval() -> None:
    escrow = library.SpecialAccount(
        purpose="escrow_presale", operations=("transfer_in", "transfer_out"), supervisor=True
    )
    assert escrow.permits("transfer_out").evidence
    assert not escrow.permits("transfer_in").evidence
    assert not escrow.permits("cash_out").allowed


def test_a_temporary_account_lives_two_years_at_most() -> None:
    office = library.TemporaryAccount(purpose="temporary_office", operations=OPERATIONS)
    assert office.last_day(date(2026, 3, 1)) == date(2028, 2, 29)
    with pytest.raises(msgspec.ValidationError, match="<= 24"):
        msgspec.convert(
            {"purpose": "temporary_office", "operations": ["cash_in"], "most_months": 25},
            library.TemporaryAccount,
        )


@pytest.mark.parametrize("purpose", ["capital_verification", "capital_increase"])
def test_capital_that_is_verified_only_comes_in(purpose: str) -> None:
    with pytest.raises(msgspec.ValidationError, match="it only receives"):
        msgspec.convert(
            {"purpose": purpose, "operations": ["transfer_in", "transfer_out"]}, library.TemporaryAccount
        )


def test_a_deposits_account_has_no_cash_and_no_settlement() -> None:
    account = library.DepositAccount()
    assert allowed(account) == {"transfer_in", "transfer_out"}
    assert account.restricted
    assert account.opening_problem(basic_accounts=1, same_class=99) is None
    with pytest.raises(msgspec.ValidationError, match="only transfers"):
        msgspec.convert({"operations": ["cash_in"]}, library.DepositAccount)


@pytest.mark.parametrize("purpose", get_args(SpecialPurpose))
def test_every_purpose_permits_only_what_is_listed(purpose: SpecialPurpose) -> None:
    account = library.SpecialAccount(purpose=purpose, operations=("transfer_in",))
    assert allowed(account) == {"transfer_in"}
    assert purpose in account.permits("transfer_out").reason
