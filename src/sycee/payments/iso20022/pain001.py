"""Reading pain.001, the customer's file of payment instructions, in any version from .03 to .13.

The versions differ in little that a bank's books care about: BIC became BICFI, the execution
date became a choice of date and instant, a UETR was added. Both spellings are read. What
contradicts itself (counts, control sums, amounts no currency has) is not an error of reading:
it is reported as a fault, with its ISO reason, on the file, batch or instruction concerned.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sycee.kernel.money import Amount, AmountOutOfRange, UnknownCurrency, exponent
from sycee.payments.iso20022.messages import (
    AccountReference,
    Agent,
    Party,
    PaymentBatch,
    PaymentFile,
    PaymentInstruction,
)
from sycee.payments.iso20022.reading import MAX_MESSAGE_BYTES, Message, read_message
from sycee.payments.iso20022.reasons import Fault, Reason
from sycee.payments.iso20022.schemas import PAIN001_MESSAGES


def read_payment_file(data: bytes, *, max_bytes: int = MAX_MESSAGE_BYTES) -> PaymentFile:
    """Read a pain.001 message.

    Raises what ``reading.read_message`` raises. A file whose counts or sums are wrong is read,
    with its faults.
    """
    return _file(read_message(data, PAIN001_MESSAGES, max_bytes=max_bytes))


def read_amount(text: str, code: str) -> Amount | Fault:
    """An amount as XML Schema writes decimals (``+5.``, ``007.50``, ``.5`` are legal), or why it is none."""
    plain = text.strip().removeprefix("+")
    whole, _, fraction = plain.partition(".")
    try:
        decimals = exponent(code)
    except UnknownCurrency as problem:
        return Fault(Reason.INVALID_CURRENCY, problem.code, problem.detail)
    if len(fraction) > decimals:
        detail = f"{plain} has {len(fraction)} decimals where {code} has {decimals}"
        return Fault(Reason.DECIMALS, "invalid_amount", detail)
    try:
        amount = Amount.parse((whole.lstrip("0") or "0") + (f".{fraction}" if fraction else ""), code)
    except AmountOutOfRange as problem:
        return Fault(Reason.AMOUNT_NOT_ALLOWED, problem.code, problem.detail)
    if amount.minor == 0:
        return Fault(Reason.ZERO_AMOUNT, "invalid_amount", "the amount is zero")
    return amount


Said = Mapping[str, str | None]
"""What a part of a message says: the text at each path of local names (``"PmtId/EndToEndId"``)."""


class Walker:
    """Takes the elements of one version of pain.001 apart."""

    def __init__(self, message: Message) -> None:
        self._namespace = message.tag("")

    def instruction(self, item: Any, method: str | None, batch: int, position: int) -> PaymentInstruction:
        """What a CdtTrfTxInf says; method is its block's."""
        said = self.said(item)
        converted = "Amt/EqvtAmt" in said
        path = ("Amt", "EqvtAmt", "Amt") if converted else ("Amt", "InstdAmt")
        text, code = (said["/".join(path)] or "").strip(), self.node(item, *path).get("Ccy")
        read = read_amount(text, code)
        fault = read if isinstance(read, Fault) else _refused(method, converted)
        return PaymentInstruction(
            batch=batch,
            position=position,
            end_to_end_id=said.get("PmtId/EndToEndId") or "",
            amount=None if isinstance(read, Fault) else read,
            amount_text=text,
            currency=code,
            creditor=party(said, "Cdtr"),
            creditor_account=account(said, "CdtrAcct"),
            creditor_agent=agent(said, "CdtrAgt"),
            instruction_id=said.get("PmtId/InstrId"),
            uetr=said.get("PmtId/UETR"),
            purpose=said.get("Purp/Cd"),
            remittance=self.free_text(item) if "RmtInf/Ustrd" in said else (),
            creditor_reference=said.get("RmtInf/Strd/CdtrRefInf/Ref"),
            fault=fault,
        )

    def children(self, node: Any, name: str) -> Iterator[Any]:
        """The children of node that have this local name."""
        found: Iterator[Any] = node.iterchildren(self._namespace + name)
        return found

    def said(self, node: Any, without: str = "") -> dict[str, str | None]:
        """What node says below itself, leaving out children of that name.

        Of elements that repeat, the first is taken. An element with children is there with
        None. One walk is several times as quick as a look-up for each path.
        """
        said: dict[str, str | None] = {}
        for child in node.iterchildren():
            name = child.tag[len(self._namespace) :]
            if name != without:
                self._walk(child, name, said)
        return said

    def node(self, parent: Any, *path: str) -> Any:
        """The first element down a path of local names that is known to be there."""
        for name in path:
            parent = next(parent.iterchildren(self._namespace + name))
        return parent

    def free_text(self, item: Any) -> tuple[str, ...]:
        """The lines of unstructured remittance information."""
        lines = self.children(self.node(item, "RmtInf"), "Ustrd")
        return tuple(line.text for line in lines if line.text)

    def _walk(self, node: Any, path: str, said: dict[str, str | None]) -> None:
        if path in said:
            return
        said[path] = None if len(node) else node.text
        for child in node:
            self._walk(child, f"{path}/{child.tag[len(self._namespace) :]}", said)


