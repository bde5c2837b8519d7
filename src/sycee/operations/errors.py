"""What can go wrong with the end of a day as a whole; what fails for one account is a Failure (days.py)."""

from __future__ import annotations

from sycee.kernel.errors import (
    Conflict,
    InvalidInput,
    NotFound,
    PayloadTooLarge,
    SyceeError,
    Unavailable,
)


class DayNotFound(NotFound):
    """No end of day was run for this date"""

    code = "day_not_found"


class DayBeingClosed(Conflict):
    """Another process is closing a day of this cell"""

    code = "day_being_closed"


class DaySkipped(Conflict):
    """The days before this one are not closed yet"""

    code = "day_skipped"


class DayUnfinished(DaySkipped):
    """The end of an earlier day is not finished"""

    code = "day_unfinished"


class DayClosedOtherwise(Conflict):
    """The day was closed before, with another next date"""

    code = "day_closed_otherwise"


class DayCovered(Conflict):
    """The day was closed together with an earlier one"""

    code = "day_covered"


class InvalidNextDate(InvalidInput):
    """The next business date cannot follow this one"""

    code = "invalid_next_date"


class NothingToRetry(Conflict):
    """The day cannot be tried again"""

    code = "nothing_to_retry"


class RunTakenOver(Unavailable):
    """Another process has taken the end of day over"""

    code = "run_taken_over"


class DocumentNotFound(NotFound):
    """There is no such document of this account"""

    code = "document_not_found"


class DocumentDamaged(SyceeError):
    """The document is not what was produced"""

    code = "document_damaged"


class StatementUnbalanced(SyceeError):
    """The entries of an account do not lead to the balance that they state"""

    code = "statement_unbalanced"


class DocumentTooLong(InvalidInput):
    """The document is too long for this format"""

    code = "document_too_long"


class ReceiptNotFound(NotFound):
    """There is no such receipt"""

    code = "receipt_not_found"


class ReceiptDamaged(SyceeError):
    """The receipt is not what was issued"""

    code = "receipt_damaged"


class TooManyReceipts(PayloadTooLarge):
    """More receipts are asked for than are issued at once"""

    code = "too_many_receipts"


class InvalidSchedule(InvalidInput):
    """The time at which days are closed cannot be used"""

    code = "invalid_schedule"


class WebhookNotFound(NotFound):
    """There is no such webhook"""

    code = "webhook_not_found"


class WebhookDeliveryNotFound(NotFound):
    """There is no such delivery"""

    code = "webhook_delivery_not_found"


class InvalidWebhook(InvalidInput):
    """The webhook cannot be set up like this"""

    code = "invalid_webhook"


class WebhookAddressRefused(InvalidInput):
    """Webhooks are not sent to such an address"""

    code = "webhook_address_refused"


class WebhookIdReused(Conflict):
    """The id was used before for another webhook"""

    code = "webhook_id_reused"
