"""Payments from instruction to receipt: orders and their life, the choice of rails, files, statements.

``submit_payments`` takes instructions; within this bank they are settled at once. What goes to another bank
is held and handed to a rail through ``payments_to_send`` and the reports that follow it
(``settle_payments`` and the like). ``sycee.payments.iso20022`` is the wire format's edge; ``standing`` has
the payments that come again, ``debits`` what payees take under mandates, ``escrow`` the supervised accounts,
``rails`` the way to other banks.
"""

from sycee.payments import debits, escrow, rails, standing
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
from sycee.payments.bulk.spreadsheets import spreadsheet_template
from sycee.payments.errors import (
    AliasTaken,
    BulkOrderNotFound,
    InvalidAlias,
    InvalidConnection,
    InvalidPayment,
    InvalidRailTerms,
    InvalidScreeningList,
    InvalidSpreadsheet,
    MessageIdReused,
    NoStatusReport,
    PaymentFileNotFound,
    PaymentNotFound,
    RailCaseNotFound,
    RailCaseSettled,
    RailMessageNotFound,
    RailMessageNotRefused,
    RailNotConnected,
    RailNotFound,
    RailReportNotFound,
    RailTermsDecided,
    RailTermsNotFound,
    RailUnavailable,
    ReconciliationNotFound,
)
from sycee.payments.iso20022 import (
    CAMT053_MESSAGES,
    PAIN002_MESSAGES,
    AccountReference,
    Agent,
    Fault,
    ForbiddenXml,
    InvalidMessage,
    MalformedXml,
    SchemaViolation,
    UnsupportedMessage,
    WrongEncoding,
    read_message,
    read_payment_file,
)
from sycee.payments.orders.approving import (
    SUBMIT_PAYMENTS,
    bulk_approval_id,
    bulk_payload,
    order_outcomes,
    payment_order,
    pays_single_salaries,
)
from sycee.payments.orders.bank_transfers import (
    BANK_TRANSFER,
    BankTransfer,
    bank_transfer,
    bank_transfer_approval_id,
)
from sycee.payments.orders.incoming import IncomingPayment, receive_incoming
from sycee.payments.orders.moving import Move, Moved, move_payments
from sycee.payments.orders.new_payments import Instructor, NewPayment, PaymentOutcome, Urgency
from sycee.payments.orders.parties import add_own_agents
from sycee.payments.orders.reading import (
    PaymentEvent,
    get_payment,
    is_salary,
    list_payments,
    payment_events,
    stream_events,
    stream_positions,
)
from sycee.payments.orders.records import Payment
from sycee.payments.orders.returning import (
    RecallAnswer,
    Returned,
    mark_recalls_sent,
    recall_answered,
    recall_payment,
    recalls_to_send,
    return_payments,
)
from sycee.payments.orders.sending import (
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
    cancel_payments,
    execute_due_payments,
    refuse_stopped,
    release_stopped,
)
from sycee.payments.payment_files import payment_file, receive_payment_file
from sycee.payments.results import InstructionOutcome, PaymentFileResult
from sycee.payments.routing.choosing import RailAsk, RailChoice, choose_rails
from sycee.payments.routing.proposals import (
    ProposedTerms,
    get_terms,
    list_terms,
)
from sycee.payments.routing.rails import Rail, rail_accounts, rails_on
from sycee.payments.routing.releasing import (
    RAIL_TERMS_PROPOSALS,
    request_rail_terms,
)
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
from sycee.payments.screening.replacing import (
    REPLACE_SCREENING_LIST,
    ListReplacement,
    screening_list_replacement,
)
from sycee.payments.simulator import serve_simulator
from sycee.payments.standing.sweeping import sweep_standing_orders
from sycee.payments.statements import PaymentDetails, camt052, camt053, camt054, payment_details
from sycee.payments.status_reports import status_report
from sycee.payments.tables import SpreadsheetFormat

register_screener(screen_names)

__all__ = [
    "BANK_TRANSFER",
    "CAMT053_MESSAGES",
    "PAIN002_MESSAGES",
    "RAIL_TERMS_PROPOSALS",
    "REPLACE_SCREENING_LIST",
    "SUBMIT_PAYMENTS",
    "AccountReference",
    "Agent",
    "AliasTaken",
    "BankTransfer",
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
    "InvalidConnection",
    "InvalidMessage",
    "InvalidPayment",
    "InvalidRailTerms",
    "InvalidScreeningList",
    "InvalidSpreadsheet",
    "ListReplacement",
    "MalformedXml",
    "MessageIdReused",
    "Move",
    "Moved",
    "NewPayment",
    "NoStatusReport",
    "Payment",
    "PaymentDetails",
    "PaymentEvent",
    "PaymentFileNotFound",
    "PaymentFileResult",
    "PaymentNotFound",
    "PaymentOutcome",
    "PaymentState",
    "ProposedTerms",
    "Rail",
    "RailAsk",
    "RailCaseNotFound",
    "RailCaseSettled",
    "RailChoice",
    "RailMessageNotFound",
    "RailMessageNotRefused",
    "RailNotConnected",
    "RailNotFound",
    "RailReportNotFound",
    "RailTerms",
    "RailTermsDecided",
    "RailTermsNotFound",
    "RailUnavailable",
    "RecallAnswer",
    "ReconciliationNotFound",
    "RejectedByRail",
    "Returned",
    "SchemaViolation",
    "Screened",
    "ScreeningList",
    "Sent",
    "Settled",
    "SpreadsheetFormat",
    "Subject",
    "UnsupportedMessage",
    "Urgency",
    "Verdict",
    "Window",
    "WrongEncoding",
    "add_account_aliases",
    "add_own_agents",
    "aliases_of",
    "bank_transfer",
    "bank_transfer_approval_id",
    "bulk_approval_id",
    "bulk_items",
    "bulk_order",
    "bulk_original",
    "bulk_payload",
    "bulk_status_report",
    "bulk_statuses",
    "bulk_totals",
    "camt052",
    "camt053",
    "camt054",
    "cancel_payments",
    "carry_out_bulk_order",
    "choose_rails",
    "debits",
    "escrow",
    "execute_due_payments",
    "forget_screener",
    "get_payment",
    "get_terms",
    "is_salary",
    "list_payments",
    "list_terms",
    "load_screening_names",
    "local_day",
    "mark_recalls_sent",
    "mark_sent",
    "move_payments",
    "order_outcomes",
    "pay_block",
    "payment_details",
    "payment_events",
    "payment_file",
    "payment_order",
    "payments_to_send",
    "pays_single_salaries",
    "rail_accounts",
    "rails",
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
    "release_stopped",
    "request_rail_terms",
    "return_payments",
    "screen_names",
    "screening_list_replacement",
    "screening_lists",
    "serve_simulator",
    "settle_payments",
    "spreadsheet_template",
    "standing",
    "start_bulk_order",
    "status_report",
    "stream_events",
    "stream_positions",
    "submit_payments",
    "sweep_standing_orders",
    "unfinished_bulk_orders",
]
