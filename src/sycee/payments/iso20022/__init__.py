"""ISO 20022 as it is spoken here: pain.001 in, pain.002, camt.052, camt.053 and camt.054 out.

This is a wire format's edge: bytes on one side, plain values on the other. It knows no
database and takes no decision of the bank.
"""

from sycee.payments.iso20022.account_messages import AccountMessage, StatementEntry
from sycee.payments.iso20022.camt052 import IntradayReport, write_intraday_report
from sycee.payments.iso20022.camt053 import AccountStatement, write_statement
from sycee.payments.iso20022.camt054 import write_entry_notice
from sycee.payments.iso20022.errors import (
    ForbiddenXml,
    InvalidMessage,
    MalformedXml,
    SchemaViolation,
    UnsupportedMessage,
    UnwritableMessage,
    WrongEncoding,
)
from sycee.payments.iso20022.group_header import StreamEnds, StreamHeader
from sycee.payments.iso20022.iban import is_iban
from sycee.payments.iso20022.messages import (
    AccountReference,
    Agent,
    Party,
    PaymentBatch,
    PaymentFile,
    PaymentInstruction,
)
from sycee.payments.iso20022.pain001 import read_amount, read_payment_file
from sycee.payments.iso20022.pain001_stream import (
    BatchBegins,
    BatchEnds,
    stream_payment_file,
)
from sycee.payments.iso20022.pain002 import (
    BatchReport,
    ReportStatus,
    StatusReport,
    TransactionReport,
    common_status,
    report_message,
    write_status_report,
)
from sycee.payments.iso20022.pain002_stream import StatusReportStream
from sycee.payments.iso20022.reading import MAX_MESSAGE_BYTES, Message, read_message
from sycee.payments.iso20022.reasons import Fault, Reason, reason_of
from sycee.payments.iso20022.schemas import (
    CAMT052_MESSAGES,
    CAMT053_MESSAGES,
    CAMT054_MESSAGES,
    PAIN001_MESSAGES,
    PAIN002_MESSAGES,
    schema,
)

__all__ = [
    "CAMT052_MESSAGES",
    "CAMT053_MESSAGES",
    "CAMT054_MESSAGES",
    "MAX_MESSAGE_BYTES",
    "PAIN001_MESSAGES",
    "PAIN002_MESSAGES",
    "AccountMessage",
    "AccountReference",
    "AccountStatement",
    "Agent",
    "BatchBegins",
    "BatchEnds",
    "BatchReport",
    "Fault",
    "ForbiddenXml",
    "IntradayReport",
    "InvalidMessage",
    "MalformedXml",
    "Message",
    "Party",
    "PaymentBatch",
    "PaymentFile",
    "PaymentInstruction",
    "Reason",
    "ReportStatus",
    "SchemaViolation",
    "StatementEntry",
    "StatusReport",
    "StatusReportStream",
    "StreamEnds",
    "StreamHeader",
    "TransactionReport",
    "UnsupportedMessage",
    "UnwritableMessage",
    "WrongEncoding",
    "common_status",
    "is_iban",
    "read_amount",
    "read_message",
    "read_payment_file",
    "reason_of",
    "report_message",
    "schema",
    "stream_payment_file",
    "write_entry_notice",
    "write_intraday_report",
    "write_statement",
    "write_status_report",
]
