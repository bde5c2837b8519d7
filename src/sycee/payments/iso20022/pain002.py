"""Writing pain.002, the report on what became of a pain.001 file, its batches and its instructions.

A file in version .09 or later is answered with pain.002.001.12, an older one with
pain.002.001.03, which such software expects. ISO's reason code goes into the reason, our own
stable code and the sentence for people into the additional information.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec

from sycee.kernel.money import Amount
from sycee.payments.iso20022.reasons import Fault
from sycee.payments.iso20022.writing import MessageWriter, fit, instant

ADDITIONAL_CHARACTERS = 105
_NEWER = "pain.002.001.12"
_OLDEST_IN_NEW_GENERATION = "pain.001.001.09"


class ReportStatus(StrEnum):
    """The statuses used: of a transaction, and of the batch or file it is in."""

    SETTLED = "ACSC"  # settlement on the debtor's account has been completed
    IN_PROCESS = "ACSP"  # accepted, settlement in process
    PENDING = "PDNG"
    PARTLY = "PART"  # of a batch or a file only
    REJECTED = "RJCT"


class TransactionReport(msgspec.Struct, frozen=True):
    """What became of one instruction; servicer_reference is this bank's own, at most 35 characters."""

    end_to_end_id: str
    status: ReportStatus
    instruction_id: str | None = None
    uetr: str | None = None
    amount: Amount | None = None
    fault: Fault | None = None
    servicer_reference: str | None = None


class BatchReport(msgspec.Struct, frozen=True):
    """What became of one payment information block."""

    id: str
    status: ReportStatus
    transactions: tuple[TransactionReport, ...]
    counted: int
    summed: Decimal
    fault: Fault | None = None


class StatusReport(msgspec.Struct, frozen=True):
    """A report on one file: message_id and created_at are the report's, original_… the file's."""

    message_id: str
    created_at: datetime
    original_message: str
    original_message_id: str
    original_created_at: str
    original_count: int
    status: ReportStatus
    batches: tuple[BatchReport, ...]
    original_control_sum: Decimal | None = None
    fault: Fault | None = None
    bank_bic: str | None = None


def common_status(statuses: Iterable[ReportStatus]) -> ReportStatus:
    """The status of a whole whose parts have these: their common one, or PART."""
    different = set(statuses)
    if not different:
        return ReportStatus.REJECTED
    return different.pop() if len(different) == 1 else ReportStatus.PARTLY


def report_message(original_message: str) -> str:
    """Which pain.002 answers a message: the newer for pain.001.001.09, pain.008.001.08, and later."""
    newer = original_message >= _OLDEST_IN_NEW_GENERATION and original_message != "pain.008.001.02"
    return _NEWER if newer else "pain.002.001.03"


def write_status_report(report: StatusReport, *, message: str | None = None) -> bytes:
    """The report as XML, valid against its schema.

    message is ``pain.002.001.12`` or ``pain.002.001.03``; None chooses by the original message.
    Raises UnwritableMessage when the report cannot be written validly.
    """
    writer = MessageWriter(message or report_message(report.original_message))
    body = group(
        writer, report, tally(item.status for batch in report.batches for item in batch.transactions)
    )
    for batch in report.batches:
        node = block(writer, body, batch, tally(item.status for item in batch.transactions))
        for item in batch.transactions:
            transaction(writer, node, item)
    return writer.finish()


def group(writer: MessageWriter, report: StatusReport, counts: Mapping[ReportStatus, int]) -> Any:
    """Add the body with what is said of the file as a whole; returns the body."""
    newer = writer.message == _NEWER
    body = writer.add(writer.root, "CstmrPmtStsRpt")
    header = writer.add(body, "GrpHdr")
    writer.add(header, "MsgId", report.message_id)
    writer.add(header, "CreDtTm", instant(report.created_at))
    if report.bank_bic:
        writer.add(header, f"DbtrAgt/FinInstnId/{'BICFI' if newer else 'BIC'}", report.bank_bic)
    original = writer.add(body, "OrgnlGrpInfAndSts")
    writer.add(original, "OrgnlMsgId", report.original_message_id)
    writer.add(original, "OrgnlMsgNmId", report.original_message)
    writer.add(original, "OrgnlCreDtTm", report.original_created_at)
    writer.add(original, "OrgnlNbOfTxs", str(report.original_count))
    if report.original_control_sum is not None:
        writer.add(original, "OrgnlCtrlSum", _plain(report.original_control_sum))
    writer.add(original, "GrpSts", report.status)
    _reason(writer, original, report.fault)
    _counts(writer, original, counts)
    return body


def block(writer: MessageWriter, body: Any, batch: BatchReport, counts: Mapping[ReportStatus, int]) -> Any:
    """Add what is said of a payment information block as a whole; returns its element."""
    node = writer.add(body, "OrgnlPmtInfAndSts")
    writer.add(node, "OrgnlPmtInfId", batch.id)
    writer.add(node, "OrgnlNbOfTxs", str(batch.counted))
    writer.add(node, "OrgnlCtrlSum", _plain(batch.summed))
    writer.add(node, "PmtInfSts", batch.status)
    _reason(writer, node, batch.fault)
    _counts(writer, node, counts)
    return node


def transaction(writer: MessageWriter, parent: Any, item: TransactionReport) -> Any:
    """Add what became of one instruction; returns its element."""
    node = writer.add(parent, "TxInfAndSts")
    if item.instruction_id:
        writer.add(node, "OrgnlInstrId", item.instruction_id)
    writer.add(node, "OrgnlEndToEndId", item.end_to_end_id)
    if item.uetr and writer.message == _NEWER:
        writer.add(node, "OrgnlUETR", item.uetr)
    writer.add(node, "TxSts", item.status)
    _reason(writer, node, item.fault)
    writer.add_text(node, "AcctSvcrRef", item.servicer_reference, 35)
    if item.amount is not None:
        writer.add(node, "OrgnlTxRef/Amt/InstdAmt", item.amount.text(), Ccy=item.amount.currency)
    return node


def _reason(writer: MessageWriter, parent: Any, fault: Fault | None) -> None:
    if fault is None:
        return
    node = writer.add(parent, "StsRsnInf")
    writer.add(node, "Rsn/Cd", fault.reason)
    writer.add_text(node, "AddtlInf", fault.code, ADDITIONAL_CHARACTERS)
    rest = fit(fault.detail, 4 * ADDITIONAL_CHARACTERS)
    while rest:
        writer.add_text(node, "AddtlInf", rest, ADDITIONAL_CHARACTERS)
        rest = rest[ADDITIONAL_CHARACTERS:].lstrip()


def tally(statuses: Iterable[ReportStatus]) -> Mapping[ReportStatus, int]:
    """How many there are of each status."""
    return Counter(statuses)


def _counts(writer: MessageWriter, parent: Any, counts: Mapping[ReportStatus, int]) -> None:
    for status in ReportStatus:
        if count := counts.get(status):
            node = writer.add(parent, "NbOfTxsPerSts")
            writer.add(node, "DtldNbOfTxs", str(count))
            writer.add(node, "DtldSts", status)


def _plain(amount: Decimal) -> str:
    return f"{amount:f}"
