"""Every shipped product and package fits together: slots, currencies, rates, tenors, choices."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from sycee.components import ResolvedProduct, library, registry

FIRST, TODAY = date(2020, 1, 1), date(2026, 3, 2)
DEFINED = {id: registry().product(id, TODAY) for id in registry().products}
PRODUCTS = sorted(id for id, made in DEFINED.items() if not made.abstract)
PACKAGES = sorted(registry().packages)
NINE_TENORS = {"1m": 1, "3m": 3, "6m": 6, "9m": 9, "1y": 12, "18m": 18, "2y": 24, "3y": 36, "5y": 60}
every_product = pytest.mark.parametrize("id", PRODUCTS)


def resolved(id: str, **choices: Any) -> ResolvedProduct:
    return registry().resolve(id, TODAY, choices)


def rate_keys(product: ResolvedProduct) -> set[str]:
    currency = product.one("currency").code
    interest = product.one("interest")
    terms = interest.terms(currency, product.one("day_count").convention)
    keys = {tier.rate_key for tier in (*terms.tiers, *filter(None, [terms.overdraft])) if tier.rate_key}
    for name in ("overdue_rate_key", "demand_rate_key"):
        if hasattr(interest, name):
            keys.add(f"{currency}.{getattr(interest, name)}")
    return keys


@every_product
def test_a_product_is_sold_since_its_first_day_and_a_snapshot_restores_it(id: str) -> None:
    product = registry().resolve(id, FIRST)
    assert ResolvedProduct.from_data(product.as_data()) == product
    assert product.line in {"deposits", "accounts"}


@every_product
def test_a_product_has_what_interest_needs(id: str) -> None:
    product = resolved(id)
    for slot in ("form", "currency", "interest", "day_count", "settlement", "rounding", "tax", "accounting"):
        product.one(slot)
    for key in rate_keys(product):
        assert library.sample_rate_on(key, FIRST) >= 0


@every_product
def test_a_product_offers_its_own_currency(id: str) -> None:
    product = resolved(id)
    currency, form = product.one("currency").code, product.one("form")
    minimums = getattr(form, "minimum_opening", None) or getattr(form, "quota_floor", {})
    assert not minimums or currency in minimums
    for limit in product.all("limits"):
        assert getattr(limit, "currency", currency) == currency
    if product.get("notice") is not None:
        rule = product.one("notice")
        assert rule.minimum_balance[currency] == form.minimum_opening[currency]
        assert rule.minimum_withdrawal[currency] <= form.minimum_opening[currency]


@every_product
def test_the_slots_of_a_product_fit_its_form(id: str) -> None:
    product = resolved(id)
    form, tenor = product.one("form").form, product.get("tenor")
    if form == "notice":
        assert isinstance(product.one("interest"), library.NoticeInterest)
        assert product.one("interest").rate_key.endswith(f"{product.one('notice').notice_days}d")
        assert isinstance(tenor, library.OpenTenor)
    elif form in {"time", "large_cd"}:
        assert isinstance(tenor, library.FixedTenor)
        assert product.one("early_interest")
        assert product.one("renewal")
        if isinstance(product.one("interest"), library.TimeInterest):
            assert product.one("interest").rate_key.split(".")[1] == _name(tenor.months)
    elif form == "agreement":
        assert isinstance(tenor, library.ContractTenor)
        floor = product.one("form").quota_floor[product.one("currency").code]
        assert product.one("interest").quota >= floor
    if form in {"demand", "notice", "time", "large_cd", "margin"}:
        assert product.one("account_class").account_class == "deposit" or form == "demand"


def _name(months: int) -> str:
    return next(name for name, count in NINE_TENORS.items() if count == months)


@every_product
def test_every_choice_that_is_offered_can_be_made(id: str) -> None:
    product = resolved(id)
    offered = {
        path: bound
        for one in (*reversed(product.base), id)
        for path, bound in DEFINED[one].negotiable.items()
    }
    for path, bound in offered.items():
        if bound is None:
            continue
        for value in (*bound.one_of, *(value for value in (bound.min, bound.max) if value is not None)):
            assert path in resolved(id, **{path: value}).negotiated
        if bound.any_of:
            chosen = resolved(id, **{path: list(bound.any_of)})
            assert len(chosen.all(path)) == len(bound.any_of)


@pytest.mark.parametrize("id", PACKAGES)
def test_a_package_resolves_and_an_agreement_lies_over_an_account(id: str) -> None:
    package = registry().resolve_package(id, TODAY)
    assert any(not item.optional for item in package.items)
    for item in package.items:
        form = item.product.one("form").form
        assert (form == "agreement") == (item.over is not None)
        if item.over is not None:
            below = package.item(item.over).product
            assert below.one("form").form == "demand"
            assert below.one("currency") == item.product.one("currency")


@pytest.mark.parametrize("id", PACKAGES)
def test_a_package_opens_one_basic_account_at_most(id: str) -> None:
    items = registry().resolve_package(id, TODAY).items
    classes = [item.product.get("account_class") for item in items]
    assert sum(isinstance(made, library.BasicAccount) for made in classes) <= 1


# What corporate deposits must have


@pytest.mark.parametrize(("id", "days"), [("notice-1d", 1), ("notice-7d", 7)])
def test_notice_deposits_open_with_500000_and_pay_100000_at_least(id: str, days: int) -> None:
    product = resolved(id)
    assert product.one("form").opening_problem("CNY", 499_999_99) is not None
    assert product.one("form").opening_problem("CNY", 500_000_00) is None
    assert product.one("notice").minimum_withdrawal["CNY"] == 100_000
    assert product.one("notice").notice_days == days


@pytest.mark.parametrize("tenor", ["3m", "6m", "1y", "2y", "3y", "5y"])
def test_time_deposits_have_six_tenors_from_10000_and_one_early_part(tenor: str) -> None:
    product = resolved(f"time-{tenor}")
    assert product.one("tenor").months == NINE_TENORS[tenor]
    assert product.one("form").opening_problem("CNY", 10_000_00) is None
    assert product.one("form").opening_problem("CNY", 9_999_99) is not None
    assert product.one("early_interest").partial_times == 1
    assert product.one("form").pays_out_to == "basic"
    assert not product.one("account_class").permits("cash_out").allowed


@pytest.mark.parametrize("tenor", NINE_TENORS)
@pytest.mark.parametrize("rate", ["", "-floating"])
def test_certificates_have_nine_tenors_fixed_and_floating_from_ten_million(tenor: str, rate: str) -> None:
    product = resolved(f"large-cd-{tenor}{rate}")
    assert product.one("tenor").months == NINE_TENORS[tenor]
    assert product.one("form").opening_problem("CNY", 10_000_000_00) is None
    assert product.one("form").opening_problem("CNY", 9_000_000_00) is not None
    assert product.one("form").transferable
    assert isinstance(product.one("interest"), library.FloatingInterest) == bool(rate)
    if rate:
        assert product.one("interest").reference_key.startswith("shibor.")


@pytest.mark.parametrize("id", ["agreement-deposit", "agreement-deposit-small"])
def test_an_agreement_runs_a_year_at_most_and_renews_itself(id: str) -> None:
    contract = resolved(id).one("tenor")
    assert contract.months <= 12
    assert contract.renews


def test_a_quota_may_be_negotiated_above_its_floor_only() -> None:
    chosen = resolved("agreement-deposit", **{"interest.quota": "250000.00"})
    assert chosen.one("interest").terms("CNY").tiers[1].above == 250_000_00
    with pytest.raises(ValueError, match="quota"):
        library.AgreementInterest(quota=Decimal(1), quota_floor=Decimal(2))


def test_demand_deposits_settle_quarterly_on_the_20th() -> None:
    for id in ("basic-account", "general-account", "agreement-deposit"):
        rule = resolved(id).one("settlement")
        assert rule.next_settlement(date(2026, 1, 1)) == date(2026, 3, 20)
        assert rule.credit_day(date(2026, 3, 20)) == date(2026, 3, 21)


def test_margin_cannot_be_deducted_while_its_obligation_stands() -> None:
    margins = [id for id in PRODUCTS if id.startswith("margin-")]
    assert len(margins) == 10
    for id in margins:
        form = resolved(id).one("form")
        assert form.action_problem("deduct", obligation=1, balance=10**9, amount=1) is not None
        assert form.action_problem("freeze", obligation=1, balance=10**9, amount=1) is None


@pytest.mark.parametrize("currency", ["gbp", "hkd", "aud", "cad", "sgd"])
def test_some_foreign_currencies_go_by_365_days(currency: str) -> None:
    for id in (f"fx-account-{currency}", f"fx-time-1y-{currency}", f"fx-notice-7d-{currency}"):
        assert resolved(id).one("day_count").convention == "actual/365"


@pytest.mark.parametrize(
    "name",
    ["settlement-starter", "treasury", "payroll", "import-export", "project-funds", "group-headquarters"],
)
def test_the_packages_that_corporates_ask_for_are_there(name: str) -> None:
    assert name in PACKAGES


def test_sample_rates_change_on_their_day() -> None:
    assert library.sample_rate_on("CNY.demand", date(2025, 12, 31)) == Decimal("0.25")
    assert library.sample_rate_on("CNY.demand", date(2026, 1, 1)) == Decimal("0.20")
    with pytest.raises(KeyError):
        library.sample_rate_on("CNY.demand", date(2019, 12, 31))
