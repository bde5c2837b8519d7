"""The way to other banks: messages out and in, each once whatever dies, and what the rails report checked.

Payments come from ``payments.orders`` and what becomes of them is told there; here is what is said to whom.
Others reach it as ``payments.rails``.
"""

from sycee.payments.rails.cases import (
    RailCase,
    apply_suspense,
    case_entries,
    explain,
    put_in_suspense,
    rail_case,
    rail_cases,
)
from sycee.payments.rails.connecting import CONNECT_RAIL, NewConnection, rail_connecting
from sycee.payments.rails.connections import (
    RailConnection,
    connect_rail,
    rail_connection,
    rail_connections,
)
from sycee.payments.rails.incoming import give_back, refuse_recall
from sycee.payments.rails.kept import credit_kept
from sycee.payments.rails.link import RailLink
from sycee.payments.rails.outbox import Pace, RailQueue, rail_queues
from sycee.payments.rails.reconciliation_runs import (
    ReconciliationRun,
    ask_for_reconciliation,
    newest_run,
)
from sycee.payments.rails.reconciliation_work import carry_out_reconciliation, sweep_reconciliations
from sycee.payments.rails.reconciling import Reconciliation, reconciliations
from sycee.payments.rails.refused_messages import (
    RailMessage,
    close_message,
    rail_message,
    rail_message_body,
    rail_messages,
    try_message_again,
)
from sycee.payments.rails.working import RailWorker

__all__ = [
    "CONNECT_RAIL",
    "NewConnection",
    "Pace",
    "RailCase",
    "RailConnection",
    "RailLink",
    "RailMessage",
    "RailQueue",
    "RailWorker",
    "Reconciliation",
    "ReconciliationRun",
    "apply_suspense",
    "ask_for_reconciliation",
    "carry_out_reconciliation",
    "case_entries",
    "close_message",
    "connect_rail",
    "credit_kept",
    "explain",
    "give_back",
    "newest_run",
    "put_in_suspense",
    "rail_case",
    "rail_cases",
    "rail_connecting",
    "rail_connection",
    "rail_connections",
    "rail_message",
    "rail_message_body",
    "rail_messages",
    "rail_queues",
    "reconciliations",
    "refuse_recall",
    "sweep_reconciliations",
    "try_message_again",
]
