"""The steps of the banking day, in their order."""

from __future__ import annotations

from sycee.operations.books_step import CheckBooks
from sycee.operations.cycles import Cycle
from sycee.operations.document_steps import DocumentStep
from sycee.operations.documents import DocumentKind
from sycee.operations.fee_step import ChargeFees
from sycee.operations.product_steps import ACCRUE, DUE_DEPOSITS, FEED, REACCRUE, SETTLE
from sycee.operations.steps import Step

STEPS: tuple[Step, ...] = (
    FEED,
    REACCRUE,
    ACCRUE,
    DUE_DEPOSITS,
    SETTLE,
    ChargeFees(),
    DocumentStep("statements", DocumentKind.STATEMENT, Cycle.MONTHLY),
    DocumentStep("confirmations", DocumentKind.BALANCE_CONFIRMATION, Cycle.QUARTERLY),
)
"""What every end of day does after its marker."""

CHECKS: tuple[Step, ...] = (CheckBooks(),)
"""What an end of day does besides when it is asked to prove the books."""
