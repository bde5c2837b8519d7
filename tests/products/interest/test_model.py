"""The engine of interest against the model of it, on random histories: at every close they say the same."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from sycee.database import Database
from tests.long_runs import is_long, rounds
from tests.products.interest.histories import Beginning, Step, beginnings, histories
from tests.products.interest.playing import Player


def examples(usual: int, long: int) -> settings:
    """How many histories to play. One database serves them all: each begins by clearing it."""
    return settings(
        max_examples=rounds(usual, long),
        derandomize=not is_long(),  # the short form plays the same histories every time
        deadline=None,
        print_blob=True,
        report_multiple_bugs=False,  # one at a time is shrunk sooner
        suppress_health_check=[
            HealthCheck.function_scoped_fixture,
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.large_base_example,
        ],
        phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    )


@examples(30, 10_000)
@given(beginning=beginnings, steps=histories(5, 14))
async def test_every_close_leaves_what_the_model_says(
    database: Database, monkeypatch: pytest.MonkeyPatch, beginning: Beginning, steps: list[Step]
) -> None:
    player = Player(database, monkeypatch)
    await player.begin(beginning)
    await player.play(steps)
