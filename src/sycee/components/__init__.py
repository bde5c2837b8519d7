"""The registry of standardised components: capabilities, conditions, products and packages.

A capability is Python: typed parameters and behaviour. A condition is data: a named, effective-dated set of
parameters for a capability. Products and packages are compositions of conditions.
"""

from sycee.components.capabilities import Capability, Kind, Parameters, capability, key_of
from sycee.components.documents import PackageDefinition, ProductDefinition, Title
from sycee.components.errors import (
    CapabilityNotFound,
    ChoiceMissing,
    ChoiceNotNegotiable,
    ChoiceOutOfBounds,
    ConditionNotFound,
    Fault,
    InvalidCapability,
    InvalidComponents,
    PackageNotFound,
    ProductIsAbstract,
    ProductNotFound,
    ProposalDecided,
    ProposalNotFound,
    SecondPersonNeeded,
    SlotNotSingle,
)
from sycee.components.interest_terms import InterestTerms, RateTier
from sycee.components.registry import Condition, Registry, registry
from sycee.components.resolved import PackageItem, ResolvedPackage, ResolvedProduct
from sycee.components.slots import SLOTS, Slot

__all__ = [
    "SLOTS",
    "Capability",
    "CapabilityNotFound",
    "ChoiceMissing",
    "ChoiceNotNegotiable",
    "ChoiceOutOfBounds",
    "Condition",
    "ConditionNotFound",
    "Fault",
    "InterestTerms",
    "InvalidCapability",
    "InvalidComponents",
    "Kind",
    "PackageDefinition",
    "PackageItem",
    "PackageNotFound",
    "Parameters",
    "ProductDefinition",
    "ProductIsAbstract",
    "ProductNotFound",
    "ProposalDecided",
    "ProposalNotFound",
    "RateTier",
    "Registry",
    "ResolvedPackage",
    "ResolvedProduct",
    "SecondPersonNeeded",
    "Slot",
    "SlotNotSingle",
    "Title",
    "capability",
    "key_of",
    "registry",
]
