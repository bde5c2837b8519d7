"""camt.053 from a rail: every item that it settled for a participant on one date, and the balances around.

Signs are the participant's: a credit is money that came in. A report whose entries do not lead from its
opening to its closing balance is neither written nor taken.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec

from sycee.kernel.money import Amount
from sycee.payments.iso20022.errors import InvalidMessage
from sycee.payments.iso20022.interbank.layout import (
    AMOUNT,
    DATE,
    INSTANT,
    TEXT,
    UETR,
    Constant,
    Field,
    Layout,
    Many,
)
from sycee.payments.iso20022.reading import MAX_MESSAGE_BYTES, read_message
from sycee.payments.iso20022.schemas import CAMT053_MESSAGES

CREDIT, DEBIT = "CRDT", "DBIT"
OPENING, CLOSING = "OPBD", "CLBD"
PAYMENT, RETURN = "DMCT", "RRTN"
"""Sub-families of ISO's bank transaction codes: a domestic credit transfer, and one that came back."""


class Balance(msgspec.Struct, frozen=True):
    """The participant's balance when the date opened (OPBD) or closed (CLBD)."""

    kind: str
    amount: Amount
    direction: str
    on: date


class ReportEntry(msgspec.Struct, frozen=True):
    """One settled item. The ids are those of the message that asked for it; reference is the rail's own.

    direction is CRDT for money that came in; what is DMCT for a payment and RRTN for a return; uetr is the
    original payment's for a return too.
    """

    reference: str
    amount: Amount
    direction: str
    settled_on: date
    value_date: date
    family: str
    what: str
    message_id: str
    end_to_end_id: str
    transaction_id: str
    uetr: UUID | None = None


class SettlementReport(msgspec.Struct, frozen=True, kw_only=True):
    """A rail's report to one participant (account is its settlement account) of one date and currency."""

    message_id: str
    created_at: datetime
    id: str
    reported_at: datetime
    account: str
    currency: str
    balances: tuple[Balance, ...]
    entries: tuple[ReportEntry, ...]

    @property
    def day(self) -> date:
        """The date it reports on."""
        return self.balances[0].on

    def balance(self, kind: str) -> int:
        """A balance in minor units, below 0 when the participant owes. Raises InvalidMessage without one."""
        for balance in self.balances:
            if balance.kind == kind:
                return balance.amount.minor if balance.direction == CREDIT else -balance.amount.minor
        raise InvalidMessage(f"the report {self.id} has no balance {kind}")


def signed(entry: ReportEntry) -> int:
    """What an entry does to the participant's balance, in minor units."""
    return entry.amount.minor if entry.direction == CREDIT else -entry.amount.minor


def write_settlement_report(report: SettlementReport) -> bytes:
    """The report as camt.053.001.08. Raises InvalidMessage when it does not add up, UnwritableMessage."""
    _require_sum(report)
    return _LAYOUT.write(report)


def read_settlement_report(data: bytes, *, max_bytes: int = MAX_MESSAGE_BYTES) -> SettlementReport:
    """What a report says.

    Raises what ``reading.read_message`` raises, and InvalidMessage when it does not add up.
    """
    report: SettlementReport = _LAYOUT.read(read_message(data, CAMT053_MESSAGES, max_bytes=max_bytes).root)
    _require_sum(report)
    return report


def _require_sum(report: SettlementReport) -> None:
    opening, closing = report.balance(OPENING), report.balance(CLOSING)
    if foreign := {entry.amount.currency for entry in report.entries} - {report.currency}:
        raise InvalidMessage(f"the report {report.id} of {report.currency} has entries in {sorted(foreign)}")
    if opening + sum(map(signed, report.entries)) != closing:
        raise InvalidMessage(
            f"the report {report.id} does not add up: its entries do not lead from {opening} to {closing}",
            opening=opening,
            closing=closing,
        )


_REFS = "NtryDtls/TxDtls/Refs"
_LAYOUT = Layout(
    "camt.053.001.08",
    "BkToCstmrStmt",
    SettlementReport,
    (
        Field("GrpHdr/MsgId", "message_id", TEXT),
        Field("GrpHdr/CreDtTm", "created_at", INSTANT),
        Field("Stmt/Id", "id", TEXT),
        Field("Stmt/CreDtTm", "reported_at", INSTANT),
        Field("Stmt/Acct/Id/Othr/Id", "account", TEXT),
        Field("Stmt/Acct/Ccy", "currency", TEXT),
        Many(
            "Stmt/Bal",
            "balances",
            Balance,
            (
                Field("Tp/CdOrPrtry/Cd", "kind", TEXT),
                Field("Amt", "amount", AMOUNT),
                Field("CdtDbtInd", "direction", TEXT),
                Field("Dt/Dt", "on", DATE),
            ),
        ),
        Many(
            "Stmt/Ntry",
            "entries",
            ReportEntry,
            (
                Field("Amt", "amount", AMOUNT),
                Field("CdtDbtInd", "direction", TEXT),
                Constant("Sts/Cd", "BOOK"),
                Field("BookgDt/Dt", "settled_on", DATE),
                Field("ValDt/Dt", "value_date", DATE),
                Field("AcctSvcrRef", "reference", TEXT),
                Constant("BkTxCd/Domn/Cd", "PMNT"),
                Field("BkTxCd/Domn/Fmly/Cd", "family", TEXT),
                Field("BkTxCd/Domn/Fmly/SubFmlyCd", "what", TEXT),
                Field(f"{_REFS}/MsgId", "message_id", TEXT),
                Field(f"{_REFS}/EndToEndId", "end_to_end_id", TEXT),
                Field(f"{_REFS}/UETR", "uetr", UETR),
                Field(f"{_REFS}/TxId", "transaction_id", TEXT),
            ),
        ),
    ),
)
