"""Examples of rails, reconciliations and cases, for the documentation and its tests."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

from sycee.api.schemas import rails as wire
from sycee.api.schemas.common import Money

_YUAN = Money(currency="CNY", value="4321.00")
_NONE = Money(currency="CNY", value="0.00")
CASE_ID = "0193a7c0-0000-7000-8000-000000000001"
_AT = datetime(2026, 1, 6, 1, 0, tzinfo=UTC)
CONNECTION = wire.RailConnection(
    rail="BEPS", address="http://127.0.0.1:8900", participant="313100000013", connected_by="0193a7c0",
    connected_at=_AT, to_deliver=0, to_process=0, unanswered=2, refused=0,
)  # fmt: skip
MESSAGE_ID = "0193a7c0-0000-4000-8000-000000000002"
MESSAGE = wire.RailMessage(
    id=UUID(MESSAGE_ID), rail="BEPS", direction="in", message_id="CB20260105000001", name="pacs.008.001.08",
    state="refused", attempts=1, error="SchemaViolation: element CdtTrfTxInf is missing", created_at=_AT,
    done_at=_AT, worked_by=None, work_reason=None,
)  # fmt: skip
RECONCILED = wire.Reconciliation(
    rail="BEPS", date=date(2026, 1, 5), opening=_NONE, closing=_YUAN, matched=99_999, missing_here=0,
    missing_there=1, different=0, settled_by_report=3, under_way=0, clean=False, runs=1, run_by="0193a7c0",
    run_at=_AT,
)  # fmt: skip
RUN = wire.ReconciliationRun(
    id=UUID(CASE_ID), rail="BEPS", date=date(2026, 1, 5), state="comparing", asked_by="0193a7c0",
    asked_at=_AT, finished_at=None, pages_taken=20, pages=20, entries=100_000, entries_compared=45_000,
    code=None, detail=None, found=None,
)  # fmt: skip
CASE = wire.RailCase(
    id=UUID(CASE_ID), rail="BEPS", date=date(2026, 1, 5), kind="missing_there", what="payment",
    uetr=UUID("8a562c67-ca16-48ba-b074-65581be6f001"), item_id="T1", payment=UUID(CASE_ID), ours=_YUAN,
    theirs=_NONE, state="open", detail="settled here, and the rail does not report it", opened_at=_AT,
    settled_by=None, settled_at=None, resolution=None, reason="", entries=[],
)  # fmt: skip
