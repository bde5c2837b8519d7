"""A real cluster: etcd, Patroni, PostgreSQL, the API and a worker in three centres of this machine."""

from __future__ import annotations

import asyncio
import json
import os
import random
from datetime import date
from pathlib import Path

import msgspec
import pytest

from sycee.cli import execute
from sycee.client import Sycee
from sycee.operations.cluster import (
    IsolationImpossible,
    LocalCluster,
    SwitchoverRefused,
    api_url,
    bring_up,
    can_separate,
    can_set_clocks,
    cluster_state,
    keep_plan,
    new_plan,
    switch_over,
    wait_until,
)
from sycee.operations.drills import Drill, DrillOrder, Fault
from tests.long_runs import LONG_RUNS
from tests.operations.cluster.conftest import Running

WHOLE_WITHIN_S = 120.0


def _silent(_step: str) -> None:
    pass


async def _whole(running: Running) -> str:
    state = await wait_until(running.cluster, lambda now: now.is_whole, "whole", within_s=WHOLE_WITHIN_S)
    assert state.leader is not None
    return state.leader


def _command(running: Running, *arguments: str) -> int:
    return execute(["cluster", *arguments, "--dir", str(running.cluster.directory)])


async def test_one_centre_leads_and_the_others_hold_every_commit(running: Running) -> None:
    state = await cluster_state(running.cluster)
    assert state.is_whole
    assert sum(one.leads for one in state.centres) == 1
    assert [one.role for one in state.centres if not one.leads] == ["quorum_standby"] * 2
    for one in state.centres:
        assert (one.etcd, one.api, one.alive, one.isolated) == ("ready", "ready", True, False)


async def test_every_centre_takes_writes_for_the_one_bank(running: Running) -> None:
    names = [centre.name for centre in running.cluster.plan.centres]
    for number, name in enumerate(names):
        async with Sycee(api_url(running.cluster, name), running.credentials.token) as bank:
            account = await bank.open_account("CNY", "2011", cell=await _cell(bank), name=name)
            elsewhere = api_url(running.cluster, names[number - 1])
        async with Sycee(elsewhere, running.credentials.token) as bank:
            assert (await bank.account(account.number)).name == name


async def _cell(bank: Sycee) -> int:
    if not await bank.cells():
        await bank.create_cell(101, "Shanghai", date(2026, 3, 2))
    return (await bank.cells())[0].cell


async def test_to_start_what_runs_changes_nothing(running: Running) -> None:
    before = await cluster_state(running.cluster)
    pids = {one.name: len(running.cluster.processes(one)) for one in running.cluster.plan.centres}
    again = await bring_up(running.cluster, _silent)
    after = await cluster_state(running.cluster)
    assert (again, after.leader) == (running.credentials, before.leader)
    assert {one.name for one in running.cluster.plan.centres if running.cluster.is_running(one)} == set(pids)


async def test_the_lead_is_handed_over_and_only_to_who_can_take_it(running: Running) -> None:
    leader = await _whole(running)
    other = next(one for one in running.cluster.plan.centres if one.name != leader)
    with pytest.raises(SwitchoverRefused, match=f"{leader} leads already"):
        await switch_over(running.cluster, running.cluster.plan.centre(leader))
    assert (await switch_over(running.cluster, other)).leader == other.name
    assert await _whole(running) == other.name


async def test_what_is_killed_by_itself_is_started_again(running: Running) -> None:
    await _whole(running)
    centre = running.cluster.plan.centres[0]
    doomed = [one for one in running.cluster.processes(centre) if one.name() == "etcd"]
    assert len(doomed) == 1
    doomed[0].kill()
    await wait_until(
        running.cluster,
        lambda now: now.is_whole and now.centres[0].etcd == "ready",
        "etcd is back",
        within_s=WHOLE_WITHIN_S,
    )
    again = [one for one in running.cluster.processes(centre) if one.name() == "etcd"]
    assert [one.pid for one in again] != [doomed[0].pid]


def test_an_operator_kills_a_centre_sees_it_and_takes_it_back(
    running: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    leader = asyncio.run(_whole(running))
    victim = next(one.name for one in running.cluster.plan.centres if one.name != leader)
    assert _command(running, "kill", victim) == 0
    assert not running.cluster.processes(running.cluster.plan.centre(victim))
    capsys.readouterr()
    assert _command(running, "status", "--json") == 0, "one of three is gone, and the others go on"
    state = json.loads(capsys.readouterr().out)
    assert (state["takes_writes"], state["is_whole"], state["leader"]) == (True, False, leader)
    assert _command(running, "status") == 0
    assert "killed" in capsys.readouterr().out
    assert _command(running, "rejoin", victim) == 0
    assert f"{victim} is back" in capsys.readouterr().out
    asyncio.run(_whole(running))


def test_what_cannot_be_is_refused_with_what_would_be_right(
    running: Running, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ", ".join(one.name for one in running.cluster.plan.centres)
    for arguments, said in (
        (["kill", "atlantis"], f"there are {names} [centre_not_found]"),
        (["switchover", "--to", "atlantis"], f"there are {names} [centre_not_found]"),
    ):
        assert _command(running, *arguments) == 1
        assert said in " ".join(capsys.readouterr().err.split())
    assert execute(["cluster", "status", "--dir", str(tmp_path)]) == 1
    assert "holds no cluster; `sycee cluster up` makes one" in capsys.readouterr().err
    assert execute(["cluster", "up", "--dir", str(tmp_path / "x"), "--centres", "2"]) == 1
    assert "a cluster has 3, 5 or 7 centres, not 2" in capsys.readouterr().err
    monkeypatch.setenv("PATH", str(tmp_path))
    assert execute(["cluster", "up", "--dir", str(running.cluster.directory)]) == 1
    assert "apt-get install etcd-server" in capsys.readouterr().err


def test_centres_that_share_a_network_cannot_be_cut_off(tmp_path: Path) -> None:
    plan = new_plan("test", 3, "loopback")
    cluster = LocalCluster(tmp_path, plan, keep_plan(tmp_path, plan))
    with pytest.raises(IsolationImpossible, match="as root"):
        cluster.network.cut_off(plan.centres[0])


async def test_nothing_acknowledged_is_lost_whatever_is_killed_or_cut_off(running: Running) -> None:
    """Faults of the leader, and a rolling upgrade; in the long form fifty of anybody, at random."""
    await _whole(running)
    kinds: tuple[Fault, ...] = (
        "postgres",
        *(("isolate",) if can_separate() else ()),
        *(("clock",) if can_set_clocks() else ()),
    )
    order = DrillOrder(drill="test", faults=(*kinds, "upgrade"), rate_per_s=20.0, calm_s=2.0)
    if LONG_RUNS in os.environ:
        chosen = random.choices((*kinds, "centre", "switchover", "upgrade"), k=50)
        order = msgspec.structs.replace(order, faults=tuple(chosen), leader=None)
    report = await Drill(running.cluster, running.credentials, order, _silent).run()
    assert (report.lost, report.doubled, report.breaks) == (0, 0, ())
    assert (report.errors_seen_by_clients, report.first_error) == (0, None)
    assert report.acknowledged == report.requests > 20
    assert report.seals_ok
    assert report.books_ok
    assert [one.fault for one in report.faults] == list(order.faults)
    for one in report.faults:
        assert one.led or order.leader is None
        assert one.minority_acknowledged == 0
        assert one.minority_asked > 10 or one.fault != "isolate"
    assert (await cluster_state(running.cluster)).is_whole
