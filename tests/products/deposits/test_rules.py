"""Every rule for deposits held in units has a test of its own, and this is the list of them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

HERE = Path(__file__).parent
RULES = {
    # Notice
    "one- and seven-day notice": "test_one_day_of_notice_has_a_rate_of_its_own",
    "at least 500,000 to open": "test_units_open_with_500_000_at_least",
    "put in as one sum": "test_nothing_is_settled_from_it",
    "rate of the withdrawal day": "test_the_rate_is_that_of_the_day_of_withdrawal",
    "actual days": "test_on_the_notified_day_the_notice_rate_goes_for_all_days",
    "held for less than the notice term": "test_held_for_less_than_the_notice_term_it_earns_the_demand_rate",
    "withdrawn without notice": "test_without_notice_it_earns_the_demand_rate",
    "withdrawn before the notified day": "test_before_the_notified_day_it_earns_the_demand_rate",
    "withdrawn after the notified day": "test_after_the_notified_day_it_earns_the_demand_rate",
    "above the notified amount": "test_above_the_notified_amount_the_rest_earns_the_demand_rate",
    "below the notified amount": "test_below_the_notified_amount_the_rest_earns_the_demand_rate_so_far",
    "a withdrawal below the minimum": "test_a_withdrawal_below_the_minimum_earns_the_demand_rate",
    "at least 100,000 a withdrawal": "test_a_strict_product_refuses_a_withdrawal_below_the_minimum",
    "notice unused": "test_a_notice_that_was_not_used_costs_the_interest_of_its_period",
    "notice cancelled": "test_a_cancelled_notice_costs_the_interest_of_its_period",
    "what remains keeps its start": "test_what_remains_keeps_its_start",
    "what remains is below the minimum": (
        "test_when_too_little_would_remain_the_deposit_closes_at_the_demand_rate"
    ),
    # Time
    "3 and 6 months, 1, 2, 3, 5 years": "test_six_tenors_earn_whole_years_and_months",
    "at least 10,000": "test_units_place_ten_thousand_at_least",
    "rate fixed at opening": "test_the_rate_is_fixed_at_opening",
    "one early part-withdrawal": "test_a_second_part_is_not_withdrawn_early_but_all_of_it_is",
    "that part at the demand rate": (
        "test_a_part_withdrawn_early_earns_the_demand_rate_and_the_rest_goes_on"
    ),
    "days after maturity at the demand rate": "test_days_after_maturity_earn_the_demand_rate",
    "unless renewed": "test_it_is_renewed_with_its_interest_at_the_rate_of_the_day",
    "paid out to the basic account only": "test_it_is_paid_out_to_the_basic_account_only",
    "no cash, no settlement": "test_nothing_is_settled_from_it",
    "whole years and months": "test_six_tenors_earn_whole_years_and_months",
    "or all actual days": "test_interest_paid_monthly_goes_to_the_basic_account",
    # Large certificates
    "institutions from 10,000,000": "test_institutions_subscribe_for_ten_million_at_least",
    "nine tenors": "test_nine_tenors_are_offered_from_one_month_to_five_years",
    "transferable": "test_a_certificate_changes_hands_against_its_price",
    "fixed": "test_it_is_paid_out_with_its_fixed_rate_to_where_it_came_from",
    "floating on SHIBOR": "test_a_floating_rate_is_set_anew_every_quarter_on_shibor",
    # Margin
    "tied to an obligation": "test_a_margin_names_what_it_secures_and_covers_enough_of_it",
    "may be frozen": "test_what_is_frozen_stays_when_the_obligation_is_discharged",
    "not deducted while the obligation stands": "test_it_is_not_deducted_while_its_obligation_stands",
}


def proofs() -> set[str]:
    """The tests of this directory."""
    return {
        node.name
        for path in HERE.glob("test_*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef)
    }


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_proved(rule: str) -> None:
    assert RULES[rule] in proofs()
