"""A file of payments is taken in, paid item by item and reported, each item once whatever happens."""

from __future__ import annotations

import asyncio
import re

import pytest

from sycee import ledger, payments
from sycee.kernel.ids import uuid7
from sycee.payments import BulkOrder, BulkState, MessageIdReused
from sycee.payments.bulk import blocks, receipts
from sycee.payments.iso20022 import ReportStatus, SchemaViolation, read_message
from tests.payments.bulk.conftest import BulkDesk
from tests.payments.market import PAIN001_FILES, file_of

SETTLED, REJECTED = ReportStatus.SETTLED, ReportStatus.REJECTED


def texts(report: bytes, name: str) -> list[str]:
    """Every text of that element of a report, which follows its schema."""
    root = read_message(report, payments.PAIN002_MESSAGES).root
    return [element.text for element in root.iter(f"{{*}}{name}")]


async def test_a_file_is_paid_and_reported_item_by_item(desk: BulkDesk) -> None:
    debit, one, two = await desk.bank.open_many([("CNY", 100_00), ("CNY", 0), ("CNY", 0)])
    data = file_of(
        [("1.00", "CNY"), ("2.50", "CNY"), ("3.00", "USD"), ("90.00", "CNY"), ("90.00", "CNY")],
        debtor=str(debit),
        creditors=[str(one), str(two)],
    )
    order = await desk.send(data)
    assert (order.state, order.counted, order.done, order.refused) == (BulkState.DONE, 5, 5, 2)
    items = await desk.items(order)
    assert [item.status for item in items] == [SETTLED, SETTLED, REJECTED, SETTLED, REJECTED]
    assert [item.code for item in items] == [None, None, "currency_mismatch", None, "insufficient_funds"]
    assert [item.payment is not None for item in items] == [True, True, False, True, False]
    assert await desk.bank.balance(one) == 1_00
    assert await desk.bank.balance(two) == 92_50
    report = await desk.report(order.id)
    assert texts(report, "TxSts") == ["ACSC", "ACSC", "RJCT", "ACSC", "RJCT"]
    assert texts(report, "GrpSts") == ["PART"]
    assert texts(report, "DtldNbOfTxs") == ["3", "2", "3", "2"]
    assert texts(report, "OrgnlEndToEndId") == [f"E-{number}" for number in range(5)]
    assert texts(report, "Cd") == ["AM03", "AM04"]
    assert await desk.original(order) == data


async def test_the_same_file_again_is_answered_and_paid_once(desk: BulkDesk) -> None:
    debit, credit = await desk.bank.open_many([("CNY", 100_00), ("CNY", 0)])
    data = file_of([("1.00", "CNY")] * 3, debtor=str(debit), creditors=[str(credit)])
    first = await desk.send(data)
    again = await desk.receive(data)
    assert again.duplicate
    assert (again.id, again.state) == (first.id, BulkState.DONE)
    assert (await payments.carry_out_bulk_order(desk.database, again.id)).done == 3
    assert await desk.bank.balance(credit) == 3_00
    assert await desk.bank.count("bulk_items") == 3


@pytest.mark.parametrize("change", [{"data": file_of([("2.00", "CNY")])}, {"all_or_nothing": True}])
async def test_a_message_id_used_for_something_else_is_refused(
    desk: BulkDesk, change: dict[str, object]
) -> None:
    data = file_of([("1.00", "CNY")])
    first = await desk.receive(data)
    with pytest.raises(MessageIdReused) as refused:
        await desk.receive(**{"data": data, **change})  # type: ignore[arg-type]
    assert refused.value.facts["bulk_order"] == str(first.id)


async def test_a_file_that_breaks_its_schema_leaves_nothing_behind(desk: BulkDesk) -> None:
    data = file_of([("1.00", "CNY")] * 9_000).replace(b"<Nm>Creditor 8999</Nm>", b"<Nam>x</Nam>")
    with pytest.raises(SchemaViolation):
        await desk.receive(data)
    for table in ("bulk_orders", "bulk_batches", "bulk_items", "bulk_originals"):
        assert await desk.bank.count(table) == 0


