"""Reading pain.001, the customer's file of payment instructions, in any version from .03 to .13.

The versions differ in little that a bank's books care about: BIC became BICFI, the execution
date became a choice of date and instant, a UETR was added. Both spellings are read. What
contradicts itself (counts, control sums, amounts no currency has) is not an error of reading:
it is reported as a fault, with its ISO reason, on the file, batch or instruction concerned.
"""

from __future__ import annotations

from collections.abc import Iterator
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
    return _PaymentFileReader(read_message(data, PAIN001_MESSAGES, max_bytes=max_bytes)).file()


def read_amount(text: str, code: str) -> Amount | Fault:
    """An amount as XML Schema writes decimals (``+5.``, ``007.50`` and ``.5`` are legal), or why it is none."""
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


class _PaymentFileReader:
    """Walks over one validated message; knows the tags of its version."""

    def __init__(self, message: Message) -> None:
        self._message = message
        self._namespace = message.tag("")

    def file(self) -> PaymentFile:
        initiation = self._node(self._message.root, "CstmrCdtTrfInitn")
        header = self._node(initiation, "GrpHdr")
        batches: list[PaymentBatch] = []
        instructions: list[PaymentInstruction] = []
        for index, block in enumerate(initiation.iterchildren(self._namespace + "PmtInf")):
            found = list(self._instructions(block, index, len(instructions)))
            batches.append(self._batch(block, found))
            instructions += found
        announced = int(self._text(header, "NbOfTxs") or 0)
        control_sum = _decimal(self._text(header, "CtrlSum"))
        counted, summed = len(instructions), sum((batch.summed for batch in batches), Decimal(0))
        return PaymentFile(
            message=self._message.name,
            message_id=self._text(header, "MsgId") or "",
            created_at=self._text(header, "CreDtTm") or "",
            initiating_party=self._party(self._node(header, "InitgPty")),
            number_of_transactions=announced,
            control_sum=control_sum,
            counted=counted,
            summed=summed,
            batches=tuple(batches),
            instructions=tuple(instructions),
            fault=_contradiction(
                announced, control_sum, counted, summed, Reason.GROUP_COUNT, Reason.GROUP_CONTROL_SUM
            ),
        )

    def _batch(self, block: Any, instructions: list[PaymentInstruction]) -> PaymentBatch:
        count_text = self._text(block, "NbOfTxs")
        announced = int(count_text) if count_text else None
        control_sum = _decimal(self._text(block, "CtrlSum"))
        counted, summed = len(instructions), _sum(instructions)
        booking = self._text(block, "BtchBookg")
        asked = self._execution_date(block)
        fault = _contradiction(
            announced, control_sum, counted, summed, Reason.BATCH_COUNT, Reason.BATCH_CONTROL_SUM
        )
        if fault is None and asked is None:
            detail = "the requested execution date is not a date of the calendar"
            fault = Fault(Reason.INVALID_DATE, "invalid_execution_date", detail)
        return PaymentBatch(
            id=self._text(block, "PmtInfId") or "",
            method=self._text(block, "PmtMtd") or "",
            debtor=self._party(self._node(block, "Dbtr")),
            debtor_account=self._account(self._node(block, "DbtrAcct")),
            debtor_agent=self._agent(self._node(block, "DbtrAgt")),
            counted=counted,
            summed=summed,
            execution_date=asked,
            batch_booking=None if booking is None else booking in {"true", "1"},
            number_of_transactions=announced,
            control_sum=control_sum,
            service_level=self._text(block, "PmtTpInf", "SvcLvl", "Cd"),
            category_purpose=self._text(block, "PmtTpInf", "CtgyPurp", "Cd"),
            charge_bearer=self._text(block, "ChrgBr"),
            fault=fault,
        )

    def _instructions(self, block: Any, batch: int, first: int) -> Iterator[PaymentInstruction]:
        """The instructions of a block one by one, so that a long file need not be held whole."""
        method = self._text(block, "PmtMtd")
        for offset, item in enumerate(block.iterchildren(self._namespace + "CdtTrfTxInf")):
            text, code, converted = self._amount(item)
            read = read_amount(text, code)
            fault = read if isinstance(read, Fault) else _refused(method, converted)
            yield PaymentInstruction(
                batch=batch,
                position=first + offset,
                end_to_end_id=self._text(item, "PmtId", "EndToEndId") or "",
                amount=None if isinstance(read, Fault) else read,
                amount_text=text,
                currency=code,
                creditor=self._party(self._node(item, "Cdtr")),
                creditor_account=self._account(self._node(item, "CdtrAcct")),
                creditor_agent=self._agent(self._node(item, "CdtrAgt")),
                instruction_id=self._text(item, "PmtId", "InstrId"),
                uetr=self._text(item, "PmtId", "UETR"),
                purpose=self._text(item, "Purp", "Cd"),
                remittance=self._free_text(item),
                creditor_reference=self._text(item, "RmtInf", "Strd", "CdtrRefInf", "Ref"),
                fault=fault,
            )

    def _amount(self, item: Any) -> tuple[str, str, bool]:
        """The amount's text and currency; whether it is to be converted into another currency first."""
        amount = self._node(item, "Amt", "InstdAmt")
        converted = amount is None
        if converted:
            amount = self._node(item, "Amt", "EqvtAmt", "Amt")
        return (amount.text or "").strip(), amount.get("Ccy"), converted

    def _execution_date(self, block: Any) -> date | None:
        asked = self._node(block, "ReqdExctnDt")
        text = self._text(asked, "Dt") or self._text(asked, "DtTm") or asked.text or ""
        try:
            return date.fromisoformat(text.strip()[:10])
        except ValueError:
            return None

    def _party(self, node: Any) -> Party:
        if node is None:
            return Party()
        identified = self._node(node, "Id")
        body = None
        if identified is not None and len(identified):
            body = identified[0]  # OrgId or PrvtId
        scheme = self._text(body, "Othr", "SchmeNm", "Cd") or self._text(body, "Othr", "SchmeNm", "Prtry")
        return Party(
            name=self._text(node, "Nm"),
            identification=self._text(body, "Othr", "Id")
            or self._text(body, "LEI")
            or self._text(body, "AnyBIC")
            or self._text(body, "BICOrBEI"),
            scheme=scheme,
        )

    def _account(self, node: Any) -> AccountReference:
        other = self._node(node, "Id", "Othr")
        if other is None:
            other = self._node(node, "Prxy")
        iban, identification = self._text(node, "Id", "IBAN"), self._text(other, "Id")
        return AccountReference(
            iban=iban.strip() if iban else None,
            other=identification.strip() if identification else None,
            scheme=self._text(other, "SchmeNm", "Cd") or self._text(other, "SchmeNm", "Prtry"),
            currency=self._text(node, "Ccy"),
            name=self._text(node, "Nm"),
        )

    def _agent(self, node: Any) -> Agent:
        institution = self._node(node, "FinInstnId")
        member = self._node(institution, "ClrSysMmbId")
        return Agent(
            bic=self._text(institution, "BICFI") or self._text(institution, "BIC"),
            clearing_system=self._text(member, "ClrSysId", "Cd") or self._text(member, "ClrSysId", "Prtry"),
            member=self._text(member, "MmbId"),
            name=self._text(institution, "Nm"),
        )

    def _free_text(self, item: Any) -> tuple[str, ...]:
        information = self._node(item, "RmtInf")
        if information is None:
            return ()
        lines = information.iterchildren(self._namespace + "Ustrd")
        return tuple(line.text for line in lines if line.text)

    def _node(self, parent: Any, *path: str) -> Any:
        """The first element down a path of local names, or None."""
        for name in path:
            if parent is None:
                return None
            parent = next(parent.iterchildren(self._namespace + name), None)
        return parent

    def _text(self, parent: Any, *path: str) -> str | None:
        node = self._node(parent, *path)
        return None if node is None else node.text


def _decimal(text: str | None) -> Decimal | None:
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


def _contradiction(
    announced: int | None,
    control_sum: Decimal | None,
    counted: int,
    summed: Decimal,
    count_reason: Reason,
    sum_reason: Reason,
) -> Fault | None:
    """The fault in a header that announces other numbers than were found."""
    if announced is not None and announced != counted:
        detail = f"{announced} transactions are announced and {counted} are there"
        return Fault(count_reason, "transaction_count_mismatch", detail)
    if control_sum is not None and control_sum != summed:
        detail = f"the control sum is {control_sum} and the amounts add up to {summed}"
        return Fault(sum_reason, "control_sum_mismatch", detail)
    return None
