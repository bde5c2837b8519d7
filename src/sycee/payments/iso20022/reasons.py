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
    TRANSACTION_FORBIDDEN = "AG01"  # transaction forbidden on this type of account
    TRANSACTION_NOT_SUPPORTED = "AG03"  # transaction type not supported on this account
    ZERO_AMOUNT = "AM01"  # specified amount is equal to zero
    AMOUNT_NOT_ALLOWED = "AM02"  # amount is greater than allowed maximum
    CURRENCY_NOT_ALLOWED = "AM03"  # amount is in a non-processable currency
    INSUFFICIENT_FUNDS = "AM04"
    DUPLICATION = "AM05"
    INVALID_CURRENCY = "AM11"  # transaction currency is invalid or missing
    INVALID_AMOUNT = "AM12"  # amount is invalid or missing
    AGREED_LIMIT = "AM14"  # amount exceeds limits agreed between bank and client
    GROUP_CONTROL_SUM = "AM16"  # control sum at the group level is invalid
    BATCH_CONTROL_SUM = "AM17"  # control sum at the payment information level is invalid
    GROUP_COUNT = "AM19"  # number of transactions at the group level is invalid
    BATCH_COUNT = "AM20"  # number of transactions at the payment information level is invalid
    DECIMALS = "CH20"  # number of decimal points not compatible with the currency
    CANCELLED = "DS02"  # an authorized user has cancelled the order
    INVALID_DATE = "DT01"
    FUTURE_DATE = "DT04"  # future date not supported
    NO_MANDATE = "MD01"  # mandate is cancelled or invalid
    REFUND_REQUESTED = "MD06"  # return of funds requested by end customer
    CUSTOMER_REFUSES = "MS02"  # reason has not been specified by end customer
    BANK_REFUSES = "MS03"  # reason has not been specified by agent
    NARRATIVE = "NARR"  # the reason is in the additional information


class Fault(msgspec.Struct, frozen=True):
    """Why a file, a batch or an instruction is refused: ISO reason, our own stable code, and a sentence."""

    reason: Reason
    code: str
    detail: str


_BY_CODE = {
    "approval_rejected": Reason.CANCELLED,
    "approval_withdrawn": Reason.CANCELLED,
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
    "account_blocked": Reason.BLOCKED_ACCOUNT,
    "creditor_blocked": Reason.CUSTOMER_REFUSES,
    "debit_forbidden": Reason.TRANSACTION_FORBIDDEN,
    "debit_refused": Reason.CUSTOMER_REFUSES,
    "execution_date_past": Reason.INVALID_DATE,
    "mandate_cancelled": Reason.NO_MANDATE,
    "mandate_expired": Reason.NO_MANDATE,
    "mandate_limit": Reason.AGREED_LIMIT,
    "mandate_mismatch": Reason.NO_MANDATE,
    "debit_mandate_not_found": Reason.NO_MANDATE,
    "mandate_not_signed": Reason.NO_MANDATE,
    "mandate_suspended": Reason.CUSTOMER_REFUSES,
    "mandate_used_up": Reason.NO_MANDATE,
    "refunded": Reason.REFUND_REQUESTED,
    "screening": Reason.BANK_REFUSES,
}


def reason_of(code: str) -> Reason:
    """The ISO reason for one of our own rejection codes; NARR when ISO has no better one."""
    return _BY_CODE.get(code, Reason.NARRATIVE)
