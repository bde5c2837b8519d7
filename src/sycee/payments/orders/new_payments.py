"""A payment as it is instructed, and what can be said against it without looking anywhere."""

from __future__ import annotations

import re
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from sycee.kernel.ids import ACCOUNT_DIGITS, InvalidAccountNumber, parse_account_number
from sycee.kernel.money import CURRENCIES, MAX_MINOR
from sycee.payments.orders.states import PaymentState


class Urgency(StrEnum):
    """How a payment to another bank is to go: the cheapest way, or the quickest."""

    NORMAL = "normal"
    URGENT = "urgent"


class PaymentKind(StrEnum):
    """A customer credit transfer, or one of the bank's own money to another bank."""

    CUSTOMER = "customer"
    BANK = "bank"


class NewPayment(msgspec.Struct, frozen=True, kw_only=True):
    """An instruction to pay. ``amount`` is in minor units of the currency.

    ``id`` is made by whoever instructs, once: the same again is answered with what became of the first.
    ``creditor_account`` is the account as people write it: a number of this bank, a registered alias, or
    what the other bank calls it. ``creditor_agent`` is that bank (12 digits of CNAPS, or a BIC), None for
    this one. ``execute_on`` is a business date, None for the present one. ``order`` groups the payments of
    one instruction.
    """

    id: UUID
    debit_account: int
    creditor_account: str
    creditor_name: str
    amount: int
    currency: str
    creditor_agent: str | None = None
    purpose: str = ""
    remittance: str = ""
    end_to_end_id: str = ""
    execute_on: date | None = None
    urgency: Urgency = Urgency.NORMAL
    order: UUID | None = None
    kind: PaymentKind = PaymentKind.CUSTOMER


class Instructor(msgspec.Struct, frozen=True):
    """Who instructs: ``by`` is written down; of a customer's user or machine only its own accounts pay."""

    by: str
    customer: UUID | None = None


class PaymentOutcome(msgspec.Struct, frozen=True):
    """What became of a submitted payment. Of a refused one (``rejected`` with a code) nothing is kept.

    ``duplicate`` says that it was there before: this is how it stands now. ``fee`` is in minor units of the
    payment's currency; ``send_at`` is when the rail takes it.
    """

    id: UUID
    state: PaymentState
    code: str | None = None
    detail: str | None = None
    duplicate: bool = False
    rail: str | None = None
    fee: int = 0
    send_at: datetime | None = None
    due_on: date | None = None


class Refusal(msgspec.Struct, frozen=True):
    """Why a payment is not taken, or does not go on: a stable code, and a sentence."""

    code: str
    detail: str


LONGEST = {
    "creditor_account": 64,
    "creditor_name": 140,
    "purpose": 35,
    "remittance": 500,
    "end_to_end_id": 35,
}
"""Most characters of each text; names and references are those of ISO 20022."""

LONGEST_BETWEEN_BANKS = 34
"""Most characters of an account with another bank, an IBAN or its own number (ISO 20022, Max34Text).

Within this bank an alias may stand for an account (``12345678@GBDSC200000``), which is longer.
"""

_AGENT = re.compile(r"[0-9]{12}|[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?", re.ASCII)
_FITS = re.compile(
    r"[^\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]*"
)
"""Without control characters, nor those that hide or reorder what a person reads before saying yes."""


def refusal_of(payment: NewPayment) -> Refusal | None:
    """What forbids a payment whatever the books say; None when nothing does."""
    return _of_numbers(payment) or _of_texts(payment)


def _of_numbers(payment: NewPayment) -> Refusal | None:
    if not 0 < payment.amount <= MAX_MINOR:
        return Refusal("invalid_amount", f"an amount is from 1 to {MAX_MINOR} minor units")
    if payment.currency not in CURRENCIES:
        return Refusal("unknown_currency", f"{payment.currency[:12]!r} is not an active ISO 4217 currency")
    agent = payment.creditor_agent
    if agent is not None and _AGENT.fullmatch(agent) is None:
        return Refusal(
            "invalid_creditor_agent", f"{agent[:40]!r} is neither a CNAPS number of 12 digits nor a BIC"
        )
    return None


def _of_texts(payment: NewPayment) -> Refusal | None:
    account = payment.creditor_account
    if not account or account != account.strip():
        return Refusal("account_not_found", "the account of the payee is missing")
    if not payment.creditor_name.strip():
        return Refusal("creditor_name_missing", "the name of the payee is missing")
    texts = (account, payment.creditor_name, payment.purpose, payment.remittance, payment.end_to_end_id)
    if _FITS.fullmatch("".join(texts)) is None:
        return Refusal("invalid_text", "a text holds control characters, or such as reorder or hide others")
    for text, (name, longest) in zip(texts, LONGEST.items(), strict=True):
        if len(text) > longest:
            return Refusal("text_too_long", f"{name} has {len(text)} characters, {longest} are taken")
    if payment.creditor_agent is not None and len(account) > LONGEST_BETWEEN_BANKS:
        return Refusal(
            "text_too_long",
            f"creditor_account has {len(account)} characters, {LONGEST_BETWEEN_BANKS} go between banks",
        )
    return None


def own_number(account: str) -> int | Refusal | None:
    """The account number of this bank that a text is; a refusal when its check digit is wrong; else None."""
    if len(account) != ACCOUNT_DIGITS or not (account.isascii() and account.isdigit()):
        return None
    try:
        return parse_account_number(account)
    except InvalidAccountNumber as problem:
        return Refusal(problem.code, f"the payee's account: {problem.detail}")
