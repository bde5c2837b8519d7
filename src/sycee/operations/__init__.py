"""The banking day: the end of each day of a cell, beside live traffic, and the documents it produces.

A day ends by a marker, never by a stop. Everything here opens its own transactions, block by block, and is
taken up again where it was after a kill.
"""

from sycee.operations.banking_day import CHECKS, STEPS
from sycee.operations.beginning import CUT_OFF, LONGEST_DAYS
from sycee.operations.closer import DayCloser
from sycee.operations.cycles import Cycle, spans_ending
from sycee.operations.days import (
    Day,
    DayFailure,
    DayRun,
    Failure,
    StepRun,
    failures,
    find_run,
    get_run,
    latest_run,
    list_runs,
    unfinished_runs,
)
from sycee.operations.document_steps import DocumentStep
from sycee.operations.documents import (
    ConfirmationContent,
    Document,
    DocumentKind,
    DocumentSummary,
    StatementContent,
    documents_of_day,
    get_document,
    list_documents,
)
from sycee.operations.errors import (
    DayBeingClosed,
    DayClosedOtherwise,
    DayCovered,
    DayNotFound,
    DaySkipped,
    DayUnfinished,
    DocumentDamaged,
    DocumentNotFound,
    DocumentTooLong,
    InvalidNextDate,
    InvalidSchedule,
    NothingToRetry,
    RunTakenOver,
    StatementUnbalanced,
)
from sycee.operations.fees import FeeCharge, fee_charges
from sycee.operations.paper import document_pdf
from sycee.operations.renderings import document_csv
from sycee.operations.running import close_day
from sycee.operations.schedule import ClosingTime, Schedule
from sycee.operations.steps import Block, Progress, Step, StepProgress, StepReport, StepResult
from sycee.operations.titles import title_of

__all__ = [
    "CHECKS",
    "CUT_OFF",
    "LONGEST_DAYS",
    "STEPS",
    "Block",
    "ClosingTime",
    "ConfirmationContent",
    "Cycle",
    "Day",
    "DayBeingClosed",
    "DayClosedOtherwise",
    "DayCloser",
    "DayCovered",
    "DayFailure",
    "DayNotFound",
    "DayRun",
    "DaySkipped",
    "DayUnfinished",
    "Document",
    "DocumentDamaged",
    "DocumentKind",
    "DocumentNotFound",
    "DocumentStep",
    "DocumentSummary",
    "DocumentTooLong",
    "Failure",
    "FeeCharge",
    "InvalidNextDate",
    "InvalidSchedule",
    "NothingToRetry",
    "Progress",
    "RunTakenOver",
    "Schedule",
    "StatementContent",
    "StatementUnbalanced",
    "Step",
    "StepProgress",
    "StepReport",
    "StepResult",
    "StepRun",
    "close_day",
    "document_csv",
    "document_pdf",
    "documents_of_day",
    "failures",
    "fee_charges",
    "find_run",
    "get_document",
    "get_run",
    "latest_run",
    "list_documents",
    "list_runs",
    "spans_ending",
    "title_of",
    "unfinished_runs",
]
