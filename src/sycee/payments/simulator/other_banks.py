"""What a simulated bank is told to pay, and the message that its payment goes in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from sycee.kernel.money import Amount
from sycee.payments.iso20022 import AccountReference, Party
from sycee.payments.iso20022.interbank import BankPayment, BankPayments, Payment, Payments
from sycee.payments.simulator.mail import agent


class OtherBanksPayment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A payment that a simulated bank shall make: amounts in minor units.

    ``between_banks``: of its own money to the other bank itself (pacs.009); no account or name counts.
    """

    rail: str
    payer: str
    payee: str
    amount: int
    end_to_end_id: str
    account: str = ""
    debtor: str = "对方公司"
    debtor_account: str = "6222000000000001"
    creditor: str = "收款公司"
    remittance: str | None = None
    between_banks: bool = False


def payment_asked(asked: OtherBanksPayment, uetr: UUID, number: int, currency: str) -> tuple[Any, Any]:
    """The kind of message that such a payment goes in, and the payment."""
    shared: dict[str, Any] = {
        "end_to_end_id": asked.end_to_end_id,
        "transaction_id": f"S{number:012d}",
        "uetr": uetr,
        "amount": Amount(asked.amount, currency),
        "remittance": (asked.remittance,) if asked.remittance else (),
    }
    if asked.between_banks:
        return BankPayments, BankPayment(**shared, debtor=agent(asked.payer), creditor=agent(asked.payee))
    return Payments, Payment(
        **shared,
        debtor=Party(asked.debtor),
        debtor_account=AccountReference(other=asked.debtor_account),
        debtor_agent=agent(asked.payer),
        creditor=Party(asked.creditor),
        creditor_account=AccountReference(other=asked.account),
        creditor_agent=agent(asked.payee),
    )
