"""Reading pain.008 as a stream: no more is ever kept of it than the debits that may be collected at once."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, BinaryIO, TypeAlias

from sycee.kernel.errors import PayloadTooLarge
from sycee.payments.iso20022.group_header import CustomerFile, StreamEnds, StreamHeader
from sycee.payments.iso20022.pain008 import (
    CollectionBatch,
    CollectionFile,
    CollectionItem,
    read_batch,
    read_item,
)
from sycee.payments.iso20022.reading import Message
from sycee.payments.iso20022.schemas import PAIN008_MESSAGES
from sycee.payments.iso20022.streaming import Taker, stream_message

_Found: TypeAlias = StreamHeader | CollectionBatch | StreamEnds


class TooManyDebits(PayloadTooLarge):
    """Too many direct debits for one file"""

    code = "too_many_debits"


def read_collection_file(source: BinaryIO, *, most: int) -> CollectionFile:
    """Read a pain.008 file of at most so many debits; a longer one is not read to its end.

    Raises TooManyDebits and what ``stream_message`` raises.
    """
    header: StreamHeader | None = None
    ends: StreamEnds | None = None
    batches: list[CollectionBatch] = []

    def taker(message: Message) -> Taker[_Found]:
        return _Collection(message, most)

    for found in stream_message(source, PAIN008_MESSAGES, taker):
        if isinstance(found, StreamHeader):
            header = found
        elif isinstance(found, CollectionBatch):
            batches.append(found)
        else:
            ends = found
    assert header is not None, "the schema asks for one"
    assert ends is not None, "so does every stream"
    return CollectionFile(
        message=header.message,
        message_id=header.message_id,
        created_at=header.created_at,
        initiating_party=header.initiating_party,
        announced=header.number_of_transactions,
        control_sum=header.control_sum,
        batches=tuple(batches),
        fault=ends.fault,
    )


class _Collection(CustomerFile):
    """Takes one file apart; holds a block's debits until it ends."""

    item = "DrctDbtTxInf"

    def __init__(self, message: Message, most: int) -> None:
        super().__init__(message)
        self._most = most
        self._items: list[CollectionItem] = []

    def met(self, name: str, element: Any) -> Iterator[_Found]:
        """What follows from the end of an element; it is cut out of the tree, which so stays small."""
        if name == self.item:
            if self.counted == self._most:
                raise TooManyDebits(
                    f"more than {self._most} debits are in the file: send several files", limit=self._most
                )
            self._items.append(read_item(self.walker, element, self.counted))
            self.counted += 1
            element.getparent().remove(element)
        elif name == "PmtInf":
            summed = sum((Decimal(item.amount_text) for item in self._items), Decimal(0))
            self.summed += summed
            yield read_batch(self.walker.said(element), self._items, summed)
            self._items = []
            element.getparent().remove(element)
        else:
            yield self.head(element)
