"""Direct debits: a payee takes what is due to it from a payer's account, as the payer agreed in a mandate.

``propose_debit_mandates`` and ``confirm_debit_mandate`` make a mandate, ``collect`` takes lists of debits
under mandates, ``sweep`` takes what falls due. Others reach it as ``payments.debits``.
"""

from sycee.payments.debits.approving import (
    COLLECT,
    MAKE_MANDATES,
    collect_order,
    collect_outcomes,
    mandate_order,
    ordered_mandates,
)
from sycee.payments.debits.blocks import DebitBlock, block_creditor, lift_block, list_blocks
from sycee.payments.debits.changing import (
    cancel_debits,
    refuse_debits,
    refuse_stopped_debits,
    release_stopped_debits,
    return_debits,
    reverse_debits,
)
from sycee.payments.debits.changing_terms import CHANGE_DEBIT_TERMS, debit_terms_change
from sycee.payments.debits.collecting import collect
from sycee.payments.debits.errors import (
    DebitBlockNotFound,
    DebitMandateExists,
    DebitMandateNotFound,
    DebitMandateState,
    DirectDebitNotFound,
    InvalidDebitMandate,
    InvalidDebitTerms,
    InvalidDirectDebit,
    NotTheDebtor,
)
from sycee.payments.debits.files import Collection, draw_up_collection, report_on_collection
from sycee.payments.debits.mandates import (
    DebitMandate,
    MandateEvent,
    MandateState,
    NewDebitMandate,
    Side,
    debit_mandate_events,
    get_debit_mandate,
    list_debit_mandates,
)
from sycee.payments.debits.mandating import (
    cancel_debit_mandate,
    confirm_debit_mandate,
    propose_debit_mandates,
    resume_debit_mandate,
    suspend_debit_mandate,
)
from sycee.payments.debits.records import (
    DebitEvent,
    DebitOutcome,
    DebitState,
    DirectDebit,
    NewDirectDebit,
    direct_debit_events,
    get_direct_debit,
    iso_reason,
    list_direct_debits,
)
from sycee.payments.debits.spreadsheets import collection_template, read_collection_table
from sycee.payments.debits.streaming import StreamedStep, debit_positions, stream_debit_steps
from sycee.payments.debits.sweeping import SweptDebits, sweep, take_due_debits
from sycee.payments.debits.terms import (
    DebitTerms,
    NewDebitTerms,
    debit_terms_on,
    list_debit_terms,
    set_debit_terms,
)
from sycee.payments.iso20022.pain008 import CollectionFile
from sycee.payments.iso20022.pain008_stream import TooManyDebits, read_collection_file

__all__ = [
    "CHANGE_DEBIT_TERMS",
    "COLLECT",
    "MAKE_MANDATES",
    "Collection",
    "CollectionFile",
    "DebitBlock",
    "DebitBlockNotFound",
    "DebitEvent",
    "DebitMandate",
    "DebitMandateExists",
    "DebitMandateNotFound",
    "DebitMandateState",
    "DebitOutcome",
    "DebitState",
    "DebitTerms",
    "DirectDebit",
    "DirectDebitNotFound",
    "InvalidDebitMandate",
    "InvalidDebitTerms",
    "InvalidDirectDebit",
    "MandateEvent",
    "MandateState",
    "NewDebitMandate",
    "NewDebitTerms",
    "NewDirectDebit",
    "NotTheDebtor",
    "Side",
    "StreamedStep",
    "SweptDebits",
    "TooManyDebits",
    "block_creditor",
    "cancel_debit_mandate",
    "cancel_debits",
    "collect",
    "collect_order",
    "collect_outcomes",
    "collection_template",
    "confirm_debit_mandate",
    "debit_mandate_events",
    "debit_positions",
    "debit_terms_change",
    "debit_terms_on",
    "direct_debit_events",
    "draw_up_collection",
    "get_debit_mandate",
    "get_direct_debit",
    "iso_reason",
    "lift_block",
    "list_blocks",
    "list_debit_mandates",
    "list_debit_terms",
    "list_direct_debits",
    "mandate_order",
    "ordered_mandates",
    "propose_debit_mandates",
    "read_collection_file",
    "read_collection_table",
    "refuse_debits",
    "refuse_stopped_debits",
    "release_stopped_debits",
    "report_on_collection",
    "resume_debit_mandate",
    "return_debits",
    "reverse_debits",
    "set_debit_terms",
    "stream_debit_steps",
    "suspend_debit_mandate",
    "sweep",
    "take_due_debits",
]
