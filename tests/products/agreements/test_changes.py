"""Changing, extending, ending and moving agreements, with the books beside them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from sycee import ledger, products
from sycee.kernel.errors import SyceeError
from sycee.kernel.ids import uuid7
from sycee.products import Agreement, ItemChoice
from tests.parties.people import BY
from tests.products.agreements.offering import TODAY, Buyer, Office, arrangement, release_rates

NEXT = date(2026, 4, 1)
AFTER_THE_NEW_VERSION = date(2026, 10, 8)


async def _advance(office: Office, to: date) -> None:
    async with office.database.transaction() as tx:
        await ledger.advance_business_date(tx, 101, to)


async def _act(office: Office, function: Any, *given: Any, **more: Any) -> Any:
    """One act of the bank in a transaction of its own."""
    async with office.database.transaction() as tx:
        return await function(tx, *given, by=BY, reason="for the tests", **more)


async def _fund(office: Office, account: int, amount: int) -> None:
    async with office.database.transaction() as tx:
        (vault,) = await ledger.open_accounts(
            tx, [ledger.NewAccount(currency="CNY", subject="1001", cell=101, floor=None)]
        )
        transfer = ledger.NewTransfer(
            id=uuid7(), debit=vault.number, credit=account, amount=amount, currency="CNY"
        )
        (outcome,) = await ledger.post_transfers(tx, [transfer])
        assert outcome.status == "posted"


async def _spreads(office: Office, account: int | None) -> list[str]:
    """The spreads on which an account bears interest from now on, tier by tier."""
    row = await office.row(
        "SELECT t.spreads FROM interest_assignments a JOIN interest_terms t ON t.id = a.terms"
        " WHERE a.account = %s ORDER BY a.start DESC LIMIT 1",
        account,
    )
    return [str(spread.normalize()) for spread in row[0][1:]]


async def _signed(office: Office) -> tuple[Buyer, Agreement]:
    buyer = await office.buyer()
    return buyer, await office.signed(buyer, surplus=ItemChoice())


async def test_a_change_takes_effect_in_arrangement_interest_and_contract(office: Office) -> None:
    buyer, before = await _signed(office)
    await _advance(office, NEXT)
    contract = await _act(
        office, products.change_agreement, before.id, "surplus",
        negotiated={"interest.spread": "0.20"}, signers=(buyer.signer,), registry=office.registry,
    )  # fmt: skip
    after = await office.agreement(before.id)
    surplus = arrangement(after, "surplus")
    assert (contract.revision, contract.made_on, contract.signed_on) == (2, NEXT, TODAY)
    assert surplus.product.negotiated == {"interest.spread": "0.20"}
    assert surplus.id == arrangement(before, "surplus").id
    assert await _spreads(office, arrangement(after, "main").account) == ["0", "0.2"]
    async with office.database.transaction() as tx:
        (event,) = await products.agreement_events(tx, before.id)
        first = await products.contract(tx, before.id, 1)
        assert await products.contract(tx, before.id) == contract
    assert (event.kind, event.by, event.reason, event.on) == ("changed", BY, "for the tests", NEXT)
    assert (event.before["negotiated"], event.after["negotiated"]) == ({}, {"interest.spread": "0.20"})
    assert first.revision == 1
    assert first.items[1].negotiated == ()


async def test_a_change_to_what_lies_below_keeps_the_interest_of_what_lies_over(office: Office) -> None:
    buyer, before = await _signed(office)
    await _act(
        office, products.change_agreement, before.id, "main",
        negotiated={"interest.tiers.0.spread": "0.05"}, signers=(buyer.signer,), registry=office.registry,
    )  # fmt: skip
    assert await _spreads(office, arrangement(before, "main").account) == ["0", "0"]


BAD_CHANGES: dict[str, tuple[str, dict[str, Any], str]] = {
    "out of bounds": ("surplus", {"negotiated": {"interest.spread": "0.31"}}, "choice_out_of_bounds"),
    "not negotiable": ("surplus", {"negotiated": {"settlement.day": 1}}, "choice_not_negotiable"),
    "nothing new": ("surplus", {"negotiated": {}}, "nothing_to_change"),
    "no such arrangement": ("gold", {"negotiated": {}}, "arrangement_not_found"),
    "end of what is not temporary": ("main", {"ends_on": date(2026, 12, 31)}, "choice_without_meaning"),
    "signer without a mandate": ("surplus", {"signers": (uuid7(),)}, "signer_not_mandated"),
}


@pytest.mark.parametrize("name", BAD_CHANGES)
async def test_a_bad_change_is_refused_and_nothing_changes(office: Office, name: str) -> None:
    key, fields, code = BAD_CHANGES[name]
    buyer, before = await _signed(office)
    books = await office.books()
    given = {"signers": (buyer.signer,), **fields}
    with pytest.raises(SyceeError) as refused:
        await _act(office, products.change_agreement, before.id, key, registry=office.registry, **given)
    assert refused.value.code == code
    assert await office.books() == books
    assert await office.agreement(before.id) == before


async def test_an_item_can_be_added_later_over_an_account_that_is_there(office: Office) -> None:
    buyer = await office.buyer()
    before = await office.signed(buyer)
    await _advance(office, NEXT)
    contract = await _act(
        office, products.extend_agreement, before.id,
        {"surplus": ItemChoice(negotiated={"interest.spread": "0.10"})},
        signers=(buyer.signer,), registry=office.registry,
    )  # fmt: skip
    after = await office.agreement(before.id)
    surplus = arrangement(after, "surplus")
    assert (surplus.started_on, surplus.lies_over) == (NEXT, arrangement(before, "main").id)
    assert [item.key for item in contract.items] == ["main", "surplus"]
    assert [item.started_on for item in contract.items] == [TODAY, NEXT]
    assert await _spreads(office, arrangement(after, "main").account) == ["0", "0.1"]
    assert after.choices["surplus"].negotiated == {"interest.spread": "0.10"}


BAD_EXTENSIONS: dict[str, tuple[dict[str, ItemChoice], str]] = {
    "taken already": ({"surplus": ItemChoice()}, "item_taken"),
    "unknown": ({"gold": ItemChoice()}, "unknown_item"),
    "nothing": ({}, "unknown_item"),
    "out of bounds": ({"call": ItemChoice(name="Mine")}, "choice_without_meaning"),
}


@pytest.mark.parametrize("name", BAD_EXTENSIONS)
async def test_a_bad_extension_is_refused_and_nothing_changes(office: Office, name: str) -> None:
    choices, code = BAD_EXTENSIONS[name]
    buyer, before = await _signed(office)
    books = await office.books()
    with pytest.raises(SyceeError) as refused:
        await _act(
            office, products.extend_agreement, before.id, choices, signers=(buyer.signer,),
            registry=office.registry,
        )  # fmt: skip
    assert refused.value.code == code
    assert await office.books() == books


async def test_ending_settles_interest_moves_the_balance_out_and_closes_the_account(office: Office) -> None:
    buyer, agreement = await _signed(office)
    account = arrangement(agreement, "main").account
    assert account is not None
    await _fund(office, account, 100_000_000)
    async with office.database.transaction() as tx:
        (elsewhere,) = await ledger.open_accounts(
            tx, [ledger.NewAccount(currency="CNY", subject="2011", cell=101)]
        )
    for day in range(1, 31):
        await _close_day(office, date(2026, 4, day))
    ending = await _act(
        office, products.end_agreement, agreement.id, pay_to=elsewhere.number, signers=(buyer.signer,)
    )
    # 1,000,000.00 from 31 March through 29 April, 30 days: 100,000 at 0.20 % and 900,000 at 0.90 %.
    # 100,000 x 30 x 0.0020 / 360 + 900,000 x 30 x 0.0090 / 360 = 16.67 + 675.00 = 691.67
    (main,) = (one for one in ending.ended if one.key == "main")
    assert main.moved_out == 100_000_000 + 69_167
    assert ending.contract is None
    async with office.database.transaction() as tx:
        closed = await ledger.get_account(tx, account)
        assert (await ledger.get_account(tx, elsewhere.number)).balance == 100_069_167
        assert await products.basic_account(tx, buyer.id) is None
    assert (closed.status, closed.balance) == (ledger.AccountStatus.CLOSED, 0)
    assert all(check.passed for check in await ledger.check_books(office.database))
    assert (await office.agreement(agreement.id)).state == "ended"
    (again,) = await office.sign(buyer.request())  # another basic account may be opened now
    assert again.status == "signed"


async def _close_day(office: Office, to: date) -> None:
    day = date.fromordinal(to.toordinal() - 1)
    await _advance(office, to)
    for step in (products.feed_balances, products.reaccrue, products.accrue, products.settle_due):
        done = await step(office.database, 101, day, to)
        assert not done.failures


async def test_money_on_the_account_needs_a_place_to_go(office: Office) -> None:
    buyer, agreement = await _signed(office)
    account = arrangement(agreement, "main").account
    await _fund(office, account or 0, 1)
    with pytest.raises(products.BalanceLeft):
        await _act(office, products.end_agreement, agreement.id, signers=(buyer.signer,))
    with pytest.raises(products.PayoutRefused):
        await _act(office, products.end_agreement, agreement.id, signers=(buyer.signer,), pay_to=account)
    assert (await office.agreement(agreement.id)).state == "active"


async def test_what_others_lie_over_is_not_ended_before_them(office: Office) -> None:
    buyer, agreement = await _signed(office)
    with pytest.raises(products.ArrangementInUse):
        await _act(office, products.end_agreement, agreement.id, keys=["main"], signers=(buyer.signer,))


async def test_ending_what_lies_over_gives_the_account_its_own_interest_back(office: Office) -> None:
    buyer, agreement = await _signed(office)
    await _advance(office, NEXT)
    ending = await _act(
        office, products.end_agreement, agreement.id, keys=["surplus"], signers=(buyer.signer,)
    )
    assert ending.contract is not None
    assert [item.key for item in ending.contract.items] == ["main"]
    assert await _spreads(office, arrangement(agreement, "main").account) == ["0"]
    after = await office.agreement(agreement.id)
    assert (after.state, after.arrangements[1].ended_on) == ("active", NEXT)
    await _act(
        office, products.extend_agreement, agreement.id, {"surplus": ItemChoice()},
        signers=(buyer.signer,), registry=office.registry,
    )  # fmt: skip
    assert len((await office.agreement(agreement.id)).arrangements) == 3


async def test_a_basic_account_closes_last(office: Office) -> None:
    buyer, agreement = await _signed(office)
    await office.signed(buyer, "second")
    with pytest.raises(products.ArrangementInUse):
        await _act(office, products.end_agreement, agreement.id, signers=(buyer.signer,))


async def test_a_deposit_placed_under_an_arrangement_keeps_it_from_ending(office: Office) -> None:
    buyer = await office.buyer()
    agreement = await office.signed(buyer, call=ItemChoice())
    call = arrangement(agreement, "call")
    async with office.database.transaction() as tx:
        (deposit,) = await ledger.open_accounts(
            tx, [ledger.NewAccount(currency="CNY", subject="2013", cell=101, customer=buyer.id)]
        )
        await products.attach_account(tx, call, deposit.number)
        assert (await products.arrangement_of(tx, deposit.number)).key == "call"
    with pytest.raises(products.ArrangementInUse):
        await _act(office, products.end_agreement, agreement.id, keys=["call"], signers=(buyer.signer,))
    async with office.database.transaction() as tx:
        await ledger.change_account(tx, deposit.number, status=ledger.AccountStatus.CLOSED, reason="paid out")
    await _act(office, products.end_agreement, agreement.id, keys=["call"], signers=(buyer.signer,))


async def test_an_agreement_that_has_ended_is_left_alone(office: Office) -> None:
    buyer, agreement = await _signed(office)
    await _act(office, products.end_agreement, agreement.id, signers=(buyer.signer,))
    with pytest.raises(products.AgreementEnded):
        await _act(office, products.end_agreement, agreement.id, signers=(buyer.signer,))


async def test_an_old_agreement_keeps_its_version_until_it_is_moved(office: Office) -> None:
    _, agreement = await _signed(office)
    main = arrangement(agreement, "main")
    await _advance(office, AFTER_THE_NEW_VERSION)
    assert arrangement(await office.agreement(agreement.id), "main").product == main.product
    assert main.product.one("fees").amount == 50
    async with office.database.transaction() as tx:
        found = await products.customers_on_versions(tx, "starter", older_than="2026-10-01")
        assert not await products.customers_on_versions(tx, "starter", older_than="2026-01-01")
    assert [(one.agreement, one.version) for one in found] == [(agreement.id, "2026-01-01")]


async def test_moving_brings_the_new_version_its_items_and_keeps_what_was_negotiated(office: Office) -> None:
    buyer = await office.buyer()
    agreement = await office.signed(
        buyer, surplus=ItemChoice(negotiated={"interest.spread": "0.10"}), call=ItemChoice()
    )
    await _advance(office, AFTER_THE_NEW_VERSION)
    given: dict[str, Any] = {"by": BY, "reason": "new price list", "registry": office.registry}
    before = await office.books()
    (planned,) = await products.move_agreements(office.database, [agreement.id], dry_run=True, **given)
    assert await office.books() == before
    (move,) = await products.move_agreements(office.database, [agreement.id], **given)
    assert move == planned
    assert (move.status, move.before, move.after) == ("moved", "2026-01-01", "2026-10-01")
    assert (move.changed, move.added, move.kept) == (("main",), ("second",), ("call",))
    after = await office.agreement(agreement.id)
    assert after.package_version == "2026-10-01"
    assert arrangement(after, "main").product.one("fees").amount == 30
    assert arrangement(after, "surplus").product.negotiated == {"interest.spread": "0.10"}
    assert arrangement(after, "second").account is not None
    async with office.database.transaction() as tx:
        conditions = await products.conditions_of(tx, arrangement(after, "main"), slot="fees")
        assert not await products.customers_on_versions(tx, "starter", older_than="2026-10-01")
    assert [(one.parameters["amount"], one.started_on, one.ended_on) for one in conditions] == [
        ("50.00", TODAY, AFTER_THE_NEW_VERSION),
        ("30.00", AFTER_THE_NEW_VERSION, None),
    ]
    (again,) = await products.move_agreements(office.database, [agreement.id], **given)
    assert again.status == "current"


async def test_one_agreement_that_cannot_be_moved_holds_up_no_other(office: Office) -> None:
    first, second = await office.buyer("First Ltd"), await office.buyer("Second Ltd")
    one, other = await office.signed(first), await office.signed(second)
    await _act(office, products.end_agreement, one.id, signers=(first.signer,))
    await _advance(office, AFTER_THE_NEW_VERSION)
    moves = await products.move_agreements(
        office.database, [one.id, uuid7(), other.id], by=BY, reason="new", registry=office.registry
    )
    assert [move.status for move in moves] == ["refused", "refused", "moved"]
    assert [move.code for move in moves] == ["agreement_ended", "agreement_not_found", None]


async def test_the_end_of_a_temporary_account_moves_within_two_years_of_its_opening(office: Office) -> None:
    buyer = await office.buyer()
    agreement = await office.signed(buyer, "founding", capital=ItemChoice(ends_on=date(2026, 12, 31)))
    await _advance(office, date(2026, 10, 8))
    given: dict[str, Any] = {"signers": (buyer.signer,), "registry": office.registry}
    with pytest.raises(products.EndDateOutOfRange):
        await _act(
            office, products.change_agreement, agreement.id, "capital", ends_on=date(2028, 3, 31), **given
        )
    await _act(office, products.change_agreement, agreement.id, "capital", ends_on=date(2028, 3, 30), **given)
    assert (await office.agreement(agreement.id)).arrangements[0].ends_on == date(2028, 3, 30)


async def test_agreements_are_listed_by_customer_and_package_page_by_page(office: Office) -> None:
    buyer, agreement = await _signed(office)
    second = await office.signed(buyer, "second")
    other = await office.signed(await office.buyer("Other Ltd"))
    async with office.database.transaction() as tx:
        mine = await products.list_agreements(tx, customer=buyer.id)
        starters = await products.list_agreements(tx, package="starter")
        page = await products.list_agreements(tx, limit=1)
        rest = await products.list_agreements(tx, after=page[0].id)
    assert {one.id for one in mine} == {agreement.id, second.id}
    assert {one.id for one in starters} == {agreement.id, other.id}
    assert len(page) == 1
    assert len(rest) == 2


async def test_rates_of_the_day_of_a_change_stand_in_its_contract(office: Office) -> None:
    buyer, agreement = await _signed(office)
    async with office.database.transaction() as tx:
        await release_rates(tx, NEXT, demand="0.15", agreement="0.80")
    await _advance(office, NEXT)
    contract = await _act(
        office, products.change_agreement, agreement.id, "surplus",
        negotiated={"interest.spread": "0.10"}, signers=(buyer.signer,), registry=office.registry,
    )  # fmt: skip
    assert [rate.rate for rate in contract.items[1].rates] == ["0.15", "0.90"]
