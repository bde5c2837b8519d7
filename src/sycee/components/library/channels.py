"""Channels: the ways in which a customer reaches an account, and what each may do when."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal

from msgspec import Meta

from sycee.components.capabilities import Kind, Parameters, capability

ChannelOperation = Literal[
    "inquire", "statement", "pay", "pay_file", "collect", "place", "withdraw", "give_notice", "renew",
    "open", "close", "sign", "change", "confirm_balance", "cash_in", "cash_out", "sweep", "remit",
]  # fmt: skip
Authentication = Literal[
    "password", "token", "certificate", "biometric", "seal", "message_code", "mutual_tls"
]


@capability("channel.access", version=1, kind=Kind.CHANNEL, owner="channels", zh="渠道准入")
class ChannelAccess(Parameters, frozen=True, kw_only=True):
    """Access through a channel

    Which operations a channel offers, between which hours (of the bank's own clock), on business days
    only or every day, and how whoever acts proves who they are.
    """

    channel: Annotated[str, Meta(description="name of the channel", pattern="^[a-z][a-z0-9_]*$")]
    operations: Annotated[tuple[ChannelOperation, ...], Meta(description="what it offers", min_length=1)]
    opens: Annotated[time, Meta(description="first moment of service")] = time(0, 0)
    closes: Annotated[time, Meta(description="end of service; 00:00 for the end of the day")] = time(0, 0)
    business_days: Annotated[bool, Meta(description="on business days only")] = False
    authentication: Annotated[
        tuple[Authentication, ...], Meta(description="all of these prove who acts", min_length=1)
    ]
    two_persons_for: Annotated[
        tuple[ChannelOperation, ...], Meta(description="operations that a second person confirms")
    ] = ()

    def __post_init__(self) -> None:
        if len(set(self.operations)) < len(self.operations):
            raise ValueError(f"operations are {', '.join(self.operations)}: each once is expected")
        unknown = set(self.two_persons_for) - set(self.operations)
        if unknown:
            raise ValueError(f"two_persons_for names {', '.join(sorted(unknown))}, which it does not offer")
        if self.closes != time(0, 0) and self.closes <= self.opens:
            raise ValueError(f"closes is {self.closes}: later than opens, {self.opens}, is expected")

    def offers(self, operation: str) -> bool:
        """Whether an operation can be done through the channel at all."""
        return operation in self.operations

    def open_at(self, moment: time, *, business_day: bool = True) -> bool:
        """Whether the channel serves at a moment of a day."""
        if self.business_days and not business_day:
            return False
        return self.opens <= moment and (self.closes == time(0, 0) or moment < self.closes)

    def problem(self, operation: str, moment: time, *, business_day: bool = True) -> str | None:
        """Why an operation cannot be done through the channel now; None when it can."""
        if not self.offers(operation):
            return f"{self.channel} does not offer {operation}"
        if not self.open_at(moment, business_day=business_day):
            days = "on business days " if self.business_days else ""
            return f"{self.channel} serves {days}from {self.opens:%H:%M} to {self.closes:%H:%M}"
        return None
