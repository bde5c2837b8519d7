"""What a bank refuses to sign, change or end, and why."""

from __future__ import annotations

from sycee.kernel.errors import BusinessRule, Conflict, InvalidInput, NotFound, PayloadTooLarge


class AgreementNotFound(NotFound):
    """There is no such agreement"""

    code = "agreement_not_found"


class ArrangementNotFound(NotFound):
    """There is no such arrangement"""

    code = "arrangement_not_found"


class ContractNotFound(NotFound):
    """The agreement has no such revision of its contract"""

    code = "contract_not_found"


class AgreementIdReused(Conflict):
    """The id was signed under before, with other content"""

    code = "agreement_id_reused"


class PackageChanged(Conflict):
    """The package is no longer sold as it was when it was asked for"""

    code = "package_changed"


class AgreementChanged(Conflict):
    """The agreement would come to other terms than those that were shown"""

    code = "agreement_changed"


class TooManyAgreements(PayloadTooLarge):
    """The list carries more agreements than are taken at once"""

    code = "too_many_agreements"


class UnknownItem(InvalidInput):
    """The package has no such item"""

    code = "unknown_item"


class ItemRequired(BusinessRule):
    """The package is not sold without this item"""

    code = "item_required"


class ItemTakenAlready(BusinessRule):
    """The agreement has this item already"""

    code = "item_taken"


class BaseItemMissing(BusinessRule):
    """The item lies over another one, which is not there"""

    code = "base_item_missing"


class SigningDateNotCurrent(BusinessRule):
    """An agreement is signed on the present business date"""

    code = "signing_date_not_current"


class BasicAccountExists(BusinessRule):
    """A customer has one basic account only"""

    code = "basic_account_exists"


class NotEligible(BusinessRule):
    """The product is not for this customer"""

    code = "not_eligible"


class EndDateMissing(BusinessRule):
    """A temporary account needs the date on which it ends"""

    code = "end_date_missing"


class EndDateOutOfRange(BusinessRule):
    """The end of the account is not within what its class allows"""

    code = "end_date_out_of_range"


class AccountClassRefused(BusinessRule):
    """The rules of account classes do not allow this account beside the others"""

    code = "account_class_refused"


class ChoiceWithoutMeaning(InvalidInput):
    """The choice has no meaning for this item"""

    code = "choice_without_meaning"


class AgreementEnded(BusinessRule):
    """The agreement, or this part of it, has ended"""

    code = "agreement_ended"


class ArrangementInUse(BusinessRule):
    """Something still builds on the arrangement"""

    code = "arrangement_in_use"


class BalanceLeft(BusinessRule):
    """Money is left on the account, and no account was named to take it"""

    code = "balance_left"


class PayoutRefused(BusinessRule):
    """What was left on the account could not be moved out"""

    code = "payout_refused"


class NothingToChange(BusinessRule):
    """The agreement is as it is asked to become"""

    code = "nothing_to_change"


class InvalidScenario(InvalidInput):
    """The scenario cannot be simulated"""

    code = "invalid_scenario"
