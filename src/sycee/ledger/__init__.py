"""The books: accounts, transfers, holds, balances, statements, the trial balance, and their seals.

Double entry by construction. Every function takes an open transaction and never commits it; every hot one
takes a list. ``post_transfers`` is the only way a balance changes.
"""

from sycee.ledger.account_approvals import CHANGE_ACCOUNT, AccountChange, account_change, changed_account
from sycee.ledger.accounts import (
    Account,
    AccountStatus,
    NewAccount,
    NormalSide,
    change_account,
    get_account,
    list_accounts,
    open_accounts,
)
from sycee.ledger.cells import Cell, advance_business_date, create_cell, get_cell, list_cells
from sycee.ledger.checks import CheckResult, check_books
from sycee.ledger.entries import Balance, Entry, EntryPage, balance, entries
from sycee.ledger.errors import (
    AccountExists,
    AccountIsClosed,
    AccountIsRestricted,
    AccountNotEmpty,
    AccountNotFound,
    BusinessDateNotLater,
    CellExists,
    CellNotFound,
    InvalidAccount,
    InvalidCell,
    InvalidCursor,
    InvalidLimit,
    InvalidMoment,
    InvalidTransfer,
    SealKeyUnusable,
    TransferNotFound,
)
from sycee.ledger.owners import customers_of_accounts
from sycee.ledger.periods import DayBalance, Period, average_balances, balances_at, count_accounts, periods
from sycee.ledger.rejections import REJECTIONS
from sycee.ledger.seal_keys import SEAL_KEYS_FILE, PublicKeys, SealKeys
from sycee.ledger.seals import Break, DaySeal, VerificationResult, sign_days, verify_seals
from sycee.ledger.statements import Statement, statement
from sycee.ledger.transfers import (
    HistoricalTransfer,
    NewTransfer,
    Outcome,
    Transfer,
    TransferKind,
    expire_holds,
    get_transfer,
    import_history,
    post_transfers,
)
from sycee.ledger.trial_balance import TrialBalanceLine, trial_balance

__all__ = [
    "CHANGE_ACCOUNT",
    "REJECTIONS",
    "SEAL_KEYS_FILE",
    "Account",
    "AccountChange",
    "AccountExists",
    "AccountIsClosed",
    "AccountIsRestricted",
    "AccountNotEmpty",
    "AccountNotFound",
    "AccountStatus",
    "Balance",
    "Break",
    "BusinessDateNotLater",
    "Cell",
    "CellExists",
    "CellNotFound",
    "CheckResult",
    "DayBalance",
    "DaySeal",
    "Entry",
    "EntryPage",
    "HistoricalTransfer",
    "InvalidAccount",
    "InvalidCell",
    "InvalidCursor",
    "InvalidLimit",
    "InvalidMoment",
    "InvalidTransfer",
    "NewAccount",
    "NewTransfer",
    "NormalSide",
    "Outcome",
    "Period",
    "PublicKeys",
    "SealKeyUnusable",
    "SealKeys",
    "Statement",
    "Transfer",
    "TransferKind",
    "TransferNotFound",
    "TrialBalanceLine",
    "VerificationResult",
    "account_change",
    "advance_business_date",
    "average_balances",
    "balance",
    "balances_at",
    "change_account",
    "changed_account",
    "check_books",
    "count_accounts",
    "create_cell",
    "customers_of_accounts",
    "entries",
    "expire_holds",
    "get_account",
    "get_cell",
    "get_transfer",
    "import_history",
    "list_accounts",
    "list_cells",
    "open_accounts",
    "periods",
    "post_transfers",
    "sign_days",
    "statement",
    "trial_balance",
    "verify_seals",
]
