"""Accounting: the general-ledger subjects that a product's principal, interest, fees and tax go to."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from sycee.components.capabilities import Kind, Parameters, capability

Subject = Annotated[
    str, Meta(description="general-ledger subject", pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,31}$")
]


class Booking(msgspec.Struct, frozen=True):
    """A pair of subjects: what is debited and what is credited, and when."""

    event: str
    debit: str
    credit: str


@capability("accounting.subjects", version=1, kind=Kind.ACCOUNTING, owner="accounting", zh="会计科目")
class AccountingSubjects(Parameters, frozen=True, kw_only=True):
    """General-ledger subjects of a product

    The principal is a liability under its own subject; interest accrues as expense against payable
    and is paid from the payable; fees are income; tax withheld is owed to the tax office.
    """

    principal: Annotated[Subject, Meta(description="liability that the principal is")]
    interest_expense: Annotated[Subject, Meta(description="expense that interest accrues as")]
    interest_payable: Annotated[Subject, Meta(description="liability that interest accrues as")]
    fee_income: Annotated[Subject, Meta(description="income that fees are")]
    tax_payable: Annotated[Subject, Meta(description="what is owed to the tax office")]
    matured_principal: Annotated[
        str | None, Meta(description="subject of principal that matured and was not asked for")
    ] = None

    def __post_init__(self) -> None:
        roles = msgspec.structs.asdict(self)
        used = [subject for subject in roles.values() if subject is not None]
        if len(set(used)) < len(used):
            raise ValueError(f"the subjects are {', '.join(used)}: a different one for each role is expected")

    def bookings(self) -> tuple[Booking, ...]:
        """What is booked on each event of a deposit's life."""
        return (
            Booking("accrual", self.interest_expense, self.interest_payable),
            Booking("settlement", self.interest_payable, self.principal),
            Booking("tax", self.interest_payable, self.tax_payable),
            Booking("fee", self.principal, self.fee_income),
        )
