"""The banking day: the end of each day of a cell, beside live traffic, and the documents it produces.

A day ends by a marker, never by a stop. Everything here opens its own transactions, block by block, and is
taken up again where it was after a kill.
"""

from sycee.operations.banking_day import CHECKS, STEPS
from sycee.operations.beginning import CUT_OFF, LONGEST_DAYS
from sycee.operations.capitals import capitals
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
    PDF_LINES,
    XLSX_LINES,
    ConfirmationContent,
    Document,
    DocumentKind,
    DocumentSummary,
    StatementContent,
    documents_of_day,
    get_document,
    list_documents,
)
from sycee.operations.drawing_up import draw_statement
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
    ReceiptDamaged,
    ReceiptNotFound,
    RunTakenOver,
    StatementUnbalanced,
    TooManyReceipts,
)
from sycee.operations.fees import FeeCharge, fee_charges
from sycee.operations.paper import document_pdf, document_xlsx
from sycee.operations.receipt_papers import (
    ReceiptPaper,
    count_print,
    find_paper,
    keep_paper,
    make_paper,
)
from sycee.operations.receipts import (
    MOST_RECEIPTS,
    Receipt,
    ReceiptContent,
    ReceiptParty,
    Verification,
    get_receipt,
    is_receipt_number,
    issue_receipts,
    list_receipts,
    verify_receipt,
    written_code,
)
from sycee.operations.renderings import document_csv
from sycee.operations.running import close_day
from sycee.operations.schedule import ClosingTime, Schedule
from sycee.operations.steps import Block, Progress, Step, StepProgress, StepReport, StepResult
from sycee.operations.titles import title_of

__all__ = [
    "CHECKS",
    "CUT_OFF",
    "LONGEST_DAYS",
    "MOST_RECEIPTS",
    "PDF_LINES",
    "STEPS",
    "XLSX_LINES",
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
    "Receipt",
    "ReceiptContent",
    "ReceiptDamaged",
    "ReceiptNotFound",
    "ReceiptPaper",
    "ReceiptParty",
    "RunTakenOver",
    "Schedule",
    "StatementContent",
    "StatementUnbalanced",
    "Step",
    "StepProgress",
    "StepReport",
    "StepResult",
    "StepRun",
    "TooManyReceipts",
    "Verification",
    "capitals",
    "close_day",
    "count_print",
    "document_csv",
    "document_pdf",
    "document_xlsx",
    "documents_of_day",
    "draw_statement",
    "failures",
    "fee_charges",
    "find_paper",
    "find_run",
    "get_document",
    "get_receipt",
    "get_run",
    "is_receipt_number",
    "issue_receipts",
    "keep_paper",
    "latest_run",
    "list_documents",
    "list_receipts",
    "list_runs",
    "make_paper",
    "spans_ending",
    "title_of",
    "unfinished_runs",
    "verify_receipt",
    "written_code",
]
