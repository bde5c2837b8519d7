"""The database: connections and transactions, migrations, batching, and the embedded server.

Every domain stands on this package, and none of it knows a domain.
"""

from sycee.database.arrays import (
    DateArray,
    Int2Array,
    Int4Array,
    Int8Array,
    TextArray,
    TimestamptzArray,
    UuidArray,
)
from sycee.database.batching import Batcher, ShuttingDown, TooBusy
from sycee.database.collector import DatabaseCollector
from sycee.database.connections import DatabaseUnavailable, Transaction
from sycee.database.data_directory import (
    DataDirectoryFromOtherVersion,
    DataDirectoryInUse,
    running_url,
)
from sycee.database.embedded import EmbeddedServer
from sycee.database.engine import Database
from sycee.database.leader import Standing
from sycee.database.postgres_programs import ServerNotStarted
from sycee.database.postgres_programs import binaries as programs
from sycee.database.server_settings import memory_bytes, server_settings
from sycee.database.service_user import SERVICE_USER, ServiceUser, service_user
from sycee.database.walls import CUSTOMER_ROLE, acts_for_customer, as_bank

__all__ = [
    "CUSTOMER_ROLE",
    "SERVICE_USER",
    "Batcher",
    "DataDirectoryFromOtherVersion",
    "DataDirectoryInUse",
    "Database",
    "DatabaseCollector",
    "DatabaseUnavailable",
    "DateArray",
    "EmbeddedServer",
    "Int2Array",
    "Int4Array",
    "Int8Array",
    "ServerNotStarted",
    "ServiceUser",
    "ShuttingDown",
    "Standing",
    "TextArray",
    "TimestamptzArray",
    "TooBusy",
    "Transaction",
    "UuidArray",
    "acts_for_customer",
    "as_bank",
    "memory_bytes",
    "programs",
    "running_url",
    "server_settings",
    "service_user",
]
