"""What the components of the library refuse."""

from __future__ import annotations

from sycee.kernel.errors import BusinessRule, NotFound


class CalendarNotFound(NotFound):
    """There is no such calendar"""

    code = "calendar_not_found"


class CalendarNotPublished(BusinessRule):
    """The holidays of that year are not published yet"""

    code = "calendar_not_published"


class EarlyWithdrawalRefused(BusinessRule):
    """The deposit may not be withdrawn before its maturity"""

    code = "early_withdrawal_refused"


class NoticeWithdrawalRefused(BusinessRule):
    """The notice deposit cannot be withdrawn like that"""

    code = "notice_withdrawal_refused"
