"""ISO 20022 reasons: the external status reason codes this bank answers with, and why.

The code is what the customer's software switches on; our own, finer code travels beside it
in the additional information. The meanings quoted are those of ISO 20022's external code
list ``ExternalStatusReason1Code``.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Reason(StrEnum):
    """An external status reason code."""

    INCORRECT_ACCOUNT = "AC01"  # account number is invalid or missing
    CREDITOR_ACCOUNT = "AC03"  # creditor account number invalid or missing
    CLOSED_ACCOUNT = "AC04"  # account number specified has been closed
    BLOCKED_ACCOUNT = "AC06"  # account specified is blocked
    TRANSACTION_NOT_SUPPORTED = "AG03"  # transaction type not supported on this account
    ZERO_AMOUNT = "AM01"  # specified amount is equal to zero
    AMOUNT_NOT_ALLOWED = "AM02"  # amount is greater than allowed maximum
    CURRENCY_NOT_ALLOWED = "AM03"  # amount is in a non-processable currency
    INSUFFICIENT_FUNDS = "AM04"
    DUPLICATION = "AM05"
    INVALID_CURRENCY = "AM11"  # transaction currency is invalid or missing
    INVALID_AMOUNT = "AM12"  # amount is invalid or missing
    GROUP_CONTROL_SUM = "AM16"  # control sum at the group level is invalid
    BATCH_CONTROL_SUM = "AM17"  # control sum at the payment information level is invalid
    GROUP_COUNT = "AM19"  # number of transactions at the group level is invalid
    BATCH_COUNT = "AM20"  # number of transactions at the payment information level is invalid
    DECIMALS = "CH20"  # number of decimal points not compatible with the currency
    INVALID_DATE = "DT01"
    FUTURE_DATE = "DT04"  # future date not supported
    NARRATIVE = "NARR"  # the reason is in the additional information


class Fault(msgspec.Struct, frozen=True):
    """Why a file, a batch or an instruction is refused: ISO reason, our own stable code, and a sentence."""

    reason: Reason
    code: str
    detail: str


_BY_CODE = {
    "account_not_found": Reason.INCORRECT_ACCOUNT,
    "invalid_account_number": Reason.INCORRECT_ACCOUNT,
    "account_closed": Reason.CLOSED_ACCOUNT,
    "account_frozen": Reason.BLOCKED_ACCOUNT,
    "account_dormant": Reason.BLOCKED_ACCOUNT,
    "account_class_refused": Reason.TRANSACTION_NOT_SUPPORTED,
    "account_supervised": Reason.TRANSACTION_NOT_SUPPORTED,
    "escrow_refused": Reason.TRANSACTION_NOT_SUPPORTED,
    "account_restricted": Reason.TRANSACTION_NOT_SUPPORTED,
    "debit_blocked": Reason.BLOCKED_ACCOUNT,
    "credit_blocked": Reason.BLOCKED_ACCOUNT,
    "currency_mismatch": Reason.CURRENCY_NOT_ALLOWED,
    "unknown_currency": Reason.INVALID_CURRENCY,
    "insufficient_funds": Reason.INSUFFICIENT_FUNDS,
    "invalid_amount": Reason.INVALID_AMOUNT,
    "amount_out_of_range": Reason.AMOUNT_NOT_ALLOWED,
    "balance_out_of_range": Reason.AMOUNT_NOT_ALLOWED,
    "same_account": Reason.CREDITOR_ACCOUNT,
    "id_reused": Reason.DUPLICATION,
}


def reason_of(code: str) -> Reason:
    """The ISO reason for one of our own rejection codes; NARR when ISO has no better one."""
    return _BY_CODE.get(code, Reason.NARRATIVE)
