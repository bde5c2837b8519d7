"""What can be wrong with rates, terms and interest."""

from __future__ import annotations

from sycee.kernel.errors import BusinessRule, Conflict, InvalidInput, NotFound


class InvalidRate(InvalidInput):
    """That is not a rate"""

    code = "invalid_rate"


class RateNotFound(NotFound):
    """No rate is known for that day"""

    code = "rate_not_found"


class RateProposalNotFound(NotFound):
    """There is no such proposal of rates"""

    code = "rate_proposal_not_found"


class RateProposalReleased(Conflict):
    """The rates have been released"""

    code = "rate_proposal_released"


class RateProposalExists(Conflict):
    """The proposal exists with other rates"""

    code = "rate_proposal_exists"


class InvalidInterest(InvalidInput):
    """These are no terms on which interest can be reckoned"""

    code = "invalid_interest"


class InterestBearing(Conflict):
    """The account bears interest already"""

    code = "interest_bearing"


class NotInterestBearing(NotFound):
    """The account bears no interest"""

    code = "not_interest_bearing"


class InterestNotSettled(BusinessRule):
    """The interest cannot be settled"""

    code = "interest_not_settled"


class InterestPostingNotFound(NotFound):
    """There is no such posting of interest"""

    code = "interest_posting_not_found"
