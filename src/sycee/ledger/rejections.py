"""Why the books refuse a transfer: one stable code a reason, with what people read beside it."""

from __future__ import annotations

REJECTIONS: dict[str, str] = {
    "account_not_found": "the debit or the credit account does not exist",
    "account_closed": "the debit or the credit account is closed",
    "account_frozen": "the debit or the credit account is frozen",
    "account_dormant": "the debit account is dormant: it takes credits only",
    "account_restricted": "the debit or the credit account is moved by its product alone",
    "account_supervised": "the debit account is supervised: it pays only what was released",
    "debit_blocked": "the debit account is blocked for debits",
    "credit_blocked": "the credit account is blocked for credits",
    "currency_mismatch": "transfer, debit account and credit account must be in one currency",
    "insufficient_funds": (
        "what is available on the account, holds and overdraft line counted, is less than the amount"
    ),
    "invalid_amount": (
        "an amount is a positive whole number of minor units; a void or a reversal takes all of its target"
    ),
    "amount_out_of_range": "an amount is at most 100000000000000 minor units",
    "balance_out_of_range": "a balance stays within 1000000000000000000 minor units",
    "same_account": "debit and credit account must be two accounts",
    "id_reused": "the id was used before for a transfer with other content",
    "target_not_found": "the transfer to act on does not exist",
    "target_not_pending": "the transfer to act on is not a pending one",
    "already_posted": "the pending transfer has been posted",
    "already_voided": "the pending transfer has been voided",
    "already_expired": "the pending transfer has expired",
    "already_reversed": "the transfer has been reversed",
    "target_not_reversible": "only what was posted can be reversed, and a reversal cannot",
    "exceeds_pending": "more than is pending cannot be posted",
    "linked_failed": "another transfer of the same linked group was refused",
    "linked_chain_open": "the last transfer of a list cannot be linked to a next one",
    "invalid_expiry": "a pending transfer expires in the future",
    "out_of_order": (
        "history goes in by date: not before the account's last entry, not after the present business date"
    ),
}
"""Code → what was wrong and what would be right."""
