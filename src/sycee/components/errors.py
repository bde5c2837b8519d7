"""What can go wrong with components: definitions that do not hold, and choices that are not allowed."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from sycee.kernel.errors import BusinessRule, Conflict, InvalidInput, NotFound, Unavailable

_SHOWN = 5


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong with a definition: where it stands, and what was expected there.

    ``file`` is the name of a YAML file, or of a proposal or release; ``line`` is counted from 1 and 0 when
    there is no text; ``field`` is the place inside of the document (``conditions.0.with.tiers``); ``code``
    is stable, for programs.
    """

    file: str
    line: int
    field: str
    code: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.field}: {self.message}" if self.field else f"{place}: {self.message}"


class InvalidComponents(InvalidInput):
    """Definitions of components do not hold"""

    code = "invalid_components"

    def __init__(self, faults: Sequence[Fault]) -> None:
        shown = "; ".join(str(fault) for fault in faults[:_SHOWN])
        more = f"; and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        super().__init__(shown + more, errors=[problem_of(fault) for fault in faults[:100]])
        self.faults = tuple(faults)


def problem_of(fault: Fault) -> dict[str, str]:
    """A fault in the form in which problem details name what is wrong with one field."""
    pointer = "".join(f"/{part}" for part in fault.field.split(".")) if fault.field else ""
    return {"pointer": pointer, "code": fault.code, "detail": str(fault)}


class InvalidCapability(InvalidInput):
    """A capability is not declared as one"""

    code = "invalid_capability"


class CapabilityNotFound(NotFound):
    """There is no such capability"""

    code = "capability_not_found"


class ConditionNotFound(NotFound):
    """There is no such condition on that day"""

    code = "condition_not_found"


class ProductNotFound(NotFound):
    """There is no such product on that day"""

    code = "product_not_found"


class PackageNotFound(NotFound):
    """There is no such package on that day"""

    code = "package_not_found"


class ProductIsAbstract(BusinessRule):
    """A base product is there to be inherited from, not to be sold"""

    code = "product_is_abstract"


class SlotNotSingle(BusinessRule):
    """The slot does not hold exactly one condition"""

    code = "slot_not_single"


class ChoiceNotNegotiable(BusinessRule):
    """That part of the product cannot be negotiated"""

    code = "choice_not_negotiable"


class ChoiceOutOfBounds(BusinessRule):
    """The choice lies outside of what may be negotiated"""

    code = "choice_out_of_bounds"


class ChoiceMissing(BusinessRule):
    """The product needs a choice that was not made"""

    code = "choice_missing"


class NothingProposed(InvalidInput):
    """The proposal of components is empty"""

    code = "nothing_proposed"


class ProposalNotFound(NotFound):
    """There is no such proposal of components"""

    code = "component_proposal_not_found"


class ProposalDecided(Conflict):
    """The proposal of components has been decided already"""

    code = "component_proposal_decided"


class ReleasedComponentsInvalid(Unavailable):
    """What was released does not fit the components that are installed"""

    code = "released_components_invalid"
