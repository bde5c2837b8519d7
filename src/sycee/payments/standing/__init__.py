"""Standing orders: payments that come again by a rhythm, each occurrence paid once.

``standing_order_act`` makes the payload of the command ``payments.standing_order``, which makes, changes or
resumes one; ``sweep_standing_orders`` carries out what has fallen due.
"""

from sycee.payments.errors import (
    InvalidStandingOrder,
    StandingOrderIdReused,
    StandingOrderNotFound,
    StandingOrderState,
)
from sycee.payments.standing.agreeing import (
    NewStandingOrder,
    change_standing_order,
    check_terms,
    end_standing_order,
    make_standing_order,
    preview_standing_order,
    resume_standing_order,
    suspend_standing_order,
)
from sycee.payments.standing.commands import (
    STANDING_ORDER,
    ChangeStandingOrder,
    MakeStandingOrder,
    ResumeStandingOrder,
    StandingOrderAct,
    standing_order_act,
)
from sycee.payments.standing.records import (
    Occurrence,
    OccurrenceState,
    StandingOrder,
    StandingOrderEvent,
    StandingOrderStatus,
    StandingTerms,
    get_standing_order,
    list_standing_orders,
    payment_of,
    standing_order_events,
    standing_order_occurrences,
)
from sycee.payments.standing.schedules import Rhythm, Roll, Schedule, Turn
from sycee.payments.standing.sweeping import StandingRun, run_standing_orders, sweep_standing_orders

__all__ = [
    "STANDING_ORDER",
    "ChangeStandingOrder",
    "InvalidStandingOrder",
    "MakeStandingOrder",
    "NewStandingOrder",
    "Occurrence",
    "OccurrenceState",
    "ResumeStandingOrder",
    "Rhythm",
    "Roll",
    "Schedule",
    "StandingOrder",
    "StandingOrderAct",
    "StandingOrderEvent",
    "StandingOrderIdReused",
    "StandingOrderNotFound",
    "StandingOrderState",
    "StandingOrderStatus",
    "StandingRun",
    "StandingTerms",
    "Turn",
    "change_standing_order",
    "check_terms",
    "end_standing_order",
    "get_standing_order",
    "list_standing_orders",
    "make_standing_order",
    "payment_of",
    "preview_standing_order",
    "resume_standing_order",
    "run_standing_orders",
    "standing_order_act",
    "standing_order_events",
    "standing_order_occurrences",
    "suspend_standing_order",
    "sweep_standing_orders",
]
