"""Writing camt.053, the bank's statement to its customer, in version .08.

Signs are the customer's: a credit balance is money the bank owes. A statement whose opening
balance and entries do not come to its closing balance is not written at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import msgspec

from sycee.kernel.money import Amount
from sycee.payments.iso20022.errors import UnwritableMessage
from sycee.payments.iso20022.writing import MessageWriter, instant

MESSAGE = "camt.053.001.08"


class StatementEntry(msgspec.Struct, frozen=True):
    """One entry. amount is positive, credit says its direction as the customer sees it.

    reference is this bank's own, at most 35 characters. counterparty_iban or else
    counterparty_account names the account on the other side.
    """

    reference: str
    amount: Amount
    credit: bool
    booking_date: date
    value_date: date
    reversal: bool = False
    end_to_end_id: str | None = None
    instruction_id: str | None = None
    uetr: str | None = None
    message_id: str | None = None
    batch_id: str | None = None
    counterparty_name: str | None = None
    counterparty_iban: str | None = None
    counterparty_account: str | None = None
    remittance: str | None = None
    description: str | None = None


class AccountStatement(msgspec.Struct, frozen=True):
    """A statement of one account from start to end, both included.

    opening, closing and closing_available are positive when they are credit balances;
    closing_available None leaves that balance out; credit_line is how much of it is an overdraft
    line, positive. message_id and id have at most 35
    characters. sequence counts the electronic statements of the account, when it is known.
    """

    message_id: str
    id: str
    created_at: datetime
    account: str
    currency: str
    start: date
    end: date
    opening: Amount
    closing: Amount
    entries: Iterable[StatementEntry]
    closing_available: Amount | None = None
    credit_line: Amount | None = None
    iban: str | None = None
    account_name: str | None = None
    owner: str | None = None
    bank_bic: str | None = None
    sequence: int | None = None


def write_statement(statement: AccountStatement) -> bytes:
    """The statement as XML, valid against its schema.

    Raises UnwritableMessage when the balances and entries do not add up, or cannot be written validly.
    """
    writer = MessageWriter(MESSAGE)
    body = writer.add(writer.root, "BkToCstmrStmt")
    header = writer.add(body, "GrpHdr")
    writer.add(header, "MsgId", statement.message_id)
    writer.add(header, "CreDtTm", instant(statement.created_at))
    node = writer.add(body, "Stmt")
    writer.add(node, "Id", statement.id)
    if statement.sequence is not None:
        writer.add(node, "ElctrncSeqNb", str(statement.sequence))
    writer.add(node, "CreDtTm", instant(statement.created_at))
    period = writer.add(node, "FrToDt")
    writer.add(period, "FrDtTm", f"{statement.start.isoformat()}T00:00:00")
    writer.add(period, "ToDtTm", f"{statement.end.isoformat()}T23:59:59")
    _account(writer, node, statement)
    _balance(writer, node, "OPBD", statement.opening, statement.start)
    _balance(writer, node, "CLBD", statement.closing, statement.end)
    if statement.closing_available is not None:
        _balance(writer, node, "CLAV", statement.closing_available, statement.end, statement.credit_line)
    summary = writer.add(node, "TxsSummry")
    sums = _Sums(statement.currency)
    for number, entry in enumerate(statement.entries, start=1):
        sums.take(entry)
        _entry(writer, node, number, entry)
    _summary(writer, summary, sums)
    if statement.opening.minor + sums.net() != statement.closing.minor:
        raise UnwritableMessage(
            f"the statement of {statement.account} does not add up: it opens with {statement.opening}, "
            f"its entries come to {Amount(sums.net(), statement.currency)}, and it closes with "
            f"{statement.closing}"
        )
    return writer.finish()


class _Sums:
    """Numbers and sums of the entries written, by direction."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self.counts = {True: 0, False: 0}
        self.minors = {True: 0, False: 0}

    def take(self, entry: StatementEntry) -> None:
        if entry.amount.currency != self.currency or entry.amount.minor <= 0:
            raise UnwritableMessage(f"{entry.amount} is no amount for an entry of a {self.currency} account")
        self.counts[entry.credit] += 1
        self.minors[entry.credit] += entry.amount.minor

    def net(self) -> int:
        """Credits less debits, in minor units."""
        return self.minors[True] - self.minors[False]


def _account(writer: MessageWriter, node: Any, statement: AccountStatement) -> None:
    account = writer.add(node, "Acct")
    if statement.iban:
        writer.add(account, "Id/IBAN", statement.iban)
    else:
        writer.add(account, "Id/Othr/Id", statement.account)
    writer.add(account, "Ccy", statement.currency)
    writer.add_text(account, "Nm", statement.account_name, 70)
    writer.add_text(account, "Ownr/Nm", statement.owner, 140)
    if statement.bank_bic:
        writer.add(account, "Svcr/FinInstnId/BICFI", statement.bank_bic)


