"""Reading pain.008, the payee's file of direct debits, in the versions .02 and .08.

What contradicts itself is reported as a fault on the file, batch or debit concerned, as in ``pain001``.
"""

from __future__ import annotations

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
    group_contradiction,
    party,
    read_amount,
)
from sycee.payments.iso20022.reading import MAX_MESSAGE_BYTES, read_message
from sycee.payments.iso20022.reasons import Fault, Reason
from sycee.payments.iso20022.schemas import PAIN008_MESSAGES


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
    """A customer direct debit initiation (pain.008); ``fault`` is what its header says wrongly."""

    message: str
    message_id: str
    created_at: str
    initiating_party: Party
    announced: int
    control_sum: Decimal | None
    batches: tuple[CollectionBatch, ...]
    fault: Fault | None


def read_collection_file(data: bytes, *, max_bytes: int = MAX_MESSAGE_BYTES) -> CollectionFile:
    """Read a pain.008 message. Raises what ``reading.read_message`` raises."""
    message = read_message(data, PAIN008_MESSAGES, max_bytes=max_bytes)
    walker = Walker(message)
    initiation = walker.node(message.root, "CstmrDrctDbtInitn")
    header = walker.said(walker.node(initiation, "GrpHdr"))
    batches: list[CollectionBatch] = []
    count = 0
    for block in walker.children(initiation, "PmtInf"):
        batches.append(_batch(walker, block, count))
        count += len(batches[-1].items)
    announced, control_sum = int(header.get("NbOfTxs") or 0), decimal(header.get("CtrlSum"))
    summed = sum((batch.summed for batch in batches), Decimal(0))
    return CollectionFile(
        message=message.name,
        message_id=header.get("MsgId") or "",
        created_at=header.get("CreDtTm") or "",
        initiating_party=party(header, "InitgPty"),
        announced=announced,
        control_sum=control_sum,
        batches=tuple(batches),
        fault=group_contradiction(announced, control_sum, count, summed),
    )


def _batch(walker: Walker, block: Any, first: int) -> CollectionBatch:
    said = walker.said(block, without="DrctDbtTxInf")
    items = [
        _item(walker, node, first + offset)
        for offset, node in enumerate(walker.children(block, "DrctDbtTxInf"))
    ]
    summed = sum((Decimal(item.amount_text) for item in items), Decimal(0))
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


def _item(walker: Walker, node: Any, position: int) -> CollectionItem:
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
