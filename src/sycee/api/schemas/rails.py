"""Rails as this bank is connected to them, reconciliations and cases on the wire."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from sycee.api.schemas.common import AccountNumber, Cursor, Money, Wire
from sycee.api.schemas.rail_terms import RailName

ReconciliationState = Literal["fetching", "asking", "comparing", "done", "failed"]
CaseState = Literal["open", "in_suspense", "settled"]
CaseKind = Literal[
    "missing_here", "missing_there", "different", "unapplied", "contradiction", "recall", "screening"
]
MessageState = Literal["waiting", "done", "refused", "closed"]
MessageDirection = Literal["in", "out"]
CaseAction = Literal["suspense", "apply", "explain", "return", "refuse", "credit"]


class NewRailConnection(Wire):
    """Where a rail is reached, and as whom."""

    rail: RailName
    address: Annotated[str, Meta(max_length=200, description="Its address: `https://host:port`.")]
    participant: Annotated[
        str, Meta(min_length=8, max_length=12, description="This bank's clearing number or BIC there.")
    ]


class RailConnection(Wire):
    """A connected rail, and what waits there."""

    rail: RailName
    address: str
    participant: str
    connected_by: str
    connected_at: dt.datetime
    to_deliver: Annotated[int, Meta(description="Messages that the rail does not have yet.")]
    to_process: Annotated[int, Meta(description="Messages of the rail that had no effect yet.")]
    unanswered: Annotated[int, Meta(description="Items that were sent and are not answered.")]
    refused: Annotated[int, Meta(description="Messages that one side could not read: for people.")]


class RailConnections(Wire):
    """Every rail that is connected."""

    connections: list[RailConnection]


class NewReconciliation(Wire):
    """Which of the rail's dates is to be reconciled."""

    date: Annotated[dt.date, Meta(description="A date that is closed at the rail.")]


class Reconciliation(Wire):
    """What the newest run that was carried out for a date found, item by item."""

    rail: RailName
    date: dt.date
    opening: Annotated[Money, Meta(description="Our balance there when the date opened.")]
    closing: Annotated[Money, Meta(description="Our balance there when it closed.")]
    matched: int
    missing_here: Annotated[int, Meta(description="The rail settled it, and our books do not have it.")]
    missing_there: Annotated[int, Meta(description="Our books have it, and the rail did not settle it.")]
    different: Annotated[int, Meta(description="Both have it, with another amount or date.")]
    settled_by_report: Annotated[int, Meta(description="Items whose answer was lost; they are matched.")]
    under_way: Annotated[int, Meta(description="Items sent that nothing has answered yet.")]
    clean: bool
    runs: int
    run_by: str
    run_at: dt.datetime


class ReconciliationRun(Wire):
    """A reconciliation as a worker carries it out."""

    id: UUID
    rail: RailName
    date: dt.date
    state: Annotated[
        ReconciliationState,
        Meta(
            description="`fetching` the report, `asking` for what never reached us, `comparing`; `done`, or "
            "`failed` when there is no report or it cannot be."
        ),
    ]
    asked_by: str
    asked_at: dt.datetime
    finished_at: dt.datetime | None
    pages_taken: int
    pages: Annotated[int | None, Meta(description="Pages of the report; null until the rail was asked.")]
    entries: Annotated[int, Meta(description="Entries on the pages that were taken.")]
    entries_compared: int
    code: Annotated[
        str | None,
        Meta(
            description="Why it failed (`rail_report_not_found`, `invalid_message`, `schema_violation`), or "
            "what it waits for (`rail_unavailable`)."
        ),
    ]
    detail: str | None
    found: Annotated[Reconciliation | None, Meta(description="What it found, once it is done.")]


class Reconciliations(Wire):
    """Reconciliations of a rail, the newest date first."""

    reconciliations: list[Reconciliation]


class RailCase(Wire):
    """Something that does not agree with a rail, or that another bank asks back."""

    id: UUID
    rail: RailName
    date: dt.date
    kind: CaseKind
    what: str
    uetr: UUID
    item_id: str
    payment: UUID | None
    ours: Annotated[Money, Meta(description="What the item did to our balance there by our books.")]
    theirs: Annotated[Money, Meta(description="The same by the rail's books.")]
    state: CaseState
    detail: str
    opened_at: dt.datetime
    settled_by: str | None
    settled_at: dt.datetime | None
    resolution: str | None
    reason: str
    entries: Annotated[list[UUID], Meta(description="The transfers by which it was worked.")]


class RailCasePage(Wire):
    """Cases in the order in which they were opened."""

    cases: list[RailCase]
    next: Cursor | None


class RailMessage(Wire):
    """A message to or from a rail as it stands."""

    id: UUID
    rail: RailName
    direction: MessageDirection
    message_id: Annotated[str, Meta(description="Its own id, by which both sides know it.")]
    name: Annotated[str, Meta(description="Which message of ISO 20022 it is; empty when that is not clear.")]
    state: Annotated[
        MessageState,
        Meta(
            description="`waiting` to be delivered or to have its effect, `done`, `refused` by whoever got "
            "it and cannot read it, `closed` by people."
        ),
    ]
    attempts: int
    error: str | None
    created_at: dt.datetime
    done_at: dt.datetime | None
    worked_by: Annotated[str | None, Meta(description="Who tried it again or closed it last.")]
    work_reason: str | None


class RailMessageText(RailMessage):
    """A message with what is written in it."""

    body: Annotated[str, Meta(description="The message as it travels: XML, if it is what it should be.")]


class RailMessagePage(Wire):
    """Messages, the oldest first."""

    messages: list[RailMessage]
    next: Cursor | None


class RailMessageAct(Wire):
    """What is to be done about a message that one side could not read."""

    action: Annotated[
        Literal["retry", "close"],
        Meta(
            description="`retry`: the same bytes once more; `close`: give it up, and give back what was held "
            "for what it asked."
        ),
    ]
    reason: Annotated[str, Meta(min_length=1, max_length=140)]


class RailCaseAct(Wire):
    """What is to be done about a case."""

    action: Annotated[
        CaseAction,
        Meta(
            description="`suspense` books the difference; `apply` gives it to an account; `explain` settles "
            "what needs no entry; `return` and `refuse` answer a recall; `credit` and `return` decide on "
            "what screening keeps."
        ),
    ]
    reason: Annotated[str, Meta(min_length=1, max_length=140)]
    account: Annotated[AccountNumber | None, Meta(description="For `apply`.")] = None
