"""Products, packages, agreements, deposits and interest."""

from sycee.products.contracts.fonts import contract_font, showable

# Interest
from sycee.products.interest.checks import check_interest
from sycee.products.interest.closing import Done, Failure, accrue, feed_balances, reaccrue, settle_due
from sycee.products.interest.errors import (
    InterestBearing,
    InterestNotSettled,
    InterestPostingNotFound,
    InvalidInterest,
    InvalidRate,
    NotInterestBearing,
    OwnRateProposal,
    RateNotFound,
    RateProposalExists,
    RateProposalNotFound,
    RateProposalReleased,
)
from sycee.products.interest.lines import InterestLine, rounded
from sycee.products.interest.pace import Pace
from sycee.products.interest.positions import (
    InterestPosition,
    InterestStart,
    TermsChange,
    change_terms,
    interest_position,
    start_interest,
    stop_interest,
)
from sycee.products.interest.postings import (
    AccruedInterest,
    Explanation,
    InterestPosting,
    PaidPart,
    accrued_interest,
    explain,
    interest_postings,
    pay_interest,
    settle_interest,
)
from sycee.products.interest.rates import (
    NewRate,
    RateProposal,
    get_rate_proposal,
    list_rate_proposals,
    propose_rates,
    rate_on,
    rate_table,
    release_rates,
)
from sycee.products.interest.terms import InterestAccounting, define_terms

__all__ = [
    "AccruedInterest",
    "Done",
    "Explanation",
    "Failure",
    "InterestAccounting",
    "InterestBearing",
    "InterestLine",
    "InterestNotSettled",
    "InterestPosition",
    "InterestPosting",
    "InterestPostingNotFound",
    "InterestStart",
    "InvalidInterest",
    "InvalidRate",
    "NewRate",
    "NotInterestBearing",
    "OwnRateProposal",
    "Pace",
    "PaidPart",
    "RateNotFound",
    "RateProposal",
    "RateProposalExists",
    "RateProposalNotFound",
    "RateProposalReleased",
    "TermsChange",
    "accrue",
    "accrued_interest",
    "change_terms",
    "check_interest",
    "contract_font",
    "define_terms",
    "explain",
    "feed_balances",
    "get_rate_proposal",
    "interest_position",
    "interest_postings",
    "list_rate_proposals",
    "pay_interest",
    "propose_rates",
    "rate_on",
    "rate_table",
    "reaccrue",
    "release_rates",
    "rounded",
    "settle_due",
    "settle_interest",
    "showable",
    "start_interest",
    "stop_interest",
]
