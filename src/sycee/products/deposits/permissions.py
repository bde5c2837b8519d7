"""Who may do what to a deposit: the customer must be fit, and its signers mandated.

The customer's money goes back to it also when its due diligence has run out; new business does not begin.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sycee.database import Transaction
from sycee.parties import Customer, check_mandate, require_fit

PLACE, GIVE_NOTICE, WITHDRAW = "place_deposit", "give_notice", "withdraw"
RENEW, TRANSFER = "renew", "transfer_deposit"
"""The operations that mandates are given for."""


async def may_begin(
    tx: Transaction,
    customer: UUID,
    operation: str,
    amount: int,
    currency: str,
    signers: Sequence[UUID],
    on: date,
) -> Customer:
    """New business of a customer; returns who that is.

    Raises CustomerNotFound, CustomerNotActive, DueDiligenceMissing, DueDiligenceFailed, DueDiligenceExpired,
    and what ``may_sign`` raises.
    """
    found = await require_fit(tx, customer, on)
    await may_sign(tx, customer, operation, amount, currency, signers, on)
    return found


async def may_sign(
    tx: Transaction,
    customer: UUID,
    operation: str,
    amount: int,
    currency: str,
    signers: Sequence[UUID],
    on: date,
) -> None:
    """What a customer does with what it has.

    Raises MandateMissing, SignerNotMandated, MandateExceeded, SignaturesMissing.
    """
    await check_mandate(tx, customer, operation, amount, currency, signers, on)
