"""Large certificates of deposit: from ten million, nine tenors, fixed or floating, changing hands."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from sycee import products
from sycee.components.library import EarlyWithdrawalRefused
from sycee.kernel.ids import uuid7
from sycee.products import Deposit
from tests.parties.people import BY
from tests.products.deposits.counter import TODAY, Counter, yuan

TWENTY_MILLION = yuan(20_000_000)


async def sell(counter: Counter, deposit: Deposit, price: int, **fields: Any) -> products.DepositChange:
    """The certificate goes from silk to jade, whose accounts lie in another cell."""
    given: dict[str, Any] = {
        "id": uuid7(),
        "pay_from": counter.jade.general,
        "pay_to": counter.silk.general,
        "signers": (counter.silk.signer,),
        "buyer_signers": (counter.jade.signer,),
        **fields,
    }
    request = products.CertificateTransfer(deposit=deposit.id, price=price, **given)
    async with counter.database.transaction() as tx:
        return await products.transfer_certificate(tx, request, by=BY)


@pytest.mark.parametrize(
    ("tenor", "maturity"),
    [
        ("1m", date(2026, 2, 5)),
        ("3m", date(2026, 4, 5)),
        ("6m", date(2026, 7, 5)),
        ("9m", date(2026, 10, 5)),
        ("1y", date(2027, 1, 5)),
        ("18m", date(2027, 7, 5)),
        ("2y", date(2028, 1, 5)),
        ("3y", date(2029, 1, 5)),
        ("5y", date(2031, 1, 5)),
    ],
)
async def test_nine_tenors_are_offered_from_one_month_to_five_years(
    counter: Counter, tenor: str, maturity: date
) -> None:
    await counter.rates(date(2025, 1, 1), **{f"cd_{tenor}": "1.50"})
    deposit = await counter.place(f"large-cd-{tenor}", TWENTY_MILLION)
    assert (deposit.maturity, str(deposit.rate)) == (maturity, "1.5")


async def test_institutions_subscribe_for_ten_million_at_least(counter: Counter) -> None:
    with pytest.raises(products.PlacementRefused, match=r"at least 10000000\.00 CNY"):
        await counter.place("large-cd-1y", yuan("9999999.99"))
    with pytest.raises(products.PlacementRefused, match=r"multiple of 1000000\.00 CNY"):
        await counter.place("large-cd-1y", yuan("10500000"))
    await counter.place("large-cd-1y", yuan(10_000_000))


async def test_it_is_paid_out_with_its_fixed_rate_to_where_it_came_from(counter: Counter) -> None:
    await counter.place("large-cd-1y", TWENTY_MILLION)
    before = await counter.balance(counter.silk.general)
    await counter.advance(date(2027, 1, 5))
    # 20,000,000 × 0.0145 = 290,000.00
    assert await counter.balance(counter.silk.general) - before == yuan("20290000.00")


async def test_a_floating_rate_is_set_anew_every_quarter_on_shibor(counter: Counter) -> None:
    deposit = await counter.place("large-cd-1y-floating", TWENTY_MILLION, renewal="none")
    await counter.rates(date(2026, 3, 1), shibor_3m="2.00")
    await counter.rates(date(2026, 9, 1), shibor_3m="0.05")
    for month in (4, 7, 10):
        await counter.advance(date(2026, month, 5))
    set_so_far = (await counter.deposit(deposit.id)).rates
    # SHIBOR − 0.08 %, never below 0
    assert [str(one.rate) for one in set_so_far] == ["1.52", "1.92", "1.92", "0"]
    assert [one.start for one in set_so_far] == [
        TODAY,
        date(2026, 4, 5),
        date(2026, 7, 5),
        date(2026, 10, 5),
    ]
    await counter.advance(date(2027, 1, 5))
    # 20,000,000 × (90 × 1.52 % + 91 × 1.92 % + 92 × 1.92 %) / 360 = 76,000.00 + 195,200.00
    assert (await counter.withdraw(deposit)).event.interest == yuan("271200.00")


async def test_rates_that_were_missed_are_those_of_their_days(counter: Counter) -> None:
    deposit = await counter.place("large-cd-1y-floating", TWENTY_MILLION, renewal="none")
    await counter.rates(date(2026, 3, 1), shibor_3m="2.00")
    await counter.rates(date(2026, 9, 1), shibor_3m="0.05")
    await counter.advance(date(2027, 1, 5), due=False)
    assert (await counter.withdraw(deposit)).event.interest == yuan("271200.00")


async def test_a_certificate_changes_hands_against_its_price(counter: Counter) -> None:
    deposit = await counter.place("large-cd-1y", TWENTY_MILLION)
    await counter.pass_days(100)
    seller, buyer = await counter.balance(counter.silk.general), await counter.balance(counter.jade.general)
    bought = (await sell(counter, deposit, yuan(20_080_000))).deposit
    assert await counter.balance(counter.silk.general) - seller == yuan(20_080_000)
    assert buyer - await counter.balance(counter.jade.general) == yuan(20_080_000)
    old = await counter.deposit(deposit.id)
    assert (old.state, old.principal, old.successor) == ("closed", 0, bought.id)
    assert await counter.balance(deposit.account) == 0
    assert await counter.balance(bought.account) == TWENTY_MILLION
    assert (bought.customer, bought.start, bought.maturity) == (counter.jade.id, TODAY, date(2027, 1, 5))
    assert await counter.events(deposit.id) == ["placed", "transferred"]
    assert await counter.events(bought.id) == ["acquired"]
    await counter.advance(date(2027, 1, 5))
    before = await counter.balance(counter.jade.general)
    await products.run_due_deposits(counter.database, 102, TODAY, date(2027, 1, 5))
    assert await counter.balance(counter.jade.general) - before == yuan("20290000.00")


async def test_a_transfer_said_again_is_the_same_one(counter: Counter) -> None:
    deposit = await counter.place("large-cd-1y", TWENTY_MILLION)
    id = uuid7()
    first = await sell(counter, deposit, yuan(20_000_000), id=id)
    before = await counter.everything()
    again = await sell(counter, deposit, yuan(20_000_000), id=id)
    assert again.deposit.id == first.deposit.id
    assert again.repeated
    with pytest.raises(products.DepositIdReused):
        await sell(counter, deposit, yuan(20_000_001), id=id)
    assert await counter.everything() == before


async def test_neither_the_price_nor_the_certificate_moves_alone(counter: Counter) -> None:
    deposit = await counter.place("large-cd-1y", TWENTY_MILLION)
    before = await counter.everything()
    with pytest.raises(products.DepositMovementRefused, match="less than the amount"):
        await sell(counter, deposit, yuan(60_000_000_000))
    assert await counter.everything() == before


async def test_only_certificates_before_maturity_change_hands_and_not_to_their_holder(
    counter: Counter,
) -> None:
    time = await counter.place("time-1y", yuan(1_000_000))
    with pytest.raises(products.WrongDepositForm):
        await sell(counter, time, yuan(1_000_000))
    deposit = await counter.place("large-cd-1m", TWENTY_MILLION, renewal="none")
    with pytest.raises(products.CertificateNotTransferable, match="present one"):
        await sell(
            counter,
            deposit,
            yuan(1),
            pay_from=counter.silk.basic,
            buyer_signers=(counter.silk.signer,),
        )
    with pytest.raises(products.InvalidDeposit):
        await sell(counter, deposit, 0)
    await counter.advance(date(2026, 2, 5))
    with pytest.raises(products.DepositMatured):
        await sell(counter, deposit, yuan(1))


async def test_a_part_is_withdrawn_early_once_and_ten_million_remain(counter: Counter) -> None:
    deposit = await counter.place("large-cd-1y", TWENTY_MILLION)
    await counter.pass_days(90)
    with pytest.raises(EarlyWithdrawalRefused, match=r"10000000\.00 CNY must"):
        await counter.withdraw(deposit, yuan(10_000_001), to=counter.silk.general)
    done = await counter.withdraw(deposit, yuan(5_000_000), to=counter.silk.general)
    assert done.event.interest == yuan("2500.00")  # 5,000,000 × 90 × 0.0020 / 360


async def test_a_floating_certificate_is_held_to_its_maturity(counter: Counter) -> None:
    deposit = await counter.place("large-cd-1y-floating", TWENTY_MILLION)
    await counter.advance(TODAY + timedelta(30))
    with pytest.raises(EarlyWithdrawalRefused):
        await counter.withdraw(deposit)
