"""Payment files and their instructions as rows: written set-wise, read back whole."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from sycee.database import Transaction
from sycee.payments.iso20022 import Fault, Reason, ReportStatus
from sycee.payments.results import BatchOutcome, InstructionOutcome, PaymentFileResult

_INSTRUCTION_COLUMNS = (
    "cell, file, position, batch, instruction_id, end_to_end_id, uetr, transfer, debtor, creditor,"
    " creditor_name, debit, credit, currency, amount, remittance, status, reason, code, detail"
)


async def claim_file(tx: Transaction, result: PaymentFileResult, customer: UUID | None) -> bool:
    """Write the file's row before it is paid; False when another transaction has committed the same id.

    A transaction that is at it right now is waited for. ``customer`` is from whose accounts the file pays,
    None when they are not all of one customer.
    """
    cursor = await tx.execute(
        "INSERT INTO payment_files (cell, id, message, message_id, initiating_party, created_at,"
        " received_at, digest, announced, control_sum, fault, batches, customer)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, '[]', %s) ON CONFLICT DO NOTHING",
        (
            result.cell,
            result.id,
            result.message,
            result.message_id,
            result.initiating_party,
            result.created_at,
            result.received_at,
            result.digest,
            result.announced,
            result.control_sum,
            None if result.fault is None else msgspec.json.encode(result.fault).decode(),
            customer,
        ),
    )
    return cursor.rowcount == 1


async def write_outcome(tx: Transaction, result: PaymentFileResult) -> None:
    """Write what became of a claimed file, and all of its instructions at once."""
    await tx.execute(
        "UPDATE payment_files SET status = %s, batches = %s::jsonb WHERE cell = %s AND id = %s",
        (str(result.status), msgspec.json.encode(result.batches).decode(), result.cell, result.id),
    )
    async with tx.cursor().copy(f"COPY payment_instructions ({_INSTRUCTION_COLUMNS}) FROM STDIN") as copy:
        for outcome in result.outcomes:
            await copy.write_row(_row(result, outcome))


def _row(result: PaymentFileResult, outcome: InstructionOutcome) -> tuple[Any, ...]:
    fault = outcome.fault
    return (
        result.cell,
        result.id,
        outcome.position,
        outcome.batch,
        outcome.instruction_id,
        outcome.end_to_end_id,
        outcome.uetr,
        outcome.transfer,
        outcome.debtor,
        outcome.creditor,
        outcome.creditor_name,
        outcome.debit,
        outcome.credit,
        outcome.currency,
        outcome.amount,
        outcome.remittance,
        str(outcome.status),
        str(fault.reason) if fault else None,
        fault.code if fault else None,
        fault.detail if fault else None,
    )


async def read_file(tx: Transaction, wanted: UUID) -> PaymentFileResult | None:
    """A file with all of its instructions in order; None when there is none of that id."""
    cursor = await tx.execute(
        "SELECT cell, message, message_id, initiating_party, created_at, received_at, digest, announced,"
        " control_sum, status, fault::text, batches::text FROM payment_files WHERE id = %s",
        (wanted,),
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    cursor = await tx.execute(
        f"SELECT {_INSTRUCTION_COLUMNS} FROM payment_instructions"  # noqa: S608 - names of ours only
        " WHERE cell = %s AND file = %s ORDER BY position",
        (row[0], wanted),
    )
    return PaymentFileResult(
        id=wanted,
        cell=row[0],
        message=row[1],
        message_id=row[2],
        initiating_party=row[3],
        created_at=row[4],
        received_at=row[5],
        digest=row[6],
        announced=row[7],
        control_sum=row[8],
        status=ReportStatus(row[9]),
        fault=None if row[10] is None else msgspec.json.decode(row[10], type=Fault),
        batches=msgspec.json.decode(row[11], type=tuple[BatchOutcome, ...]),
        outcomes=tuple([_outcome(row) async for row in cursor]),
    )


def _outcome(row: tuple[Any, ...]) -> InstructionOutcome:
    reason, code, detail = row[17:20]
    return InstructionOutcome(
        position=row[2],
        batch=row[3],
        instruction_id=row[4],
        end_to_end_id=row[5],
        uetr=row[6],
        transfer=row[7],
        debtor=row[8],
        creditor=row[9],
        creditor_name=row[10],
        debit=row[11],
        credit=row[12],
        currency=row[13],
        amount=row[14],
        remittance=row[15],
        status=ReportStatus(row[16]),
        fault=None if reason is None else Fault(Reason(reason), code, detail),
    )
