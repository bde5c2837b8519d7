"""What can go wrong with direct debits and their mandates."""

from __future__ import annotations

from sycee.kernel.errors import Conflict, Forbidden, InvalidInput, NotFound


class InvalidDebitMandate(InvalidInput):
    """A direct debit mandate cannot be like that"""

    code = "invalid_debit_mandate"


class DebitMandateExists(Conflict):
    """There is another direct debit mandate of that id or reference"""

    code = "debit_mandate_exists"


class DebitMandateNotFound(NotFound):
    """There is no such direct debit mandate"""

    code = "debit_mandate_not_found"


class DebitMandateState(Conflict):
    """The direct debit mandate does not allow that as it stands"""

    code = "debit_mandate_state"


class NotTheDebtor(Forbidden):
    """Only the payer may do that"""

    code = "not_the_debtor"


class DebitBlockNotFound(NotFound):
    """There is no such block on direct debits"""

    code = "debit_block_not_found"


class InvalidDirectDebit(InvalidInput):
    """The list of direct debits cannot be understood"""

    code = "invalid_direct_debit"


class DirectDebitNotFound(NotFound):
    """There is no such direct debit"""

    code = "direct_debit_not_found"


class InvalidDebitTerms(InvalidInput):
    """Direct debits cannot have such terms"""

    code = "invalid_debit_terms"
