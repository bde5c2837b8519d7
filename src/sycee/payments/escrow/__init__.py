"""Supervised accounts (监管账户): they take what comes, and pay only what their releasers release.

``escrow_act`` makes the payload of the command ``escrow.agreement``, which puts an account under supervision
or ends that; ``decide_releases`` is the releasers' yes or no to the payments that wait.
"""

from sycee.payments.errors import EscrowNotFound, EscrowState, InvalidEscrow
from sycee.payments.escrow.agreeing import (
    ESCROW_AGREEMENT,
    EndEscrow,
    EscrowAct,
    MakeEscrow,
    end_escrow,
    escrow_act,
    make_escrow,
)
from sycee.payments.escrow.records import (
    Escrow,
    NewEscrow,
    Payee,
    Release,
    ReleaseState,
    Vote,
    get_escrow,
    list_escrows,
    list_releases,
)
from sycee.payments.escrow.releasing import ReleaseDecision, decide_releases

__all__ = [
    "ESCROW_AGREEMENT",
    "EndEscrow",
    "Escrow",
    "EscrowAct",
    "EscrowNotFound",
    "EscrowState",
    "InvalidEscrow",
    "MakeEscrow",
    "NewEscrow",
    "Payee",
    "Release",
    "ReleaseDecision",
    "ReleaseState",
    "Vote",
    "decide_releases",
    "end_escrow",
    "escrow_act",
    "get_escrow",
    "list_escrows",
    "list_releases",
    "make_escrow",
]
