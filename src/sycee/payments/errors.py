"""What can go wrong with payment files and account aliases; a file's writing is ``iso20022.errors``."""

from __future__ import annotations

from sycee.kernel.errors import Conflict, InvalidInput, NotFound, Unavailable


class MessageIdReused(Conflict):
    """The message id was used before for another file"""

    code = "message_id_reused"


class PaymentFileNotFound(NotFound):
    """There is no such payment file"""

    code = "payment_file_not_found"


class BulkOrderNotFound(NotFound):
    """There is no such bulk order"""

    code = "bulk_order_not_found"


class InvalidSpreadsheet(InvalidInput):
    """The table of payments cannot be read"""

    code = "invalid_spreadsheet"


class NoStatusReport(Conflict):
    """There is no such report on that order"""

    code = "no_status_report"


class AliasTaken(Conflict):
    """The identifier stands for another account already"""

    code = "alias_taken"


class InvalidAlias(InvalidInput):
    """That cannot stand for an account"""

    code = "invalid_alias"


class InvalidPayment(InvalidInput):
    """The list of payments cannot be understood"""

    code = "invalid_payment"


class PaymentNotFound(NotFound):
    """There is no such payment"""

    code = "payment_not_found"


class InvalidRailTerms(InvalidInput):
    """A rail cannot have such terms"""

    code = "invalid_rail_terms"


class RailNotFound(NotFound):
    """There is no such rail"""

    code = "rail_not_found"


class RailTermsNotFound(NotFound):
    """There are no such terms of a rail"""

    code = "rail_terms_not_found"


class RailTermsDecided(Conflict):
    """The terms have been decided on"""

    code = "rail_terms_decided"


class InvalidScreeningList(InvalidInput):
    """That is not a list of names to screen against"""

    code = "invalid_screening_list"


class InvalidConnection(InvalidInput):
    """A rail cannot be reached like that"""

    code = "invalid_rail_connection"


class RailNotConnected(NotFound):
    """The rail is not connected"""

    code = "rail_not_connected"


class RailUnavailable(Unavailable):
    """The rail does not answer"""

    code = "rail_unavailable"


class RailReportNotFound(NotFound):
    """The rail has no report of that date yet"""

    code = "rail_report_not_found"


class ReconciliationNotFound(NotFound):
    """There is no reconciliation of that date"""

    code = "reconciliation_not_found"


class RailCaseNotFound(NotFound):
    """There is no such case"""

    code = "rail_case_not_found"


class RailMessageNotFound(NotFound):
    """There is no such message to or from a rail"""

    code = "rail_message_not_found"


class RailMessageNotRefused(Conflict):
    """Only a message that one side could not read is repaired"""

    code = "rail_message_state"


class RailCaseSettled(Conflict):
    """The case does not allow that as it stands"""

    code = "rail_case_state"


class InvalidStandingOrder(InvalidInput):
    """A payment cannot come again like that"""

    code = "invalid_standing_order"


class StandingOrderNotFound(NotFound):
    """There is no such standing order"""

    code = "standing_order_not_found"


class StandingOrderIdReused(Conflict):
    """The id was used before for another standing order"""

    code = "standing_order_id_reused"


class StandingOrderState(Conflict):
    """The standing order does not allow that as it stands"""

    code = "standing_order_state"


class InvalidEscrow(InvalidInput):
    """An account cannot be supervised like that"""

    code = "invalid_escrow"


class EscrowNotFound(NotFound):
    """There is no such agreement on supervision"""

    code = "escrow_not_found"


class EscrowState(Conflict):
    """The supervision does not allow that as it stands"""

    code = "escrow_state"
