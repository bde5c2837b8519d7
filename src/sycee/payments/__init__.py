"""Payments from instruction to receipt: orders and their life, the choice of rails, files, statements.

``submit_payments`` takes instructions; within this bank they are settled at once. What goes to another bank
is held and handed to a rail through ``payments_to_send`` and the reports that follow it
(``settle_payments`` and the like). ``sycee.payments.iso20022`` is the wire format's edge.
"""

from sycee.payments.account_aliases import add_account_aliases, aliases_of
from sycee.payments.bulk.paying import carry_out_bulk_order, pay_block
from sycee.payments.bulk.receiving import bulk_original, receive_bulk_order
from sycee.payments.bulk.records import (
    BulkItem,
    BulkOrder,
    BulkState,
    bulk_items,
    bulk_order,
    bulk_totals,
    start_bulk_order,
    unfinished_bulk_orders,
)
from sycee.payments.bulk.reports import bulk_status_report, bulk_statuses
from sycee.payments.bulk.spreadsheets import SpreadsheetFormat, spreadsheet_template
from sycee.payments.errors import (
    AliasTaken,
    BulkOrderNotFound,
    InvalidAlias,
    InvalidPayment,
    InvalidRailTerms,
    InvalidScreeningList,
    InvalidSpreadsheet,
    MessageIdReused,
    NoStatusReport,
    PaymentFileNotFound,
    PaymentNotFound,
    RailNotFound,
    RailTermsDecided,
    RailTermsNotFound,
    SecondPersonForRail,
)
from sycee.payments.iso20022 import (
    CAMT053_MESSAGES,
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
from sycee.payments.orders.incoming import IncomingPayment, Received, receive_incoming
from sycee.payments.orders.moving import Move, Moved, move_payments
from sycee.payments.orders.new_payments import Instructor, NewPayment, PaymentOutcome, Urgency
from sycee.payments.orders.parties import add_own_agents, own_agents
from sycee.payments.orders.reading import (
    PaymentEvent,
    get_payment,
    list_payments,
    payment_events,
    stream_events,
    stream_positions,
)
from sycee.payments.orders.records import Payment
from sycee.payments.orders.returning import (
    Recall,
    RecallAnswer,
    Returned,
    mark_recalls_sent,
    recall_answered,
    recall_payment,
    recalls_to_send,
    return_payments,
)
from sycee.payments.orders.sending import (
    OutgoingPayment,
    RejectedByRail,
    Sent,
    Settled,
    mark_sent,
    payments_to_send,
    reject_payments,
    settle_payments,
)
from sycee.payments.orders.states import PaymentState
from sycee.payments.orders.submitting import submit_payments
from sycee.payments.orders.waiting import (
    Swept,
    cancel_payments,
    execute_due_payments,
    refuse_stopped,
    release_stopped,
)
from sycee.payments.payment_files import payment_file, receive_payment_file
from sycee.payments.results import BatchOutcome, InstructionOutcome, PaymentFileResult
from sycee.payments.routing.choosing import RailAsk, RailChoice, choose_rails
from sycee.payments.routing.proposals import (
    ProposedTerms,
    TermsState,
    get_terms,
    list_terms,
    propose_terms,
    reject_terms,
    release_terms,
    withdraw_terms,
)
from sycee.payments.routing.rails import Rail, RailAccounts, rail_accounts, rails_on
from sycee.payments.routing.terms import FeeTier, RailTerms, Window, local_day
from sycee.payments.screening.hook import (
    Screened,
    Subject,
    Verdict,
    forget_screener,
    register_screener,
)
from sycee.payments.screening.names import (
    ScreeningList,
    load_screening_names,
    screen_names,
    screening_lists,
)
from sycee.payments.statements import camt053
from sycee.payments.status_reports import status_report

register_screener(screen_names)

__all__ = [
    "CAMT053_MESSAGES",
    "PAIN002_MESSAGES",
    "AccountReference",
    "Agent",
    "AliasTaken",
    "BatchOutcome",
    "BulkItem",
    "BulkOrder",
    "BulkOrderNotFound",
    "BulkState",
    "Fault",
    "FeeTier",
    "ForbiddenXml",
    "IncomingPayment",
    "InstructionOutcome",
    "Instructor",
    "InvalidAlias",
    "InvalidPayment",
    "InvalidRailTerms",
    "InvalidScreeningList",
    "InvalidSpreadsheet",
    "MalformedXml",
    "MessageIdReused",
    "Move",
    "Moved",
    "NewPayment",
    "NoStatusReport",
    "OutgoingPayment",
    "Payment",
    "PaymentEvent",
    "PaymentFileNotFound",
    "PaymentFileResult",
    "PaymentNotFound",
    "PaymentOutcome",
    "PaymentState",
    "ProposedTerms",
    "Rail",
    "RailAccounts",
    "RailAsk",
    "RailChoice",
    "RailNotFound",
    "RailTerms",
    "RailTermsDecided",
    "RailTermsNotFound",
    "Reason",
    "Recall",
    "RecallAnswer",
    "Received",
    "RejectedByRail",
    "ReportStatus",
    "Returned",
    "SchemaViolation",
    "Screened",
    "ScreeningList",
    "SecondPersonForRail",
    "Sent",
    "Settled",
    "SpreadsheetFormat",
    "Subject",
    "Swept",
    "TermsState",
    "UnsupportedMessage",
    "Urgency",
    "Verdict",
    "Window",
    "WrongEncoding",
    "add_account_aliases",
    "add_own_agents",
    "aliases_of",
    "bulk_items",
    "bulk_order",
    "bulk_original",
    "bulk_status_report",
    "bulk_statuses",
    "bulk_totals",
    "camt053",
    "cancel_payments",
    "carry_out_bulk_order",
    "choose_rails",
    "execute_due_payments",
    "forget_screener",
    "get_payment",
    "get_terms",
    "list_payments",
    "list_terms",
    "load_screening_names",
    "local_day",
    "mark_recalls_sent",
    "mark_sent",
    "move_payments",
    "own_agents",
    "pay_block",
    "payment_events",
    "payment_file",
    "payments_to_send",
    "propose_terms",
    "rail_accounts",
    "rails_on",
    "read_message",
    "read_payment_file",
    "recall_answered",
    "recall_payment",
    "recalls_to_send",
    "receive_bulk_order",
    "receive_incoming",
    "receive_payment_file",
    "refuse_stopped",
    "register_screener",
    "reject_payments",
    "reject_terms",
    "release_stopped",
    "release_terms",
    "return_payments",
    "screen_names",
    "screening_lists",
    "settle_payments",
    "spreadsheet_template",
    "start_bulk_order",
    "status_report",
    "stream_events",
    "stream_positions",
    "submit_payments",
    "unfinished_bulk_orders",
    "withdraw_terms",
]
