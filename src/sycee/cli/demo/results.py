"""What the demo has to show: one value, for the tables and for ``--json``."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from sycee.client import Account, PaymentFile, TrialBalance


class PaidFile(msgspec.Struct, frozen=True):
    """A payment file that was sent, and what the bank said; ``as_expected`` when that was foreseen."""

    name: str
    result: PaymentFile
    as_expected: bool


class Report(msgspec.Struct, frozen=True):
    """A document that the bank wrote, relative to the output directory, and whether its schema accepts it."""

    path: str
    kind: str
    about: str
    valid: bool
    problem: str | None = None


class Check(msgspec.Struct, frozen=True):
    """One check of the books."""

    name: str
    passed: bool
    detail: str


class DemoResult(msgspec.Struct, frozen=True):
    """All of it. ``output`` is where the reports are, None when they went with a throw-away directory."""

    passed: bool
    finished_at: datetime
    accounts: list[Account]
    opening_transfers: dict[str, int]
    files: list[PaidFile]
    outcomes: dict[Literal["accepted", "rejected"], int]
    reports: list[Report]
    checks: list[Check]
    trial_balance: TrialBalance
    timings_s: dict[str, float]
    output: str | None = None
