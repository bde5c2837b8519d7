"""How the embedded server is set up: for a ledger, on the machine it finds itself on.

Durability is never traded: ``fsync``, ``synchronous_commit`` and ``full_page_writes`` stay on unless
a caller (a test) says otherwise. ``ALTER SYSTEM`` wins over everything here.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

_MIB = 1024 * 1024
_CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def memory_bytes() -> int:
    """The memory this process may use: the machine's, or its container's limit."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for path in _CGROUP_LIMITS:
        try:
            limit = Path(path).read_text().strip()
        except OSError:
            continue
        if limit.isdigit():
            memory = min(memory, int(limit))
    return memory


def server_settings(data_dir: Path, *, lz4: bool, memory: int | None = None) -> dict[str, str]:
    """The settings for a server whose data lie in ``data_dir``, by name, in PostgreSQL's notation.

    ``lz4``: whether the server was built with it. ``memory``: bytes to plan with (default: found out).
    """
    memory_mib = (memory or memory_bytes()) // _MIB
    free_mib = shutil.disk_usage(data_dir).free // _MIB
    return {
        # Memory. shared_buffers is touched page by page, so a large one costs a small bank nothing.
        "shared_buffers": _mib(memory_mib // 4, 128, 8192),
        "effective_cache_size": _mib(memory_mib * 6 // 10, 256, 1 << 20),
        "work_mem": _mib(memory_mib // 512, 4, 64),
        "maintenance_work_mem": _mib(memory_mib // 16, 64, 1024),
        "huge_pages": "try",
        # Write-ahead log: room for steady posting between checkpoints that are far apart.
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "wal_compression": "lz4" if lz4 else "off",
        "wal_buffers": "64MB",
        # What a long list writes is on its way to disk before it commits: less to wait for, cell locked.
        "wal_writer_delay": "10ms",
        "max_wal_size": _mib(free_mib // 4, 1024, 8192),
        "min_wal_size": _mib(free_mib // 16, 256, 1024),
        # A receiver that is away may cost its archive a gap, never the bank its disk.
        "max_slot_wal_keep_size": _mib(free_mib // 4, 1024, 65536),
        "checkpoint_timeout": "15min",
        "checkpoint_completion_target": "0.9",
        # Hot balance rows are updated over and over: clean up early, in small portions.
        "autovacuum_naptime": "20s",
        "autovacuum_vacuum_scale_factor": "0.05",
        "autovacuum_vacuum_insert_scale_factor": "0.2",
        "autovacuum_analyze_scale_factor": "0.05",
        "autovacuum_vacuum_cost_limit": "1000",
        # Planning, for short statements that are prepared once, on solid-state disks.
        "jit": "off",
        "random_page_cost": "1.1",
        # Connections.
        "max_connections": "200",
        "password_encryption": "scram-sha-256",
        "unix_socket_permissions": "0700",
        "client_connection_check_interval": "10s",
        "idle_in_transaction_session_timeout": "10min",
        "deadlock_timeout": "200ms",
        # Texts and times.
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] %q%u@%d ",
        "log_lock_waits": "on",
        "log_checkpoints": "off",
        "log_autovacuum_min_duration": "-1",
    }


def settings_file(settings: Mapping[str, str]) -> str:
    """The settings as the text of a PostgreSQL configuration file."""
    lines = ["# Written by Sycee at every start of the server; use ALTER SYSTEM to change a setting."]
    for name, value in settings.items():
        quoted = value.replace("'", "''")
        lines.append(f"{name} = '{quoted}'")
    return "\n".join(lines) + "\n"


def _mib(wanted: int, least: int, most: int) -> str:
    return f"{max(least, min(wanted, most))}MB"
