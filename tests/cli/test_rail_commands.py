"""``sycee rail`` against a running bank and a simulated payment system: connect, reconcile, cases, worker."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sycee.cli import execute
from tests.cli.conftest import environment
from tests.payments.rails.processes import Control, simulated_rail


@pytest.fixture
def say(
    running: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:
    """Runs a command line against the running demo bank, in this process; its exit code and output."""
    for name in [name for name in os.environ if name.startswith("SYCEE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SYCEE_DATA_DIR", str(running.data_dir))

    def run(*arguments: str) -> tuple[int, str]:
        code = execute(["rail", *arguments])
        return code, capsys.readouterr().out

    return run


def test_a_rail_is_connected_worked_at_and_reconciled(
    running: Any, say: Callable[..., Any], tmp_path: Path
) -> None:
    with simulated_rail(tmp_path) as (program, url):
        control = Control(program, url)
        control("PUT", "/control/faults", json=[])  # it answers now
        code, out = say("connect", "BEPS", "--at", url, "--participant", "313100000013")
        assert (code, "BEPS is reached at" in out) == (0, True)
        log = tmp_path / "worker.log"
        with log.open("w") as output:
            worker = subprocess.Popen(
                [sys.executable, "-m", "sycee.main", "worker"],
                env=environment(running.data_dir), stdout=output, stderr=output,
            )  # fmt: skip
        try:
            asked = {
                "rail": "BEPS", "payer": "102100099996", "payee": "313100000013", "amount": 7,
                "account": "4711", "end_to_end_id": "E",
            }  # fmt: skip
            control("POST", "/control/payments", json=asked)
            deadline = time.monotonic() + 60
            while (
                control("GET", "/control")["positions"]["BEPS"]["313100000013"] != 10**16
                or not log.read_text()
            ):
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.1)
            code, out = say("reconcile", "BEPS", "--date", "2026-01-05")
            assert (code, "rail_report_not_found" in out) == (1, True), "that date is open"
            control("POST", "/control/day")
            code, out = say("reconcile", "BEPS", "--date", "2026-01-05")
            assert (code, "matched" in out) == (0, True), out
        finally:
            worker.terminate()
            assert worker.wait(30) == 0, log.read_text()
        code, out = say("reconcile", "BEPS", "--date", "2026-01-05", "--no-wait", "--json")
        assert (code, msgspec.json.decode(out)["found"]) == (0, None)
        (connection,) = msgspec.json.decode(say("connections", "--json")[1])
        assert (connection["rail"], connection["refused"]) == ("BEPS", 0)
        (found,) = msgspec.json.decode(say("reconciliations", "BEPS", "--json")[1])
        assert (found["matched"], found["clean"]) == (2, True)
        assert "2026-01-05" in say("reconciliations", "BEPS")[1]
        assert msgspec.json.decode(say("cases", "--json")[1]) == []
        assert say("case", "00000000-0000-0000-0000-000000000000")[0] == 1
        assert msgspec.json.decode(say("messages", "--json")[1]) == []
        (done, *_) = msgspec.json.decode(say("messages", "--state", "done", "--json")[1])
        assert "<Document" in say("message", done["id"])[1]
        assert say("message", done["id"], "retry", "--reason", "again")[0] == 1, "it was read"


def test_a_transfer_to_another_bank_waits_for_somebody_else_and_is_of_the_banks_own_money(
    running: Any, say: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["account", "list", "--json"]) == 0
    accounts = msgspec.json.decode(capsys.readouterr().out)["accounts"]
    yuan = [one for one in accounts if one["currency"] == "CNY"]
    own = next(one["number"] for one in yuan if one["customer"] is None)
    theirs = next(one["number"] for one in yuan if one["customer"] is not None)
    to = ("--to", "102100099996", "--name", "ICBC", "--amount", "5000.00 CNY")
    code, out = say("transfer", "--from", own, *to, "--json")
    assert (code, msgspec.json.decode(out)["state"]) == (0, "waiting")
    code, out = say("transfer", "--from", own, *to)
    assert (code, "sycee payment show" in out) == (0, True)
    assert say("transfer", "--from", theirs, *to)[0] == 1
