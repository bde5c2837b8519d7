"""Drills: the bank under traffic, something breaks, and it is proved that nothing was lost."""

from sycee.operations.drills.page import page
from sycee.operations.drills.records import DrillReport, Fault, FaultReport
from sycee.operations.drills.running import Drill, DrillOrder, NotRecovered

__all__ = ["Drill", "DrillOrder", "DrillReport", "Fault", "FaultReport", "NotRecovered", "page"]
