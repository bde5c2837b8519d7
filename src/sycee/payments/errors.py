"""What can go wrong with payment files and account aliases; a file's writing is ``iso20022.errors``."""

from __future__ import annotations

from sycee.kernel.errors import Conflict, InvalidInput, NotFound


class MessageIdReused(Conflict):
    """The message id was used before for another file"""

    code = "message_id_reused"


class PaymentFileNotFound(NotFound):
    """There is no such payment file"""

    code = "payment_file_not_found"


class AliasTaken(Conflict):
    """The identifier stands for another account already"""

    code = "alias_taken"


class InvalidAlias(InvalidInput):
    """That cannot stand for an account"""

    code = "invalid_alias"
