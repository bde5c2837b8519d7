"""What the bank says about rails: connections, reconciliations, cases."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import msgspec

from sycee.client.records import Money


class RailConnection(msgspec.Struct, frozen=True, kw_only=True):
    """A connected rail, and what waits there."""

    rail: str
    address: str
    participant: str
    connected_by: str
    connected_at: dt.datetime
    to_deliver: int
    to_process: int
    unanswered: int
    refused: int


class RailConnectionList(msgspec.Struct, frozen=True):
    """Every connected rail."""

    connections: list[RailConnection]


class Reconciliation(msgspec.Struct, frozen=True, kw_only=True):
    """What the newest run for a date of a rail found; ``clean`` when both sides say the same."""

    rail: str
    date: dt.date
    opening: Money
    closing: Money
    matched: int
    missing_here: int
    missing_there: int
    different: int
    settled_by_report: int
    under_way: int
    clean: bool
    runs: int
    run_by: str
    run_at: dt.datetime


class ReconciliationList(msgspec.Struct, frozen=True):
    """Reconciliations of a rail."""

    reconciliations: list[Reconciliation]


class RailCase(msgspec.Struct, frozen=True, kw_only=True):
    """Something that does not agree with a rail, or that another bank asks back."""

    id: UUID
    rail: str
    date: dt.date
    kind: str
    what: str
    uetr: UUID
    item_id: str
    payment: UUID | None
    ours: Money
    theirs: Money
    state: str
    detail: str
    opened_at: dt.datetime
    settled_by: str | None
    settled_at: dt.datetime | None
    resolution: str | None
    reason: str
    entries: list[UUID]


class RailCasePage(msgspec.Struct, frozen=True):
    """A page of cases."""

    cases: list[RailCase]
    next: str | None
