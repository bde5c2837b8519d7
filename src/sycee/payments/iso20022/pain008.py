"""What pain.008 says, the payee's file of direct debits, in the versions .02 and .08.

What contradicts itself is reported as a fault on the file, batch or debit concerned, as in ``pain001``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from sycee.kernel.money import Amount
from sycee.payments.iso20022.messages import AccountReference, Agent, Party
from sycee.payments.iso20022.pain001 import (
    Said,
    Walker,
    account,
    agent,
    contradiction,
    decimal,
    read_amount,
)
from sycee.payments.iso20022.reasons import Fault, Reason


class CollectionItem(msgspec.Struct, frozen=True, kw_only=True):
    """One debit of a file. ``position`` is its place in the whole file, from 0.

    ``amount`` is None when ``fault`` says why it cannot be read.
    """

    position: int
    end_to_end_id: str
    instruction_id: str | None
    mandate: str
    debtor_account: AccountReference
    debtor_agent: Agent
    amount: Amount | None
    amount_text: str
    remittance: str
    fault: Fault | None


class CollectionBatch(msgspec.Struct, frozen=True, kw_only=True):
    """One payment information block: the account that is credited, the day, and its debits."""

    id: str
    creditor_account: AccountReference
    creditor_agent: Agent
    due_on: date | None
    summed: Decimal
    items: tuple[CollectionItem, ...]
    fault: Fault | None


class CollectionFile(msgspec.Struct, frozen=True, kw_only=True):
    """A customer direct debit initiation (pain.008) or a filled table (``message`` is ``csv`` or ``xlsx``).

    ``fault`` is what its header says wrongly.
    """

    message: str
    message_id: str
    created_at: str
    initiating_party: Party
    announced: int
    control_sum: Decimal | None
    batches: tuple[CollectionBatch, ...]
    fault: Fault | None


def read_batch(said: Said, items: Sequence[CollectionItem], summed: Decimal) -> CollectionBatch:
    """A payment information block from what it says; items and summed are what was found in it."""
    due_on = _day(said)
    count = said.get("NbOfTxs")
    fault = contradiction(
        int(count) if count else None,
        decimal(said.get("CtrlSum")),
        len(items),
        summed,
        Reason.BATCH_COUNT,
        Reason.BATCH_CONTROL_SUM,
    )
    if fault is None and due_on is None:
        detail = "the requested collection date is not a date of the calendar"
        fault = Fault(Reason.INVALID_DATE, "invalid_execution_date", detail)
    return CollectionBatch(
        id=said.get("PmtInfId") or "",
        creditor_account=account(said, "CdtrAcct"),
        creditor_agent=agent(said, "CdtrAgt"),
        due_on=due_on,
        summed=summed,
        items=tuple(items),
        fault=fault,
    )


def _day(said: Said) -> date | None:
    try:
        return date.fromisoformat((said.get("ReqdColltnDt") or "").strip()[:10])
    except ValueError:
        return None


def read_item(walker: Walker, node: Any, position: int) -> CollectionItem:
    """What a DrctDbtTxInf says."""
    said = walker.said(node)
    text, code = (said["InstdAmt"] or "").strip(), walker.node(node, "InstdAmt").get("Ccy")
    read = read_amount(text, code)
    lines = walker.free_text(node) if "RmtInf/Ustrd" in said else ()
    reference = said.get("RmtInf/Strd/CdtrRefInf/Ref")
    remittance = ((reference,) if reference else ()) + lines
    return CollectionItem(
        position=position,
        end_to_end_id=said.get("PmtId/EndToEndId") or "",
        instruction_id=said.get("PmtId/InstrId"),
        mandate=(said.get("DrctDbtTx/MndtRltdInf/MndtId") or "").strip(),
        debtor_account=account(said, "DbtrAcct"),
        debtor_agent=agent(said, "DbtrAgt"),
        amount=None if isinstance(read, Fault) else read,
        amount_text=text,
        remittance=" ".join(" ".join(remittance).split()),
        fault=read if isinstance(read, Fault) else None,
    )
