"""Classes of settlement account of a unit, and what each may do: basic, general, special, temporary.

The classes and their cash rules are those of China's rules for renminbi settlement accounts; they are
parameters with defaults, since a bank's compliance officer must be able to change them from a date on.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from sycee.components.capabilities import Kind, Parameters, capability
from sycee.components.library.lines import ONE_DAY
from sycee.components.library.months import add_months

ClassName = Literal["basic", "general", "special", "temporary", "deposit"]
Operation = Literal["cash_in", "cash_out", "transfer_in", "transfer_out", "wages", "to_individual"]
OPERATIONS: tuple[Operation, ...] = (
    "cash_in",
    "cash_out",
    "transfer_in",
    "transfer_out",
    "wages",
    "to_individual",
)
Operations = Annotated[
    tuple[Operation, ...],
    Meta(description="cash_in, cash_out, transfer_in, transfer_out, wages (also in cash), to_individual"),
]
EvidenceAbove = Annotated[
    int, Meta(description="a payment to an individual above so many yuan needs evidence", ge=0)
]
FEN = 100


class Permission(msgspec.Struct, frozen=True):
    """Whether an operation is permitted; ``reason`` says why not, or what is needed beside."""

    allowed: bool
    reason: str = ""
    evidence: bool = False


def _permit(
    account_class: str,
    operations: tuple[Operation, ...],
    operation: Operation,
    amount: int,
    evidence_above: int,
) -> Permission:
    if operation not in operations:
        return Permission(False, f"{_article(account_class)} account does not permit {operation}")
    if operation == "to_individual" and amount > evidence_above * FEN:
        return Permission(True, f"more than {evidence_above} CNY to an individual needs evidence", True)
    return Permission(True)


def _article(account_class: str) -> str:
    return f"{'an' if account_class[0] in 'aeiou' else 'a'} {account_class}"


@capability("account_class.basic", version=1, kind=Kind.ACCOUNT_CLASS, owner="compliance", zh="基本存款账户")
class BasicAccount(Parameters, frozen=True, kw_only=True):
    """Basic account

    A unit's main account, one only in the whole country: daily settlement, wages, bonuses and cash.
    """

    account_class: Annotated[Literal["basic"], Meta(description="basic")] = "basic"
    operations: Operations = OPERATIONS
    most_per_customer: Annotated[int, Meta(description="one only", ge=1, le=1)] = 1
    evidence_above: EvidenceAbove = 50_000

    def permits(self, operation: Operation, amount: int = 0) -> Permission:
        """Whether an operation with an amount (minor units) is permitted."""
        return _permit("basic", self.operations, operation, amount, self.evidence_above)

    def opening_problem(self, *, basic_accounts: int, same_class: int) -> str | None:
        """Why another may not be opened beside those a customer has; None when it may."""
        del same_class
        return "the customer has a basic account already: one only is allowed" if basic_accounts else None


@capability(
    "account_class.general", version=1, kind=Kind.ACCOUNT_CLASS, owner="compliance", zh="一般存款账户"
)
class GeneralAccount(Parameters, frozen=True, kw_only=True):
    """General account

    Beside the basic account, for loans and other settlement: cash may be paid in, never out.
    """

    account_class: Annotated[Literal["general"], Meta(description="general")] = "general"
    operations: Operations = ("cash_in", "transfer_in", "transfer_out", "to_individual")
    needs_basic: Annotated[bool, Meta(description="whether a basic account must exist somewhere")] = True
    most_per_customer: Annotated[int, Meta(description="accounts of this class with us", ge=1, le=100)] = 10
    evidence_above: EvidenceAbove = 50_000

    def __post_init__(self) -> None:
        if "cash_out" in self.operations or "wages" in self.operations:
            raise ValueError("operations of a general account: neither cash_out nor wages is expected")

    def permits(self, operation: Operation, amount: int = 0) -> Permission:
        """Whether an operation with an amount (minor units) is permitted."""
        return _permit("general", self.operations, operation, amount, self.evidence_above)

    def opening_problem(self, *, basic_accounts: int, same_class: int) -> str | None:
        """Why another may not be opened beside those a customer has; None when it may."""
        return _beside(basic_accounts, same_class, self.needs_basic, self.most_per_customer)


SpecialPurpose = Literal[
    "infrastructure", "renovation", "fiscal_extra_budget", "grain_and_cotton_purchase",
    "securities_settlement", "futures_margin", "trust_fund", "interbank_placement",
    "policy_real_estate", "payment_card_reserve", "housing_fund", "social_insurance",
    "party_and_union_dues", "income_collection", "expenditure", "escrow_presale", "migrant_wages",
    "construction_safety", "bidding_margin", "research_funds", "donations", "maintenance_fund",
    "prepaid_card_reserve", "tax_collection", "qfii_settlement",
]  # fmt: skip


@capability(
    "account_class.special", version=1, kind=Kind.ACCOUNT_CLASS, owner="compliance", zh="专用存款账户"
)
class SpecialAccount(Parameters, frozen=True, kw_only=True):
    """Special account by purpose

    For money that law or contract keeps apart. Securities, futures, trust and extra-budget funds deal in
    no cash; an income-collection account receives only, an expenditure account pays only (and is fed from
    the basic account).
    """

    account_class: Annotated[Literal["special"], Meta(description="special")] = "special"
    purpose: Annotated[SpecialPurpose, Meta(description="what the money is for")]
    operations: Operations
    needs_basic: Annotated[bool, Meta(description="whether a basic account must exist somewhere")] = True
    pays_out_to: Annotated[
        tuple[str, ...],
        Meta(description="where money may go at all; empty for anywhere that fits the purpose"),
    ] = ()
    fed_from: Annotated[
        tuple[str, ...], Meta(description="where money may come from; empty for anywhere")
    ] = ()
    supervisor: Annotated[
        bool, Meta(description="whether a supervising authority or contract party approves each payment out")
    ] = False
    protected: Annotated[bool, Meta(description="whether courts and tax may not deduct from it")] = False
    most_per_customer: Annotated[int, Meta(description="accounts of this purpose with us", ge=1, le=1000)] = 1
    evidence_above: EvidenceAbove = 50_000

    def __post_init__(self) -> None:
        cash = {"cash_in", "cash_out", "wages"} & set(self.operations)
        no_cash = {"securities_settlement", "futures_margin", "trust_fund", "fiscal_extra_budget"}
        if self.purpose in no_cash and cash:
            raise ValueError(f"operations of {self.purpose}: no cash is expected, these are: {sorted(cash)}")
        outward = {"cash_out", "transfer_out", "to_individual", "wages"} & set(self.operations)
        if self.purpose == "income_collection" and outward and not self.pays_out_to:
            raise ValueError(
                "operations of income_collection: it only receives, unless pays_out_to says whither"
            )

    def permits(self, operation: Operation, amount: int = 0) -> Permission:
        """Whether an operation with an amount (minor units) is permitted."""
        found = _permit(f"special ({self.purpose})", self.operations, operation, amount, self.evidence_above)
        if found.allowed and self.supervisor and operation in {"cash_out", "transfer_out", "to_individual"}:
            return Permission(True, "the supervisor's approval is needed", True)
        return found

    def opening_problem(self, *, basic_accounts: int, same_class: int) -> str | None:
        """Why another may not be opened beside those a customer has (same purpose); None when it may."""
        return _beside(basic_accounts, same_class, self.needs_basic, self.most_per_customer)


@capability(
    "account_class.temporary", version=1, kind=Kind.ACCOUNT_CLASS, owner="compliance", zh="临时存款账户"
)
class TemporaryAccount(Parameters, frozen=True, kw_only=True):
    """Temporary account

    For a temporary office, business away from home, or verification of capital: two years at most,
    extensions included; while capital is verified it receives only.
    """

    account_class: Annotated[Literal["temporary"], Meta(description="temporary")] = "temporary"
    purpose: Annotated[
        Literal["temporary_office", "business_elsewhere", "capital_verification", "capital_increase"],
        Meta(description="what the account is for"),
    ]
    operations: Operations
    most_months: Annotated[int, Meta(description="longest life, extensions included", ge=1, le=24)] = 24
    needs_basic: Annotated[bool, Meta(description="whether a basic account must exist somewhere")] = False
    most_per_customer: Annotated[int, Meta(description="accounts of this purpose with us", ge=1, le=100)] = 1
    evidence_above: EvidenceAbove = 50_000

    def __post_init__(self) -> None:
        outward = set(self.operations) - {"cash_in", "transfer_in"}
        if self.purpose in {"capital_verification", "capital_increase"} and outward:
            raise ValueError(
                f"operations of {self.purpose}: it only receives, these go out: {sorted(outward)}"
            )

    def permits(self, operation: Operation, amount: int = 0) -> Permission:
        """Whether an operation with an amount (minor units) is permitted."""
        return _permit(f"temporary ({self.purpose})", self.operations, operation, amount, self.evidence_above)

    def opening_problem(self, *, basic_accounts: int, same_class: int) -> str | None:
        """Why another may not be opened beside those a customer has (same purpose); None when it may."""
        return _beside(basic_accounts, same_class, self.needs_basic, self.most_per_customer)

    def last_day(self, opened_on: date) -> date:
        """The last day on which the account may be used."""
        return add_months(opened_on, self.most_months) - ONE_DAY


@capability("account_class.deposit", version=1, kind=Kind.ACCOUNT_CLASS, owner="deposits", zh="单位存款账户")
class DepositAccount(Parameters, frozen=True, kw_only=True):
    """Account of a deposit

    Holds one placement (time, notice, certificate, margin): no settlement and no cash, money moves only
    between it and accounts of the customer's own by the deposit's rules.
    """

    account_class: Annotated[Literal["deposit"], Meta(description="deposit")] = "deposit"
    operations: Operations = ("transfer_in", "transfer_out")
    needs_basic: Annotated[bool, Meta(description="whether a basic account must exist somewhere")] = True
    restricted: Annotated[bool, Meta(description="whether only the deposit's own rules move its money")] = (
        True
    )

    def __post_init__(self) -> None:
        outside = set(self.operations) - {"transfer_in", "transfer_out"}
        if outside:
            raise ValueError(
                f"operations of a deposit: only transfers are expected, these are: {sorted(outside)}"
            )

    def permits(self, operation: Operation, amount: int = 0) -> Permission:
        """Whether an operation is permitted by the deposit's own rules."""
        return _permit("deposit", self.operations, operation, amount, 0)

    def opening_problem(self, *, basic_accounts: int, same_class: int) -> str | None:
        """Why another may not be opened; None when it may. There is no bound to their number."""
        del same_class
        return "a basic account is needed first" if self.needs_basic and not basic_accounts else None


def _beside(basic_accounts: int, same_class: int, needs_basic: bool, most: int) -> str | None:
    if needs_basic and not basic_accounts:
        return "a basic account is needed first"
    if same_class >= most:
        return f"the customer has {same_class} of these already: at most {most} are allowed"
    return None