@pytest.mark.parametrize(
    ("wrong", "code"),
    [({"count": 4}, "transaction_count_mismatch"), ({"control_sum": "3.01"}, "control_sum_mismatch")],
)
async def test_a_file_that_contradicts_itself_is_refused_whole(
    desk: BulkDesk, wrong: dict[str, object], code: str
) -> None:
    debit, credit = await desk.bank.open_many([("CNY", 100_00), ("CNY", 0)])
    data = file_of([("1.00", "CNY")] * 3, debtor=str(debit), creditors=[str(credit)], **wrong)  # type: ignore[arg-type]
    order = await desk.send(data)
    assert order.fault is not None
    assert (order.state, order.refused, order.fault.code) == (BulkState.DONE, 3, code)
    assert await desk.bank.balance(credit) == 0
    report = await desk.report(order.id)
    assert texts(report, "TxSts") == ["RJCT"] * 3
    assert texts(report, "GrpSts") == ["RJCT"]


class TestAllOrNothing:
    """The total is held, every item tried; all are paid, or none and the hold is given back."""

    async def test_all_are_paid_when_all_can_be(self, desk: BulkDesk) -> None:
        debit, credit = await desk.bank.open_many([("CNY", 100_00), ("CNY", 0)])
        data = file_of([("20.00", "CNY")] * 5, debtor=str(debit), creditors=[str(credit)])
        order = await desk.send(data, all_or_nothing=True)
        assert (order.state, order.done, order.refused) == (BulkState.DONE, 5, 0)
        assert await desk.bank.balance(credit) == 100_00

    @pytest.mark.parametrize(
        ("amounts", "creditors", "codes"),
        [
            ([("20.00", "CNY")] * 6, ["{credit}"], ["insufficient_funds"] * 6),
            ([("20.00", "CNY")] * 3, ["{credit}", "nobody"], ["order_refused", "account_not_found"]),
            ([("20.00", "CNY"), ("0.00", "CNY")], ["{credit}"], ["order_refused", "invalid_amount"]),
            ([("20.00", "CNY")] * 2, ["{credit}", "{closed}"], ["order_refused", "account_closed"]),
        ],
        ids=["funds", "unknown", "zero", "closed"],
    )
    async def test_nothing_is_paid_when_one_cannot_be(
        self, desk: BulkDesk, amounts: list[tuple[str, str]], creditors: list[str], codes: list[str]
    ) -> None:
        debit, credit, closed = await desk.bank.open_many([("CNY", 100_00), ("CNY", 0), ("CNY", 0)])
        await desk.bank.change(closed, ledger.AccountStatus.CLOSED)
        named = [name.format(credit=credit, closed=closed) for name in creditors]
        order = await desk.send(file_of(amounts, debtor=str(debit), creditors=named), all_or_nothing=True)
        assert (order.state, order.refused) == (BulkState.DONE, len(amounts))
        items = await desk.items(order)
        assert [item.status for item in items] == [REJECTED] * len(amounts)
        assert [item.code for item in items][: len(codes)] == codes
        assert await desk.bank.balance(credit) == 0
        async with desk.database.transaction() as tx:
            account = await ledger.get_account(tx, debit)
        assert (account.balance, account.available) == (100_00, 100_00)


