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
voter = st.one_of(st.sampled_from([1, 2, 3, 5, 6, 6]), person)
maker = st.one_of(st.sampled_from([0, 1, 1, 7]), person)
nobody = st.none()
perhaps = st.one_of(nobody, nobody, nobody, person)
amount = st.sampled_from([None, 50, 100, 150, 250])
command = st.sampled_from([ORDER, ORDER, ORDER, OTHER])
said = st.sampled_from(["yes"] * 6 + ["no"])
right = st.sampled_from([True] * 12 + [False])
which = st.integers(0, 4)
# Few lend to few, so that what they lend meets what they asked for and said.
lending = st.one_of(
    st.sampled_from([(1, 6), (1, 2), (2, 6), (5, 6), (2, 3), (3, 1), (1, 3), (0, 6), (6, 3)]),
    st.tuples(person, person),
)
stages = st.lists(
    st.tuples(st.sampled_from([1, 2, 2]), st.sampled_from([DECIDE, DECIDE, PAY])), min_size=1, max_size=2
).map(tuple)


def step(name: str, *given_: st.SearchStrategy[Any]) -> st.SearchStrategy[Step]:
    return st.tuples(st.just(name), *given_)


asks = step(
    "request", command, maker, perhaps, amount, st.integers(0, 1), st.sampled_from([False] * 7 + [True])
)
votes = step("vote", voter, st.lists(st.tuples(which, said, right, perhaps), min_size=1, max_size=4))
lends = step(
    "lend", lending, st.integers(1, 8), st.sampled_from([None, None, 100]),
    st.sampled_from([None, None, ORDER, OTHER]),
)  # fmt: skip
rules = step("rule", st.sampled_from([None, None, 100, 200]), st.sampled_from([1, 1, 1, 2]), stages)
changes = st.one_of(
    step("suspend", voter),
    rules,
    step("end_rules"),
    step("segregate"),
    lends,
    lends,
    step("take_back", st.integers(0, 5)),
    step("withdraw", maker, which),
    step("wait", st.integers(1, 4)),
    step("sweep"),
)


@st.composite
def histories(draw: st.DrawFn) -> list[Step]:
    """People lend, rules are released, requests come in; then mostly votes, and everything else between."""
    steps = [draw(lends) for _ in range(draw(st.integers(0, 3)))]
    steps += [draw(rules) for _ in range(draw(st.integers(0, 2)))]
    steps += [draw(asks) for _ in range(draw(st.integers(2, 3)))]
    for _ in range(draw(st.integers(6, 20))):
        # Drawn in two steps: hypothesis would take every kind of change for as likely as a vote.
        kind = draw(st.sampled_from(["vote", "vote", "vote", "vote", "ask", "change", "change"]))
        steps.append(draw({"vote": votes, "ask": asks, "change": changes}[kind]))
    return steps


@settings(
    max_examples=rounds(80, 6_000),
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
@given(drawn=histories())
async def test_every_history_goes_as_in_the_model(bank: Database, drawn: list[Step]) -> None:
    player = Player(bank)
    await player.begin()
    await player.play(drawn)
