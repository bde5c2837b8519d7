"""A file of payments is taken in, paid item by item and reported, each item once whatever happens."""

from __future__ import annotations

import pytest

from sycee import ledger, payments
from sycee.payments import BulkState, MessageIdReused
from sycee.payments.iso20022 import ReportStatus, SchemaViolation, read_message
from tests.payments.bulk.conftest import BulkDesk
from tests.payments.market import file_of

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
