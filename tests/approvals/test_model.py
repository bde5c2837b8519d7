"""Maker-checker against the model, on random histories: who may, who counts, what is done, what waits."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sycee.database import Database
from tests.approvals.model import DECIDE, ORDER, OTHER, PAY, PEOPLE
from tests.approvals.playing import Player, Step
from tests.long_runs import rounds

person = st.integers(0, len(PEOPLE) - 1)
maker = st.one_of(st.sampled_from([0, 1, 7]), person)
perhaps = st.one_of(st.none(), st.none(), person)
amount = st.sampled_from([None, 50, 100, 150, 250])
command = st.sampled_from([ORDER, ORDER, ORDER, OTHER])
said = st.sampled_from(["yes", "yes", "yes", "yes", "no"])
right = st.sampled_from([True] * 9 + [False])
which = st.integers(0, 7)
stages = st.lists(st.tuples(st.integers(1, 2), st.sampled_from([DECIDE, PAY])), max_size=2).map(tuple)


def step(name: str, *given_: st.SearchStrategy[Any]) -> st.SearchStrategy[Step]:
    return st.tuples(st.just(name), *given_)


asks = step(
    "request", command, maker, perhaps, amount, st.integers(0, 1), st.sampled_from([False] * 5 + [True])
)
votes = step("vote", person, st.lists(st.tuples(which, said, right, perhaps), min_size=1, max_size=4))
changes = st.one_of(
    step("suspend", person),
    step("rule", st.sampled_from([None, None, 100, 200]), st.sampled_from([1, 1, 1, 2]), stages),
    step("end_rules"),
    step("segregate"),
    step("lend", person, person, st.integers(1, 8), st.sampled_from([None, None, 100]),
         st.sampled_from([None, None, ORDER, OTHER])),
    step("take_back", st.integers(0, 5)),
    step("withdraw", maker, which),
    step("wait", st.integers(1, 4)),
    step("sweep"),
)  # fmt: skip
histories = st.lists(st.one_of(asks, votes, votes, votes, changes), min_size=4, max_size=25)


@settings(
    max_examples=rounds(60, 6_000),
    deadline=None,
    print_blob=True,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
    ],
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
)
@given(drawn=histories)
async def test_every_history_goes_as_in_the_model(bank: Database, drawn: list[Step]) -> None:
    player = Player(bank)
    await player.begin()
    await player.play(drawn)
