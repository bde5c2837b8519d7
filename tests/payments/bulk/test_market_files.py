"""Every market file as a bulk order: paid where its accounts are kept, or refused by item; nothing is lost.

The accounts that the files name are kept here under their IBANs and numbers, so the files are paid; what each
says is found again in the items, in the report and in the original.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest_asyncio

from sycee import payments
from sycee.payments import BulkItem, BulkOrder, BulkState
from sycee.payments.iso20022 import (
    PAIN002_MESSAGES,
    PaymentFile,
    ReportStatus,
    read_message,
    read_payment_file,
)
from tests.payments.bulk.conftest import BulkDesk
from tests.payments.market import PAIN001_FILES

SETTLED, REJECTED = ReportStatus.SETTLED, ReportStatus.REJECTED
PLENTY = 10**12
MARKET = [path.read_bytes() for path in PAIN001_FILES if "market" in str(path)]


@pytest_asyncio.fixture
async def keeper(desk: BulkDesk) -> dict[str, int]:
    """The bank keeps every account that a market file names, in the currency that it names first; by name."""
    currencies: dict[str, str] = {}
    for file in map(read_payment_file, MARKET):
        for item in file.instructions:
            currencies.setdefault(file.batches[item.batch].debtor_account.text(), item.currency)
            currencies.setdefault(item.creditor_account.text(), item.currency)
    currencies.pop("", None)
    opened = await desk.bank.open_many([(currency, PLENTY) for currency in currencies.values()])
    kept = dict(zip(currencies, opened, strict=True))
    async with desk.database.transaction() as tx:
        await payments.add_account_aliases(tx, kept)
    return kept


async def test_every_market_file_is_paid_where_its_accounts_are_kept(
    desk: BulkDesk, keeper: dict[str, int]
) -> None:
    moved: Counter[int] = Counter()
    statuses: Counter[str] = Counter()
    for number, data in enumerate(MARKET):
        # A file comes in several versions under one message id.
        own = data.replace(b"<MsgId>", b"<MsgId>%d" % number, 1)
        order = await desk.send(own)
        items = await desk.items(order)
        assert (order.state, order.done) == (BulkState.DONE, len(items))
        file = read_payment_file(own)
        nothing_is_lost(file, order, items)
        assert await desk.original(order) == own
        reported(await desk.report(order.id), items)
        for item in items:
            statuses[str(item.status)] += 1
            assert item.status in {SETTLED, REJECTED}, item
            assert (item.status is REJECTED) == bool(item.code and item.detail and item.reason), item
            if item.status is SETTLED:
                assert item.debit is not None
                assert item.credit is not None
                assert item.minor is not None
                moved[item.debit] -= item.minor
                moved[item.credit] += item.minor
    assert statuses[SETTLED] > 10 * statuses[REJECTED], statuses
    for account in keeper.values():
        assert await desk.bank.balance(account) == PLENTY + moved[account]


def nothing_is_lost(file: PaymentFile, order: BulkOrder, items: list[BulkItem]) -> None:
    """What the file says of itself and of each payment stands in the order and its items."""
    assert (order.message_id, order.counted, order.summed) == (
        file.message_id,
        len(file.instructions),
        file.summed,
    )
    for said, item in zip(file.instructions, items, strict=True):
        batch = file.batches[said.batch]
        assert (item.position, item.batch, item.end_to_end_id) == (
            said.position,
            said.batch,
            said.end_to_end_id,
        )
        assert (item.instruction_id, item.debtor) == (said.instruction_id, batch.debtor_account.text())
        assert (item.creditor, item.creditor_name) == (said.creditor_account.text(), said.creditor.name or "")
        assert (Decimal(item.amount), item.currency) == (Decimal(said.amount_text), said.currency)
        assert str(item.uetr or "") == (said.uetr or "").lower()
        assert item.remittance == said.remittance_text()
        assert item.purpose == (said.purpose or batch.category_purpose or "")


def reported(report: bytes, items: list[BulkItem]) -> None:
    """The report follows its schema, and names each payment by the ids of the file, once and in order."""
    root = read_message(report, PAIN002_MESSAGES).root
    found = [
        (
            info.findtext("{*}OrgnlInstrId"),
            info.findtext("{*}OrgnlEndToEndId"),
            info.findtext("{*}TxSts"),
            [reason.text for reason in info.iterfind("{*}StsRsnInf/{*}Rsn/{*}Cd")],
        )
        for info in root.iter("{*}TxInfAndSts")
    ]
    assert found == [
        (item.instruction_id, item.end_to_end_id, str(item.status), [str(item.reason)] if item.reason else [])
        for item in items
    ]
