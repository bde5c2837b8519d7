"""What banks and rails say to each other: pacs.008, 009, 002, 004 and 028, camt.056 and 029, camt.053.

``read_interbank`` and ``write_interbank`` are exact opposites; nothing is written or taken that its schema
refuses.
"""

from __future__ import annotations

from sycee.payments.iso20022.interbank.layouts import LAYOUTS
from sycee.payments.iso20022.interbank.records import (
    BankPayment,
    BankPayments,
    Enquiries,
    Enquiry,
    Interbank,
    Original,
    Payment,
    Payments,
    Recall,
    RecallAnswer,
    RecallAnswers,
    Recalls,
    Return,
    Returns,
    Status,
    Statuses,
)
from sycee.payments.iso20022.reading import MAX_MESSAGE_BYTES, read_message
from sycee.payments.iso20022.schemas import INTERBANK_MESSAGES

__all__ = [
    "INTERBANK_MESSAGES",
    "BankPayment",
    "BankPayments",
    "Enquiries",
    "Enquiry",
    "Interbank",
    "Original",
    "Payment",
    "Payments",
    "Recall",
    "RecallAnswer",
    "RecallAnswers",
    "Recalls",
    "Return",
    "Returns",
    "Status",
    "Statuses",
    "message_of",
    "read_interbank",
    "write_interbank",
]

_BY_RECORD = {layout.kind: layout for layout in LAYOUTS}
_BY_MESSAGE = {layout.message: layout for layout in LAYOUTS}


def message_of(record: Interbank) -> str:
    """The name of the message that a record is written as: ``pacs.008.001.08``."""
    return _BY_RECORD[type(record)].message


def write_interbank(record: Interbank) -> bytes:
    """The record as XML, valid against its schema. Raises UnwritableMessage when that cannot be."""
    return _BY_RECORD[type(record)].write(record)


def read_interbank(data: bytes, *, max_bytes: int = MAX_MESSAGE_BYTES) -> Interbank:
    """What a message says.

    Raises what ``reading.read_message`` raises, and InvalidMessage when it follows its schema and
    contradicts itself (counts, totals, more decimals than the currency has) or leaves out what a rail
    needs.
    """
    message = read_message(data, INTERBANK_MESSAGES, max_bytes=max_bytes)
    record: Interbank = _BY_MESSAGE[message.name].read(message.root)
    return record
