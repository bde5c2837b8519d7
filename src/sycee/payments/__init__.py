"""Payments from instruction to receipt: orders and their life, the choice of rails, files, statements.

``submit_payments`` takes instructions; within this bank they are settled at once. What goes to another bank
is held and handed to a rail through ``payments_to_send`` and the reports that follow it
(``settle_payments`` and the like). ``sycee.payments.iso20022`` is the wire format's edge.
"""

from sycee.payments.account_aliases import add_account_aliases, aliases_of
from sycee.payments.errors import (
    AliasTaken,
    InvalidAlias,
    InvalidConnection,
    InvalidPayment,
    InvalidRailTerms,
    InvalidScreeningList,
    MessageIdReused,
    PaymentFileNotFound,
    PaymentNotFound,
    RailCaseNotFound,
    RailCaseSettled,
    RailNotConnected,
    RailNotFound,
    RailReportNotFound,
    RailTermsDecided,
    RailTermsNotFound,
    RailUnavailable,
    SecondPersonForRail,
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
    Reason,
    ReportStatus,
    SchemaViolation,
    UnsupportedMessage,
    WrongEncoding,
    read_message,
    read_payment_file,
)
from sycee.payments.orders.approving import (
    SUBMIT_PAYMENTS,
    PaymentOrder,
    order_outcomes,
    payment_order,
    read_payment_order,
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
from sycee.payments.rails.cases import (
    RailCase,
    apply_suspense,
    case_entries,
    explain,
    put_in_suspense,
    rail_case,
    rail_cases,
)
from sycee.payments.rails.connections import (
    RailConnection,
    connect_rail,
    rail_connection,
    rail_connections,
)
from sycee.payments.rails.incoming import accept_recall, refuse_recall
from sycee.payments.rails.link import RailLink
from sycee.payments.rails.outbox import Pace, RailQueue, rail_queues
from sycee.payments.rails.reconciling import Reconciliation, reconciliations
from sycee.payments.rails.working import RailWorker, reconcile_day
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
from sycee.payments.simulator import serve_simulator
from sycee.payments.statements import camt053
from sycee.payments.status_reports import status_report

register_screener(screen_names)

__all__ = [
    "CAMT053_MESSAGES",
    "PAIN002_MESSAGES",
    "SUBMIT_PAYMENTS",
    "AccountReference",
    "Agent",
    "AliasTaken",
    "BatchOutcome",
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
    "MalformedXml",
    "MessageIdReused",
    "Move",
    "Moved",
    "NewPayment",
    "OutgoingPayment",
    "Pace",
    "Payment",
    "PaymentEvent",
    "PaymentFileNotFound",
    "PaymentFileResult",
    "PaymentNotFound",
    "PaymentOrder",
    "PaymentOutcome",
    "PaymentState",
    "ProposedTerms",
    "Rail",
    "RailAccounts",
    "RailAsk",
    "RailCase",
    "RailCaseNotFound",
    "RailCaseSettled",
    "RailChoice",
    "RailConnection",
    "RailLink",
    "RailNotConnected",
    "RailNotFound",
    "RailQueue",
    "RailReportNotFound",
    "RailTerms",
    "RailTermsDecided",
    "RailTermsNotFound",
    "RailUnavailable",
    "RailWorker",
    "Reason",
    "Recall",
    "RecallAnswer",
    "Received",
    "Reconciliation",
    "RejectedByRail",
    "ReportStatus",
    "Returned",
    "SchemaViolation",
    "Screened",
    "ScreeningList",
    "SecondPersonForRail",
    "Sent",
    "Settled",
    "Subject",
    "Swept",
    "TermsState",
    "UnsupportedMessage",
    "Urgency",
    "Verdict",
    "Window",
    "WrongEncoding",
    "accept_recall",
    "add_account_aliases",
    "add_own_agents",
    "aliases_of",
    "apply_suspense",
    "camt053",
    "cancel_payments",
    "case_entries",
    "choose_rails",
    "connect_rail",
    "execute_due_payments",
    "explain",
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
    "order_outcomes",
    "own_agents",
    "payment_events",
    "payment_file",
    "payment_order",
    "payments_to_send",
    "propose_terms",
    "put_in_suspense",
    "rail_accounts",
    "rail_case",
    "rail_cases",
    "rail_connection",
    "rail_connections",
    "rail_queues",
    "rails_on",
    "read_message",
    "read_payment_file",
    "read_payment_order",
    "recall_answered",
    "recall_payment",
    "recalls_to_send",
    "receive_incoming",
    "receive_payment_file",
    "reconcile_day",
    "reconciliations",
    "refuse_recall",
    "refuse_stopped",
    "register_screener",
    "reject_payments",
    "reject_terms",
    "release_stopped",
    "release_terms",
    "return_payments",
    "screen_names",
    "screening_lists",
    "serve_simulator",
    "settle_payments",
    "status_report",
    "stream_events",
    "stream_positions",
    "submit_payments",
    "withdraw_terms",
]
