"""What a bank refuses to do with a deposit held in units, and why."""

from __future__ import annotations

from sycee.kernel.errors import BusinessRule, Conflict, InvalidInput, NotFound


class DepositNotFound(NotFound):
    """There is no such deposit"""

    code = "deposit_not_found"


class NoticeNotFound(NotFound):
    """The deposit has no such notice"""

    code = "notice_not_found"


class FreezeNotFound(NotFound):
    """The deposit has no such freeze"""

    code = "freeze_not_found"


class InvalidDeposit(InvalidInput):
    """What is asked of a deposit cannot be understood"""

    code = "invalid_deposit"


class DepositIdReused(Conflict):
    """The id was used before, for something else"""

    code = "deposit_id_reused"


class DepositClosed(BusinessRule):
    """The deposit is closed"""

    code = "deposit_closed"


class DepositMatured(BusinessRule):
    """The deposit has matured"""

    code = "deposit_matured"


class WrongDepositForm(BusinessRule):
    """A deposit of this form knows no such thing"""

    code = "wrong_deposit_form"


class PlacementRefused(BusinessRule):
    """The deposit cannot be opened like that"""

    code = "placement_refused"


class NotOwnAccount(BusinessRule):
    """The account is not a settlement account of the customer's own"""

    code = "not_own_account"


class WrongPayee(BusinessRule):
    """A deposit of this kind is not paid out to that account"""

    code = "wrong_payee"


class MoreThanDeposited(BusinessRule):
    """More is asked for than the deposit holds"""

    code = "more_than_deposited"


class SecondEarlyWithdrawal(BusinessRule):
    """A part has been withdrawn early as often as is allowed"""

    code = "second_early_withdrawal"


class NoticeRefused(BusinessRule):
    """Notice cannot be given like that"""

    code = "notice_refused"


class NoticeStanding(Conflict):
    """A notice stands already"""

    code = "notice_standing"


class NoticeResolved(Conflict):
    """The notice does not stand any more"""

    code = "notice_resolved"


class RenewalRefused(BusinessRule):
    """The deposit cannot be renewed like that"""

    code = "renewal_refused"


class CertificateNotTransferable(BusinessRule):
    """The certificate cannot be transferred like that"""

    code = "certificate_not_transferable"


class DepositFrozen(BusinessRule):
    """What is frozen on the deposit stays there"""

    code = "deposit_frozen"


class FreezeLifted(Conflict):
    """The freeze has been lifted"""

    code = "freeze_lifted"


class ObligationStands(BusinessRule):
    """While its obligation stands, a margin is neither deducted nor released below what it secures"""

    code = "obligation_stands"


class DepositMovementRefused(BusinessRule):
    """The books refuse to move the money"""

    code = "deposit_movement_refused"
