"""The registry of standardised components: capabilities, conditions, products and packages.

A capability is Python: typed parameters and behaviour. A condition is data: a named, effective-dated set of
parameters for a capability. Products and packages are compositions of conditions.
"""

from sycee.components import library
from sycee.components.capabilities import Capability, Kind, Parameters, capability, key_of
from sycee.components.compatibility import check_published
from sycee.components.component_releases import (
    COMPONENT_PROPOSALS,
    RELEASE_COMPONENTS,
    request_components,
)
from sycee.components.compositions import Composition
from sycee.components.conditions import Condition
from sycee.components.documents import (
    ConditionDefinition,
    Document,
    Negotiable,
    PackageDefinition,
    PackageItemDefinition,
    ProductDefinition,
    Title,
)
from sycee.components.errors import (
    CapabilityNotFound,
    ChoiceMissing,
    ChoiceNotNegotiable,
    ChoiceOutOfBounds,
    ConditionNotFound,
    Fault,
    InvalidCapability,
    InvalidComponents,
    NothingProposed,
    PackageNotFound,
    ProductIsAbstract,
    ProductNotFound,
    ProposalDecided,
    ProposalNotFound,
    ReleasedComponentsInvalid,
    SlotNotSingle,
)
from sycee.components.installed import examine_installed, registry
from sycee.components.interest_terms import InterestTerms, RateTier
from sycee.components.library import (
    CalendarNotFound,
    CalendarNotPublished,
    EarlyWithdrawalRefused,
    InterestLine,
    Notice,
    NoticeDeposit,
    NoticeMark,
    NoticeOutcome,
    NoticeRates,
    NoticeReason,
    NoticeWithdrawalRefused,
    Reckoning,
    calendar,
)
from sycee.components.proposals import (
    Proposal,
    ProposalState,
    get_proposal,
    list_proposals,
    propose,
    release,
)
from sycee.components.registry import Registry
from sycee.components.releases import released_registry
from sycee.components.resolved import PackageItem, ResolvedPackage, ResolvedProduct
from sycee.components.searching import SORTS, Component, Sort
from sycee.components.slots import SLOTS, Slot
from sycee.components.versions import Ending, NewEnding
from sycee.components.yaml_files import Source, read_document, read_files, read_plain, read_sent

__all__ = [
    "COMPONENT_PROPOSALS",
    "RELEASE_COMPONENTS",
    "SLOTS",
    "SORTS",
    "CalendarNotFound",
    "CalendarNotPublished",
    "Capability",
    "CapabilityNotFound",
    "ChoiceMissing",
    "ChoiceNotNegotiable",
    "ChoiceOutOfBounds",
    "Component",
    "Composition",
    "Condition",
    "ConditionDefinition",
    "ConditionNotFound",
    "Document",
    "EarlyWithdrawalRefused",
    "Ending",
    "Fault",
    "InterestLine",
    "InterestTerms",
    "InvalidCapability",
    "InvalidComponents",
    "Kind",
    "Negotiable",
    "NewEnding",
    "NothingProposed",
    "Notice",
    "NoticeDeposit",
    "NoticeMark",
    "NoticeOutcome",
    "NoticeRates",
    "NoticeReason",
    "NoticeWithdrawalRefused",
    "PackageDefinition",
    "PackageItem",
    "PackageItemDefinition",
    "PackageNotFound",
    "Parameters",
    "ProductDefinition",
    "ProductIsAbstract",
    "ProductNotFound",
    "Proposal",
    "ProposalDecided",
    "ProposalNotFound",
    "ProposalState",
    "RateTier",
    "Reckoning",
    "Registry",
    "ReleasedComponentsInvalid",
    "ResolvedPackage",
    "ResolvedProduct",
    "Slot",
    "SlotNotSingle",
    "Sort",
    "Source",
    "Title",
    "calendar",
    "capability",
    "check_published",
    "examine_installed",
    "get_proposal",
    "key_of",
    "library",
    "list_proposals",
    "propose",
    "read_document",
    "read_files",
    "read_plain",
    "read_sent",
    "registry",
    "release",
    "released_registry",
    "request_components",
]
