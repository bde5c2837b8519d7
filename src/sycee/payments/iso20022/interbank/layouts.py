"""Where everything stands in each interbank message, in the order of its schema."""

from __future__ import annotations

from typing import Any

from sycee.kernel.money import Amount
from sycee.payments.iso20022.interbank import records
from sycee.payments.iso20022.interbank.layout import (
    AMOUNT,
    DATE,
    INSTANT,
    NUMBER,
    TEXT,
    UETR,
    Computed,
    Constant,
    Field,
    Group,
    Layout,
    Many,
    Part,
)
from sycee.payments.iso20022.messages import AccountReference, Agent, Party

_AGENT = (
    Field("FinInstnId/BICFI", "bic", TEXT),
    Field("FinInstnId/ClrSysMmbId/ClrSysId/Cd", "clearing_system", TEXT),
    Field("FinInstnId/ClrSysMmbId/MmbId", "member", TEXT),
    Field("FinInstnId/Nm", "name", TEXT),
)
_PARTY = (
    Field("Nm", "name", TEXT),
    Field("Id/OrgId/Othr/Id", "identification", TEXT),
    Field("Id/OrgId/Othr/SchmeNm/Cd", "scheme", TEXT),
)
_ACCOUNT = (
    Field("Id/IBAN", "iban", TEXT),
    Field("Id/Othr/Id", "other", TEXT),
    Field("Id/Othr/SchmeNm/Cd", "scheme", TEXT),
    Field("Ccy", "currency", TEXT),
    Field("Nm", "name", TEXT),
)


def _agent(path: str, name: str, *, optional: bool = False) -> Group:
    return Group(path, name, Agent, _AGENT, optional)


def _account(path: str, name: str) -> Group:
    return Group(path, name, AccountReference, _ACCOUNT, optional=True)


def _total(record: Any) -> Amount:
    """What the amounts of a message come to; its items are of one currency."""
    return Amount(sum(item.amount.minor for item in record.items), record.items[0].amount.currency)


def _letter() -> tuple[Part, ...]:
    """The header of a message that settles nothing."""
    return (
        Field("GrpHdr/MsgId", "message_id", TEXT),
        Field("GrpHdr/CreDtTm", "created_at", INSTANT),
        _agent("GrpHdr/InstgAgt", "sender", optional=True),
        _agent("GrpHdr/InstdAgt", "receiver", optional=True),
    )


def _settling(total: str) -> tuple[Part, ...]:
    """The header of a message that settles: count, total and date stand between who and whom."""
    name, created, sender, receiver = _letter()
    return (
        name,
        created,
        Computed("GrpHdr/NbOfTxs", NUMBER, lambda record: len(record.items)),
        Computed(f"GrpHdr/{total}", AMOUNT, _total),
        Field("GrpHdr/IntrBkSttlmDt", "settlement_date", DATE),
        Constant("GrpHdr/SttlmInf/SttlmMtd", "CLRG"),
        Field("GrpHdr/SttlmInf/ClrSys/Prtry", "rail", TEXT),
        sender,
        receiver,
    )


_IDS = (
    Field("PmtId/InstrId", "instruction_id", TEXT),
    Field("PmtId/EndToEndId", "end_to_end_id", TEXT),
    Field("PmtId/TxId", "transaction_id", TEXT),
    Field("PmtId/UETR", "uetr", UETR),
)

PAYMENTS = Layout(
    "pacs.008.001.08",
    "FIToFICstmrCdtTrf",
    records.Payments,
    (
        *_settling("TtlIntrBkSttlmAmt"),
        Many(
            "CdtTrfTxInf",
            "items",
            records.Payment,
            (
                *_IDS,
                Field("IntrBkSttlmAmt", "amount", AMOUNT),
                Field("SttlmPrty", "priority", TEXT),
                Field("ChrgBr", "charge_bearer", TEXT),
                Group("Dbtr", "debtor", Party, _PARTY),
                _account("DbtrAcct", "debtor_account"),
                _agent("DbtrAgt", "debtor_agent"),
                _agent("CdtrAgt", "creditor_agent"),
                Group("Cdtr", "creditor", Party, _PARTY),
                _account("CdtrAcct", "creditor_account"),
                Field("Purp/Cd", "purpose", TEXT),
                Field("Purp/Prtry", "purpose_text", TEXT),
                Many("RmtInf/Ustrd", "remittance"),
            ),
        ),
    ),
)

