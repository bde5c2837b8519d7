"""Receiving a customer's payment file: read it, find the accounts, pay what can be paid, keep the outcome.

This is the short way through payments, for machines of the bank: what is accepted is posted at once, between
accounts of this bank. Nothing is approved, held or sent to another bank here. What the classes of accounts
forbid is rejected, and so is what screening does not let pass: a bulk order of it waits for a person.

The same file sent twice is paid once: a second receipt is answered with the first result.
That holds for files sent side by side too, because a file is claimed by its id before it is
paid, and the ids of its transfers follow from its content.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from msgspec.structs import replace

from sycee import ledger, products
from sycee.database import Transaction
from sycee.kernel import clock
from sycee.kernel.ids import FIRST_CELL, cell_of
from sycee.payments import records
from sycee.payments.account_aliases import AccountBook
from sycee.payments.errors import MessageIdReused, PaymentFileNotFound
from sycee.payments.iso20022 import (
    MAX_MESSAGE_BYTES,
    AccountReference,
    Agent,
    Fault,
    PaymentBatch,
    PaymentFile,
    PaymentInstruction,
    Reason,
    ReportStatus,
    common_status,
    read_payment_file,
    reason_of,
)
from sycee.payments.payment_ids import file_id, initiator_of, transfer_id
from sycee.payments.results import BatchOutcome, InstructionOutcome, PaymentFileResult
from sycee.payments.screening.hook import Subject, Verdict, screen


class _Draft(NamedTuple):
    """An instruction's outcome if its transfer, when it has one, is posted."""

    outcome: InstructionOutcome
    transfer: ledger.NewTransfer | None


async def receive_payment_file(
    tx: Transaction,
    data: bytes,
    *,
    account_map: Mapping[str, int] | None = None,
    pay_early: bool = False,
    max_bytes: int = MAX_MESSAGE_BYTES,
) -> PaymentFileResult:
    """Pay a pain.001 file (versions .03 to .13) as far as it can be paid, and keep what became of it.

    account_map lets names in the file (IBANs, other numbers, ``number@bank``) stand for
    account numbers, before the registered aliases. An instruction to be executed after the
    present business date of the debtor's cell is rejected, unless pay_early: then it is posted
    now, with that day as its value date.

    A file that contradicts its own counts or sums is rejected whole, a batch that does so as a
    batch; an unknown account, too little money and the like reject the instruction alone.

    Raises what reading raises (MalformedXml, ForbiddenXml, WrongEncoding, UnsupportedMessage,
    SchemaViolation, PayloadTooLarge) and MessageIdReused when the initiating party used the
    message id before for another file. Nothing is kept then.
    """
    file = read_payment_file(data, max_bytes=max_bytes)
    digest = sha256(data).digest()
    known = await records.read_file(tx, file_id(file))
    if known is not None:
        return _first_result(known, digest)
    book = await AccountBook.open(tx, _references(file), account_map)
    debits = [book.number(batch.debtor_account, batch.debtor_agent, "debtor") for batch in file.batches]
    claimed = _received(file, digest, debits)
    payer = await _payer(tx, debits)
    if not await records.claim_file(tx, claimed, payer):  # by a transaction that was at it just now
        return _first_result(await payment_file(tx, claimed.id), digest)
    days = {cell.cell: cell.business_date for cell in await ledger.list_cells(tx)}
    early = [_early_date(batch, debit, days) for batch, debit in zip(file.batches, debits, strict=True)]
    faults = [
        _batch_fault(file, batch, debit, None if pay_early else ahead)
        for batch, debit, ahead in zip(file.batches, debits, early, strict=True)
    ]
    drafts = [
        _assess(file, item, faults[item.batch], debits[item.batch], book, early[item.batch])
        for item in file.instructions
    ]
    passing = await _screened(tx, file, await _judged(tx, drafts), payer)
    result = _concluded(claimed, file, faults, await _post(tx, passing))
    await records.write_outcome(tx, result)
    return result


async def payment_file(tx: Transaction, wanted: UUID) -> PaymentFileResult:
    """What became of the file of that id, received before. Raises PaymentFileNotFound."""
    result = await records.read_file(tx, wanted)
    if result is None:
        raise PaymentFileNotFound(f"there is no payment file {wanted}")
    return result


