"""Rejections by the books as problems: for operations on one transfer, where an HTTP status can tell.

The ledger names a rejection by its code; here each code gets the HTTP status that fits it.
"""

from __future__ import annotations

from sycee.kernel.errors import BusinessRule, SyceeError
from sycee.ledger import Outcome

_NOT_FOUND = frozenset({"account_not_found", "target_not_found"})
_CONFLICT = frozenset(
    {
        "id_reused",
        "target_not_pending",
        "target_not_reversible",
        "already_posted",
        "already_voided",
        "already_expired",
        "already_reversed",
    }
)


class TransferRejected(BusinessRule):
    """The books refuse this transfer"""

    code = "transfer_rejected"


class _TargetRejected(TransferRejected):
    """What this transfer acts on does not exist"""

    status = 404


class _StateRejected(TransferRejected):
    """The state of the books does not allow this transfer"""

    status = 409


def rejection_class(code: str) -> type[SyceeError]:
    """The class, and so the HTTP status, that stands for a rejection's code."""
    return (
        _TargetRejected if code in _NOT_FOUND else _StateRejected if code in _CONFLICT else TransferRejected
    )


def rejection(outcome: Outcome) -> SyceeError:
    """The error that stands for a rejected outcome; its ``code`` is the rejection's."""
    code = outcome.code or TransferRejected.code
    error = rejection_class(code)(outcome.detail or "", transfer=str(outcome.id))
    error.code = code  # type: ignore[misc]  # an instance speaks for this one rejection
    return error
