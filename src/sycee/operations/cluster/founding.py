"""The bank in a cluster: its database, its keys and the first token, made once and found again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import psycopg
from psycopg import sql

from sycee.client import Credentials, read_credentials, write_credentials
from sycee.database import Database
from sycee.identity import KEY_FILE, KeyFile, local_token
from sycee.ledger import SEAL_KEYS_FILE, SealKeys
from sycee.operations.cluster.local import LocalCluster
from sycee.operations.cluster.plan import API_PORT, DATABASE
from sycee.operations.cluster.steering import wait_until

_FIRST_START_S, _SERVING_WITHIN_S, _CONNECTED_WITHIN_S = 180.0, 90.0, 30.0

Say = Callable[[str], None]


async def bring_up(cluster: LocalCluster, say: Say) -> Credentials:
    """Start a cluster and the bank in it, whatever of both runs or exists already; how to speak to it.

    Raises EtcdMissing, ClusterNotReady.
    """
    say(f"starting {len(cluster.plan.centres)} centres in {cluster.directory}")
    cluster.start()
    await wait_until(
        cluster, lambda state: state.is_whole, "all centres are in step", within_s=_FIRST_START_S
    )
    if applied := await asyncio.to_thread(_make_database, cluster):
        say(f"migrated: {applied[0]} to {applied[-1]}")
    cluster.bank_directory.mkdir(mode=0o700, exist_ok=True)
    SealKeys.at(cluster.bank_directory / SEAL_KEYS_FILE)
    KeyFile.at(cluster.bank_directory / KEY_FILE)
    async with await Database.open(cluster.url, timeout_s=_CONNECTED_WITHIN_S) as database:
        stored = read_credentials(cluster.bank_directory)
        token, _ = await local_token(database, stored.token if stored else None, owned=True)
    say("starting the API and a worker in every centre")
    credentials = Credentials(url=api_url(cluster, cluster.plan.centres[0].name), token=token)
    write_credentials(cluster.bank_directory, credentials)
    cluster.start_bank()
    await wait_until(cluster, lambda state: state.serves, "every centre serves", within_s=_SERVING_WITHIN_S)
    return credentials


def api_url(cluster: LocalCluster, name: str) -> str:
    """The address of a centre's API."""
    return f"http://{cluster.plan.centre(name).address}:{API_PORT}"


def _make_database(cluster: LocalCluster) -> list[str]:
    from sycee.database.migrations import upgrade  # noqa: PLC0415 - Alembic takes long to import

    anywhere = cluster.plan.url(cluster.passwords, "postgres")
    with psycopg.connect(anywhere, autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
        if found.fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
    return upgrade(cluster.url)