async def _payer(tx: Transaction, debits: Sequence[int | Fault]) -> UUID | None:
    """The one customer from whose accounts a file pays; None when there is no such one."""
    accounts = [debit for debit in debits if isinstance(debit, int)]
    owners = await ledger.customers_of_accounts(tx, accounts)
    found = {owners.get(account) for account in accounts}
    return found.pop() if len(found) == 1 else None


def _first_result(known: PaymentFileResult, digest: bytes) -> PaymentFileResult:
    """What is answered when a file of that id is there: its result, if it is this file."""
    if known.digest != digest:
        raise MessageIdReused(
            f"{known.initiating_party} used the message id {known.message_id} before for another file, "
            f"received {known.received_at:%Y-%m-%d %H:%M:%S} UTC",
            payment_file=str(known.id),
            reason=str(Reason.DUPLICATION),
        )
    return replace(known, duplicate=True)


def _received(file: PaymentFile, digest: bytes, debits: Sequence[int | Fault]) -> PaymentFileResult:
    """The file before anything is paid."""
    return PaymentFileResult(
        id=file_id(file),
        cell=next((cell_of(number) for number in debits if isinstance(number, int)), FIRST_CELL),
        message=file.message,
        message_id=file.message_id,
        initiating_party=file.initiating_party.name or initiator_of(file),
        created_at=file.created_at,
        received_at=clock.now(),
        digest=digest,
        announced=file.number_of_transactions,
        control_sum=file.control_sum,
        fault=file.fault,
        status=ReportStatus.REJECTED,
        batches=(),
        outcomes=(),
    )


def _references(file: PaymentFile) -> Iterator[tuple[AccountReference, Agent]]:
    for batch in file.batches:
        yield batch.debtor_account, batch.debtor_agent
    for item in file.instructions:
        yield item.creditor_account, item.creditor_agent


def _early_date(batch: PaymentBatch, debit: int | Fault, days: Mapping[int, date]) -> date | None:
    """The day execution is asked for, when it is still to come in the debtor's cell."""
    if isinstance(debit, Fault) or batch.execution_date is None:
        return None
    today = days.get(cell_of(debit), batch.execution_date)
    return batch.execution_date if batch.execution_date > today else None


def _batch_fault(
    file: PaymentFile, batch: PaymentBatch, debit: int | Fault, too_early: date | None
) -> Fault | None:
    """Why nothing in this batch can be paid: the first reason that applies, from the file down."""
    fault = file.fault or batch.fault or (debit if isinstance(debit, Fault) else None)
    if fault is None and too_early is not None:
        detail = f"execution is asked for on {too_early}, which is still to come: nothing is kept for later"
        return Fault(Reason.FUTURE_DATE, "execution_date_in_future", detail)
    return fault


def _assess(
    file: PaymentFile,
    item: PaymentInstruction,
    batch_fault: Fault | None,
    debit: int | Fault,
    book: AccountBook,
    value_date: date | None,
) -> _Draft:
    """What can be said of an instruction before posting, and the transfer to post if nothing forbids it."""
    credit = book.number(item.creditor_account, item.creditor_agent, "creditor")
    fault = batch_fault or item.fault or (credit if isinstance(credit, Fault) else None)
    transfer = None
    if fault is None and isinstance(debit, int) and isinstance(credit, int) and item.amount is not None:
        transfer = ledger.NewTransfer(
            id=transfer_id(file, item),
            debit=debit,
            credit=credit,
            amount=item.amount.minor,
            currency=item.amount.currency,
            value_date=value_date,
            reference=item.end_to_end_id,
            description=item.remittance_text() or None,
        )
    outcome = InstructionOutcome(
        position=item.position,
        batch=item.batch,
        end_to_end_id=item.end_to_end_id,
        instruction_id=item.instruction_id,
        uetr=UUID(item.uetr) if item.uetr else None,
        debtor=file.batches[item.batch].debtor_account.text(),
        creditor=item.creditor_account.text(),
        creditor_name=item.creditor.name,
        debit=debit if isinstance(debit, int) else None,
        credit=credit if isinstance(credit, int) else None,
        currency=item.currency,
        amount=item.amount.text() if item.amount else item.amount_text,
        remittance=item.remittance_text(),
        status=ReportStatus.REJECTED if transfer is None else ReportStatus.SETTLED,
        transfer=None if transfer is None else transfer.id,
        fault=fault,
    )
    return _Draft(outcome, transfer)


