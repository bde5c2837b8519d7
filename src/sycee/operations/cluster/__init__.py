"""A bank in several centres: etcd, Patroni, PostgreSQL, the API and a worker in each.

Consensus, replication and failover are theirs; this package writes their configuration, runs them on one
machine as they would run on several, and asks them how they are.
"""

from sycee.operations.cluster.clocks import can_set_clocks, set_clock
from sycee.operations.cluster.errors import (
    CentreNotFound,
    ClocksShared,
    ClusterExists,
    ClusterNotReady,
    EtcdMissing,
    FaketimeMissing,
    FolderNotEmpty,
    InvalidCluster,
    IsolationImpossible,
    NoCluster,
    SwitchoverRefused,
)
from sycee.operations.cluster.founding import api_url, bring_up
from sycee.operations.cluster.kubernetes import Images
from sycee.operations.cluster.local import BANK_MODULES, LocalCluster
from sycee.operations.cluster.members import Place, Tls
from sycee.operations.cluster.network import can_separate
from sycee.operations.cluster.plan import (
    Centre,
    Network,
    Passwords,
    Plan,
    Timing,
    keep_plan,
    new_plan,
    read_plan,
)
from sycee.operations.cluster.rendering import plan_of, render
from sycee.operations.cluster.state import CentreState, ClusterState, cluster_state
from sycee.operations.cluster.steering import describe, restart_postgres, switch_over, take_back, wait_until

__all__ = [
    "BANK_MODULES",
    "Centre",
    "CentreNotFound",
    "CentreState",
    "ClocksShared",
    "ClusterExists",
    "ClusterNotReady",
    "ClusterState",
    "EtcdMissing",
    "FaketimeMissing",
    "FolderNotEmpty",
    "Images",
    "InvalidCluster",
    "IsolationImpossible",
    "LocalCluster",
    "Network",
    "NoCluster",
    "Passwords",
    "Place",
    "Plan",
    "SwitchoverRefused",
    "Timing",
    "Tls",
    "api_url",
    "bring_up",
    "can_separate",
    "can_set_clocks",
    "cluster_state",
    "describe",
    "keep_plan",
    "new_plan",
    "plan_of",
    "read_plan",
    "render",
    "restart_postgres",
    "set_clock",
    "switch_over",
    "take_back",
    "wait_until",
]
