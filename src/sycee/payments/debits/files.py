"""Collections: a payee's pain.008 file, or filled table, as a list of direct debits, and the report on it.

A file is collected as the command ``payments.collect``, under an id made of who sent it and its message id:
the same file again is answered with how its debits stand, and waits for those who must agree like any list.
What the file says wrongly is reported with its debit, and is not collected.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

import msgspec

from sycee import ledger
from sycee.database import Transaction
from sycee.kernel import clock
from sycee.kernel.ids import uuid7
from sycee.payments.account_aliases import AccountBook
from sycee.payments.bulk.records import item_id, order_id
from sycee.payments.debits.records import DebitOutcome, DebitState, DirectDebit, NewDirectDebit, read_debits
from sycee.payments.debits.spreadsheets import write_collection_report
from sycee.payments.iso20022 import (
    BatchReport,
    Fault,
    Reason,
    ReportStatus,
    StatusReport,
    TransactionReport,
    common_status,
    reason_of,
    write_status_report,
)
from sycee.payments.iso20022.pain008 import CollectionBatch, CollectionFile, CollectionItem
from sycee.payments.orders.new_payments import Instructor
from sycee.payments.tables import SpreadsheetFormat

_REFUSED = Fault(Reason.NARRATIVE, "order_refused", "another debit of the same file was refused")


class Collection(msgspec.Struct, frozen=True, kw_only=True):
    """A file and what is to be collected of it; ``faults`` are why other debits are not, by position."""

    id: UUID
    file: CollectionFile
    debits: tuple[NewDirectDebit, ...]
    faults: dict[int, Fault]


async def draw_up_collection(
    tx: Transaction,
    file: CollectionFile,
    *,
    by: Instructor,
    all_or_nothing: bool = False,
    retry_days: int = 0,
) -> Collection:
    """The debits that a file asks for. With ``all_or_nothing`` one fault leaves none.

    Raises ledger's AccountNotFound when no account that is to be credited is the customer's.
    """
    initiator = file.initiating_party.key() or file.batches[0].creditor_account.text()
    id = order_id(by.customer, f"collection {initiator}", file.message_id)
    references = [(batch.creditor_account, batch.creditor_agent) for batch in file.batches]
    references += [(item.debtor_account, item.debtor_agent) for batch in file.batches for item in batch.items]
    book = await AccountBook.open(tx, references)
    credits = [
        book.number(batch.creditor_account, batch.creditor_agent, "creditor") for batch in file.batches
    ]
    owners = await ledger.customers_of_accounts(tx, [one for one in credits if isinstance(one, int)])
    debits: list[NewDirectDebit] = []
    faults: dict[int, Fault] = {}
    own = False
    for batch, credit in zip(file.batches, credits, strict=True):
        foreign = isinstance(credit, Fault) or owners.get(credit) is None
        if not foreign and by.customer not in {None, owners[credit]}:  # type: ignore[index]
            foreign = True
        own = own or not foreign
        fault = file.fault or batch.fault or (_not_known(batch) if foreign else None)
        for item in batch.items:
            debit = book.number(item.debtor_account, item.debtor_agent, "debtor")
            wrong = fault or item.fault or _flaw(item) or (debit if isinstance(debit, Fault) else None)
            if wrong is not None or isinstance(debit, Fault) or isinstance(credit, Fault):
                faults[item.position] = wrong or _not_known(batch)
                continue
            assert item.amount is not None
            debits.append(
                NewDirectDebit(
                    id=item_id(id, item.position),
                    credit_account=credit,
                    debit_account=debit,
                    mandate_reference=item.mandate,
                    amount=item.amount.minor,
                    currency=item.amount.currency,
                    due_on=batch.due_on,
                    retry_days=retry_days,
                    end_to_end_id=item.end_to_end_id,
                    remittance=item.remittance,
                    collection=id,
                )
            )
    if not own:
        named = file.batches[0].creditor_account.text()
        raise ledger.AccountNotFound(f"none of the accounts that are to be credited is known: {named}")
    if all_or_nothing and faults:
        faults |= {one.id.int - id.int - 1: _REFUSED for one in debits}
        debits = []
    return Collection(id=id, file=file, debits=tuple(debits), faults=faults)


def _not_known(batch: CollectionBatch) -> Fault:
    detail = f"the creditor's account {batch.creditor_account.text()} is not known to this bank"
    return Fault(Reason.CREDITOR_ACCOUNT, "account_not_found", detail)


def _flaw(item: CollectionItem) -> Fault | None:
    if not item.mandate:
        return Fault(Reason.NO_MANDATE, "debit_mandate_not_found", "the debit names no mandate")
    return None


async def report_on_collection(
    tx: Transaction, collection: Collection, told: Sequence[DebitOutcome], *, bank_bic: str | None = None
) -> bytes:
    """The report on a file: its debits as they stand now, as pain.002 in its generation; on a table, a table.

    ``told`` is what they were answered with when they were sent in.
    """
    faults = dict(collection.faults)
    for outcome in told:
        if not outcome.kept:
            code = outcome.code or "rejected"
            position = outcome.id.int - collection.id.int - 1
            faults[position] = Fault(reason_of(code), code, outcome.detail or code)
    standing = await read_debits(tx, [outcome.id for outcome in told if outcome.kept])
    file = collection.file
    batches = [_reported(collection.id, batch, faults, standing) for batch in file.batches]
    if file.message in set(SpreadsheetFormat):
        return write_collection_report(file, [item for batch in batches for item in batch.transactions])
    statuses = [item.status for batch in batches for item in batch.transactions]
    return write_status_report(
        StatusReport(
            message_id=uuid7().hex,
            created_at=clock.now(),
            original_message=file.message,
            original_message_id=file.message_id,
            original_created_at=file.created_at,
            original_count=file.announced,
            original_control_sum=file.control_sum,
            status=common_status(statuses),
            fault=file.fault,
            bank_bic=bank_bic,
            batches=tuple(batches),
        )
    )


def _reported(
    id: UUID, batch: CollectionBatch, faults: Mapping[int, Fault], standing: Mapping[UUID, DirectDebit]
) -> BatchReport:
    items = tuple(
        _transaction(item, faults.get(item.position), standing.get(item_id(id, item.position)))
        for item in batch.items
    )
    summed: Decimal = batch.summed
    status = common_status([item.status for item in items])
    return BatchReport(batch.id, status, items, len(items), summed, batch.fault)


_STATUSES = {
    DebitState.WAITING: ReportStatus.PENDING,
    DebitState.STOPPED: ReportStatus.PENDING,
    DebitState.SETTLED: ReportStatus.SETTLED,
    DebitState.RETURNED: ReportStatus.SETTLED,
    DebitState.REVERSED: ReportStatus.SETTLED,
}
"""What was settled and came back later is settled, with the reason; all else that ended is rejected."""


def _transaction(item: CollectionItem, fault: Fault | None, debit: DirectDebit | None) -> TransactionReport:
    status = ReportStatus.REJECTED
    if debit is not None:
        status = _STATUSES.get(debit.state, ReportStatus.REJECTED)
        # Why a debit waits is the bank's own where screening is the reason.
        if debit.reason_code is not None and status is not ReportStatus.PENDING:
            code = debit.reason_code
            secret = code == "screening"
            fault = Fault(
                reason_of(code), "rejected" if secret else code, "" if secret else debit.reason or code
            )
    return TransactionReport(
        end_to_end_id=item.end_to_end_id,
        instruction_id=item.instruction_id,
        uetr=None,
        status=status,
        amount=item.amount,
        fault=fault,
        servicer_reference=None if debit is None else debit.id.hex,
    )
