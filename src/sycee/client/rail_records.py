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


class ReconciliationRun(msgspec.Struct, frozen=True, kw_only=True):
    """A reconciliation as a worker carries it out; ``found`` once its state is done."""

    id: UUID
    rail: str
    date: dt.date
    state: str
    asked_by: str
    asked_at: dt.datetime
    finished_at: dt.datetime | None
    pages_taken: int
    pages: int | None
    entries: int
    entries_compared: int
    code: str | None
    detail: str | None
    found: Reconciliation | None


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


class RailMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message to (``out``) or from (``in``) a rail; ``body`` only where one is looked at."""

    id: UUID
    rail: str
    direction: str
    message_id: str
    name: str
    state: str
    attempts: int
    error: str | None
    created_at: dt.datetime
    done_at: dt.datetime | None
    worked_by: str | None
    work_reason: str | None
    body: str | None = None


class RailMessagePage(msgspec.Struct, frozen=True):
    """A page of messages."""

    messages: list[RailMessage]
    next: str | None


class RailCasePage(msgspec.Struct, frozen=True):
    """A page of cases."""

    cases: list[RailCase]
    next: str | None
