"""Who may have a product: what conditions ask about a customer is looked up in the books."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from sycee import ledger
from sycee.components import Registry
from sycee.database import Database
from sycee.kernel.ids import uuid7
from sycee.parties import set_parent
from tests.parties.people import BY, a_fit_customer
from tests.products.agreements.offering import COMPONENTS, TODAY, Buyer, Office, arrangement

_CONDITIONS = {
    "old-customers": "{uses: eligibility.company_age@1,"
    " with: {counted_from: customer_since, least_months: 12}}",
    "groups-of-3": '{uses: eligibility.size@1, with: {measure: group_members, least: "3"}}',
    "rich": '{uses: eligibility.size@1, with: {measure: average_balance, least: "5000.00"}}',
    "account-holders": "{uses: eligibility.services@1, with: {needs: [basic_account, starter]}}",
}
_PERMIT = "J2900123456701"  # of a basic account at another bank, beside which deposits may be opened
_NAMED = "title: {en: For some, zh: 准入}, from: 2020-01-01"


@pytest.fixture
def demanding(office: Office, tmp_path: Path, database: Database) -> Office:
    """A bank that also sells, for each condition, a package that asks for it."""
    product = "base: call, group: deposits.all"
    lines = [
        "conditions:",
        *(f"- {{id: {id}, {_NAMED}, {body[1:]}" for id, body in _CONDITIONS.items()),
        "products:",
        *(f"- {{id: p-{id}, {_NAMED}, {product}, slots: {{eligibility: [{id}]}}}}" for id in _CONDITIONS),
        "packages:",
        *(f"- {{id: for-{id}, {_NAMED}, items: [{{key: call, product: p-{id}}}]}}" for id in _CONDITIONS),
    ]
    more = tmp_path / "demanding.yaml"
    more.write_text("\n".join(lines), encoding="utf-8")
    return Office(database, Registry.load([COMPONENTS, more]))


async def asks(office: Office, buyer: Buyer, condition: str, elsewhere: str = "") -> tuple[str, str]:
    """How a preview of the package ends, and what stands against it."""
    (outcome,) = await office.sign(buyer.request(f"for-{condition}", basic_elsewhere=elsewhere), dry_run=True)
    assert outcome.code in (None, "not_eligible"), outcome
    return outcome.status, outcome.detail or ""


async def test_a_customer_of_long_standing_is_one_that_has_been_active_for_long(demanding: Office) -> None:
    new = await demanding.buyer("New Ltd", valid_from=date(2025, 4, 1))
    old = await demanding.buyer("Old Ltd", valid_from=date(2025, 3, 31))
    status, why = await asks(demanding, new, "old-customers", _PERMIT)
    assert status == "rejected"
    assert "11 months since 2025-04-01: at least 12 are expected" in why
    assert await asks(demanding, old, "old-customers", _PERMIT) == ("preview", "")


async def test_the_members_of_the_whole_group_are_counted(demanding: Office) -> None:
    buyer = await demanding.buyer("Parent Ltd")
    for count in (1, 2):
        _, why = await asks(demanding, buyer, "groups-of-3", _PERMIT)
        assert f"group_members is {count}: at least 3" in why
        async with demanding.database.transaction() as tx:
            child = await a_fit_customer(tx, f"Child {count} Ltd", cell=102)
            await set_parent(tx, child.id, buyer.id, Decimal(60), by=BY, reason="founded")
    assert await asks(demanding, buyer, "groups-of-3", _PERMIT) == ("preview", "")


async def test_the_average_balance_is_that_of_all_accounts_over_ninety_days(demanding: Office) -> None:
    buyer = await demanding.buyer()
    agreement = await demanding.signed(buyer)
    account = arrangement(agreement, "main").account
    assert account is not None
    assert "average_balance is 0.00 CNY" in (await asks(demanding, buyer, "rich"))[1]
    async with demanding.database.transaction() as tx:
        new = ledger.NewAccount(currency="CNY", subject="1001", cell=101, floor=None)
        (cash,) = await ledger.open_accounts(tx, [new])
        transfer = ledger.NewTransfer(
            id=uuid7(), debit=cash.number, credit=account, amount=90_000_00, currency="CNY"
        )
        await ledger.post_transfers(tx, [transfer])  # on the first of the days that follow
    for days, status, expected in ((4, "rejected", "average_balance is 4000.00 CNY"), (5, "preview", "")):
        async with demanding.database.transaction() as tx:
            await ledger.advance_business_date(tx, 101, TODAY + timedelta(days=days))
        found, why = await asks(demanding, buyer, "rich")
        assert (found, expected in why) == (status, True)


async def test_what_else_the_customer_has_opens_the_door(demanding: Office) -> None:
    buyer = await demanding.buyer()
    _, why = await asks(demanding, buyer, "account-holders")
    assert "basic_account, starter is needed first" in why
    await demanding.signed(buyer)
    assert await asks(demanding, buyer, "account-holders") == ("preview", "")
