"""Reading pain.001 as a stream: a file of any length in the memory that one instruction takes."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, BinaryIO, TypeAlias

import msgspec

from sycee.payments.iso20022.group_header import CustomerFile, StreamEnds, StreamHeader
from sycee.payments.iso20022.messages import PaymentBatch, PaymentInstruction
from sycee.payments.iso20022.pain001 import read_batch
from sycee.payments.iso20022.reading import Message
from sycee.payments.iso20022.reasons import Fault
from sycee.payments.iso20022.schemas import PAIN001_MESSAGES
from sycee.payments.iso20022.streaming import stream_message


class BatchBegins(msgspec.Struct, frozen=True):
    """A payment information block begins; what is counted and summed in it is not known yet."""

    index: int
    batch: PaymentBatch


class BatchEnds(msgspec.Struct, frozen=True):
    """A payment information block has ended: counted, summed, and its fault when that is not as announced."""

    index: int
    counted: int
    summed: Decimal
    fault: Fault | None


Found: TypeAlias = StreamHeader | BatchBegins | PaymentInstruction | BatchEnds | StreamEnds


def stream_payment_file(source: BinaryIO) -> Iterator[Found]:
    """What a pain.001 file says, in its order, the last a StreamEnds; source is read from its beginning.

    Raises what ``stream_message`` raises.
    """
    return stream_message(source, PAIN001_MESSAGES, _Payments)


class _Payments(CustomerFile):
    """Takes one file apart; holds the sums of the block that it is in."""

    item = "CdtTrfTxInf"

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self._batch: PaymentBatch | None = None
        self._said: dict[str, str | None] = {}
        self._index = self._in_batch = 0
        self._batch_sum = Decimal(0)

    def met(self, name: str, element: Any) -> Iterator[Found]:
        """What follows from the end of an element; it is cut out of the tree, which so stays small."""
        if name == self.item:
            parent = element.getparent()
            if self._batch is None:
                self._said = self.walker.said(parent, without=self.item)
                self._batch = read_batch(self._said, 0, Decimal(0))
                yield BatchBegins(self._index, self._batch)
            item = self.walker.instruction(element, self._batch.method, self._index, self.counted)
            self.counted += 1
            self._in_batch += 1
            self._batch_sum += Decimal(item.amount_text)
            parent.remove(element)
            yield item
        elif name == "PmtInf":
            batch = read_batch(self._said, self._in_batch, self._batch_sum)
            yield BatchEnds(self._index, batch.counted, batch.summed, batch.fault)
            self.summed += self._batch_sum
            self._index, self._in_batch, self._batch_sum, self._batch = self._index + 1, 0, Decimal(0), None
            element.getparent().remove(element)
        else:
            yield self.head(element)
