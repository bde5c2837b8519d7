"""What can go wrong where one asks and others agree."""

from __future__ import annotations

from sycee.kernel.errors import BusinessRule, Conflict, Forbidden, InvalidInput, NotFound, SyceeError


class UnknownCommand(InvalidInput):
    """There is no such command to approve"""

    code = "unknown_command"


class ApprovalNotFound(NotFound):
    """There is no such approval"""

    code = "approval_not_found"


class ApprovalIdReused(Conflict):
    """The id was used before, for something else"""

    code = "approval_id_reused"


class ApprovalEnded(Conflict):
    """It no longer waits for anybody"""

    code = "approval_ended"


class ApprovalExpired(Conflict):
    """It waited for too long"""

    code = "approval_expired"


class InvalidApproval(InvalidInput):
    """That cannot be asked for"""

    code = "invalid_approval"


class InvalidDecision(InvalidInput):
    """That is not a decision"""

    code = "invalid_decision"


class DigestMismatch(Conflict):
    """What was decided on is not what was asked for"""

    code = "digest_mismatch"


class AlreadyDecided(Conflict):
    """This person has decided, in person or through a substitute"""

    code = "already_decided"


class OwnApproval(BusinessRule):
    """Nobody decides on what they asked for themselves"""

    code = "own_approval"


class NotAnApprover(Forbidden):
    """This person's yes is not asked for"""

    code = "not_an_approver"


class ActorNotActive(Forbidden):
    """Whoever is suspended or closed decides nothing"""

    code = "actor_not_active"


class MakerNotEntitled(BusinessRule):
    """Whoever asked may not ask for this"""

    code = "maker_not_entitled"


class NotTheMaker(Forbidden):
    """Only who asked may withdraw"""

    code = "not_the_maker"


class ForeignCustomer(Forbidden):
    """This belongs to another customer"""

    code = "foreign_customer"


class DutiesSegregated(BusinessRule):
    """One person may not join these duties on one thing"""

    code = "duties_segregated"


class NoRuleCovers(BusinessRule):
    """The rules say nothing of this amount or currency"""

    code = "no_rule_covers"


class InvalidRule(InvalidInput):
    """A rule of approval cannot be like that"""

    code = "invalid_rule"


class RuleNotFound(NotFound):
    """There is no such rule in force"""

    code = "rule_not_found"


class InvalidSubstitution(InvalidInput):
    """A substitution cannot be like that"""

    code = "invalid_substitution"


class SubstitutionNotFound(NotFound):
    """There is no such substitution"""

    code = "substitution_not_found"


class NotASubstitute(Forbidden):
    """There is no substitution that allows this"""

    code = "not_a_substitute"


class PayloadChanged(SyceeError):
    """What is kept is not what was agreed to"""

    code = "payload_changed"
