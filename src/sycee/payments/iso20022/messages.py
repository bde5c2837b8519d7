"""What an ISO 20022 payment message says, as plain values: no XML, no database, no rule of the bank.

Names and identifiers are kept exactly as the sender wrote them, since a report must quote
them back.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec

from sycee.kernel.money import Amount
from sycee.payments.iso20022.reasons import Fault


class Party(msgspec.Struct, frozen=True):
    """Somebody named in a message; identification is what an organisation or person is registered under."""

    name: str | None = None
    identification: str | None = None
    scheme: str | None = None

    def key(self) -> str:
        """What this party is told apart by: its identification, or else its name, without case or spacing."""
        return " ".join((self.identification or self.name or "").casefold().split())


class Agent(msgspec.Struct, frozen=True):
    """A bank named in a message, by BIC, by its number in a national clearing system, or both."""

    bic: str | None = None
    clearing_system: str | None = None
    member: str | None = None
    name: str | None = None

    def identifiers(self) -> tuple[str, ...]:
        """What this bank may be looked up by, the most particular first: ``GBDSC200000``, ``OPSHDEW0``."""
        clearing = f"{self.clearing_system or ''}{self.member}" if self.member else None
        return tuple(key for key in (clearing, self.bic) if key)


class AccountReference(msgspec.Struct, frozen=True):
    """How a message names an account: an IBAN, or another identification with its scheme (BBAN, BGNR, …)."""

    iban: str | None = None
    other: str | None = None
    scheme: str | None = None
    currency: str | None = None
    name: str | None = None

    def text(self) -> str:
        """The identification as the sender wrote it; empty when there is none."""
        return self.iban or self.other or ""

    def keys(self, agent: Agent) -> tuple[str, ...]:
        """What this account may be looked up by, the most particular first.

        An IBAN stands for itself. Another identification is unique only within its bank, so
        ``12345678@GBDSC200000`` comes before the bare ``12345678``.
        """
        if self.iban:
            return (self.iban,)
        if not self.other:
            return ()
        return (*(f"{self.other}@{bank}" for bank in agent.identifiers()), self.other)


class PaymentBatch(msgspec.Struct, frozen=True):
    """One payment information block: what its instructions have in common.

    Fields: id; method (TRF, TRA, CHK); execution_date asked for (None when unreadable);
    number_of_transactions and control_sum as announced, None when not; counted and summed as
    found; fault when the whole batch is refused.
    """

    id: str
    method: str
    debtor: Party
    debtor_account: AccountReference
    debtor_agent: Agent
    counted: int
    summed: Decimal
    execution_date: date | None = None
    batch_booking: bool | None = None
    number_of_transactions: int | None = None
    control_sum: Decimal | None = None
    service_level: str | None = None
    category_purpose: str | None = None
    charge_bearer: str | None = None
    fault: Fault | None = None


class PaymentInstruction(msgspec.Struct, frozen=True):
    """One credit transfer instruction.

    batch is the index of its batch in the file, position its own index in the whole file, both
    from 0. amount is None when fault says why it cannot be read.
    """

    batch: int
    position: int
    end_to_end_id: str
    amount: Amount | None
    amount_text: str
    currency: str
    creditor: Party
    creditor_account: AccountReference
    creditor_agent: Agent
    instruction_id: str | None = None
    uetr: str | None = None
    purpose: str | None = None
    remittance: tuple[str, ...] = ()
    creditor_reference: str | None = None
    fault: Fault | None = None

    def remittance_text(self) -> str:
        """What the payment is for, in one line: the structured reference, then the free text."""
        parts = ((self.creditor_reference,) if self.creditor_reference else ()) + self.remittance
        return " ".join(" ".join(parts).split())


class PaymentFile(msgspec.Struct, frozen=True):
    """A customer credit transfer initiation (pain.001).

    created_at is kept as written, often without a time zone. counted and summed are what was
    found; fault is set when that contradicts number_of_transactions or control_sum.
    """

    message: str
    message_id: str
    created_at: str
    initiating_party: Party
    number_of_transactions: int
    counted: int
    summed: Decimal
    batches: tuple[PaymentBatch, ...]
    instructions: tuple[PaymentInstruction, ...]
    control_sum: Decimal | None = None
    fault: Fault | None = None
