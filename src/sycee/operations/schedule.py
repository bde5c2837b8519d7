"""Days that close by themselves: at a local time, for every cell, catching up what was missed.

A time from noon on is one of the business date itself, a time before noon one of the calendar day after
it: both 23:30 and 00:30 are in the night that ends the day.
"""

from __future__ import annotations

import logging
import re
import time as clock
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from sycee.database import Database
from sycee.kernel.calendars import Calendar
from sycee.kernel.errors import SyceeError
from sycee.ledger import list_cells
from sycee.operations.closer import DayCloser
from sycee.operations.days import latest_run
from sycee.operations.errors import DayBeingClosed, InvalidSchedule

logger = logging.getLogger("sycee.operations")

TRY_AGAIN_AFTER_S = 600.0
"""How long a run that stopped, or could not be begun, is left alone before it is tried again."""

_AT = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
_NOON = time(12)


class ClosingTime(msgspec.Struct, frozen=True):
    """A local time at which days are closed."""

    at: time
    zone: ZoneInfo

    @classmethod
    def read(cls, at: str, zone: str) -> ClosingTime:
        """The time that ``23:30`` is in the zone ``Asia/Shanghai``. Raises InvalidSchedule."""
        found = _AT.fullmatch(at)
        if found is None:
            raise InvalidSchedule(f"{at[:20]!r} is not a time of day: write it as 23:30")
        try:
            known = ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            raise InvalidSchedule(
                f"{zone[:60]!r} is not a time zone that this machine knows, as Asia/Shanghai may be"
            ) from None
        return cls(time(int(found[1]), int(found[2])), known)

    def due(self, business_date: date) -> datetime:
        """The instant from which on a business date is to be closed, in UTC.

        A local time that the clocks leave out is that of an hour later; of two, the first counts.
        """
        day = business_date if self.at >= _NOON else business_date + timedelta(days=1)
        return datetime.combine(day, self.at, self.zone).astimezone(UTC)


class Schedule:
    """Closes what is due, whenever it is asked to look."""

    def __init__(
        self,
        database: Database,
        closer: DayCloser,
        when: ClosingTime,
        calendar: Calendar | None,
        *,
        try_again_after_s: float = TRY_AGAIN_AFTER_S,
    ) -> None:
        self._database = database
        self._closer = closer
        self._when = when
        self._calendar = calendar
        self._try_again_after_s = try_again_after_s
        self._left_alone: dict[int, float] = {}

    async def close_due(self, now: datetime) -> int:
        """Begin what is due, and go on with what was interrupted; returns in how many cells.

        Several processes may do so at once: a cell's day is closed by one of them.
        """
        async with self._database.transaction() as tx:
            cells = [(cell, await latest_run(tx, cell.cell)) for cell in await list_cells(tx)]
        begun = 0
        for cell, run in cells:
            if run is not None and run.state == "running":
                continue
            unfinished = run is not None and run.state != "finished"
            due = cell.business_date if run is None else run.next_date
            if not unfinished and now < self._when.due(due):
                continue
            if self._left_alone.get(cell.cell, 0.0) > clock.monotonic():
                continue
            if unfinished:
                self._leave_alone(cell.cell)
            begun += await self._begin(cell.cell)
        return begun

    def _leave_alone(self, cell: int) -> None:
        """What stops again and again needs a person, not a loop."""
        self._left_alone[cell] = clock.monotonic() + self._try_again_after_s

    async def _begin(self, cell: int) -> bool:
        try:
            run = await self._closer.start(cell, by="schedule", calendar=self._calendar)
        except DayBeingClosed:
            return False
        except SyceeError as error:
            self._leave_alone(cell)
            logger.error("cell %s: the day cannot be closed: %s (%s)", cell, error, error.code)  # noqa: TRY400
            return False
        logger.info("cell %s: the end of %s has begun", cell, run.business_date)
        return True
