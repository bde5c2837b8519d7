"""Signing: one act opens everything; the same again is the same; what a rule refuses changes nothing."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from sycee import ledger, products
from sycee.kernel.ids import uuid7
from sycee.parties import (
    CustomerStatus,
    DueDiligenceOutcome,
    RiskGrade,
    change_customer,
    give_mandates,
    record_due_diligence,
    sole_mandate,
)
from sycee.products import ItemChoice
from tests.parties.people import BY, a_customer, a_fit_customer, a_person
from tests.products.agreements.offering import TODAY, Buyer, Office, arrangement


async def test_one_signing_opens_accounts_arrangements_interest_and_conditions(office: Office) -> None:
    buyer = await office.buyer()
    request = buyer.request(choices={"surplus": ItemChoice(), "call": ItemChoice()})
    (outcome,) = await office.sign(request)
    assert outcome.status == "signed"
    agreement = await office.agreement(request.id)
    main, surplus, call = (arrangement(agreement, key) for key in ("main", "surplus", "call"))
    assert main.account is not None
    assert (surplus.account, surplus.lies_over, call.account) == (None, main.id, None)
    async with office.database.transaction() as tx:
        account = await ledger.get_account(tx, main.account)
        position = await products.interest_position(tx, main.account)
        assert await products.arrangement_of(tx, main.account) == main
        assert await products.basic_account(tx, buyer.id) == main.account
        conditions = await products.conditions_of(tx, main)
    assert (account.customer, account.currency, account.balance, account.cell) == (buyer.id, "CNY", 0, 101)
    assert (account.name, account.local_name) == ("Basic account", "基本存款账户")
    assert position.first == TODAY
    assert [(one.slot, one.condition, one.account) for one in conditions] == [
        ("channels", "channel.online", main.account),
        ("fees", "fee.month", main.account),
        ("limits", "limit.day", main.account),
    ]
    assert conditions[1].parameters["amount"] == "50.00"


async def test_an_agreement_deposit_sets_the_interest_of_the_account_it_lies_over(office: Office) -> None:
    buyer = await office.buyer()
    agreement = await office.signed(
        buyer, surplus=ItemChoice(negotiated={"interest.quota": "200000.00", "interest.spread": "0.10"})
    )
    account = arrangement(agreement, "main").account
    row = await office.row(
        "SELECT t.lowers, t.rate_keys, t.spreads"
        " FROM interest_positions p JOIN interest_terms t ON t.id = p.terms WHERE p.account = %s",
        account,
    )
    # The first entry of each is that of a negative balance.
    assert row[0][1:] == [0, 20_000_000]
    assert row[1][1:] == ["CNY.demand", "CNY.agreement"]
    assert [str(spread.normalize()) for spread in row[2][1:]] == ["0", "0.1"]


async def test_the_product_of_an_arrangement_is_frozen(office: Office) -> None:
    agreement = await office.signed(await office.buyer(), surplus=ItemChoice())
    surplus = arrangement(agreement, "surplus")
    resolved = office.registry.resolve("surplus", TODAY)
    assert surplus.product == resolved
    assert surplus.product.one("interest").quota == resolved.one("interest").quota


async def test_the_same_signing_again_is_answered_with_the_first_outcome(office: Office) -> None:
    request = (await office.buyer()).request()
    (first,) = await office.sign(request)
    before = await office.books()
    (again,) = await office.sign(request)
    assert (again.status, again.contract) == ("duplicate", first.contract)
    assert await office.books() == before


async def test_the_same_id_with_other_content_is_refused(office: Office) -> None:
    buyer = await office.buyer()
    request = buyer.request()
    await office.sign(request)
    before = await office.books()
    other = buyer.request("second", id=request.id)
    (refused,) = await office.sign(other)
    assert (refused.status, refused.code) == ("rejected", "agreement_id_reused")
    assert await office.books() == before


async def test_an_id_twice_in_one_list_is_signed_once(office: Office) -> None:
    buyer = await office.buyer()
    request = buyer.request()
    other = buyer.request("second", id=request.id)
    outcomes = await office.sign(request, request, other)
    assert [one.status for one in outcomes] == ["signed", "duplicate", "rejected"]
    assert outcomes[2].code == "agreement_id_reused"
    assert (await office.row("SELECT count(*) FROM agreements"))[0] == 1


async def test_an_id_twice_in_one_list_is_refused_twice(office: Office) -> None:
    buyer = await office.buyer()
    request = Buyer(buyer.customer, uuid7()).request()
    outcomes = await office.sign(request, request, request)
    assert [(one.status, one.code) for one in outcomes] == [("rejected", "signer_not_mandated")] * 3


async def test_a_list_signs_what_it_can_and_refuses_the_rest(office: Office) -> None:
    good, other = await office.buyer("Good Ltd"), await office.buyer("Other Ltd", cell=102)
    stranger = Buyer(good.customer, uuid7())
    outcomes = await office.sign(good.request(), stranger.request("second"), other.request())
    assert [one.status for one in outcomes] == ["signed", "rejected", "signed"]
    assert outcomes[1].code == "signer_not_mandated"
    assert (await office.row("SELECT count(*), count(DISTINCT cell) FROM agreements")) == (2, 2)


async def test_a_list_of_a_hundred_takes_as_many_statements_as_a_list_of_two(office: Office) -> None:
    await _counted(office, 1)  # what is written once for all, such as terms of interest
    assert await _counted(office, 2) == await _counted(office, 100)


async def _counted(office: Office, count: int) -> int:
    """How many statements the signing of a list sends."""
    buyers = [await office.buyer(f"Customer {number} of {count}") for number in range(count)]
    requests = [buyer.request(choices={"surplus": ItemChoice()}) for buyer in buyers]
    sent = 0
    async with office.database.transaction() as tx:
        execute = type(tx).execute

        async def counting(self: Any, *given: Any, **more: Any) -> Any:
            nonlocal sent
            sent += 1
            return await execute(self, *given, **more)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(tx), "execute", counting)
            outcomes = await products.sign(tx, requests, by=BY, registry=office.registry)
    assert {one.status for one in outcomes} == {"signed"}
    return sent


async def test_a_package_of_several_accounts_numbers_them(office: Office) -> None:
    agreement = await office.signed(
        await office.buyer(), "many", **{"branch.2": ItemChoice(name="Pudong branch", local_name="浦东")}
    )
    assert [one.key for one in agreement.arrangements] == ["main", "branch.1", "branch.2", "branch.3"]
    async with office.database.transaction() as tx:
        accounts = [await ledger.get_account(tx, one.account or 0) for one in agreement.arrangements]
    assert [account.name for account in accounts] == [
        "Basic account", "General account", "Pudong branch", "General account",
    ]  # fmt: skip


async def test_an_account_that_only_receives_is_opened_closed_to_debits(office: Office) -> None:
    agreement = await office.signed(
        await office.buyer(), "founding", capital=ItemChoice(ends_on=date(2026, 12, 31))
    )
    (capital,) = agreement.arrangements
    async with office.database.transaction() as tx:
        account = await ledger.get_account(tx, capital.account or 0)
    assert account.status is ledger.AccountStatus.DEBIT_BLOCKED
    assert capital.ends_on == date(2026, 12, 31)


REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "unknown package": ("nothing", {}, "package_not_found"),
    "package no longer sold": ("past", {}, "package_not_found"),
    "unknown item": ("starter", {"choices": {"gold": ItemChoice()}}, "unknown_item"),
    "required item left out": ("starter", {"choices": {"main": ItemChoice(include=False)}}, "item_required"),
    "spread above the bound": (
        "starter",
        {"choices": {"main": ItemChoice(negotiated={"interest.tiers.0.spread": "0.16"})}},
        "choice_out_of_bounds",
    ),
    "quota below the bound": (
        "starter",
        {"choices": {"surplus": ItemChoice(negotiated={"interest.quota": "99999.99"})}},
        "choice_out_of_bounds",
    ),
    "term that is not negotiable": (
        "starter",
        {"choices": {"main": ItemChoice(negotiated={"settlement.day": 1})}},
        "choice_not_negotiable",
    ),
    "temporary account without an end": ("founding", {}, "end_date_missing"),
    "temporary account for over two years": (
        "founding",
        {"choices": {"capital": ItemChoice(ends_on=date(2028, 3, 31))}},
        "end_date_out_of_range",
    ),
    "temporary account that ends today": (
        "founding",
        {"choices": {"capital": ItemChoice(ends_on=TODAY)}},
        "end_date_out_of_range",
    ),
    "end date on a basic account": (
        "starter",
        {"choices": {"main": ItemChoice(ends_on=date(2026, 12, 31))}},
        "choice_without_meaning",
    ),
    "name for what has no account": (
        "starter",
        {"choices": {"call": ItemChoice(name="My deposit")}},
        "choice_without_meaning",
    ),
    "general account without a basic one": ("second", {}, "account_class_refused"),
    "basic account beside one at another bank": (
        "starter",
        {"basic_elsewhere": "J2900012345601"},
        "basic_account_exists",
    ),
    "priced for yesterday": ("starter", {"on": date(2026, 3, 30)}, "signing_date_not_current"),
    "nobody signs": ("starter", {"signers": ()}, "signer_not_mandated"),
    "unknown customer": ("starter", {"customer": uuid7()}, "customer_not_found"),
}


@pytest.mark.parametrize("dry_run", [False, True], ids=["signed", "previewed"])
@pytest.mark.parametrize("name", REFUSED)
async def test_what_a_rule_refuses_changes_nothing(office: Office, name: str, dry_run: bool) -> None:
    package, fields, code = REFUSED[name]
    buyer = await office.buyer()
    before = await office.books()
    given: dict[str, Any] = {"id": uuid7(), "customer": buyer.id, "signers": (buyer.signer,), **fields}
    request = products.SignRequest(package=package, **given)
    (refused,) = await office.sign(request, dry_run=dry_run)
    assert (refused.status, refused.code) == ("rejected", code)
    assert refused.detail
    assert refused.contract is None
    assert await office.books() == before


async def test_a_temporary_account_may_last_to_the_day_before_two_years(office: Office) -> None:
    agreement = await office.signed(
        await office.buyer(), "founding", capital=ItemChoice(ends_on=date(2028, 3, 30))
    )
    assert agreement.arrangements[0].ends_on == date(2028, 3, 30)


async def test_a_general_account_may_stand_beside_a_basic_one_at_another_bank(office: Office) -> None:
    buyer = await office.buyer()
    (outcome,) = await office.sign(buyer.request("second", basic_elsewhere="J2900012345601"))
    assert outcome.status == "signed"
    assert outcome.contract is not None
    assert outcome.contract.customer.basic_elsewhere == "J2900012345601"


async def test_a_customer_without_due_diligence_is_refused(office: Office) -> None:
    async with office.database.transaction() as tx:
        made = await a_customer(tx, cell=101)
        signer = await a_person(tx)
        await give_mandates(tx, [sole_mandate(made.id, signer.id)], by=BY)
    await _refused(office, Buyer(made, signer.id), "due_diligence_missing")


async def test_a_customer_whose_due_diligence_has_expired_is_refused(office: Office) -> None:
    async with office.database.transaction() as tx:
        made = await a_customer(tx, cell=101, valid_from=date(2025, 1, 1))
        signer = await a_person(tx)
        await give_mandates(tx, [sole_mandate(made.id, signer.id)], by=BY)
        await record_due_diligence(
            tx, made.id, DueDiligenceOutcome.PASSED, date(2026, 3, 30), RiskGrade.LOW, by=BY,
            done_on=date(2025, 3, 30),
        )  # fmt: skip
    await _refused(office, Buyer(made, signer.id), "due_diligence_expired")


async def test_a_suspended_customer_is_refused(office: Office) -> None:
    buyer = await office.buyer()
    async with office.database.transaction() as tx:
        await change_customer(tx, buyer.id, by=BY, reason="court", status=CustomerStatus.SUSPENDED)
    await _refused(office, buyer, "customer_not_active")


async def test_a_customer_that_gave_no_mandate_is_refused(office: Office) -> None:
    async with office.database.transaction() as tx:
        made = await a_fit_customer(tx, cell=101)
        signer = await a_person(tx)
    await _refused(office, Buyer(made, signer.id), "mandate_missing")


async def test_a_customer_for_whom_the_product_is_not_made_is_refused(office: Office) -> None:
    buyer = await office.buyer(country="DE", lei=None)
    await _refused(office, buyer, "not_eligible")


async def _refused(office: Office, buyer: Buyer, code: str) -> None:
    before = await office.books()
    (refused,) = await office.sign(buyer.request())
    assert (refused.status, refused.code) == ("rejected", code)
    assert await office.books() == before


async def test_more_than_a_thousand_at_once_are_refused(office: Office) -> None:
    request = (await office.buyer()).request()
    with pytest.raises(products.TooManyAgreements):
        await office.sign_list([request] * 1001)


async def test_what_was_priced_for_another_version_of_the_package_is_not_signed(office: Office) -> None:
    buyer = await office.buyer()
    (preview,) = await office.sign(buyer.request(), dry_run=True)
    assert preview.contract is not None
    sold = preview.contract.package_version
    old, right = buyer.request(package_version="2019-12-31"), buyer.request(package_version=sold)
    outcomes = await office.sign(old, right)
    assert [(one.status, one.code) for one in outcomes] == [("rejected", "package_changed"), ("signed", None)]