async def _judged(tx: Transaction, drafts: Sequence[_Draft]) -> list[_Draft]:
    """Take out what the classes of the accounts forbid."""
    movements = [
        products.Movement(draft.transfer.debit, draft.transfer.credit, draft.transfer.amount or 0)
        for draft in drafts
        if draft.transfer is not None
    ]
    problems = iter(await products.movement_problems(tx, movements))
    judged = []
    for draft in drafts:
        problem = next(problems) if draft.transfer is not None else None
        if problem is None:
            judged.append(draft)
            continue
        fault = Fault(Reason.TRANSACTION_NOT_SUPPORTED, "account_class_refused", problem)
        outcome = replace(draft.outcome, status=ReportStatus.REJECTED, transfer=None, fault=fault)
        judged.append(_Draft(outcome, None))
    return judged


async def _screened(
    tx: Transaction, file: PaymentFile, drafts: Sequence[_Draft], payer: UUID | None
) -> list[_Draft]:
    """Take out what screening does not let pass.

    Why is not said: the outcome is the customer's to read, who must not be warned.
    """
    to_pay = [draft for draft in drafts if draft.transfer is not None]
    verdicts = iter(await screen(tx, [_subject(file, draft, payer) for draft in to_pay]))
    screened = []
    for draft in drafts:
        if draft.transfer is None or next(verdicts).verdict is Verdict.PASS:
            screened.append(draft)
            continue
        fault = Fault(Reason.NARRATIVE, "not_paid_at_once", "it cannot be paid at once: send a bulk order")
        outcome = replace(draft.outcome, status=ReportStatus.REJECTED, transfer=None, fault=fault)
        screened.append(_Draft(outcome, None))
    return screened


def _subject(file: PaymentFile, draft: _Draft, payer: UUID | None) -> Subject:
    outcome, transfer = draft.outcome, draft.transfer
    assert transfer is not None
    return Subject(
        id=transfer.id,
        customer=payer,
        debtor_name=file.batches[outcome.batch].debtor.name or "",
        debtor_account=str(transfer.debit),
        creditor_account=str(transfer.credit),
        creditor_name=outcome.creditor_name or "",
        creditor_agent=None,
        amount=transfer.amount or 0,
        currency=transfer.currency,
        purpose="",
        remittance=outcome.remittance,
    )


async def _post(tx: Transaction, drafts: Sequence[_Draft]) -> list[InstructionOutcome]:
    """Post what is to be posted, in one list, and put in what the ledger refused."""
    transfers = [draft.transfer for draft in drafts if draft.transfer is not None]
    told = iter(await ledger.post_transfers(tx, transfers) if transfers else ())
    return [
        draft.outcome if draft.transfer is None else _after_posting(draft.outcome, next(told))
        for draft in drafts
    ]


def _after_posting(outcome: InstructionOutcome, told: ledger.Outcome) -> InstructionOutcome:
    if told.status != "rejected":
        return outcome
    code = told.code or "rejected"
    fault = Fault(reason_of(code), code, told.detail or code)
    return replace(outcome, status=ReportStatus.REJECTED, transfer=None, fault=fault)


def _concluded(
    claimed: PaymentFileResult,
    file: PaymentFile,
    faults: list[Fault | None],
    outcomes: list[InstructionOutcome],
) -> PaymentFileResult:
    by_batch: list[list[ReportStatus]] = [[] for _ in file.batches]
    for outcome in outcomes:
        by_batch[outcome.batch].append(outcome.status)
    batches = [
        BatchOutcome(
            id=batch.id,
            status=common_status(statuses),
            counted=batch.counted,
            summed=batch.summed,
            debtor=batch.debtor_account.text(),
            debtor_name=batch.debtor.name,
            execution_date=batch.execution_date,
            fault=fault,
        )
        for batch, statuses, fault in zip(file.batches, by_batch, faults, strict=True)
    ]
    status = common_status([outcome.status for outcome in outcomes])
    return replace(claimed, status=status, batches=tuple(batches), outcomes=tuple(outcomes))
