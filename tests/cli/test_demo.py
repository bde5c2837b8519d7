"""The demo: the main job on real payment files, from an empty directory to checked books."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sycee.payments.iso20022 import CAMT053_MESSAGES, PAIN002_MESSAGES, read_message
from tests.cli.conftest import copied


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """The result of ``sycee demo --json``, and where its reports are."""
    output = tmp_path_factory.mktemp("reports")
    before = set(Path(tempfile.gettempdir()).glob("sycee-demo-*"))
    done = subprocess.run(
        [sys.executable, "-m", "sycee.main", "demo", "--json", "--output", str(output)],
        env={name: value for name, value in os.environ.items() if not name.startswith("SYCEE_")},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert set(Path(tempfile.gettempdir()).glob("sycee-demo-*")) <= before, (
        "the demo left its directory behind"
    )
    return msgspec.json.decode(done.stdout), output


def test_the_demo_ends_as_it_must(demo: tuple[dict[str, Any], Path]) -> None:
    result, _ = demo
    assert result["passed"] is True
    assert all(check["passed"] for check in result["checks"])
    assert {"seals"} < {check["name"] for check in result["checks"]}
    assert all(total["balanced"] for total in result["trial_balance"]["totals"])


def test_three_groups_have_a_dozen_accounts_in_three_cells(demo: tuple[dict[str, Any], Path]) -> None:
    accounts = demo[0]["accounts"]
    assert len(accounts) == 12
    assert len({account["customer"] for account in accounts}) == 3
    assert {account["cell"] for account in accounts} == {101, 102, 103}
    assert all(account["name"].isascii() and not account["local_name"].isascii() for account in accounts)


def test_files_of_both_generations_and_many_currencies_are_paid(demo: tuple[dict[str, Any], Path]) -> None:
    files = [file["result"] for file in demo[0]["files"]]
    assert {file["format"] for file in files} == {"pain.001.001.03", "pain.001.001.09"}
    assert len({payment["amount"]["currency"] for file in files for payment in file["payments"]}) >= 5
    assert {file["status"] for file in files} == {"ACSC", "RJCT"}


def test_what_is_rejected_is_rejected_for_a_true_reason(demo: tuple[dict[str, Any], Path]) -> None:
    rejected = {
        payment["code"]
        for file in demo[0]["files"]
        for payment in file["result"]["payments"]
        if payment["code"]
    }
    assert rejected == {"insufficient_funds", "account_frozen"}


def test_balances_are_what_the_files_say(demo: tuple[dict[str, Any], Path]) -> None:
    """By hand: opening deposits less and plus the amounts that the files name."""
    balances = {account["name"]: Decimal(account["balance"]["value"]) for account in demo[0]["accounts"]}
    # 850,000.00 less salaries of 3,250.00 and 2,980.50, less a supplier's 2,340.80
    assert balances["Huachuan Silk Trading Group, European subsidiaries"] == Decimal("841428.70")
    assert balances["Kunlun Precision Machinery Group, export income"] == Decimal("74340.80")
    # 96,000.00 less 4,800.00 and 960.50; the property at 425,000.00 was not paid
    assert balances["Canghai Shipping Group, London office"] == Decimal("90239.50")
    assert balances["Huachuan Silk Trading Group, Hong Kong trade"] == Decimal("1131500.00")
    assert balances["Canghai Shipping Group, harbour dues"] == Decimal("368500.00")
    assert balances["Huachuan Silk Trading Group, dollar settlement"] == Decimal("515000.00")
    assert balances["Canghai Shipping Group, freight income"] == Decimal("540000.00")
    # 58,000.00 less 912.00 and 215.40
    assert balances["Kunlun Precision Machinery Group, tooling purchases"] == Decimal("56872.60")
    assert balances["Kunlun Precision Machinery Group, Singapore office"] == Decimal("220000.00")


def test_every_report_follows_its_schema(demo: tuple[dict[str, Any], Path]) -> None:
    result, output = demo
    kinds = set()
    for report in result["reports"]:
        message = read_message((output / report["path"]).read_bytes(), (*PAIN002_MESSAGES, *CAMT053_MESSAGES))
        assert (report["valid"], report["kind"]) == (True, message.name)
        kinds.add(message.name)
    assert kinds == {"pain.002.001.03", "pain.002.001.12", "camt.053.001.08"}


@pytest.fixture(scope="module")
def stopped(start_up: Callable[..., Any], sycee: Callable[..., Any]) -> Iterator[tuple[Path, Any]]:
    """The data of ``sycee up --demo`` after it was stopped, and its trial balance."""
    directory = Path(tempfile.mkdtemp(prefix="sycee-test-"))
    first = start_up(directory, "--demo")
    try:
        first.wait_until_ready()
        balance = sycee(directory, "trial-balance", "--json").json
        assert first.stop() == 0
        yield directory, balance
    finally:
        if first.process.poll() is None:
            first.stop()
        shutil.rmtree(directory)
        first.output.unlink()


def test_a_second_start_finds_the_demo_bank_and_posts_nothing(
    start_up: Callable[..., Any], sycee: Callable[..., Any], stopped: tuple[Path, Any], data_dir: Path
) -> None:
    copied(stopped[0], data_dir)
    second = start_up(data_dir, "--demo")
    second.wait_until_ready()
    try:
        assert "nothing was posted again" in second.text
        assert sycee(data_dir, "trial-balance", "--json").json == stopped[1]
    finally:
        second.stop()
        second.output.unlink()


def test_a_demo_that_was_interrupted_is_finished_by_the_next_start(
    start_up: Callable[..., Any], sycee: Callable[..., Any], stopped: tuple[Path, Any], data_dir: Path
) -> None:
    copied(stopped[0], data_dir)
    (data_dir / "demo" / "result.json").unlink()  # as if the first run had not come to its end
    second = start_up(data_dir, "--demo")
    second.wait_until_ready()
    try:
        assert sycee(data_dir, "trial-balance", "--json").json == stopped[1]
        assert (data_dir / "demo" / "result.json").exists()
    finally:
        second.stop()
        second.output.unlink()
