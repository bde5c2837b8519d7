"""The components that Sycee brings along; importing this package registers them.

A module a subject; each holds capabilities (classes of parameters with their behaviour) and the pure
formulas they stand on. Conditions, products and packages made of them lie in ``data``.
"""

from sycee.components.library.account_classes import (
    BasicAccount,
    DepositAccount,
    GeneralAccount,
    Permission,
    SpecialAccount,
    SpecialPurpose,
    TemporaryAccount,
)
from sycee.components.library.accounting_rules import AccountingSubjects, Booking
from sycee.components.library.balance_interest import BalanceSpan, balance_interest, balance_lines
from sycee.components.library.calendars import (
    BusinessCalendar,
    PublishedCalendar,
    calendar,
)
from sycee.components.library.channels import ChannelAccess
from sycee.components.library.currencies import AccountCurrency
from sycee.components.library.day_counts import DayCount, days_between, period_line, year_fraction
from sycee.components.library.deposit_forms import (
    AgreementForm,
    DemandForm,
    LargeCdForm,
    MarginForm,
    NoticeForm,
    TimeForm,
)
from sycee.components.library.early_withdrawals import (
    EarlyAtDemandRate,
    EarlyWithdrawn,
    NoEarlyWithdrawal,
)
from sycee.components.library.eligibility import BALANCE_DAYS, Applicant, Eligibility, Fact, problems
from sycee.components.library.errors import (
    CalendarNotFound,
    CalendarNotPublished,
    EarlyWithdrawalRefused,
    NoticeWithdrawalRefused,
)
from sycee.components.library.explanations import REASONS
from sycee.components.library.fee_records import Charge, Fee, FeeLine, FeeUse
from sycee.components.library.fees import (
    AdValoremFee,
    BundleFee,
    FlatFee,
    FreeOfCharge,
    MaintenanceFee,
    PerItemFee,
    PerPageFee,
    TieredAmountFee,
    TieredVolumeFee,
)
from sycee.components.library.interest_methods import (
    AgreementInterest,
    FixedInterest,
    NoInterest,
    TieredInterest,
)
from sycee.components.library.lending_interest import InternalInterest, LoanInterest
from sycee.components.library.limits import Limit, LimitDecision, LimitUse, check_limits
from sycee.components.library.lines import InterestLine, Reckoning, reckon, round_minor
from sycee.components.library.months import add_months, whole_months
from sycee.components.library.notice_deposits import NoticeInterest, NoticeRule
from sycee.components.library.notice_records import (
    Notice,
    NoticeDeposit,
    NoticeMark,
    NoticeOutcome,
    NoticeRates,
    NoticeReason,
)
from sycee.components.library.process_steps import ProcessStep, StepDone, missing_steps
from sycee.components.library.rate_sources import (
    AgreedRate,
    FloatingRate,
    ListedRate,
    MultipleRate,
    RateOn,
    table_key,
)
from sycee.components.library.renewals import Renewal, Renewed
from sycee.components.library.sample_rates import SAMPLE_RATES, SampleRate, sample_rate_on
from sycee.components.library.settlements import Rounding, SettlementCycle
from sycee.components.library.statements import StatementCycle
from sycee.components.library.sweeps import SweepRule, SweepState
from sycee.components.library.taxes import NoTax, TaxedInterest, Treaty, WithholdingTax
from sycee.components.library.tenors import ContractTenor, FixedTenor, NegotiatedTenor, OpenTenor
from sycee.components.library.tiers import DiscountTiers, SpreadTiers
from sycee.components.library.time_interest import (
    FloatingInterest,
    TimeInterest,
    time_interest,
    time_lines,
)

__all__ = [
    "BALANCE_DAYS",
    "REASONS",
    "SAMPLE_RATES",
    "AccountCurrency",
    "AccountingSubjects",
    "AdValoremFee",
    "AgreedRate",
    "AgreementForm",
    "AgreementInterest",
    "Applicant",
    "BalanceSpan",
    "BasicAccount",
    "Booking",
    "BundleFee",
    "BusinessCalendar",
    "CalendarNotFound",
    "CalendarNotPublished",
    "ChannelAccess",
    "Charge",
    "ContractTenor",
    "DayCount",
    "DemandForm",
    "DepositAccount",
    "DiscountTiers",
    "EarlyAtDemandRate",
    "EarlyWithdrawalRefused",
    "EarlyWithdrawn",
    "Eligibility",
    "Fact",
    "Fee",
    "FeeLine",
    "FeeUse",
    "FixedInterest",
    "FixedTenor",
    "FlatFee",
    "FloatingInterest",
    "FloatingRate",
    "FreeOfCharge",
    "GeneralAccount",
    "InterestLine",
    "InternalInterest",
    "LargeCdForm",
    "Limit",
    "LimitDecision",
    "LimitUse",
    "ListedRate",
    "LoanInterest",
    "MaintenanceFee",
    "MarginForm",
    "MultipleRate",
    "NegotiatedTenor",
    "NoEarlyWithdrawal",
    "NoInterest",
    "NoTax",
    "Notice",
    "NoticeDeposit",
    "NoticeForm",
    "NoticeInterest",
    "NoticeMark",
    "NoticeOutcome",
    "NoticeRates",
    "NoticeReason",
    "NoticeRule",
    "NoticeWithdrawalRefused",
    "OpenTenor",
    "PerItemFee",
    "PerPageFee",
    "Permission",
    "ProcessStep",
    "PublishedCalendar",
    "RateOn",
    "Reckoning",
    "Renewal",
    "Renewed",
    "Rounding",
    "SampleRate",
    "SettlementCycle",
    "SpecialAccount",
    "SpecialPurpose",
    "SpreadTiers",
    "StatementCycle",
    "StepDone",
    "SweepRule",
    "SweepState",
    "TaxedInterest",
    "TemporaryAccount",
    "TieredAmountFee",
    "TieredInterest",
    "TieredVolumeFee",
    "TimeForm",
    "TimeInterest",
    "Treaty",
    "WithholdingTax",
    "add_months",
    "balance_interest",
    "balance_lines",
    "calendar",
    "check_limits",
    "days_between",
    "missing_steps",
    "period_line",
    "problems",
    "reckon",
    "round_minor",
    "sample_rate_on",
    "table_key",
    "time_interest",
    "time_lines",
    "whole_months",
    "year_fraction",
]
