"""The status report (pain.002) on a payment file, rendered from what was kept, at any time."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby

from sycee.kernel import clock
from sycee.kernel.ids import uuid7
from sycee.payments.iso20022 import (
    BatchReport,
    Fault,
    StatusReport,
    TransactionReport,
    read_amount,
    write_status_report,
)
from sycee.payments.results import InstructionOutcome, PaymentFileResult


def status_report(
    result: PaymentFileResult,
    *,
    message: str | None = None,
    message_id: str | None = None,
    created_at: datetime | None = None,
    bank_bic: str | None = None,
) -> bytes:
    """A pain.002 report in UTF-8, valid against its schema.

    message is ``pain.002.001.12`` or ``pain.002.001.03``; None answers in the generation of
    the file. message_id (at most 35 characters) and created_at are the report's own; None
    makes a new id and takes the present instant.
    """
    by_batch = {
        index: tuple(_transaction(outcome) for outcome in outcomes)
        for index, outcomes in groupby(result.outcomes, key=lambda outcome: outcome.batch)
    }
    report = StatusReport(
        message_id=message_id or uuid7().hex,
        created_at=created_at or clock.now(),
        original_message=result.message,
        original_message_id=result.message_id,
        original_created_at=result.created_at,
        original_count=result.announced,
        original_control_sum=result.control_sum,
        status=result.status,
        fault=result.fault,
        bank_bic=bank_bic,
        batches=tuple(
            BatchReport(
                id=batch.id,
                status=batch.status,
                transactions=by_batch.get(index, ()),
                counted=batch.counted,
                summed=batch.summed,
                fault=batch.fault,
            )
            for index, batch in enumerate(result.batches)
        ),
    )
    return write_status_report(report, message=message)


def _transaction(outcome: InstructionOutcome) -> TransactionReport:
    read = read_amount(outcome.amount, outcome.currency)
    return TransactionReport(
        end_to_end_id=outcome.end_to_end_id,
        instruction_id=outcome.instruction_id,
        uetr=str(outcome.uetr) if outcome.uetr else None,
        status=outcome.status,
        amount=None if isinstance(read, Fault) else read,
        fault=outcome.fault,
        servicer_reference=outcome.transfer.hex if outcome.transfer else None,
    )