def _balance(
    writer: MessageWriter, node: Any, kind: str, amount: Amount, on: date, credit_line: Amount | None = None
) -> None:
    balance = writer.add(node, "Bal")
    writer.add(balance, "Tp/CdOrPrtry/Cd", kind)
    if credit_line is not None:
        line = writer.add(balance, "CdtLine")
        writer.add(line, "Incl", "true")
        _amount(writer, line, credit_line)
    _amount(writer, balance, Amount(abs(amount.minor), amount.currency))
    writer.add(balance, "CdtDbtInd", _direction(amount.minor >= 0))
    writer.add(balance, "Dt/Dt", on.isoformat())


def _summary(writer: MessageWriter, node: Any, sums: _Sums) -> None:
    total = writer.add(node, "TtlNtries")
    writer.add(total, "NbOfNtries", str(sum(sums.counts.values())))
    writer.add(total, "Sum", Amount(sum(sums.minors.values()), sums.currency).text())
    net = writer.add(total, "TtlNetNtry")
    writer.add(net, "Amt", Amount(abs(sums.net()), sums.currency).text())
    writer.add(net, "CdtDbtInd", _direction(sums.net() >= 0))
    for credit, name in ((True, "TtlCdtNtries"), (False, "TtlDbtNtries")):
        part = writer.add(node, name)
        writer.add(part, "NbOfNtries", str(sums.counts[credit]))
        writer.add(part, "Sum", Amount(sums.minors[credit], sums.currency).text())


def _entry(writer: MessageWriter, node: Any, number: int, entry: StatementEntry) -> None:
    item = writer.add(node, "Ntry")
    writer.add(item, "NtryRef", str(number))
    _amount(writer, item, entry.amount)
    writer.add(item, "CdtDbtInd", _direction(entry.credit))
    if entry.reversal:
        writer.add(item, "RvslInd", "true")
    writer.add(item, "Sts/Cd", "BOOK")
    writer.add(item, "BookgDt/Dt", entry.booking_date.isoformat())
    writer.add(item, "ValDt/Dt", entry.value_date.isoformat())
    writer.add_text(item, "AcctSvcrRef", entry.reference, 35)
    # Payments / received or issued credit transfers / internal book transfer, or reversal.
    domain = writer.add(item, "BkTxCd/Domn")
    writer.add(domain, "Cd", "PMNT")
    family = writer.add(domain, "Fmly")
    writer.add(family, "Cd", "RCDT" if entry.credit else "ICDT")
    writer.add(family, "SubFmlyCd", "RRTN" if entry.reversal else "BOOK")
    _details(writer, item, entry)
    writer.add_text(item, "AddtlNtryInf", entry.description, 500)


def _details(writer: MessageWriter, item: Any, entry: StatementEntry) -> None:
    details = writer.add(item, "NtryDtls/TxDtls")
    references = writer.add(details, "Refs")
    writer.add_text(references, "MsgId", entry.message_id, 35)
    writer.add_text(references, "AcctSvcrRef", entry.reference, 35)
    writer.add_text(references, "PmtInfId", entry.batch_id, 35)
    writer.add_text(references, "InstrId", entry.instruction_id, 35)
    writer.add_text(references, "EndToEndId", entry.end_to_end_id, 35)
    if entry.uetr:
        writer.add(references, "UETR", entry.uetr)
    _amount(writer, details, entry.amount)
    writer.add(details, "CdtDbtInd", _direction(entry.credit))
    _parties(writer, details, entry)
    writer.add_text(details, "RmtInf/Ustrd", entry.remittance, 140)


def _parties(writer: MessageWriter, details: Any, entry: StatementEntry) -> None:
    account = entry.counterparty_iban or entry.counterparty_account
    if not (entry.counterparty_name or account):
        return
    side = "Dbtr" if entry.credit else "Cdtr"
    parties = writer.add(details, "RltdPties")
    writer.add_text(parties, f"{side}/Pty/Nm", entry.counterparty_name, 140)
    if entry.counterparty_iban:
        writer.add(parties, f"{side}Acct/Id/IBAN", entry.counterparty_iban)
    else:
        writer.add_text(parties, f"{side}Acct/Id/Othr/Id", entry.counterparty_account, 34)


def _amount(writer: MessageWriter, node: Any, amount: Amount) -> None:
    writer.add(node, "Amt", amount.text(), Ccy=amount.currency)


def _direction(credit: bool) -> str:
    return "CRDT" if credit else "DBIT"
