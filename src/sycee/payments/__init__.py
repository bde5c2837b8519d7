"""Payments: customers' payment files in, status reports and statements out, all as ISO 20022.

For now the short way only: an accepted instruction is posted at once between accounts of this
bank. ``sycee.payments.iso20022`` is the wire format's edge.
"""

from sycee.payments.account_aliases import add_account_aliases, aliases_of
from sycee.payments.errors import AliasTaken, InvalidAlias, MessageIdReused, PaymentFileNotFound
from sycee.payments.iso20022 import (
    CAMT052_MESSAGES,
    CAMT053_MESSAGES,
    CAMT054_MESSAGES,
    PAIN002_MESSAGES,
    AccountReference,
    Agent,
    Fault,
    ForbiddenXml,
    MalformedXml,
    Reason,
    ReportStatus,
    SchemaViolation,
    UnsupportedMessage,
    WrongEncoding,
    read_message,
    read_payment_file,
)
from sycee.payments.payment_files import payment_file, receive_payment_file
from sycee.payments.results import BatchOutcome, InstructionOutcome, PaymentFileResult
from sycee.payments.statements import PaymentDetails, camt052, camt053, camt054, payment_details
from sycee.payments.status_reports import status_report

__all__ = [
    "CAMT052_MESSAGES",
    "CAMT053_MESSAGES",
    "CAMT054_MESSAGES",
    "PAIN002_MESSAGES",
    "AccountReference",
    "Agent",
    "AliasTaken",
    "BatchOutcome",
    "Fault",
    "ForbiddenXml",
    "InstructionOutcome",
    "InvalidAlias",
    "MalformedXml",
    "MessageIdReused",
    "PaymentDetails",
    "PaymentFileNotFound",
    "PaymentFileResult",
    "Reason",
    "ReportStatus",
    "SchemaViolation",
    "UnsupportedMessage",
    "WrongEncoding",
    "add_account_aliases",
    "aliases_of",
    "camt052",
    "camt053",
    "camt054",
    "payment_details",
    "payment_file",
    "read_message",
    "read_payment_file",
    "receive_payment_file",
    "status_report",
]
