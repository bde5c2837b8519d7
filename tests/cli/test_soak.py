"""``sycee bench soak`` in small: it runs end to end, and what must hold on any machine holds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sycee.cli.benchmarks.mixed_requests import SHARES, Mix
from sycee.cli.benchmarks.trends import trend

ANY_MACHINE = [
    "nothing acknowledged is lost",
    "the books hold",
    "what is not accepted is shed, nothing fails",
    "whoever is shed is told when to come again",
    "days close beside the load",
]
"""How fast, and how much is shed, is for a quiet machine to say."""


def test_a_short_soak_loses_nothing_and_reports_by_the_second(data_dir: Path) -> None:
    command = [sys.executable, "-m", "sycee.main", "bench", "soak", "--minutes", "0.05", "--json"]
    done = subprocess.run(
        [*command, "--directory", str(data_dir)], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode in {0, 1}, done.stderr
    found = json.loads(done.stdout)
    assert {rule: found["verdicts"][rule] for rule in ANY_MACHINE} == dict.fromkeys(ANY_MACHINE, True)
    assert done.returncode == (0 if all(found["verdicts"].values()) else 1)
    assert found["acknowledged"] > 0
    timeline = found["timeline"]
    assert {second["phase"] for second in timeline} == {"steady", "overload", "calm"}
    for second in timeline:
        assert second["due"] == second["accepted"] + second["shed"] + second["failed"]


def test_requests_come_in_fixed_shares_and_each_payment_has_an_id_of_its_own() -> None:
    mix = Mix("127.0.0.1", 1, "token", [101000000000000011, 101000000000000020, 101000000000000038], 5)
    made = [mix.next() for _ in range(sum(SHARES.values()))]
    kinds = [kind for kind, _ in made]
    assert {kind: kinds.count(kind) for kind in SHARES} == SHARES
    ids = [part[:36] for _, request in made for part in request.split(b'"id":"')[1:]]
    assert len(set(ids)) == len(ids) == SHARES["payment"] + 5 * SHARES["list"]
    for _, request in made:
        head, _, body = request.partition(b"\r\n\r\n")
        if body:
            assert f"content-length: {len(body)}".encode() in head.lower()


def test_a_trend_shows_a_rise_and_none_where_there_is_none() -> None:
    rising = trend([100 + place for place in range(100)])
    assert rising.change == pytest.approx(0.9 * 100 / 149.5, abs=0.01)  # from the first block to the last
    assert rising.low > 0.5
    assert not rising.is_flat(0.1)
    noise = trend([100 + (-1) ** place * 20 for place in range(100)])
    assert noise.change == pytest.approx(0.0, abs=0.01)
    assert noise.is_flat(0.1)
    uneven = trend([50.0, 150.0, 60.0, 140.0, 90.0])  # too uncertain to accuse anybody
    assert uneven.is_flat(0.1)
    with pytest.raises(ValueError, match="three"):
        trend([1.0, 2.0])
