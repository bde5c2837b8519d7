"""Renewal: what becomes of a time deposit on the day it matures."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from sycee.components.capabilities import Kind, Parameters, capability
from sycee.components.library.calendars import BusinessCalendar
from sycee.components.library.tenors import FixedTenor


class Renewed(msgspec.Struct, frozen=True):
    """The outcome at maturity: what goes on (0 when nothing does) from ``start`` to ``maturity``.

    ``paid_out`` goes to the customer now, ``kept`` stays as it is at the demand rate (minor units).
    """

    principal: int
    paid_out: int
    kept: int
    start: date
    maturity: date | None


@capability("renewal.at_maturity", version=1, kind=Kind.RENEWAL, owner="deposits", zh="到期转存方式")
class Renewal(Parameters, frozen=True, kw_only=True):
    """Renewal at maturity

    ``principal_and_interest``: both are placed again. ``principal``: the interest is paid out. ``none``:
    the deposit stays at the demand rate until it is asked for. ``pay_out``: principal and interest go to
    the customer's account on the day. A renewed deposit bears the rate listed on the day of renewal.
    """

    mode: Annotated[
        Literal["principal_and_interest", "principal", "none", "pay_out"],
        Meta(description="what is placed again at maturity"),
    ]
    times: (
        Annotated[int, Meta(description="how often at most; none for without limit", ge=1, le=100)] | None
    ) = None

    def renews(self, renewed_before: int = 0) -> bool:
        """Whether a deposit that was renewed so often is renewed again."""
        placed_again = self.mode in {"principal", "principal_and_interest"}
        return placed_again and (self.times is None or renewed_before < self.times)

    def at_maturity(
        self,
        principal: int,
        interest: int,
        maturity: date,
        tenor: FixedTenor,
        calendar: BusinessCalendar | None = None,
        renewed_before: int = 0,
    ) -> Renewed:
        """What becomes of principal and interest (minor units, after tax) on the day of maturity."""
        whole = principal + interest
        if not self.renews(renewed_before):
            if self.mode == "pay_out":
                return Renewed(0, whole, 0, maturity, None)
            return Renewed(0, 0, whole, maturity, None)
        again = whole if self.mode == "principal_and_interest" else principal
        return Renewed(again, whole - again, 0, maturity, tenor.maturity(maturity, calendar))