def _file(message: Message) -> PaymentFile:
    """What a validated message says, whole."""
    walker = Walker(message)
    initiation = walker.node(message.root, "CstmrCdtTrfInitn")
    header = walker.said(walker.node(initiation, "GrpHdr"))
    batches: list[PaymentBatch] = []
    instructions: list[PaymentInstruction] = []
    for index, block in enumerate(walker.children(initiation, "PmtInf")):
        said, first = walker.said(block, without="CdtTrfTxInf"), len(instructions)
        instructions += (
            walker.instruction(item, said.get("PmtMtd"), index, first + offset)
            for offset, item in enumerate(walker.children(block, "CdtTrfTxInf"))
        )
        batches.append(read_batch(said, len(instructions) - first, _sum(instructions[first:])))
    announced = int(header.get("NbOfTxs") or 0)
    control_sum = decimal(header.get("CtrlSum"))
    counted, summed = len(instructions), sum((batch.summed for batch in batches), Decimal(0))
    return PaymentFile(
        message=message.name,
        message_id=header.get("MsgId") or "",
        created_at=header.get("CreDtTm") or "",
        initiating_party=party(header, "InitgPty"),
        number_of_transactions=announced,
        control_sum=control_sum,
        counted=counted,
        summed=summed,
        batches=tuple(batches),
        instructions=tuple(instructions),
        fault=group_contradiction(announced, control_sum, counted, summed),
    )


def read_batch(said: Said, counted: int, summed: Decimal) -> PaymentBatch:
    """A payment information block from what it says; counted and summed are what was found in it."""
    count_text = said.get("NbOfTxs")
    announced = int(count_text) if count_text else None
    control_sum = decimal(said.get("CtrlSum"))
    booking = said.get("BtchBookg")
    asked = _execution_date(said)
    fault = contradiction(
        announced, control_sum, counted, summed, Reason.BATCH_COUNT, Reason.BATCH_CONTROL_SUM
    )
    if fault is None and asked is None:
        detail = "the requested execution date is not a date of the calendar"
        fault = Fault(Reason.INVALID_DATE, "invalid_execution_date", detail)
    return PaymentBatch(
        id=said.get("PmtInfId") or "",
        method=said.get("PmtMtd") or "",
        debtor=party(said, "Dbtr"),
        debtor_account=account(said, "DbtrAcct"),
        debtor_agent=agent(said, "DbtrAgt"),
        counted=counted,
        summed=summed,
        execution_date=asked,
        batch_booking=None if booking is None else booking.strip() in {"true", "1"},
        number_of_transactions=announced,
        control_sum=control_sum,
        service_level=said.get("PmtTpInf/SvcLvl/Cd"),
        category_purpose=said.get("PmtTpInf/CtgyPurp/Cd"),
        charge_bearer=said.get("ChrgBr"),
        fault=fault,
    )


