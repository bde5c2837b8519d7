"""What camt.052, camt.053 and camt.054 have in common: the account, its balances and its entries.

Signs are the customer's: a credit balance is money the bank owes. Version .08 of the three uses the
same types for all of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import msgspec

from sycee.kernel.money import Amount
from sycee.payments.iso20022.errors import UnwritableMessage
from sycee.payments.iso20022.writing import MessageWriter, instant


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


class AccountMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What a message about one account says of itself and of the account.

    message_id and id have at most 35 characters. sequence counts the electronic messages of its kind of
    the account, when it is known.
    """

    message_id: str
    id: str
    created_at: datetime
    account: str
    currency: str
    entries: Iterable[StatementEntry]
    iban: str | None = None
    account_name: str | None = None
    owner: str | None = None
    bank_bic: str | None = None
    sequence: int | None = None


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


class AccountMessageWriter:
    """One message about one account under construction, from its header to its last entry."""

    def __init__(self, message: str, body: str, part: str, told: AccountMessage) -> None:
        self._writer = MessageWriter(message)
        self._told = told
        top = self._writer.add(self._writer.root, body)
        header = self._writer.add(top, "GrpHdr")
        self._writer.add(header, "MsgId", told.message_id)
        self._writer.add(header, "CreDtTm", instant(told.created_at))
        self._node = self._writer.add(top, part)
        self._writer.add(self._node, "Id", told.id)
        if told.sequence is not None:
            self._writer.add(self._node, "ElctrncSeqNb", str(told.sequence))
        self._writer.add(self._node, "CreDtTm", instant(told.created_at))

    def period(self, start: date, end: date) -> None:
        """From the beginning of a day to the end of one."""
        node = self._writer.add(self._node, "FrToDt")
        self._writer.add(node, "FrDtTm", f"{start.isoformat()}T00:00:00")
        self._writer.add(node, "ToDtTm", f"{end.isoformat()}T23:59:59")

    def account(self) -> None:
        """Which account, whose, at which bank."""
        told, writer = self._told, self._writer
        account = writer.add(self._node, "Acct")
        if told.iban:
            writer.add(account, "Id/IBAN", told.iban)
        else:
            writer.add(account, "Id/Othr/Id", told.account)
        writer.add(account, "Ccy", told.currency)
        writer.add_text(account, "Nm", told.account_name, 70)
        writer.add_text(account, "Ownr/Nm", told.owner, 140)
        if told.bank_bic:
            writer.add(account, "Svcr/FinInstnId/BICFI", told.bank_bic)

    def balance(self, kind: str, amount: Amount, on: date, credit_line: Amount | None = None) -> None:
        """A balance of a kind (``OPBD``, ``CLBD``, ``ITAV`` …), positive when it is a credit balance."""
        balance = self._writer.add(self._node, "Bal")
        self._writer.add(balance, "Tp/CdOrPrtry/Cd", kind)
        if credit_line is not None:
            line = self._writer.add(balance, "CdtLine")
            self._writer.add(line, "Incl", "true")
            _amount(self._writer, line, credit_line)
        _amount(self._writer, balance, Amount(abs(amount.minor), amount.currency))
        self._writer.add(balance, "CdtDbtInd", _direction(amount.minor >= 0))
        self._writer.add(balance, "Dt/Dt", on.isoformat())

    def entries(self) -> int:
        """The summary and every entry; returns what they come to, credits less debits, in minor units."""
        summary = self._writer.add(self._node, "TxsSummry")
        sums = _Sums(self._told.currency)
        for number, entry in enumerate(self._told.entries, start=1):
            sums.take(entry)
            _entry(self._writer, self._node, number, entry)
        _summary(self._writer, summary, sums)
        return sums.net()

    def finish(self) -> bytes:
        """The message as XML. Raises UnwritableMessage when its schema refuses it."""
        return self._writer.finish()


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
