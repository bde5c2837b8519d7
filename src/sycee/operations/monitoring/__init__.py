"""How the bank stands, for those who watch it: what waits, what is old; and dashboard and alerts for it.

Everything is read in a few statements over the indexes that the work itself uses, so that looking
costs a bank of any size little; nothing of a customer's is in it.
"""

from sycee.operations.monitoring.files import MONITORING_FILES, Targets, monitoring_files
from sycee.operations.monitoring.standing import (
    CellStanding,
    Queue,
    RailStanding,
    Replica,
    ServerStanding,
    Standing,
    read_standing,
)

__all__ = [
    "MONITORING_FILES",
    "CellStanding",
    "Queue",
    "RailStanding",
    "Replica",
    "ServerStanding",
    "Standing",
    "Targets",
    "monitoring_files",
    "read_standing",
]