def _execution_date(said: Said) -> date | None:
    text = said.get("ReqdExctnDt/Dt") or said.get("ReqdExctnDt/DtTm") or said.get("ReqdExctnDt") or ""
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None


def party(said: Said, at: str) -> Party:
    """The party at a path."""
    kind = f"{at}/Id/PrvtId" if f"{at}/Id/PrvtId" in said else f"{at}/Id/OrgId"
    return Party(
        name=said.get(f"{at}/Nm"),
        identification=said.get(f"{kind}/Othr/Id")
        or said.get(f"{kind}/LEI")
        or said.get(f"{kind}/AnyBIC")
        or said.get(f"{kind}/BICOrBEI"),
        scheme=said.get(f"{kind}/Othr/SchmeNm/Cd") or said.get(f"{kind}/Othr/SchmeNm/Prtry"),
    )


def account(said: Said, at: str) -> AccountReference:
    """The account at a path."""
    other = f"{at}/Id/Othr" if f"{at}/Id/Othr" in said else f"{at}/Prxy"
    iban, identification = said.get(f"{at}/Id/IBAN"), said.get(f"{other}/Id")
    return AccountReference(
        iban=iban.strip() if iban else None,
        other=identification.strip() if identification else None,
        scheme=said.get(f"{other}/SchmeNm/Cd") or said.get(f"{other}/SchmeNm/Prtry"),
        currency=said.get(f"{at}/Ccy"),
        name=said.get(f"{at}/Nm"),
    )


def agent(said: Said, at: str) -> Agent:
    """The bank at a path."""
    at += "/FinInstnId"
    return Agent(
        bic=said.get(f"{at}/BICFI") or said.get(f"{at}/BIC"),
        clearing_system=said.get(f"{at}/ClrSysMmbId/ClrSysId/Cd")
        or said.get(f"{at}/ClrSysMmbId/ClrSysId/Prtry"),
        member=said.get(f"{at}/ClrSysMmbId/MmbId"),
        name=said.get(f"{at}/Nm"),
    )


def decimal(text: str | None) -> Decimal | None:
    """A number that is there, or None."""
    return None if text is None else Decimal(text.strip())


def _sum(instructions: list[PaymentInstruction]) -> Decimal:
    """The sum of amounts whatever their currencies, as control sums are defined."""
    return sum((Decimal(instruction.amount_text) for instruction in instructions), Decimal(0))


def _refused(method: str | None, converted: bool) -> Fault | None:
    if method == "CHK":
        detail = "cheques are not drawn here: only transfers are taken"
        return Fault(Reason.TRANSACTION_NOT_SUPPORTED, "payment_method_not_supported", detail)
    if converted:
        detail = "an equivalent amount asks for an exchange, which is not done within a payment file"
        return Fault(Reason.CURRENCY_NOT_ALLOWED, "equivalent_amount_not_supported", detail)
    return None


def group_contradiction(
    announced: int, control_sum: Decimal | None, counted: int, summed: Decimal
) -> Fault | None:
    """The fault in a group header that announces other numbers than were found."""
    return contradiction(
        announced, control_sum, counted, summed, Reason.GROUP_COUNT, Reason.GROUP_CONTROL_SUM
    )


def contradiction(
    announced: int | None,
    control_sum: Decimal | None,
    counted: int,
    summed: Decimal,
    count_reason: Reason,
    sum_reason: Reason,
) -> Fault | None:
    """The fault in a header that announces other numbers than were found, under one of these reasons."""
    if announced is not None and announced != counted:
        detail = f"{announced} transactions are announced and {counted} are there"
        return Fault(count_reason, "transaction_count_mismatch", detail)
    if control_sum is not None and control_sum != summed:
        detail = f"the control sum is {control_sum} and the amounts add up to {summed}"
        return Fault(sum_reason, "control_sum_mismatch", detail)
    return None
