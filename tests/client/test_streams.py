"""Long lists: outcomes in order, bounded memory, chains kept whole."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from uuid import UUID

import pytest

from sycee.client import Account, Money, NewTransfer, Sycee
from sycee.client.streams import in_chunks

ONE = Money(currency="CNY", value="1.00")


def transfers(count: int, linked: frozenset[int] = frozenset()) -> Iterator[NewTransfer]:
    for place in range(count):
        yield NewTransfer(debit="1", credit="2", amount=ONE, linked=place in linked)


async def lengths(count: int, size: int, linked: frozenset[int] = frozenset()) -> list[int]:
    return [len(chunk) async for chunk in in_chunks(transfers(count, linked), size)]


async def test_a_list_is_cut_into_chunks_and_a_rest() -> None:
    assert await lengths(7, 3) == [3, 3, 1]
    assert await lengths(6, 3) == [3, 3]
    assert await lengths(0, 3) == []


async def test_a_chain_of_linked_transfers_is_never_cut() -> None:
    # 2-3-4 hang together, so the first chunk goes on to the end of the chain.
    assert await lengths(7, 3, linked=frozenset({2, 3})) == [5, 2]


@pytest.mark.parametrize("concurrency", [1, 2, 4])
async def test_outcomes_come_in_the_order_of_the_list(
    bank: Sycee, treasury: Account, customer: Account, concurrency: int
) -> None:
    sent: list[UUID] = []

    async def source() -> AsyncIterator[NewTransfer]:
        for _ in range(50):
            transfer = NewTransfer(debit=treasury.number, credit=customer.number, amount=ONE)
            sent.append(transfer.id)
            yield transfer

    found = [outcome async for outcome in bank.post_many(source(), chunk=7, concurrency=concurrency)]
    assert [outcome.id for outcome in found] == sent
    assert {outcome.status for outcome in found} == {"posted"}
    assert (await bank.balance(customer.number)).balance.value == "50.00"


async def test_no_more_is_read_than_is_under_way(bank: Sycee, treasury: Account, customer: Account) -> None:
    read = 0

    def source() -> Iterator[NewTransfer]:
        nonlocal read
        for _ in range(1000):
            read += 1
            yield NewTransfer(debit=treasury.number, credit=customer.number, amount=ONE)

    done = 0
    async for _ in bank.post_many(source(), chunk=10, concurrency=2):
        done += 1
        assert read <= done + 3 * 10


async def test_a_list_of_ten_thousand_is_posted_as_one_request(
    bank: Sycee, treasury: Account, customer: Account
) -> None:
    many = [NewTransfer(debit=treasury.number, credit=customer.number, amount=ONE) for _ in range(10_000)]
    outcomes = await bank.post(many)
    assert len(outcomes) == 10_000
    assert all(outcome.accepted for outcome in outcomes)
    assert (await bank.balance(customer.number)).balance.value == "10000.00"


async def test_a_chunk_of_nothing_is_refused(bank: Sycee) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        [outcome async for outcome in bank.post_many([], chunk=0)]
