"""Process steps: what must have been done, by whom, before a product may be signed, changed or paid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from sycee.components.capabilities import Kind, Parameters, capability
from sycee.components.library.money import CurrencyCode, check_currency, check_money, minor

ProcessEvent = Literal["signing", "change", "payment", "early_withdrawal", "closing", "pricing", "transfer"]


class StepDone(msgspec.Struct, frozen=True):
    """A step that was done: by whom, in which role, on which day."""

    step: str
    by: str
    role: str
    on: date


class ProcessStep(Parameters, frozen=True, kw_only=True):
    """What every step has: a name, the events before which it is done, and its place in the order."""

    step: Annotated[str, Meta(description="name of the step", pattern="^[a-z][a-z0-9_]*$")]
    events: Annotated[tuple[ProcessEvent, ...], Meta(description="what it comes before", min_length=1)]
    order: Annotated[int, Meta(description="steps of a lower order come first", ge=0, le=100)] = 50
    above: Annotated[Decimal, Meta(description="only for amounts above this (whole units)")] = Decimal(0)
    currency: Annotated[CurrencyCode, Meta(description="currency of the amount it is needed above")] = "CNY"

    def __post_init__(self) -> None:
        check_currency("currency", self.currency)
        check_money("above", self.above, self.currency)

    def needed(self, event: str, amount: int = 0) -> bool:
        """Whether the step comes before an event with an amount (minor units)."""
        line = minor(self.above, self.currency)
        return event in self.events and (not line or amount > line)

    def missing(self, done: Sequence[StepDone], by: str, on: date) -> str | None:
        """What is missing before ``by`` may go on on a day; None when the step is done."""
        raise NotImplementedError

    def _own(self, done: Sequence[StepDone]) -> list[StepDone]:
        return [found for found in done if found.step == self.step]


def missing_steps(
    steps: Iterable[ProcessStep], event: str, amount: int, done: Sequence[StepDone], by: str, on: date
) -> list[str]:
    """Everything that is missing before an event, in order."""
    needed = sorted((step for step in steps if step.needed(event, amount)), key=lambda step: step.order)
    found = (step.missing(done, by, on) for step in needed)
    return [missing for missing in found if missing is not None]


@capability("process.evidence", version=1, kind=Kind.PROCESS, owner="operations", zh="资料核验")
class EvidenceStep(ProcessStep, frozen=True, kw_only=True):
    """Evidence on file

    A document or an answer of a register has been seen and kept; it is valid for so many days.
    """

    evidence: Annotated[str, Meta(description="what must be on file", min_length=1)]
    valid_days: Annotated[int, Meta(description="days for which it is good; none for good", ge=0)] | None = (
        None
    )

    def missing(self, done: Sequence[StepDone], by: str, on: date) -> str | None:
        """As ``ProcessStep.missing``."""
        del by
        days = [(on - found.on).days for found in self._own(done) if found.on <= on]
        if not days:
            return f"{self.step}: {self.evidence} is missing"
        if self.valid_days is not None and min(days) > self.valid_days:
            return f"{self.step}: {self.evidence} is {min(days)} days old, {self.valid_days} are good"
        return None


@capability("process.second_person", version=1, kind=Kind.PROCESS, owner="operations", zh="双人复核")
class SecondPersonStep(ProcessStep, frozen=True, kw_only=True):
    """Second persons

    So many persons other than whoever acts have agreed, each once, in one of some roles: two or three
    people a transaction, a manager above a limit, as the bank sets it.
    """

    persons: Annotated[int, Meta(description="how many others", ge=1, le=5)] = 1
    roles: Annotated[tuple[str, ...], Meta(description="roles they act in; empty for any")] = ()

    def missing(self, done: Sequence[StepDone], by: str, on: date) -> str | None:
        """As ``ProcessStep.missing``."""
        agreed = {
            found.by
            for found in self._own(done)
            if found.by != by and found.on <= on and (not self.roles or found.role in self.roles)
        }
        if len(agreed) >= self.persons:
            return None
        who = " or ".join(self.roles) or "others"
        return f"{self.step}: {len(agreed)} of {self.persons} persons ({who}) have agreed"


@capability("process.signature", version=1, kind=Kind.PROCESS, owner="operations", zh="签章授权")
class SignatureStep(ProcessStep, frozen=True, kw_only=True):
    """Signatures of the customer

    Signed by so many of the customer's representatives, on paper, with a seal or electronically; their
    mandate is checked apart.
    """

    signatures: Annotated[int, Meta(description="how many sign together", ge=1, le=10)] = 1
    means: Annotated[
        tuple[Literal["seal", "handwritten", "electronic", "video"], ...],
        Meta(description="by which means; recorded as the role of the step", min_length=1),
    ] = ("electronic",)

    def missing(self, done: Sequence[StepDone], by: str, on: date) -> str | None:
        """As ``ProcessStep.missing``."""
        del by
        signed = {found.by for found in self._own(done) if found.role in self.means and found.on <= on}
        if len(signed) >= self.signatures:
            return None
        return (
            f"{self.step}: {len(signed)} of {self.signatures} signatures ({', '.join(self.means)}) are there"
        )


@capability("process.waiting", version=1, kind=Kind.PROCESS, owner="compliance", zh="等待期")
class WaitingStep(ProcessStep, frozen=True, kw_only=True):
    """Waiting days

    So many days lie between a step and the event: new accounts that may pay from the third working day,
    objections to a public notice.
    """

    days: Annotated[int, Meta(description="days that must have passed", ge=1, le=365)]

    def missing(self, done: Sequence[StepDone], by: str, on: date) -> str | None:
        """As ``ProcessStep.missing``."""
        del by
        starts = [found.on for found in self._own(done)]
        if not starts:
            return f"{self.step}: it has not begun"
        passed = (on - min(starts)).days
        return None if passed >= self.days else f"{self.step}: {passed} of {self.days} days have passed"