class TestInterrupted:
    """An order that was interrupted goes on where it stood, whoever takes it up, and pays each item once."""

    @staticmethod
    async def prepared(
        desk: BulkDesk, monkeypatch: pytest.MonkeyPatch, count: int = 200
    ) -> tuple[bytes, int]:
        """A file of many blocks and the account that it pays to."""
        monkeypatch.setattr(blocks, "BLOCK", 7)
        monkeypatch.setattr(receipts, "BLOCK", 11)
        debit, credit = await desk.bank.open_many([("CNY", count * 1_00), ("CNY", 0)])
        return file_of([("1.00", "CNY")] * count, debtor=str(debit), creditors=[str(credit)]), credit

    async def paid_once(self, desk: BulkDesk, order: BulkOrder, credit: int, count: int = 200) -> None:
        """Every item is settled, by a payment of its own."""
        items = await desk.items(order)
        assert {item.status for item in items} == {SETTLED}
        assert len({item.payment for item in items}) == count
        assert await desk.bank.balance(credit) == count * 1_00

    async def test_after_any_number_of_blocks(self, desk: BulkDesk, monkeypatch: pytest.MonkeyPatch) -> None:
        data, credit = await self.prepared(desk, monkeypatch)
        order = await desk.receive(data)
        for _ in range(3):
            async with desk.database.transaction() as tx:
                order = await payments.pay_block(tx, order.id)
        assert (order.state, order.done) == (BulkState.PAYING, 21)
        with pytest.raises(RuntimeError, match="killed"):
            async with desk.database.transaction() as tx:
                await payments.pay_block(tx, order.id)
                raise RuntimeError("killed before the commit")
        async with desk.database.transaction() as tx:
            assert await payments.unfinished_bulk_orders(tx) == [order.id]
        order = await desk.send(data)
        assert order.state is BulkState.DONE
        await self.paid_once(desk, order, credit)

    async def test_by_two_at_once(self, desk: BulkDesk, monkeypatch: pytest.MonkeyPatch) -> None:
        data, credit = await self.prepared(desk, monkeypatch)
        order = await desk.receive(data)
        await asyncio.gather(*(payments.carry_out_bulk_order(desk.database, order.id) for _ in range(3)))
        await self.paid_once(desk, order, credit)

    async def test_while_all_or_nothing_is_tried(
        self, desk: BulkDesk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        data, credit = await self.prepared(desk, monkeypatch)
        order = await desk.receive(data, all_or_nothing=True)
        for _ in range(4):
            order = await payments.carry_out_bulk_order(desk.database, order.id, for_s=0)
        assert (order.state, order.checked, order.done) == (BulkState.CHECKING, 21, 0)
        assert await desk.bank.balance(credit) == 0
        order = await payments.carry_out_bulk_order(desk.database, order.id)
        await self.paid_once(desk, order, credit)

    async def test_sent_by_two_at_once(self, desk: BulkDesk, monkeypatch: pytest.MonkeyPatch) -> None:
        data, credit = await self.prepared(desk, monkeypatch)
        orders = await asyncio.gather(desk.send(data), desk.send(data))
        assert orders[0].id == orders[1].id
        await self.paid_once(desk, orders[0], credit)


async def test_an_order_that_is_only_received_waits_to_be_started(desk: BulkDesk) -> None:
    debit, credit = await desk.bank.open_many([("CNY", 100_00), ("CNY", 0)])
    order = await desk.receive(
        file_of([("1.00", "CNY")], debtor=str(debit), creditors=[str(credit)]), pay=False
    )
    assert (await payments.carry_out_bulk_order(desk.database, order.id)).state is BulkState.RECEIVED
    async with desk.database.transaction() as tx:
        assert await payments.unfinished_bulk_orders(tx) == []
        await payments.start_bulk_order(tx, order.id)
    assert (await payments.carry_out_bulk_order(desk.database, order.id)).state is BulkState.DONE
    assert await desk.bank.balance(credit) == 1_00


async def test_a_customer_pays_from_its_own_accounts_only(desk: BulkDesk) -> None:
    debit, credit = await desk.bank.open_many([("CNY", 100_00), ("CNY", 0)])
    data = file_of([("1.00", "CNY")], debtor=str(debit), creditors=[str(credit)])
    with pytest.raises(ledger.AccountNotFound):
        await desk.receive(data, customer=uuid7())
    assert await desk.bank.count("bulk_orders") == 0


async def test_a_stopped_payment_is_not_told_from_one_that_waits(desk: BulkDesk) -> None:
    """To warn a customer that screening looks at a payment is forbidden."""
    async with desk.database.transaction() as tx:
        await payments.load_screening_names(tx, ["Creditor 1"], name="own", by="test")
    debit, credit = await desk.bank.open_many([("CNY", 100_00), ("CNY", 0)])
    order = await desk.send(file_of([("1.00", "CNY")] * 2, debtor=str(debit), creditors=[str(credit)]))
    items = await desk.items(order)
    assert [item.status for item in items] == [SETTLED, ReportStatus.PENDING]
    assert (items[1].code, items[1].detail) == (None, None)


MARKET = [(str(path), path.read_bytes()) for path in PAIN001_FILES]
MESSAGE_ID = re.compile(rb"MsgId>[^<]*<")


async def test_every_market_file_is_taken_or_refused_with_the_element(desk: BulkDesk) -> None:
    taken = 0
    for number, (name, data) in enumerate(MARKET):
        # Some of them are one message in several versions: each is sent as a message of its own.
        own = MESSAGE_ID.sub(f"MsgId>MARKET-{number}<".encode(), data, count=1)
        try:
            order = await desk.send(own)
        except SchemaViolation as refused:
            assert refused.facts["element"], name  # noqa: PT017 - both are right
            continue
        taken += 1
        items = await desk.items(order)
        assert (order.state, order.done) == (BulkState.DONE, len(items)), name
        # Nobody here keeps those accounts.
        assert all(item.status is REJECTED and item.code and item.detail for item in items), name
        report = await desk.report(order.id)
        assert texts(report, "TxSts") == ["RJCT"] * len(items), name
        assert texts(report, "OrgnlEndToEndId") == [item.end_to_end_id for item in items], name
    assert taken > len(MARKET) * 0.9
