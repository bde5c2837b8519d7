"""What can go wrong with customers, the persons who act for them, and what these may do."""

from __future__ import annotations

from sycee.kernel.errors import BusinessRule, Conflict, InvalidInput, NotFound


class CustomerNotFound(NotFound):
    """There is no such customer"""

    code = "customer_not_found"


class PersonNotFound(NotFound):
    """There is no such person"""

    code = "person_not_found"


class ContactNotFound(NotFound):
    """The customer has no such contact"""

    code = "contact_not_found"


class MandateNotFound(NotFound):
    """The customer has given no such mandate"""

    code = "mandate_not_found"


class CustomerExists(Conflict):
    """The code names another customer already"""

    code = "customer_exists"


class PersonExists(Conflict):
    """The identity document is another person's"""

    code = "person_exists"


class InvalidCustomer(InvalidInput):
    """The customer cannot be registered or changed like that"""

    code = "invalid_customer"


class InvalidCreditCode(InvalidCustomer):
    """That is not a unified social credit code"""

    code = "invalid_credit_code"


class InvalidLei(InvalidCustomer):
    """That is not a legal entity identifier"""

    code = "invalid_lei"


class InvalidPerson(InvalidInput):
    """The person cannot be recorded like that"""

    code = "invalid_person"


class InvalidContact(InvalidInput):
    """The contact cannot be recorded like that"""

    code = "invalid_contact"


class InvalidOwnership(InvalidInput):
    """The register of owners cannot be recorded like that"""

    code = "invalid_ownership"


class InvalidDueDiligence(InvalidInput):
    """The due diligence cannot be recorded like that"""

    code = "invalid_due_diligence"


class InvalidMandate(InvalidInput):
    """The mandate cannot be given like that"""

    code = "invalid_mandate"


class InvalidEffectiveDate(InvalidInput):
    """Nothing can take effect from that date"""

    code = "invalid_effective_date"


class StatusChangeRefused(BusinessRule):
    """A customer does not go from that status to this one"""

    code = "status_change_refused"


class CustomerHasAccounts(BusinessRule):
    """A customer closes only when all of its accounts are closed"""

    code = "customer_has_accounts"


class CircularGroup(BusinessRule):
    """A company would be its own parent"""

    code = "circular_group"


class CircularOwnership(BusinessRule):
    """A company would own itself"""

    code = "circular_ownership"


class MoreThanTheWhole(BusinessRule):
    """The holdings of one kind add up to more than 100 %"""

    code = "more_than_the_whole"


class CustomerNotActive(BusinessRule):
    """The customer is not active"""

    code = "customer_not_active"


class DueDiligenceMissing(BusinessRule):
    """Due diligence on the customer has never been done"""

    code = "due_diligence_missing"


class DueDiligenceExpired(BusinessRule):
    """Due diligence on the customer is no longer valid"""

    code = "due_diligence_expired"


class DueDiligenceFailed(BusinessRule):
    """The customer did not pass due diligence"""

    code = "due_diligence_failed"


class MandateMissing(BusinessRule):
    """Nobody holds a mandate for this"""

    code = "mandate_missing"


class SignerNotMandated(BusinessRule):
    """None of the signers may sign for this"""

    code = "signer_not_mandated"


class SignaturesMissing(BusinessRule):
    """More signatures are needed"""

    code = "signatures_missing"


class MandateExceeded(BusinessRule):
    """The amount is above what these signers may sign for"""

    code = "mandate_exceeded"
