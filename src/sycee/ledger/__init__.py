"""The books: accounts, transfers, holds, balances, statements, the trial balance, and their seals.

Double entry by construction. Every function takes an open transaction and never commits it; every hot one
takes a list. ``post_transfers`` is the only way a balance changes.
"""

from sycee.ledger.account_approvals import CHANGE_ACCOUNT, AccountChange, account_change, changed_account
from sycee.ledger.account_records import Account, AccountStatus, NewAccount, NormalSide
from sycee.ledger.accounts import (
    change_account,
    get_account,
    get_accounts,
    list_accounts,
    open_accounts,
)
from sycee.ledger.cells import Cell, advance_business_date, create_cell, get_cell, list_cells
from sycee.ledger.checks import CheckResult, check_books
from sycee.ledger.entries import Balance, Entry, EntryPage, balance, entries, get_entries
from sycee.ledger.errors import (
    AccountExists,
    AccountIsClosed,
    AccountIsRestricted,
    AccountIsSupervised,
    AccountNotEmpty,
    AccountNotFound,
    BusinessDateNotLater,
    CellExists,
    CellNotFound,
    EntryNotFound,
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
from sycee.ledger.seals import (
    Break,
    DaySeal,
    VerificationResult,
    keep_public_keys,
    public_keys,
    sign_days,
    verify_seals,
)
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
    "AccountIsSupervised",
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
    "EntryNotFound",
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
    "get_accounts",
    "get_cell",
    "get_entries",
    "get_transfer",
    "import_history",
    "keep_public_keys",
    "list_accounts",
    "list_cells",
    "open_accounts",
    "periods",
    "post_transfers",
    "public_keys",
    "sign_days",
    "statement",
    "trial_balance",
    "verify_seals",
]
