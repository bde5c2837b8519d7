"""What can go wrong with the books, other than a transfer's rejection (see rejections.py)."""

from __future__ import annotations

from sycee.kernel.errors import BusinessRule, Conflict, InvalidInput, NotFound


class AccountNotFound(NotFound):
    """There is no such account"""

    code = "account_not_found"


class TransferNotFound(NotFound):
    """There is no such transfer"""

    code = "transfer_not_found"


class EntryNotFound(NotFound):
    """The transfer made no entry on this account"""

    code = "entry_not_found"


class CellNotFound(NotFound):
    """There is no such cell"""

    code = "cell_not_found"


class AccountExists(Conflict):
    """The account number is taken by another account"""

    code = "account_exists"


class CellExists(Conflict):
    """The cell exists already, with other particulars"""

    code = "cell_exists"


class InvalidAccount(InvalidInput):
    """The account cannot be opened like that"""

    code = "invalid_account"


class InvalidCell(InvalidInput):
    """Cells are numbered from 100 to 999"""

    code = "invalid_cell"


class AccountNotEmpty(BusinessRule):
    """An account closes only when its balance is zero and nothing is held"""

    code = "account_not_empty"


class AccountIsClosed(BusinessRule):
    """A closed account does not open again"""

    code = "account_closed"


class AccountIsRestricted(BusinessRule):
    """The account is its product's to open, move and close"""

    code = "account_restricted"


class AccountIsSupervised(BusinessRule):
    """The account is supervised: the agreement on it alone opens it again"""

    code = "account_supervised"


class BusinessDateNotLater(BusinessRule):
    """A business date only moves forward"""

    code = "business_date_not_later"


class InvalidCursor(InvalidInput):
    """The cursor is not one that was given out for this list"""

    code = "invalid_cursor"


class InvalidLimit(InvalidInput):
    """A page holds from 1 to 10,000 entries"""

    code = "invalid_limit"


class InvalidMoment(InvalidInput):
    """The books know the past and the present only"""

    code = "invalid_moment"


class InvalidTransfer(InvalidInput):
    """The list of transfers cannot be understood"""

    code = "invalid_transfer"


class SealKeyUnusable(InvalidInput):
    """The key for signing seals cannot be used"""

    code = "seal_key_unusable"
