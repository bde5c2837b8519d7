"""What can be wrong with a cluster."""

from __future__ import annotations

from sycee.kernel.errors import Conflict, InvalidInput, NotFound, Unavailable


class EtcdMissing(Unavailable):
    """The etcd server is not installed"""

    code = "etcd_missing"


class NoCluster(NotFound):
    """There is no cluster in this directory"""

    code = "no_cluster"


class ClusterExists(Conflict):
    """There is a cluster in this directory already"""

    code = "cluster_exists"


class CentreNotFound(NotFound):
    """The cluster has no such centre"""

    code = "centre_not_found"


class InvalidCluster(InvalidInput):
    """A cluster cannot be made like this"""

    code = "invalid_cluster"


class IsolationImpossible(Unavailable):
    """Centres cannot be cut off from each other here"""

    code = "isolation_impossible"


class ClusterNotReady(Unavailable):
    """The cluster does not take writes"""

    code = "cluster_not_ready"


class SwitchoverRefused(Conflict):
    """The lead cannot be handed over like this"""

    code = "switchover_refused"


class FolderNotEmpty(Conflict):
    """The folder to write into holds something already"""

    code = "folder_not_empty"


class FaketimeMissing(Unavailable):
    """The library that sets clocks wrong is not installed"""

    code = "faketime_missing"


class ClocksShared(Unavailable):
    """The centres go by one clock"""

    code = "clocks_shared"
