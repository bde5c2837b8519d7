"""The Python SDK: an async, typed client of a bank.

It knows the wire and nothing of the inside: the kernel, httpx and msgspec are all that it imports, so
whatever the command line and the console can do, an integrator can do too.
"""

from sycee.client.bank import Sycee
from sycee.client.credentials import Credentials, find_credentials, read_credentials, write_credentials
from sycee.client.errors import (
    ApiProblem,
    BankUnavailable,
    FormatNotSpoken,
    InvalidRequest,
    NothingThere,
    RuleRefusal,
    ScopeMissing,
    StateConflict,
    TokenRefused,
    TooMuchAtOnce,
    Unreachable,
    UnreadableReply,
)
from sycee.client.operations_records import (
    DayDocument,
    DocumentSummary,
    EndOfDay,
    EndOfDayFailure,
    EndOfDayStep,
)
from sycee.client.records import (
    Account,
    Balance,
    Cell,
    Entry,
    Health,
    Money,
    NewAccount,
    NewTransfer,
    Outcome,
    PaymentFile,
    PaymentOutcome,
    Statement,
    Transfer,
    TrialBalance,
)

__all__ = [
    "Account",
    "ApiProblem",
    "Balance",
    "BankUnavailable",
    "Cell",
    "Credentials",
    "DayDocument",
    "DocumentSummary",
    "EndOfDay",
    "EndOfDayFailure",
    "EndOfDayStep",
    "Entry",
    "FormatNotSpoken",
    "Health",
    "InvalidRequest",
    "Money",
    "NewAccount",
    "NewTransfer",
    "NothingThere",
    "Outcome",
    "PaymentFile",
    "PaymentOutcome",
    "RuleRefusal",
    "ScopeMissing",
    "StateConflict",
    "Statement",
    "Sycee",
    "TokenRefused",
    "TooMuchAtOnce",
    "Transfer",
    "TrialBalance",
    "Unreachable",
    "UnreadableReply",
    "find_credentials",
    "read_credentials",
    "write_credentials",
]