BANK_PAYMENTS = Layout(
    "pacs.009.001.08",
    "FICdtTrf",
    records.BankPayments,
    (
        *_settling("TtlIntrBkSttlmAmt"),
        Many(
            "CdtTrfTxInf",
            "items",
            records.BankPayment,
            (
                *_IDS,
                Field("IntrBkSttlmAmt", "amount", AMOUNT),
                Field("SttlmPrty", "priority", TEXT),
                _agent("Dbtr", "debtor"),
                _agent("Cdtr", "creditor"),
                Field("Purp/Cd", "purpose", TEXT),
                Many("RmtInf/Ustrd", "remittance"),
            ),
        ),
    ),
)

_ORIGINAL = (
    Field("OrgnlGrpInf/OrgnlMsgId", "message_id", TEXT),
    Field("OrgnlGrpInf/OrgnlMsgNmId", "message", TEXT),
    Field("OrgnlEndToEndId", "end_to_end_id", TEXT),
    Field("OrgnlTxId", "transaction_id", TEXT),
    Field("OrgnlUETR", "uetr", UETR),
)
_OF = Group("", "original", records.Original, _ORIGINAL)


def _reason(path: str) -> tuple[Part, ...]:
    return (Field(f"{path}/Rsn/Cd", "reason", TEXT), Many(f"{path}/AddtlInf", "text"))


RETURNS = Layout(
    "pacs.004.001.09",
    "PmtRtr",
    records.Returns,
    (
        *_settling("TtlRtrdIntrBkSttlmAmt"),
        Many(
            "TxInf",
            "items",
            records.Return,
            (
                Field("RtrId", "id", TEXT),
                _OF,
                Field("OrgnlIntrBkSttlmAmt", "original_amount", AMOUNT),
                Field("RtrdIntrBkSttlmAmt", "amount", AMOUNT),
                *_reason("RtrRsnInf"),
            ),
        ),
    ),
)

STATUSES = Layout(
    "pacs.002.001.10",
    "FIToFIPmtStsRpt",
    records.Statuses,
    (
        *_letter(),
        Group(
            "OrgnlGrpInfAndSts",
            "group",
            records.Original,
            (Field("OrgnlMsgId", "message_id", TEXT), Field("OrgnlMsgNmId", "message", TEXT)),
            optional=True,
        ),
        Field("OrgnlGrpInfAndSts/GrpSts", "group_status", TEXT),
        Field("OrgnlGrpInfAndSts/StsRsnInf/Rsn/Cd", "group_reason", TEXT),
        Many(
            "TxInfAndSts",
            "items",
            records.Status,
            (
                Field("StsId", "id", TEXT),
                _OF,
                Field("TxSts", "status", TEXT),
                *_reason("StsRsnInf"),
                Field("FctvIntrBkSttlmDt/Dt", "settled_on", DATE),
                Field("OrgnlTxRef/IntrBkSttlmAmt", "amount", AMOUNT),
            ),
        ),
    ),
)

ENQUIRIES = Layout(
    "pacs.028.001.03",
    "FIToFIPmtStsReq",
    records.Enquiries,
    (
        *_letter(),
        Many("TxInf", "items", records.Enquiry, (Field("StsReqId", "id", TEXT), _OF)),
    ),
)

_ASSIGNMENT = (
    Field("Assgnmt/Id", "message_id", TEXT),
    _agent("Assgnmt/Assgnr/Agt", "sender"),
    _agent("Assgnmt/Assgne/Agt", "receiver"),
    Field("Assgnmt/CreDtTm", "created_at", INSTANT),
)

RECALLS = Layout(
    "camt.056.001.08",
    "FIToFIPmtCxlReq",
    records.Recalls,
    (
        *_ASSIGNMENT,
        Many(
            "Undrlyg/TxInf",
            "items",
            records.Recall,
            (
                Field("CxlId", "id", TEXT),
                _OF,
                Field("OrgnlIntrBkSttlmAmt", "amount", AMOUNT),
                Field("OrgnlIntrBkSttlmDt", "settled_on", DATE),
                *_reason("CxlRsnInf"),
            ),
        ),
    ),
)

RECALL_ANSWERS = Layout(
    "camt.029.001.09",
    "RsltnOfInvstgtn",
    records.RecallAnswers,
    (
        *_ASSIGNMENT,
        Field("Sts/Conf", "confirmation", TEXT),
        Many(
            "CxlDtls/TxInfAndSts",
            "items",
            records.RecallAnswer,
            (
                Field("CxlStsId", "recall", TEXT),
                _OF,
                Field("TxCxlSts", "status", TEXT),
                *_reason("CxlStsRsnInf"),
            ),
        ),
    ),
)

LAYOUTS = (PAYMENTS, BANK_PAYMENTS, RETURNS, STATUSES, ENQUIRIES, RECALLS, RECALL_ANSWERS)
