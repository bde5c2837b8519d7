"""What happened on an account as camt.052, camt.053 and camt.054, with what payment files said of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from sycee import ledger
from sycee.database import Transaction, as_bank
from sycee.kernel import clock
from sycee.kernel.ids import uuid7
from sycee.kernel.money import Amount
from sycee.payments.account_aliases import aliases_of
from sycee.payments.iso20022 import (
    AccountMessage,
    AccountStatement,
    IntradayReport,
    StatementEntry,
    is_iban,
    write_entry_notice,
    write_intraday_report,
    write_statement,
)


class PaymentDetails(msgspec.Struct, frozen=True):
    """What a payment file said about a transfer."""

    message_id: str
    batch_id: str
    debtor: str
    debtor_name: str | None
    creditor: str
    creditor_name: str | None
    instruction_id: str | None
    end_to_end_id: str
    uetr: UUID | None
    remittance: str


async def camt053(
    tx: Transaction,
    statement: ledger.Statement,
    *,
    message_id: str | None = None,
    created_at: datetime | None = None,
    bank_bic: str | None = None,
) -> bytes:
    """The ledger's statement as a camt.053.001.08 message, valid against its schema.

    Meant for business dates that are over: of one that still runs it says what is booked so
    far. The account is named by its IBAN when exactly one is registered for it. message_id (at
    most 35 characters) and created_at are the message's own; None makes a new id and takes the
    present instant. Raises UnwritableMessage when the statement does not add up.
    """
    found = [entry async for entry in statement.entries]
    # Entries may have been added since the statement's sums were taken: the balance after the
    # last one read is the closing balance that belongs to them.
    closing = found[-1].balance if found else statement.opening
    account = statement.account
    disposable = closing + await _beyond_balance(tx, statement)
    return write_statement(
        AccountStatement(
            **await _of_account(tx, account, found, message_id, created_at, bank_bic),
            id=f"{account.number}-{statement.end:%Y%m%d}",
            start=statement.start,
            end=statement.end,
            opening=_signed(account, statement.opening),
            closing=_signed(account, closing),
            closing_available=_signed(account, disposable),
            credit_line=_credit_line(account),
        )
    )


async def camt052(
    tx: Transaction,
    number: int,
    *,
    message_id: str | None = None,
    created_at: datetime | None = None,
    bank_bic: str | None = None,
) -> bytes:
    """The business date that runs on an account, so far, as a camt.052.001.08 message.

    The message's own facts and the account's name are as in ``camt053``. Raises AccountNotFound,
    UnwritableMessage.
    """
    account = await ledger.get_account(tx, number)
    on = (await ledger.get_cell(tx, account.cell)).business_date
    day = await ledger.statement(tx, number, on, on)
    found = [entry async for entry in day.entries]
    interim = found[-1].balance if found else day.opening
    now = await ledger.balance(tx, number)
    moment = created_at or clock.now()
    return write_intraday_report(
        IntradayReport(
            **await _of_account(tx, account, found, message_id, moment, bank_bic),
            id=f"{number}-{moment.astimezone(UTC):%y%m%d%H%M%S}",
            on=on,
            opening=_signed(account, day.opening),
            interim=_signed(account, interim),
            interim_available=_signed(account, interim + now.available - now.balance),
            credit_line=_credit_line(account),
        )
    )


async def camt054(
    tx: Transaction,
    number: int,
    entries: Sequence[ledger.Entry],
    *,
    message_id: str | None = None,
    created_at: datetime | None = None,
    bank_bic: str | None = None,
) -> bytes:
    """Entries of an account, one or many, as a camt.054.001.08 message: a notice without balances.

    The message's own facts and the account's name are as in ``camt053``. Raises AccountNotFound,
    UnwritableMessage.
    """
    account = await ledger.get_account(tx, number)
    head = await _of_account(tx, account, entries, message_id, created_at, bank_bic)
    return write_entry_notice(AccountMessage(**head, id=head["message_id"]))


async def _of_account(
    tx: Transaction,
    account: ledger.Account,
    entries: Sequence[ledger.Entry],
    message_id: str | None,
    created_at: datetime | None,
    bank_bic: str | None,
) -> dict[str, Any]:
    """What the three messages say alike."""
    ibans = [name for name in await aliases_of(tx, account.number) if is_iban(name)]
    told = await payment_details(tx, [entry.transfer_id for entry in entries])
    return {
        "message_id": message_id or uuid7().hex,
        "created_at": created_at or clock.now(),
        "account": str(account.number),
        "iban": ibans[0] if len(ibans) == 1 else None,
        "account_name": account.local_name or account.name,
        "owner": account.name or account.local_name,
        "bank_bic": bank_bic,
        "currency": account.currency,
        "entries": [_entry(entry, told.get(entry.transfer_id)) for entry in entries],
    }


def _signed(account: ledger.Account, minor: int) -> Amount:
    """A balance on the normal side as the customer sees it: positive when the bank owes it."""
    return Amount(account.normal_side.sign * minor, account.currency)


def _credit_line(account: ledger.Account) -> Amount | None:
    return Amount(-account.floor, account.currency) if account.floor else None


async def _beyond_balance(tx: Transaction, statement: ledger.Statement) -> int:
    """What could be disposed of at the end beyond the balance: the overdraft line, less what was held."""
    number = statement.account.number
    try:
        then = await ledger.balance(tx, number, at=statement.end)
    except ledger.InvalidMoment:  # the period goes on into the future
        then = await ledger.balance(tx, number)
    return then.available - then.balance


def _entry(entry: ledger.Entry, told: PaymentDetails | None) -> StatementEntry:
    credit = entry.side == ledger.NormalSide.CREDIT
    reversal = entry.kind == ledger.TransferKind.REVERSAL
    name = (told.debtor_name if credit else told.creditor_name) if told else None
    other = (told.debtor if credit else told.creditor) if told else ""
    return StatementEntry(
        reference=entry.transfer_id.hex,
        amount=Amount(entry.amount, entry.currency),
        credit=credit,
        booking_date=entry.business_date,
        value_date=entry.value_date,
        reversal=reversal,
        end_to_end_id=told.end_to_end_id if told else _short(entry.reference),
        instruction_id=told.instruction_id if told else None,
        uetr=str(told.uetr) if told and told.uetr else None,
        message_id=told.message_id if told else None,
        batch_id=told.batch_id if told else None,
        counterparty_name=name,
        counterparty_iban=other if is_iban(other) else None,
        counterparty_account=other or str(entry.counterparty),
        remittance=told.remittance if told else None,
        description=entry.description,
    )


def _short(reference: str | None) -> str | None:
    """A reference that fits where an end-to-end id stands; a cut one would be another reference."""
    return reference if reference and len(reference) <= 35 else None


async def payment_details(tx: Transaction, transfers: Sequence[UUID]) -> dict[UUID, PaymentDetails]:
    """What payment files said about these transfers, by transfer."""
    if not transfers:
        return {}
    # What the payer said to the payee is told to the payee too, who may not see the payer's file.
    async with as_bank(tx):
        cursor = await tx.execute(
            "SELECT i.transfer, f.message_id, f.batches -> i.batch ->> 'id', i.debtor,"
            " f.batches -> i.batch ->> 'debtor_name', i.creditor, i.creditor_name, i.instruction_id,"
            " i.end_to_end_id, i.uetr, i.remittance"
            " FROM payment_instructions i JOIN payment_files f ON f.cell = i.cell AND f.id = i.file"
            " WHERE i.transfer = ANY(%s::uuid[])",
            (list(transfers),),
        )
        rows: list[tuple[Any, ...]] = await cursor.fetchall()
    return {row[0]: PaymentDetails(*row[1:]) for row in rows}
