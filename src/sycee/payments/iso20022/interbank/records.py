"""What banks and rails say to each other, as plain values: no XML, no database, no rule of the bank.

A bank or an account is named as in ``iso20022.messages``. A UETR is a UUID of version 4, as ISO 20022
asks. Amounts are of the settlement currency, dates are the rail's, codes are ISO's external codes as the
sender wrote them.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TypeAlias
from uuid import UUID

import msgspec

from sycee.kernel.money import Amount
from sycee.payments.iso20022.messages import AccountReference, Agent, Party


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What every message has: who wrote it to whom, when, and under which id of the sender's."""

    message_id: str
    created_at: datetime
    sender: Agent
    receiver: Agent


class Payment(msgspec.Struct, frozen=True):
    """One customer credit transfer. instruction_id and transaction_id are the sending bank's.

    A purpose is either one of ISO's codes or a text.
    """

    end_to_end_id: str
    transaction_id: str
    uetr: UUID
    amount: Amount
    debtor: Party
    debtor_account: AccountReference
    debtor_agent: Agent
    creditor: Party
    creditor_account: AccountReference
    creditor_agent: Agent
    instruction_id: str | None = None
    priority: str | None = None
    charge_bearer: str = "SLEV"
    purpose: str | None = None
    purpose_text: str | None = None
    remittance: tuple[str, ...] = ()


class BankPayment(msgspec.Struct, frozen=True):
    """One credit transfer of a bank's own money to another bank."""

    end_to_end_id: str
    transaction_id: str
    uetr: UUID
    amount: Amount
    debtor: Agent
    creditor: Agent
    instruction_id: str | None = None
    priority: str | None = None
    purpose: str | None = None
    remittance: tuple[str, ...] = ()


class Original(msgspec.Struct, frozen=True):
    """Which transaction a later message speaks of; message is its name, such as ``pacs.008.001.08``."""

    message_id: str | None = None
    message: str | None = None
    end_to_end_id: str | None = None
    transaction_id: str | None = None
    uetr: UUID | None = None


class Status(msgspec.Struct, frozen=True):
    """What became of one transaction: ACSC settled, RJCT rejected, PDNG or ACSP under way.

    settled_on is the rail's date of settlement; reason and text say why when it was not settled.
    """

    original: Original
    status: str
    id: str | None = None
    reason: str | None = None
    text: tuple[str, ...] = ()
    settled_on: date | None = None
    amount: Amount | None = None


class Return(msgspec.Struct, frozen=True):
    """Money that comes back after it was settled: the whole amount, or less."""

    id: str
    original: Original
    original_amount: Amount
    amount: Amount
    reason: str
    text: tuple[str, ...] = ()


class Enquiry(msgspec.Struct, frozen=True):
    """The question what became of one transaction."""

    id: str
    original: Original


class Recall(msgspec.Struct, frozen=True):
    """The request to give back one settled transaction, and why (DUPL, TECH, FRAD, CUST …)."""

    id: str
    original: Original
    amount: Amount | None = None
    settled_on: date | None = None
    reason: str | None = None
    text: tuple[str, ...] = ()


class RecallAnswer(msgspec.Struct, frozen=True):
    """The answer to one recall: ACCR accepted (a return follows), RJCR refused, PDCR not decided yet."""

    recall: str
    original: Original
    status: str
    reason: str | None = None
    text: tuple[str, ...] = ()


class Payments(Letter, frozen=True, kw_only=True):
    """pacs.008: customers' payments through one rail, for settlement on one date."""

    rail: str
    settlement_date: date
    items: tuple[Payment, ...]


class BankPayments(Letter, frozen=True, kw_only=True):
    """pacs.009: banks' payments through one rail, for settlement on one date."""

    rail: str
    settlement_date: date
    items: tuple[BankPayment, ...]


class Returns(Letter, frozen=True, kw_only=True):
    """pacs.004: payments that come back through one rail, for settlement on one date."""

    rail: str
    settlement_date: date
    items: tuple[Return, ...]


class Statuses(Letter, frozen=True, kw_only=True):
    """pacs.002: what became of transactions; group_… when it speaks of a whole message at once."""

    items: tuple[Status, ...] = ()
    group: Original | None = None
    group_status: str | None = None
    group_reason: str | None = None


class Enquiries(Letter, frozen=True, kw_only=True):
    """pacs.028: what became of these transactions?"""

    items: tuple[Enquiry, ...]


class Recalls(Letter, frozen=True, kw_only=True):
    """camt.056: please give these payments back."""

    items: tuple[Recall, ...]


class RecallAnswers(Letter, frozen=True, kw_only=True):
    """camt.029: what is done about recalls; confirmation is CNCL, RJCR or PDCR for all of them."""

    confirmation: str
    items: tuple[RecallAnswer, ...]


Interbank: TypeAlias = Payments | BankPayments | Returns | Statuses | Enquiries | Recalls | RecallAnswers
