"""Writing pain.002 as a stream: a report of any length in the memory that a page of it takes.

What is written is the same as ``write_status_report`` writes. Nothing leaves that its schema refuses: each
piece is validated, within a message that holds nothing else, before it is handed out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lxml import etree
from msgspec.structs import replace

from sycee.payments.iso20022.errors import SchemaViolation, UnwritableMessage
from sycee.payments.iso20022.pain002 import (
    BatchReport,
    ReportStatus,
    StatusReport,
    TransactionReport,
    block,
    group,
    report_message,
    transaction,
)
from sycee.payments.iso20022.schemas import NAMESPACE, schema
from sycee.payments.iso20022.writing import MessageWriter


class StatusReportStream:
    """Writes one report in pieces: ``begin``, ``batch`` and its ``transactions`` for each, ``end``.

    report is what is said of the file as a whole; its own batches are not looked at.
    """

    def __init__(self, report: StatusReport, *, message: str | None = None) -> None:
        self.message = message or report_message(report.original_message)
        self._report = replace(report, batches=())
        self._space = f' xmlns="{NAMESPACE}{self.message}"'.encode()
        self._in_batch: BatchReport | None = None

    def begin(self, counts: Mapping[ReportStatus, int]) -> bytes:
        """The beginning, with how many instructions there are of each status."""
        writer = MessageWriter(self.message)
        parts = group(writer, self._report, counts)
        self._check(writer)
        head = f'<?xml version="1.0" encoding="UTF-8"?>\n<Document{self._space.decode()}>\n<CstmrPmtStsRpt>'
        return head.encode() + self._pieces(list(parts))

    def batch(self, batch: BatchReport, counts: Mapping[ReportStatus, int]) -> bytes:
        """The end of the batch before, and what is said of this one; its transactions are not looked at."""
        writer = MessageWriter(self.message)
        node = block(writer, group(writer, self._report, {}), batch, counts)
        self._check(writer)
        ended = self._end_batch()
        self._in_batch = batch
        return ended + b"\n<OrgnlPmtInfAndSts>" + self._pieces(list(node))

    def transactions(self, items: Sequence[TransactionReport]) -> bytes:
        """What became of some instructions of the batch."""
        if self._in_batch is None:
            raise UnwritableMessage("a transaction stands in a batch")
        writer = MessageWriter(self.message)
        node = block(writer, group(writer, self._report, {}), self._in_batch, {})
        written = [transaction(writer, node, item) for item in items]
        self._check(writer)
        return self._pieces(written)

    def end(self) -> bytes:
        """The end of the message."""
        return self._end_batch() + b"\n</CstmrPmtStsRpt>\n</Document>\n"

    def _end_batch(self) -> bytes:
        return b"" if self._in_batch is None else b"\n</OrgnlPmtInfAndSts>"

    def _check(self, writer: MessageWriter) -> None:
        try:
            schema(self.message).check(writer.root)
        except SchemaViolation as problem:
            raise UnwritableMessage(problem.detail, **problem.facts) from None

    def _pieces(self, nodes: list[Any]) -> bytes:
        """Elements one a line; the namespace is declared by the root."""
        return b"".join(
            b"\n" + etree.tostring(node, encoding="UTF-8", xml_declaration=False).replace(self._space, b"", 1)
            for node in nodes
        )
